"""What scripts get: JSON objects, the same from the command line and from the app's endpoints.

And what they are refused: a statement that speaks of a crisis or is not English gets contacts instead of a reflection,
and so does a person's own reflection instead of scores; a reply that speaks of a crisis by itself is not shown, and
nobody gets more than sixteen candidates. Left out: the counsellor's confirmation that a statement is an invented
exercise, which only the page asks for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from emorl.errors import CandidateError, CrisisError, LanguageError, ReplyError
from emorl.models.template import MAX_READ, check_statement
from emorl.reflecting.reflection import Candidate, Reflection, StatementAtlas, named_weights
from emorl.safety import (
    check_reply,
    contacts_line,
    crisis_contacts,
    crisis_kinds,
    crisis_matches,
    is_foreign,
    reply_matches,
)

if TYPE_CHECKING:
    from emorl.atlas import AtlasJson
    from emorl.ensemble import Setting
    from emorl.explain import OwnWord
    from emorl.reflecting.appraise import Appraisal

FIELDS = ("statement", "reflection", "weights", "strength", "scores", "faithfulness", "would_say", "timing", "model")
CANDIDATE_FIELDS = (
    "reflection",
    "made",
    "weights",
    "strength",
    "temperature",
    "seed",
    "scores",
    "faithfulness",
    "would_say",
    "total",
)
MAX_CANDIDATES = 16
NOT_SHOWN = "(This reply speaks of a crisis and is not shown.)"


def refuse_crisis(text: str) -> None:
    """Let a statement pass only if a reflection may be written for it.

    Raises:
        CrisisError: It speaks of a crisis, even where it is too long; the message gives contacts.
        StatementError: It is empty or too long.
        LanguageError: It is not English; the message gives contacts.
    """
    if kinds := crisis_kinds(text):
        raise CrisisError(
            "The statement speaks of a crisis, so no reflection is written: follow your protocol. "
            + contacts_line(crisis_contacts(kinds=kinds))
        )
    check_statement(text)
    refuse_language(text)


def refuse_own(statement: str, reflection: str) -> None:
    """Let a person's own reflection of a statement pass only if it may be judged.

    Raises:
        CrisisError: One of them speaks of a crisis; the message gives contacts.
        StatementError: One of them is empty or too long.
        LanguageError: One of them is not English; the message gives contacts.
    """
    kinds = crisis_kinds(reflection)
    if kinds or (len(reflection) <= MAX_READ and reply_matches(reflection)):
        raise CrisisError(
            "The reflection speaks of a crisis, so it is not judged: follow your protocol. "
            + contacts_line(crisis_contacts(kinds=kinds) if kinds else crisis_contacts())
        )
    refuse_crisis(statement)
    check_statement(reflection, "reflection", "what you would say")
    refuse_language(reflection, "reflection", "it is not judged")


def refuse_language(text: str, kind: str = "statement", outcome: str = "no reflection is written") -> None:
    """Let a statement, or another kind of text, pass only if it is English, as far as can be told.

    Raises:
        LanguageError: It is not; the message gives contacts, because its crisis words are hardly known.
    """
    if is_foreign(text):
        raise LanguageError(
            f"The {kind} seems not to be English, so {outcome}: neither the models nor the crisis "
            "rules know other languages. If somebody is in danger: " + contacts_line(crisis_contacts())
        )


def may_be_shown(statement: str, replies: Iterable[str]) -> set[str]:
    """The replies that speak of no crisis; all of them where the statement speaks of one."""
    given = set(replies)
    fit = {reply for reply in given if not reply_matches(reply)}
    return given if fit != given and crisis_matches(statement) else fit


def shown(statement: str, reply: str) -> str:
    """A reply beside the one that was asked for, such as the base's own, or a line in its place."""
    return reply if may_be_shown(statement, [reply]) else NOT_SHOWN


def refuse_reply(statement: str, replies: Iterable[str]) -> None:
    """Let replies pass only if none of them speaks of a crisis that the statement does not speak of.

    Raises:
        ReplyError: One does; it must not be shown.
    """
    given = set(replies)
    if given - may_be_shown(statement, given):
        raise ReplyError.of(
            "a reply that speaks of a crisis where the statement does not",
            "a reflection of what was said",
            "it is not shown; move the weights or write again",
        )


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


def candidates_json(best: Reflection, asked: Setting) -> dict[str, object]:
    """All candidates of the best of several, the best first, each with what a counsellor should look at twice in it.

    Args:
        best: What was chosen, with its candidates.
        asked: The setting that was asked for; a score counts with its shares.
    """
    return {
        "statement": best.statement,
        "weights": named_weights(best.objectives, asked),
        "candidates": [
            {
                **_candidate(one, best.objectives),
                "checks": [vars(chip) for chip in check_reply(best.statement, one.reflection)],
            }
            for one in best.candidates
        ],
        "model": best.model,
    }


def appraisal_json(statement: str, found: Appraisal) -> dict[str, object]:
    """What scorers, checks and objectives say of a person's own reflection."""
    return {
        "statement": statement,
        "reflection": found.reply,
        "scores": found.scored.scores,
        "faithfulness": found.scored.faithfulness,
        "would_say": found.scored.would_say,
        "feelings": list(found.feelings),
        "copied": found.copied,
        "checks": [vars(chip) for chip in found.chips],
        "words": [_own_word(word) for word in found.words],
    }


def atlas_json(atlas: StatementAtlas) -> AtlasJson:
    """The fields of `atlas --json`, from what `Reflector.atlas` yields."""
    return {
        "objectives": atlas["objectives"],
        "coverage": atlas["coverage"],
        "decode_steps": atlas["decode_steps"],
        "regions": atlas["regions"],
    }


def _own_word(word: OwnWord) -> dict[str, object]:
    instead = {name: {"text": other.text, "joined": other.joined} for name, other in word.instead.items()}
    return {"text": word.text, "kind": word.kind, "log_p": word.log_p, "push": word.push, "instead": instead}


def _candidate(candidate: Candidate, objectives: tuple[str, ...]) -> dict[str, object]:
    fields = {**vars(candidate), **vars(candidate.setting), "weights": named_weights(objectives, candidate.setting)}
    return {name: fields[name] for name in CANDIDATE_FIELDS}
