"""Turns a `Reflection` into the plain dictionaries that the result widget draws.

Sub-word pieces are merged into words here: a piece that begins with white space starts a new word, and
because contributions are additive (each piece's add up to that piece's margin) those of a word are the
sums over its pieces. No Gradio in this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from emorl.safety import check_reply

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Objective, Reflection, TokenExplanation

BASE = "base"
_SPECIAL = re.compile(r"^\s*<\|.*\|>\s*$|^\s*</?s>\s*$")

Range = tuple[float, float]


@dataclass(frozen=True)
class Word:
    """One word of a reply with its sub-word pieces added up.

    Attributes:
        text: the word without surrounding white space; empty for the end of the reply.
        gap: whether white space stands before it.
        foil: runner-up of the word's first piece.
        pieces: number of sub-word pieces.
        margin: sum of the pieces' margins, in logits.
        contributions: part of the base and of every objective; they add up to `margin`.
        unchanged: per objective the shares for which every piece stays first; None if there is no such range.
        decided_by: the objective that helped most where the base alone preferred a runner-up, else empty.
        end: whether this is the decision to end the reply.
    """

    text: str
    gap: bool
    foil: str
    pieces: int
    margin: float
    contributions: dict[str, float]
    unchanged: dict[str, Range | None]
    decided_by: str
    end: bool = False


def intersect(ranges: Iterable[Range | None]) -> Range | None:
    """The common part of closed ranges, or None if there is none (or no range at all)."""
    items = list(ranges)
    if not items or any(item is None for item in items):
        return None
    low = max(item[0] for item in items if item is not None)
    high = min(item[1] for item in items if item is not None)
    return (low, high) if low <= high else None


def merge_words(tokens: Sequence[TokenExplanation], text: str = "") -> list[Word]:
    """Merge sub-word pieces into words; special tokens become one word that marks the end.

    Args:
        tokens: the pieces in order.
        text: the whole reply. Its words replace the joined pieces where their number agrees, because a
            character split over two pieces cannot be read from either.
    """
    groups: list[list[TokenExplanation]] = []
    for token in tokens:
        blank = groups and not is_end(groups[-1][0]) and not _joined(groups[-1]).strip()
        ends = is_end(token) or (groups and is_end(groups[-1][0]))
        if groups and not ends and (blank or not token.text[:1].isspace()):
            groups[-1].append(token)
        else:
            groups.append([token])
    if len(groups) > 1 and not is_end(groups[-1][0]) and not _joined(groups[-1]).strip():
        groups[-2].extend(groups.pop())  # white space after the last word
    words = [_word(group) for group in groups]
    written = text.split()
    if len(written) == sum(not word.end for word in words):
        rest = iter(written)
        words = [word if word.end else replace(word, text=next(rest)) for word in words]
    return words


def _joined(pieces: Sequence[TokenExplanation]) -> str:
    return "".join(piece.text for piece in pieces)


def is_end(token: TokenExplanation) -> bool:
    """Whether a token ends the reply instead of adding text."""
    return not token.text or bool(_SPECIAL.match(token.text))


def _word(pieces: list[TokenExplanation]) -> Word:
    names = list(pieces[0].contributions)
    contributions = {name: sum(piece.contributions[name] for piece in pieces) for name in names}
    overruled = [piece for piece in pieces if piece.contributions.get(BASE, 0.0) < 0.0]
    decided_by = ""
    if overruled:
        support = {name: sum(p.contributions[name] for p in overruled) for name in names if name != BASE}
        best = max(support, key=lambda name: support[name], default="")
        decided_by = best if best and support[best] > 0.0 else ""
    end = is_end(pieces[0])
    text = _joined(pieces)
    return Word(
        text="" if end else text.strip(),
        gap=text[:1].isspace(),
        foil=pieces[0].foil.strip() if not _SPECIAL.match(pieces[0].foil) else "",
        pieces=len(pieces),
        margin=sum(piece.margin for piece in pieces),
        contributions=contributions,
        unchanged={name: intersect(piece.unchanged.get(name) for piece in pieces) for name in names if name != BASE},
        decided_by=decided_by,
        end=end,
    )


def overall(words: Sequence[Word]) -> list[dict[str, Any]]:
    """Per part (base, then objectives): sum and mean over words, and the shares that keep the whole text."""
    if not words:
        return []
    rows = []
    for name in words[0].contributions:
        total = sum(word.contributions[name] for word in words)
        kept = None if name == BASE else intersect(word.unchanged[name] for word in words)
        rows.append({"name": name, "sum": _round(total), "mean": _round(total / len(words)), "unchanged": kept})
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
        "end": word.end,
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
