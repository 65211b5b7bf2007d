"""Turns a `Reflection` into the plain dictionaries that the result widget draws.

Words, punctuation marks and the end are those of `emorl.explain.words`, as on the Why screen. Contributions add up, so
those of a word are the sums over its pieces. No Gradio in this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emorl.safety import check_reply

if TYPE_CHECKING:
    from emorl.explain.words import Kind, WordSpan
    from emorl.reflecting.reflection import Objective, Reflection, TokenExplanation

BASE = "base"
_SPECIAL = re.compile(r"^\s*<\|.*\|>\s*$|^\s*</?s>\s*$")

Range = tuple[float, float]


@dataclass(frozen=True)
class Word:
    """One word or mark of a reply with its sub-word pieces added up.

    Attributes:
        text: Without white space around it; empty for the end of the reply.
        gap: Whether white space stands before it.
        kind: "word", "mark" or "end".
        foil: Runner-up of its first piece.
        pieces: Number of sub-word pieces.
        margin: Sum of the pieces' margins, in logits.
        contributions: Part of the base and of every objective; they add up to `margin`.
        unchanged: For each objective the shares for which every piece stays first; None if there is no such range.
        decided_by: The objective that helped most where the base alone preferred a runner-up, else empty.
    """

    text: str
    gap: bool
    kind: Kind
    foil: str
    pieces: int
    margin: float
    contributions: dict[str, float]
    unchanged: dict[str, Range | None]
    decided_by: str


def merge_words(tokens: Sequence[TokenExplanation], text: str = "") -> list[Word]:
    """Add up the pieces of each word and mark.

    Args:
        tokens: The pieces in order.
        text: The whole reply, from which a character split over several pieces is taken.
    """
    from emorl.explain.words import group_pieces  # brings torch, which is there by the time a reflection is

    spans = group_pieces([token.text for token in tokens], [is_end(token) for token in tokens], text)
    return [_word(span, tokens[span.start : span.stop]) for span in spans]


def is_end(token: TokenExplanation) -> bool:
    """Whether a token ends the reply instead of adding text."""
    return not token.text or bool(_SPECIAL.match(token.text))


def _word(span: WordSpan, pieces: Sequence[TokenExplanation]) -> Word:
    from emorl.explain.explanation import intersect

    names = list(pieces[0].contributions)
    overruled = [piece for piece in pieces if piece.contributions.get(BASE, 0.0) < 0.0]
    support = {name: sum(p.contributions[name] for p in overruled) for name in names if name != BASE}
    best = max(support, key=lambda name: support[name], default="")
    return Word(
        text=span.text,
        gap=span.gap,
        kind=span.kind,
        foil=pieces[0].foil.strip() if not _SPECIAL.match(pieces[0].foil) else "",
        pieces=len(pieces),
        margin=sum(piece.margin for piece in pieces),
        contributions={name: sum(piece.contributions[name] for piece in pieces) for name in names},
        unchanged={name: intersect(piece.unchanged.get(name) for piece in pieces) for name in names if name != BASE},
        decided_by=best if best and support[best] > 0.0 else "",
    )


def overall(words: Sequence[Word]) -> list[dict[str, Any]]:
    """For each part (base, then objectives) its sum, its mean per word, and the shares that keep the whole text."""
    from emorl.explain.explanation import intersect

    if not words:
        return []
    count = sum(word.kind == "word" for word in words) or len(words)
    rows = []
    for name in words[0].contributions:
        total = sum(word.contributions[name] for word in words)
        kept = None if name == BASE else intersect(word.unchanged[name] for word in words)
        rows.append({"name": name, "sum": _round(total), "mean": _round(total / count), "unchanged": kept})
    return rows


def contacts_payload(contacts: Iterable[Any]) -> list[dict[str, str]]:
    """Crisis contacts as plain dictionaries; only web addresses that begin with https are passed on."""
    fields = ("country", "name", "phone", "url", "note")
    rows = [{field: str(getattr(contact, field, "") or "") for field in fields} for contact in contacts]
    for row in rows:
        if not row["url"].startswith("https://"):
            row["url"] = ""
    return rows


def reflection_payload(reflection: Reflection, objectives: Sequence[Objective], result_id: str) -> dict[str, Any]:
    """What the result widget needs to draw a finished reflection; numbers are rounded to 4 decimals."""
    words = merge_words(reflection.tokens, reflection.reflection)
    sampled = reflection.setting.temperature > 0.0
    return {
        "phase": "done",
        "cut": reflection.stopped,
        "id": result_id,
        "text": reflection.reflection,
        "base": reflection.base_reflection,
        "chips": chips(reflection.statement, reflection.reflection),
        "parts": [{"name": item.name, "label": item.label} for item in objectives],
        "weights": {name: _round(share) for name, share in reflection.weights.items()},
        "scores": _scores(reflection.scores, reflection.base_scores, objectives),
        "words": [_word_payload(word, sampled) for word in words],
        "overall": [{**row, "unchanged": None if sampled else _range(row["unchanged"])} for row in overall(words)],
        "details": {
            "tokens": int(reflection.timing.get("tokens", len(reflection.tokens))),
            "seconds": round(
                (reflection.timing.get("prefill_ms", 0.0) + reflection.timing.get("decode_ms", 0.0)) / 1000, 1
            ),
            "strength": reflection.setting.strength,
            "temperature": reflection.setting.temperature,
            "seed": reflection.setting.seed,
        },
    }


def chips(statement: str, reply: str) -> list[dict[str, str]]:
    """What in a reply to look at twice, as `{"kind", "words"}`."""
    return [{"kind": chip.kind, "words": chip.words} for chip in check_reply(statement, reply)]


def _scores(
    scores: Mapping[str, float], base: Mapping[str, float], objectives: Sequence[Objective]
) -> list[dict[str, Any]]:
    labels = {item.name: item.label for item in objectives}
    return [
        {"name": name, "label": labels.get(name, name.capitalize()), "score": _round(score),
         "base": _round(base[name]) if name in base else None}
        for name, score in scores.items()
    ]  # fmt: skip


def _word_payload(word: Word, sampled: bool) -> dict[str, Any]:
    return {
        "text": word.text,
        "gap": word.gap,
        "kind": word.kind,
        "foil": word.foil,
        "pieces": word.pieces,
        "margin": _round(word.margin),
        "contributions": {name: _round(value) for name, value in word.contributions.items()},
        "unchanged": {name: None if sampled else _range(value) for name, value in word.unchanged.items()},
        "decided": word.decided_by,
    }


def _range(value: Range | None) -> list[float] | None:
    return None if value is None else [_round(max(0.0, value[0])), _round(min(1.0, value[1]))]


def _round(value: float) -> float:
    return round(float(value), 4)
