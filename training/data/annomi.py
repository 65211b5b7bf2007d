"""AnnoMI (Wu et al. 2022): therapist utterances with the client's turns before them, cleaned of speech.

Reads the owners' `AnnoMI-full.csv` (one line per utterance and annotator) or the prepared JSONL.
Left out: client talk types, timestamps, video titles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from emorl.own_split import words
from training.data.reading import Row, read_csv, read_jsonl, squeeze
from training.data.records import SPLITS, Exchange
from training.data.splits import near_groups, split_groups

PREPARED_KINDS = {
    "complex reflection": "complex",
    "simple reflection": "simple",
    "question": "question",
    "therapist_input": "input",
    "other": "other",
}
KINDS = (
    "other",
    "input",
    "question",
    "simple",
    "complex",
)  # on a tie the earlier one: reflections need a majority
BEHAVIOURS = {
    "other": "other",
    "therapist_input": "input",
    "question": "question",
    "reflection": "reflection",
}
COLUMNS = (
    "mi_quality",
    "transcript_id",
    "utterance_id",
    "interlocutor",
    "utterance_text",
    "reflection_subtype",
    "question_exists",
    "main_therapist_behaviour",
)
PREPARED_KEYS = (
    "dialogue_id",
    "prompt",
    "response",
    "label",
    "quality",
    "has_question",
    "fragment",
    "inaudible",
    "split",
)

MARKER = re.compile(r"\[[^\]]*\]|\{[^}]*\}|<[^>]*>")
INAUDIBLE = re.compile(r"[\[{<(][^\]}>)]*(?:unintelligible|inaudible|indistinct)[^\]}>)]*[\]}>)]", re.IGNORECASE)
FILLER = re.compile(r"(?:,\s*)?\b(?:um+|uh+|uhm+|erm*|ah+|hmm+)\b(?!-)\s*(?:,(?=\s)|(?=[.?!-]|\s|$))", re.IGNORECASE)
STUTTER = re.compile(r"\b([\w']+)(?:\s?[-—]+\s?\1)+\b", re.IGNORECASE)  # my-my, I'm-- I'm
CUT_STUTTER = re.compile(r"\b(\w{1,3})-+\s?(?=\1\w)", re.IGNORECASE)  # Y-you, th- that
CUT_WORD = re.compile(r"\b[\w']+-(?=[\s.,]|$)(?!\s+-)|--+|—")
DOUBLED = re.compile(
    r"\b(i|i'm|it's|the|a|to|and|you|it|is|in|of|we|he|she|they|my|your|so|but|if|what)\s+\1\b", re.IGNORECASE
)
HUM = re.compile(r"(?:(?:m+-?h+m+|mhm|mm+|hm+|uh-huh|mm-mm)[\s,.!-]*)+", re.IGNORECASE)
BACK_CHANNEL = re.compile(
    r"(?:(?:m+-?h+m+|mhm|mm+|hm+|uh-huh|okay|ok|right|all right|yeah|yes|yep|sure|oh|i see|great|good)"
    r"[\s,.!-]*)+",
    re.IGNORECASE,
)


def load_prepared(path: Path) -> tuple[Exchange, ...]:
    """Exchanges of the prepared file, with its own splits.

    Raises:
        CorpusError: A line that does not have the form above.
    """
    exchanges = []
    for row in read_jsonl(path, PREPARED_KEYS):
        kind = PREPARED_KINDS[row.choice("label", PREPARED_KINDS)]
        prompt, reply = row.text("prompt", empty=True), row.text("response")
        exchange = _exchange(prompt, reply, kind, row.text("dialogue_id"), row.choice("quality", ("high", "low")))
        exchanges.append(
            replace(
                exchange,
                split=row.choice("split", SPLITS),
                asks=row.flag("has_question") or "?" in reply,
                fragment=row.flag("fragment"),
                inaudible=row.flag("inaudible"),
            )
        )
    return tuple(exchanges)


def load_raw(path: Path, seed: int) -> tuple[Exchange, ...]:
    """Exchanges of the owners' file, split by dialogue.

    Annotators are merged by majority, consecutive client turns joined, and fillers and markers removed.

    Raises:
        CorpusError: A column is missing or a line holds a value that the owners do not use.
    """
    votes: dict[tuple[str, int], list[Row]] = {}
    for row in read_csv(path, COLUMNS):
        number = row.text("utterance_id")
        if not number.isdigit():
            raise row.fault(f"utterance_id = {number}", "a whole number", "correct the line or fetch the file again")
        votes.setdefault((row.text("transcript_id"), int(number)), []).append(row)
    transcripts: dict[str, list[list[Row]]] = {}
    for (transcript, _), rows in sorted(votes.items(), key=lambda item: item[0]):
        transcripts.setdefault(transcript, []).append(rows)
    exchanges = [e for name, utterances in transcripts.items() for e in _walk(f"annomi-{name}", utterances)]
    groups = near_groups([e.dialogue for e in exchanges], [e.prompt for e in exchanges], min_words=8)
    splits = split_groups(groups, seed)
    return tuple(replace(e, split=splits[group]) for e, group in zip(exchanges, groups, strict=True))


def _walk(dialogue: str, utterances: Iterable[list[Row]]) -> Iterable[Exchange]:
    """Pairs every therapist utterance of a dialogue with what the client said last.

    Hums and bare acknowledgements do not interrupt: the turns around them are joined. But a client's "Yeah." after a
    question is an answer.
    """
    prompt: list[str] = []
    answered = asked = False
    for rows in utterances:
        spoken = rows[0].text("utterance_text", empty=True)
        text = clean_speech(spoken)
        quality = rows[0].choice("mi_quality", ("high", "low"))
        if rows[0].choice("interlocutor", ("client", "therapist")) == "client":
            idle = HUM if asked or not answered else BACK_CHANNEL
            if text and not idle.fullmatch(text):
                prompt = [text] if answered else [*prompt, text]
                answered = False
            continue
        kind = majority_kind(rows)
        if not text or BACK_CHANNEL.fullmatch(text):
            continue
        answered, asked = True, "?" in text
        asks = sum(row.choice("question_exists", ("true", "false", "n/a")) == "true" for row in rows) * 2 > len(rows)
        exchange = _exchange(" ".join(prompt), text, kind, dialogue, quality)
        cut = spoken.rstrip(" .").endswith(("-", "—", "…")) or spoken.endswith("...") or not whole_sentences(text)
        inaudible = INAUDIBLE.search(spoken) is not None
        yield replace(exchange, asks=asks or "?" in text, fragment=cut, inaudible=inaudible)


def majority_kind(rows: Iterable[Row]) -> str:
    """Kind that most annotators gave, first by behaviour, then by subtype among those who heard a reflection.

    Raises:
        CorpusError: A behaviour or subtype that the owners do not use.
    """
    behaviours: Counter[str] = Counter()
    subtypes: Counter[str] = Counter()
    for row in rows:
        behaviour = BEHAVIOURS[row.choice("main_therapist_behaviour", BEHAVIOURS)]
        behaviours[behaviour] += 1
        if behaviour == "reflection":
            subtypes[row.choice("reflection_subtype", ("simple", "complex", "n/a"))] += 1  # a few carry none
    order = list(BEHAVIOURS.values())
    winner = max(order, key=lambda name: (behaviours[name], -order.index(name)))
    if winner != "reflection":
        return winner
    return "complex" if subtypes["complex"] > subtypes["simple"] else "simple"


def clean_speech(text: str) -> str:
    """An utterance without markers, fillers, stutters and cut-off words, its sentences capitalised."""
    text = FILLER.sub("", MARKER.sub(" ", text))
    text = CUT_STUTTER.sub("", STUTTER.sub(r"\1", text))
    text = DOUBLED.sub(r"\1", CUT_WORD.sub("", text))
    text = re.sub(r"\s+([,.?!;:])", r"\1", squeeze(text))
    text = re.sub(r",(?=[,.?!])|^[\s,.;:-]+", "", text).strip()
    return re.sub(r"(^|[.?!]\s+)([a-z])", lambda match: match.group(1) + match.group(2).upper(), text)


def whole_sentences(text: str) -> bool:
    """Whether the text starts with a capital or a digit and ends like a sentence."""
    return bool(re.match(r"[\"'“‘]?[A-Z0-9]", text)) and bool(re.search(r"[.?!][\"'”’]?$", text))


def _exchange(prompt: str, reply: str, kind: str, dialogue: str, quality: str) -> Exchange:
    """An exchange with its words counted; split and flags are set by the caller."""
    return Exchange(
        prompt=prompt,
        reply=reply,
        kind=kind,
        dialogue=dialogue,
        split="train",
        prompt_words=len(words(prompt)),
        reply_words=len(words(reply)),
        quality=quality,
        asks=False,
        fragment=False,
        inaudible=False,
    )
