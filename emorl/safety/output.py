"""What in a written reply a counsellor should look at twice: advice, questions, diagnosis, parroting, repetition.

Plain functions on the words of the reply (and the statement it answers). They describe the reply and never the client,
whose feelings and condition nothing here reads out. A chip is a hint to look again; it hides nothing. Expressions and
thresholds were set on our own written replies (`data/safety/output_cases.jsonl`; `tests/safety/test_output.py` holds
precision and recall on them, so those figures flatter). Left out: whether the reply is true, kind or helpful.
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
_REPEATABLE = re.compile(r"(?:part of you|[a-z0-9])+")
# A question that lost its mark: turned word order, and no "is" that makes it the subject ("What would help is rest")
_ASKED = re.compile(
    r"(?:and |so |but )?(?:(?:how|what|where|when|why|who|which)(?: long| often| much| many)? "
    r"(?:do|does|did|is|are|was|were|would|will|can|could|has|have|makes|made)|"
    r"(?:do|does|did|are|were|have|has|can|could|would|will) (?:you|they|he|she|your)|is (?:that|this|"
    r"there)) (?!.* is )|"
    r"(?:can|could|would) you (?:tell|say|describe)|i wonder (?:what|how|why|who|when|where) "
)
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
# Statement and reply name the same person differently; a copy with the pronouns turned is still a copy.
_TURNED = {
    "i": "you",
    "we": "you",
    "us": "you",
    "our": "your",
    "im": "youre",
    "ive": "youve",
    "id": "youd",
    "ill": "youll",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "am": "are",
}
_TOLD = re.compile(
    r"\b(?:you (?:should|ought to|need to|must|had better|might want to|could try|can try|have to (?:try|learn)|"
    r"could always|could ask)|youd (?:better|be better off|do better)|"
    r"(?:perhaps|maybe) you (?:could|can|might|should)|it (?:might|may|could|would) (?:help|be (?:good|better|"
    r"best|wise|worth\w*))|"
    r"its time (?:to|for you to|you)|(?:the )?best thing (?:to do|would be|is to)|what you need is (?:a|"
    r"some) (?:break|rest|holiday)|"
    r"its (?:important|best|essential|a good idea|vital) (?:to|that you|for you to)|why dont you|"
    r"have you (?:tried|considered|thought (?:of|about))|why not \w+|"
    r"i(?:d| would)? (?:suggest|recommend|advise)|my advice|if i were you)\b"
)
_IMPERATIVE = re.compile(
    r"(?:^|[.!?;,] |\band |\bplease )((?:try (?:to|\w+ing)|remember to|consider \w+ing|make sure|"
    r"be sure to|be kind to yourself|dont (?:worry|give up|blame)|"
    r"take (?:some time|a break|a deep breath|care of yourself)|"
    r"(?:talk|speak) to (?:a|your)|seek (?:help|professional|support|medical))\b)"
)
# A sentence that opens with a bare verb tells; "Let down by everyone" and "Don't know where to turn" do not.
_COMMAND = re.compile(
    r"(?:^|[.!?;] )((?:please |just |maybe |perhaps |now |so )?"
    r"(?:dont (?!know|want|have|see|feel|get)\w+|try|remember|make (?:sure|time|room|a|an|your)|take (?:a|some|"
    r"time|care|your|one|it)|"
    r"give yourself|let (?:yourself|her|him|them|go|your|someone|others)|ask (?:for|her|him|them|your|someone)|"
    r"(?:tell|call|ring|write to|reach out|find (?:a|someone|time)|set (?:a|some|limits)|keep (?:a|in)|focus|"
    r"allow|learn|"
    r"be (?:kind|gentle|patient|honest|open)|stop \w+ing|start (?:by|with|\w+ing)|think (?:about|of)|consider|"
    r"speak|talk)))\b"
)
# "you feel you should", "they say you must": the pressure is reported, not applied
_REPORTED = re.compile(
    r"\b(?:feel(?:s|ing)?|felt|think(?:ing|s)?|thought|know(?:s|ing)?|told|tell(?:s|ing)?|says?|said|saying|"
    r"sense|wonder(?:ing)?|"
    r"believe|worried|if|whether|that|what|how|when|everything|all|things|like|though|because|sure|where|"
    r"who)(?: you)? $"
)
_DIAGNOSIS = re.compile(
    r"\b(?:depressi(?:on|ve disorder)|clinically depressed|bipolar|ptsd|ocd|adhd|autis\w+|schizo\w+|"
    r"psychosis|psychotic|borderline|narcissis\w+|personality disorder|anxiety disorder|eating disorder|"
    r"panic disorder|"
    r"anorexi\w+|bulimi\w+|disorder|diagnos\w+|addict(?:ion|ed)?|alcoholic|codependen\w+|syndrome|symptoms? of|"
    r"antidepressants?|medication|depressed|burnout|trauma response|panic attacks?|dementia|alzheimers|"
    r"on the spectrum|"
    r"compassion fatigue|mental illness|neurodivergent)\b"
)
_FIRST_PERSON = re.compile(r"\b(?:i|im|ive|id|my|me|myself|we|weve|were all|our)\b")
_ABOUT_CLIENT = re.compile(r"\b(?:you|your|youre|youve|youd|youll|yourself|yours)\b")
# The listener may speak of listening: "I hear that you ...", "it sounds to me"
_LISTENING = re.compile(
    r"\b(?:i (?:hear|see|can (?:hear|see|imagine)|wonder|sense|am so sorry|understand|notice|imagine|feel for|"
    r"get the sense)|im (?:so |really )?"
    r"(?:sorry|glad|hearing|sensing)|(?:sounds|seems) to me|tell me|with me|if i(?: am|m)? hear\w*)\b"
)

# The speaker's own story stays one where the client is named in passing: "I went through the same as you"
_DISCLOSED = re.compile(
    r"(?:^|[.!?] )i (?:know (?:exactly )?how you feel|went through|had (?:that|the same)|used to|lost my|"
    r"was (?:the same|just like))\b|"
    r"\bmy own (?:mother|father|mum|dad|wife|husband|son|daughter|family|life|experience)\b"
)
# A sentence of sympathy: it opens with the speaker's sorrow or joy, or only calls what was said hard or lovely
_SYMPATHY = re.compile(
    r"(?:(?:oh|aw|well|and|but|so|no|dear|goodness(?: me)?)\b,? )*(?:"
    r"im (?:so |very |really |just |truly )*(?:sorry|glad|happy|pleased|delighted|sad)\b.*|"
    r"(?:that|this|it|which|what)(?:s| is| was| must (?:be|have been|feel)| sounds?| seems?| feels?| can be) "
    r"(?:to be |like )?(?:so |very |really |such |quite |just |incredibly |a |an )*"
    r"(?:hard|difficult|tough|awful|terrible|horrible|sad|lovely|wonderful|great|good|rough|painful|stressful|"
    r"upsetting|challenging|shame|pity|nuisance|news|precious|sweet)\b"
    r"(?:,? (?:for you|time|to (?:hear|bear|go through)|news|thing|situation|place to be|indeed|one|right now|good))*|"
    r"(?:my heart goes out|i feel) (?:to|for) you|(?:oh )?you poor \w+|poor you|bless (?:you|him|her|his|them)\b.*|"
    r"how (?:awful|sad|lovely|hard|terrible|nice|sweet|wonderful)\b(?! to ).*|"
    r"thank you\b.*|congratulations\b.*|i (?:do |really )?hope\b.*|im sure\b.*|youre in my thoughts|oh|aw|good for you"
    r")"
)
_DOUBLED = frozenset("had that very so really much".split())  # words that ordinary prose says twice


@dataclass(frozen=True)
class Chip:
    """One thing to look at.

    Attributes:
        kind: "advice", "question", "diagnosis", "parroting", "repetition", "first person" or "sympathy".
        words: the words of the reply that raised it, as they stand there; "" where it is the whole reply.
    """

    kind: str
    words: str


def check_reply(statement: str, reply: str) -> tuple[Chip, ...]:
    """All chips of a reply, in a fixed order; empty for a blank reply."""
    checks = (
        advice(reply),
        question(reply),
        diagnosis(statement, reply),
        parroting(statement, reply),
        repetition(reply),
        first_person(reply),
    )
    return tuple(chip for chip in checks if chip is not None)


def advice(reply: str) -> Chip | None:
    """Telling the client what to do; a reported pressure ("you feel you should") is none."""
    plain = _plain(reply)
    told = (found.span() for found in _TOLD.finditer(plain) if not _REPORTED.search(plain[: found.start()]))
    urged = (found.span(1) for pattern in (_IMPERATIVE, _COMMAND) for found in pattern.finditer(plain))
    place = next(told, None) or next(urged, None)
    return Chip("advice", _quote(reply, *place)) if place else None


def question(reply: str) -> Chip | None:
    """A question where a reflection was asked for."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(reply)]
    asked = next((one for one in sentences if "?" in one or _ASKED.match(_plain(one).rstrip(".! ") + " ")), None)
    return Chip("question", " ".join(asked.split())) if asked else None


def diagnosis(statement: str, reply: str) -> Chip | None:
    """The name of a condition or a medicine that the statement did not bring up."""
    said = set(_words(statement))
    for found in _DIAGNOSIS.finditer(_plain(reply)):
        if not said >= set(found.group().split()):
            return Chip("diagnosis", _quote(reply, *found.span()))
    return None


def parroting(statement: str, reply: str) -> Chip | None:
    """One copied run of at least `PARROT_WORDS` words that makes up `PARROT_SHARE` of the reply, pronouns turned."""
    said = [_TURNED.get(word, word) for word in _words(statement)]
    written = [_TURNED.get(word, word) for word in _words(reply)]
    run = longest_run(said, written)
    if len(run) >= PARROT_WORDS and len(run) >= PARROT_SHARE * len(written):
        first = next(n for n in range(len(written)) if written[n : n + len(run)] == run)
        places = [word.span() for word in _WORD.finditer(_plain(reply))]
        return Chip("parroting", _quote(reply, places[first][0], places[first + len(run) - 1][1]))
    return None


def repetition(reply: str) -> Chip | None:
    """A sentence or a run of `REPEAT_WORDS` words said twice, a run of three stammered, one word over and over.

    "Part of you ... part of you" is a figure of double-sided reflections and counts as one word.
    """
    place = _repeated(_plain(reply))
    return Chip("repetition", _quote(reply, *place)) if place else None


def _repeated(plain: str) -> tuple[int, int] | None:
    """Where in a plain text something stands that is said again: the first of its places."""
    found = [word.span() for word in _REPEATABLE.finditer(plain)]
    words = [plain[start:end] for start, end in found]
    places = range(len(words))
    runs = Counter(tuple(words[n : n + REPEAT_WORDS]) for n in places)
    twice = (n for n in places if n + REPEAT_WORDS <= len(words) and runs[tuple(words[n : n + REPEAT_WORDS])] > 1)
    for n in twice:
        return found[n][0], found[n + REPEAT_WORDS - 1][1]
    spans = [sentence.span() for sentence in _SENTENCE.finditer(plain)]
    sentences = Counter(tuple(_words(plain[start:end])) for start, end in spans)
    for start, end in spans:
        said = tuple(_words(plain[start:end]))
        if sentences[said] > 1 and len(said) > 1:
            return start, start + len(plain[start:end].rstrip(" .!?"))
    for n in places:
        if words[n : n + 3] == words[n + 3 : n + 6]:
            return found[n][0], found[n + 2][1]
    alone = (
        next((n for n in places if words[n : n + 3] == [words[n]] * 3), None),
        next((n for n in places if words[n : n + 2] == [words[n]] * 2 and words[n] not in _DOUBLED), None),
        next((n for n in places if words[n : n + 5] == [words[n], "and", words[n], "and", words[n]]), None),
    )
    return next((found[n] for n in alone if n is not None), None)


def first_person(reply: str) -> Chip | None:
    """The speaker and not the client, or the speaker's own story; listening ("I hear that you ...") is none."""
    plain = _LISTENING.sub(" ", _plain(reply))
    alone = _FIRST_PERSON.search(plain) and not _ABOUT_CLIENT.search(plain)
    return Chip("first person", "") if alone or _DISCLOSED.search(plain) else None


def sympathy(reply: str) -> Chip | None:
    """Nothing but sympathy ("I'm so sorry to hear that", "That must be hard for you"), which would fit any statement.

    No part of `check_reply`: it is asked for where a person practises.
    """
    sentences = [sentence.strip(".!? ") for sentence in _SENTENCE.findall(_plain(reply))]
    if any(sentences) and all(_SYMPATHY.fullmatch(sentence) for sentence in sentences):
        return Chip("sympathy", " ".join(reply.split()))
    return None


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


def _quote(text: str, start: int, end: int) -> str:
    """What stands in a text where its plain form has something from `start` to `end`; words are quoted whole."""
    places: list[int] = []  # in the text, of each letter of the plain form
    spaced = True
    for place, sign in enumerate(text):
        if sign.isspace():
            places += [] if spaced else [place]
            spaced = True
        elif not _APOSTROPHES.match(sign):
            places += [place] * len(sign.lower())
            spaced = False
    first, last = places[start], places[end - 1] + 1
    while first and text[first - 1].isalnum():
        first -= 1
    while last < len(text) and text[last].isalnum():
        last += 1
    return " ".join(text[first:last].split())


def _words(text: str) -> list[str]:
    return _WORD.findall(_plain(text))
