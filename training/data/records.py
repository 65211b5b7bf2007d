"""Shapes of the corpora: one frozen record per line, group or exchange. No reading and no filtering here."""

from __future__ import annotations

from dataclasses import dataclass

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class RankedGroup:
    """A PAIR prompt with its responses in three levels of quality.

    Attributes:
        prompt: What the client said.
        high: Complex reflections (columns hq1, hq2); at least one.
        medium: Simple reflections (mq1); may be empty.
        low: Advice, questions and other replies (lq1 to lq5); at least one.
        group: Prompts with the same group are near-duplicates.
        split: One of `SPLITS`.
    """

    prompt: str
    high: tuple[str, ...]
    medium: tuple[str, ...]
    low: tuple[str, ...]
    group: str
    split: str


@dataclass(frozen=True)
class Exchange:
    """An AnnoMI therapist utterance and the client's turns before it.

    Attributes:
        prompt: The client's turns, joined by a space; empty where the therapist opens.
        reply: The therapist's utterance, cleaned of fillers and markers.
        kind: complex, simple (reflections), question, input or other.
        dialogue: Name of the transcript.
        split: One of `SPLITS`.
        prompt_words: Words in `prompt`.
        reply_words: Words in `reply`.
        quality: high or low, of the whole demonstration.
        asks: Whether the reply also holds a question.
        fragment: Whether the reply is broken off or starts in mid-sentence.
        inaudible: Whether the transcriber missed words of it.
    """

    prompt: str
    reply: str
    kind: str
    dialogue: str
    split: str
    prompt_words: int
    reply_words: int
    quality: str
    asks: bool
    fragment: bool
    inaudible: bool


@dataclass(frozen=True)
class EmpathyExample:
    """An EPITOME pair; `level` is that of its emotional reaction: 0 none, 1 weak, 2 strong."""

    prompt: str
    reply: str
    level: int
    split: str


@dataclass(frozen=True)
class OwnStatement:
    """A client statement of ours with what a counsellor could say back.

    Attributes:
        topic: What it is about.
        manner: "spoken", as people talk in a session, or "written".
        statement: What the client says.
        simple: A reflection close to what was said.
        complex: A reflection one step further: meaning, both sides, what is at stake.
        empathic: A reflection that names the feeling and its reason.
        split: One of `SPLITS`.
        affirming: A reflection of a strength, value or effort; empty where the statement shows none.
    """

    topic: str
    manner: str
    statement: str
    simple: str
    complex: str
    empathic: str
    split: str
    affirming: str = ""

    @property
    def replies(self) -> tuple[str, ...]:
        """All its reflections, three or four."""
        return tuple(text for text in (self.simple, self.complex, self.empathic, self.affirming) if text)


@dataclass(frozen=True)
class Example:
    """A supervised pair and the corpus it is from: own, pair, annomi or psych8k."""

    prompt: str
    reply: str
    corpus: str
    split: str


@dataclass(frozen=True)
class MissingCorpus:
    """A corpus that is not in the folder.

    Attributes:
        name: As in `Corpora`.
        published: Where its owners publish it, and under which file name.
        without: What a run does without it.
    """

    name: str
    published: str
    without: str


@dataclass(frozen=True)
class Corpora:
    """Everything that was read; a missing corpus is an empty tuple and an entry of `missing`."""

    own: tuple[OwnStatement, ...]
    pair: tuple[RankedGroup, ...]
    annomi: tuple[Exchange, ...]
    epitome: tuple[EmpathyExample, ...]
    psych8k: tuple[Example, ...]
    missing: tuple[MissingCorpus, ...]
