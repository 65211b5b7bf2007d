"""What scripts get: JSON objects, the same from the command line and from the app's endpoints.

And what they are refused: a statement that speaks of a crisis gets contacts instead of a reflection, and nobody gets
more than sixteen candidates. Left out: the counsellor's confirmation that a statement is an invented exercise, which
only the page asks for.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from emorl.errors import CandidateError, CrisisError
from emorl.models.template import check_size, check_statement
from emorl.reflecting.reflection import Candidate, Reflection, StatementAtlas, named_weights
from emorl.safety import crisis_contacts, crisis_matches

if TYPE_CHECKING:
    from emorl.atlas import AtlasJson

FIELDS = ("statement", "reflection", "weights", "strength", "scores", "faithfulness", "timing", "model")
CANDIDATE_FIELDS = (
    "reflection",
    "made",
    "weights",
    "strength",
    "temperature",
    "seed",
    "scores",
    "faithfulness",
    "total",
)
MAX_CANDIDATES = 16


def refuse_crisis(text: str) -> None:
    """Let a statement pass only if a reflection may be written for it.

    Raises:
        CrisisError: It speaks of a crisis, even where it is too long; the message gives contacts.
        StatementError: It is empty or too long.
    """
    if crisis_matches(check_size(text)):
        lines = [f"{c.country}: {c.name} {c.phone or c.url}" for c in crisis_contacts()]
        raise CrisisError(
            "The statement speaks of a crisis, so no reflection is written: follow your protocol. " + "; ".join(lines)
        )
    check_statement(text)


def check_candidates(count: object) -> None:
    """Let a number of candidates pass only if that many may be written.

    Raises:
        CandidateError: It is not a whole number from 1 to 16.
    """
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_CANDIDATES:
        raise CandidateError.of(
            f"{str(count)[:40]} candidates to choose the best of",
            f"a whole number from 1 to {MAX_CANDIDATES}",
            "leave it out for a single reflection",
        )


def reflection_json(reflection: Reflection, explain: bool) -> dict[str, object]:
    """The fields of `reflect --json`; with `tokens` if `explain`, with `candidates` if it is the best of several."""
    found: dict[str, object] = {
        name: reflection.setting.strength if name == "strength" else getattr(reflection, name) for name in FIELDS
    }
    if reflection.candidates:
        found["candidates"] = [_candidate(one, reflection.objectives) for one in reflection.candidates]
    if explain:
        found["tokens"] = [dataclasses.asdict(token) for token in reflection.tokens]
    return found


def atlas_json(atlas: StatementAtlas) -> AtlasJson:
    """The fields of `atlas --json`, from what `Reflector.atlas` yields."""
    return {
        "objectives": atlas["objectives"],
        "coverage": atlas["coverage"],
        "decode_steps": atlas["decode_steps"],
        "regions": atlas["regions"],
    }


def _candidate(candidate: Candidate, objectives: tuple[str, ...]) -> dict[str, object]:
    fields = {**vars(candidate), **vars(candidate.setting), "weights": named_weights(objectives, candidate.setting)}
    return {name: fields[name] for name in CANDIDATE_FIELDS}
