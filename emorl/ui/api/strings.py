"""What other programs are told: where a call fails, and what scores of a person's text are worth."""

from __future__ import annotations

ERRORS = {
    "statement": "Got {got} as statement: expected text; send what the client said.",
    "reflection": "Got {got} as reflection: expected text; send what you would say.",
    "weights": "Got {got} as weights: expected an object such as reflection: 0.6, empathy: 0.4; or leave them out.",
    "objectives": "Got {got} as objectives: expected a list of names such as reflection, empathy; or leave them out.",
    "loading": "Got models that are still loading: expected them by now; please try again in a minute.",
    "atlas": "Got no time to finish the atlas in {limit} s: expected fewer people who write; please try again later.",
    "unexpected": "Something went wrong while writing. Please try again; the app's log has the details.",
}

SCORED = (
    "Automatic estimates, often wrong. The scorers learnt from replies of models and know little about what people "
    "write: a good reflection may get low scores. They are no clinical judgement and no measure of a counsellor."
)
"""Goes with every score of a person's own reflection."""
