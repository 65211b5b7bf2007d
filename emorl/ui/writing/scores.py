"""What scorers and checks say of a text, as the page shows it: scores of the objectives, faithfulness, what to look at.

Faithfulness is a check and no objective: it has no slider. The page shows it in words, as one of three readings. The
boundaries are halfway between neighbouring grades that its scorer learns from: 1 for a reply that keeps to what was
said, .4 for a vague or partly right one, 0 for one that says what the client did not
(`training/grades/faithfulness.py`). Left out: how a score is computed (`emorl.scoring`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emorl.safety import Chip, check_reply

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection

Reading = Literal["probably", "unsure", "probably_not"]
"""Whether a text stays with what was said, in the words of the page's strings."""

PROBABLY, PROBABLY_NOT = 0.75, 0.3
"""From this faithfulness up a text probably stays with what was said; below that it probably does not.

Of 842 replies to unseen statements, read blind, four in five of those from the first up were faithful, one in seven of
those below the second, and not quite half of those between.
"""


@dataclass(frozen=True)
class Score:
    """An automatic score.

    Attributes:
        name: Of the scorer; an objective's where it is the objective's own.
        label: As the screens show it.
        score: Of the text, 0 to 1.
        base: Of the base model's reply, 0 to 1; None where none is shown beside it.
    """

    name: str
    label: str
    score: float
    base: float | None


@dataclass(frozen=True)
class Faithfulness:
    """Whether a text stays with what was said, as an automatic scorer estimates it.

    Attributes:
        score: 0 to 1.
        reading: The same in one of three words.
    """

    score: float
    reading: Reading


@dataclass(frozen=True)
class Checks:
    """What is known of a text beside its scores; other payloads have the same three fields among theirs.

    Attributes:
        chips: What in it to look at twice.
        faithfulness: Whether it stays with what was said; None without a scorer.
        would_say: Whether a counsellor would say it, 0 to 1; None without a scorer.
    """

    chips: tuple[Chip, ...]
    faithfulness: Faithfulness | None
    would_say: float | None


def checks_payload(statement: str, text: str, faithfulness: float | None, would_say: float | None) -> Checks:
    """What is known of a text beside its scores.

    Args:
        statement: What the client said.
        text: The text.
        faithfulness: 0 to 1; None without a scorer.
        would_say: 0 to 1; None without a scorer.
    """
    return Checks(check_reply(statement, text), faithfulness_payload(faithfulness), would_say)


def score_payloads(
    scores: Mapping[str, float], labels: Mapping[str, str], base: Mapping[str, float] | None = None
) -> tuple[Score, ...]:
    """The scores of a text.

    Args:
        scores: By scorer, 0 to 1.
        labels: Of the objectives, by name.
        base: Scores of the base model's reply, where they are shown beside the text's.
    """
    beside = base or {}
    return tuple(
        Score(name, labels.get(name, name.capitalize()), score, beside.get(name)) for name, score in scores.items()
    )


def faithfulness_payload(score: float | None) -> Faithfulness | None:
    """The faithfulness of a text; None where the models have no scorer for it."""
    if score is None:
        return None
    reading: Reading = "probably" if score >= PROBABLY else "unsure" if score >= PROBABLY_NOT else "probably_not"
    return Faithfulness(score, reading)


def stored_scores(reflection: Reflection) -> dict[str, float]:
    """What a rating keeps: every objective's score, and faithfulness where there is a scorer for it."""
    if reflection.faithfulness is None:
        return dict(reflection.scores)
    return {"faithfulness": reflection.faithfulness, **reflection.scores}
