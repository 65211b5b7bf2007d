"""What other programs are told where a call fails."""

from __future__ import annotations

ERRORS = {
    "statement": "Got {got} as statement: expected text; send what the client said.",
    "weights": "Got {got} as weights: expected an object such as reflection: 0.6, empathy: 0.4; or leave them out.",
    "loading": "Got models that are still loading: expected them by now; please try again in a minute.",
    "unexpected": "Something went wrong while writing. Please try again; the app's log has the details.",
}
