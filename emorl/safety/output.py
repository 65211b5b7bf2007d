"""What in a written reply a counsellor should look at twice: advice, questions, diagnosis, parroting, repetition.

Plain functions on the words of the reply (and the statement it answers). They describe the reply and never the client,
whose feelings and condition nothing here reads out. A chip is a hint to look, it hides nothing. Thresholds were set on
our own written examples (`tests/safety/test_output.py`). Left out: whether the reply is true, kind or helpful.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

PARROT_WORDS = 8  # "you're tired of doing everything alone" repeats six words and is a fair simple reflection
PARROT_SHARE = 0.75  # of the reply's words standing in one copied run
REPEAT_WORDS = 4  # shorter runs return in ordinary prose ("and you want to", "part of you")

_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = re.compile("['\u2018\u2019]")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
# Statement and reply name the same person differently; a copy with the pronouns turned is still a copy.
_TURNED = {
    "i": "you", "im": "youre", "ive": "youve", "id": "youd", "ill": "youll", "me": "you", "my": "your",
    "mine": "yours", "myself": "yourself", "am": "are",
}  # fmt: skip
_TOLD = re.compile(
    r"\b(?:you (?:should|ought to|need to|must|had better|might want to|could try|can try|have to try)|youd better|"
    r"its (?:important|best|essential|a good idea|vital) (?:to|that you|for you to)|why dont you|"
    r"have you (?:tried|considered|thought (?:of|about))|why not try|"
    r"i(?:d| would)? (?:suggest|recommend|advise)|my advice|if i were you)\b"
)
_IMPERATIVE = re.compile(
    r"(?:^|[.!?;,] |\band |\bplease )((?:try (?:to|\w+ing)|remember to|consider \w+ing|make sure|"
    r"be sure to|be kind to yourself|dont (?:worry|give up|blame)|"
    r"take (?:some time|a break|a deep breath|care of yourself)|"
    r"(?:talk|speak) to (?:a|your)|seek (?:help|professional|support|medical))\b)"
)
# "you feel you should", "they say you must": the pressure is reported, not applied
_REPORTED = re.compile(
    r"\b(?:feel(?:s|ing)?|felt|think(?:ing|s)?|thought|know(?:s|ing)?|told|tell(?:s|ing)?|says?|said|saying|sense|wonder(?:ing)?|"
    r"believe|worried|if|that|what|how|when|everything|all|things|like|though|because|sure|where|who)(?: you)? $"
)
_DIAGNOSIS = re.compile(
    r"\b(?:depressi(?:on|ve disorder)|clinically depressed|bipolar|ptsd|ocd|adhd|autis\w+|schizo\w+|"
    r"psychosis|psychotic|borderline|narcissis\w+|personality disorder|anxiety disorder|eating disorder|panic disorder|"
    r"anorexi\w+|bulimi\w+|disorder|diagnos\w+|addict(?:ion|ed)?|alcoholic|codependen\w+|syndrome|symptoms? of|"
    r"antidepressants?|medication)\b"
)
_FIRST_PERSON = re.compile(r"\b(?:i|im|ive|id|my|me|myself|we|our)\b")
_ABOUT_CLIENT = re.compile(r"\b(?:you|your|youre|youve|youd|youll|yourself|yours)\b")
# The listener may speak of listening: "I hear that you ...", "it sounds to me"
_LISTENING = re.compile(
    r"\b(?:i (?:hear|see|can (?:hear|see|imagine)|wonder|sense|am so sorry|understand|notice)|im (?:so |really )?"
    r"(?:sorry|glad|hearing|sensing)|(?:sounds|seems) to me|tell me|with me|if i(?: am|m)? hear\w*)\b"
)


@dataclass(frozen=True)
class Chip:
    """One thing to look at.

    Attributes:
        kind: "advice", "question", "diagnosis", "parroting", "repetition" or "first person".
        words: the words of the reply that raised it, in plain lower case; "" where it is the whole reply.
    """

    kind: str
    words: str


def check_reply(statement: str, reply: str) -> tuple[Chip, ...]:
    """All chips of a reply, in a fixed order; empty for a blank reply."""
    checks = (advice(reply), question(reply), diagnosis(statement, reply), parroting(statement, reply),
              repetition(reply), first_person(reply))  # fmt: skip
    return tuple(chip for chip in checks if chip is not None)


def advice(reply: str) -> Chip | None:
    """Telling the client what to do; a reported pressure ("you feel you should") is none."""
    plain = _plain(reply)
    told = (found.group() for found in _TOLD.finditer(plain) if not _REPORTED.search(plain[: found.start()]))
    urged = (found.group(1) for found in _IMPERATIVE.finditer(plain))
    words = next(told, None) or next(urged, None)
    return Chip("advice", words) if words else None


def question(reply: str) -> Chip | None:
    """A question where a reflection was asked for."""
    asked = [sentence.strip() for sentence in _SENTENCE.findall(reply) if "?" in sentence]
    return Chip("question", " ".join(asked[0].lower().split())) if asked else None


def diagnosis(statement: str, reply: str) -> Chip | None:
    """The name of a condition or a medicine that the statement did not bring up."""
    said = set(_words(statement))
    for found in _DIAGNOSIS.finditer(_plain(reply)):
        if not said >= set(found.group().split()):
            return Chip("diagnosis", found.group())
    return None


def parroting(statement: str, reply: str) -> Chip | None:
    """One copied run of at least `PARROT_WORDS` words that makes up `PARROT_SHARE` of the reply, pronouns turned."""
    said = [_TURNED.get(word, word) for word in _words(statement)]
    written = [_TURNED.get(word, word) for word in _words(reply)]
    run = longest_run(said, written)
    if len(run) >= PARROT_WORDS and len(run) >= PARROT_SHARE * len(written):
        return Chip("parroting", " ".join(run))
    return None


def repetition(reply: str) -> Chip | None:
    """A run of `REPEAT_WORDS` words said twice, or one word three times in a row."""
    words = _words(reply)
    runs = Counter(tuple(words[n : n + REPEAT_WORDS]) for n in range(len(words) - REPEAT_WORDS + 1))
    twice = next((run for run, count in runs.items() if count > 1), ())
    thrice = next((words[n] for n in range(len(words) - 2) if words[n] == words[n + 1] == words[n + 2]), "")
    return Chip("repetition", " ".join(twice) or thrice) if twice or thrice else None


def first_person(reply: str) -> Chip | None:
    """A reply that tells of the speaker and never of the client; listening ("I hear that you ...") is none."""
    plain = _LISTENING.sub(" ", _plain(reply))
    found = _FIRST_PERSON.search(plain)
    return Chip("first person", "") if found and not _ABOUT_CLIENT.search(plain) else None


def longest_run(left: list[str], right: list[str]) -> list[str]:
    """The longest row of words that stands in both, the earliest in `right`; O(len(left) * len(right))."""
    best, end = 0, 0
    before = [0] * (len(left) + 1)
    for place, word in enumerate(right, 1):
        now = [0] * (len(left) + 1)
        for n, other in enumerate(left, 1):
            if word == other:
                now[n] = before[n - 1] + 1
                if now[n] > best:
                    best, end = now[n], place
        before = now
    return right[end - best : end]


def _plain(text: str) -> str:
    return " ".join(_APOSTROPHES.sub("", text.lower()).split())


def _words(text: str) -> list[str]:
    return _WORD.findall(_plain(text))
