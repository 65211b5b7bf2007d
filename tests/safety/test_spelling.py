"""Crisis language however it is typed or pasted: every kind of spelling that the rules undo, and the time it takes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.resources import data_path
from emorl.safety import crisis_matches
from emorl.safety import spelling as module
from emorl.safety.crisis import find
from emorl.safety.phrases import PhraseList, phrase_list
from emorl.safety.readings import readings, unmasked
from emorl.safety.report import read_spellings
from emorl.safety.spelling import latin, repaired

SPELLINGS = read_spellings()


def test_nearly_every_spelling_is_found() -> None:
    missed = [one for one in SPELLINGS if not crisis_matches(one.text)]
    assert len(missed) <= 1, missed  # "my l**e" may be live or life
    kinds = Counter(one.kind for one in SPELLINGS)
    assert len(kinds) >= 17 and set(kinds.values()) == {5}
    assert all(one.text != one.plain for one in SPELLINGS)


def test_the_readme_says_how_many_are_found() -> None:
    readme = data_path("README.md").read_text("utf-8")
    assert f"99 of {len(SPELLINGS)} spellings" in readme


@pytest.mark.parametrize(
    "text",
    [
        "I'm going to h4ng myself",
        "im gonna h a n g m y s e l f",
        "I want to \U0001f1f0\U0001f1ee\U0001f1f1\U0001f1f1 myself",
        "I.want.to.kill.myself",
        "I want to \u24a6\u24a4\u24a7\u24a7 myself",
        "I want to kiII myself",
        "I want to KlLL myself",
        "I want to\\nkill myself",
        "I want to d\u00a1e",
        "su icide",
        "E v e r y o n e would be b e t t e r off without me",
        "I want to end. it. all.",
        "I don?t want to be alive",
    ],
)
def test_other_spellings(text: str) -> None:
    assert crisis_matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "I taught myself the skill. Myself, nobody else.",
        "He's a therapist, and she's an anaesthetist.",
        "We ate at 7. I paid. 5 of us, $40 & change!",
        "The soldier studied the audience; I diet.",
        "Kill it. Me, I'd keep the spider. It was 4 to 1 on.",
        "I live. Myself, I like Leeds.",
        "f**k this, s**t happens, d*mn",
        "I <3 my job. 3 < 4 and x > y, #blessed @home",
        "100% sure, path C:\\new, see https://example.org/%20x",
        "I live. In Leeds.",
    ],
)
def test_what_only_looks_hidden_raises_no_alarm(text: str) -> None:
    assert not crisis_matches(text)


def test_words_are_put_together_and_taken_apart_only_into_words_of_the_list() -> None:
    phrases = phrase_list()
    assert readings("iwishiwasdead", phrases)[0] == " i wish i was dead ."
    assert readings("sui ci de, gar den", phrases)[0] == " suicide , gar den ."
    assert readings("carpark forget", phrases)[0] == " carpark forget ."
    assert unmasked("k1ll", phrases) == "kill" and unmasked("m4th", phrases) == "m4th"
    assert unmasked("f**k", phrases) == "f**k" and unmasked("su*c*de", phrases) == "suicide"


def test_other_languages_keep_their_letters_where_they_are_only_repaired() -> None:
    for text in ("Я не хочу больше жить", "मैं जीना नहीं चाहता", "我不想活了", "لا أريد أن أعيش", "Ich möchte nicht"):
        assert repaired(text) == text


def test_each_character_is_looked_at_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text twice as long costs twice as much, whatever it consists of: counted, not timed."""

    class Counting:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self.pattern, self.seen = pattern, 0

        def finditer(self, text: str) -> Any:
            self.seen += len(text)
            return self.pattern.finditer(text)

        def search(self, text: str) -> Any:
            self.seen += len(text)
            return self.pattern.search(text)

    def cost(text: str) -> int:
        shipped = phrase_list()
        rules = [replace(rule, patterns=tuple(map(Counting, rule.patterns))) for rule in shipped.rules]  # type: ignore[arg-type]
        benign, denial = tuple(map(Counting, shipped.benign)), Counting(shipped.denial)
        fields: Any = {**vars(shipped), "rules": tuple(rules), "benign": benign, "denial": denial}
        seen = 0
        for name in ("_unescaped", "_fixed", "_without_markup", "_visible"):
            plain = getattr(module, name)

            def counted(given: str, plain: Any = plain) -> str:
                nonlocal seen
                seen += len(given)
                return str(plain(given))

            monkeypatch.setattr(module, name, counted)
        find(text, PhraseList(**fields))
        monkeypatch.undo()
        patterns: list[Any] = [p for rule in rules for p in rule.patterns]
        return seen + sum(one.seen for one in (*patterns, *benign, denial))

    for unit in ("I want to kill myself. ", "not suicide ", "k. ", "<b>x ", "&amp;", "iwanttodie", "Suicide Squad, "):
        short, long = cost(unit * 40), cost(unit * 80)
        assert long <= 2.2 * short, unit


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    crisis_matches(text)
    assert latin(text) == latin(text).lower()


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\u200b", "a\ud83d", "\ufeff\u2060"])
def test_characters_that_are_no_text_leave_nothing(text: str) -> None:
    assert repaired(text).strip("a") == ""
