"""Sentences say what the numbers say, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.explain.sentence import listed, reasons, reply_sentence, word_sentence

LABELS = {"base": "the base model", "reflection": "reflection", "empathy": "empathy"}


def say(base, reflection, empathy, base_choice=None, text="torn", foil="sad", **options):
    parts = {"base": base, "reflection": reflection, "empathy": empathy}
    return word_sentence(text, foil, parts, LABELS, base_choice, **options)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            say(-1.0, 0.5, 2.0, "sad"),
            "“torn” was chosen over “sad”, mainly because of empathy. The base model alone would have chosen “sad”.",
        ),
        (
            say(-1.0, -0.5, 2.0, "sad"),
            "“torn” was chosen over “sad”, because of empathy. The base model alone would have chosen “sad”.",
        ),
        (
            say(1.0, 0.5, 1.0),
            "“torn” was chosen over “sad”, mainly because of the base model and empathy. "
            "The base model alone would have chosen it as well.",
        ),
        (say(2.0, 0.5, 1.0), "“torn” is the base model's own choice, over “sad”."),
        (say(0.05, 0.0, 0.0), "“torn” is the base model's own choice, over “sad”. It was a close choice."),
        (
            say(1.0, 1.0, 1.0, "low"),
            "“torn” was chosen over “sad”, mainly because of the base model and reflection. "
            "The base model preferred it to these too, but alone would have chosen “low”.",
        ),
        (
            say(-1.0, 0.25, 0.8, "sad"),
            "“torn” was chosen over “sad”, mainly because of empathy. It was a close choice. "
            "The base model alone would have chosen “sad”.",
        ),
        (say(1.0, -1.0, 0.0), "“torn” was tied with “sad”. The base model alone would have chosen it as well."),
        (say(1.0, 0.0, 0.0, weighed=False), "“torn” is the base model's own choice; no objective had any weight."),
        (
            say(1.0, -1.5, -0.5, first=False, sampled=True),
            "“torn” was drawn by chance and was not the most likely choice. "
            "The base model alone would have chosen it as well.",
        ),
        (
            say(0.0, 0.0, -1e-6, first=False),
            "“torn” was as good as tied with an alternative; rounding decided. "
            "The base model alone would have chosen it as well.",
        ),
        (
            say(-1.0, 0.5, 2.0, "overcome", text="overwhelmed", foil="underwhelmed", pieces=2),
            "“overwhelmed” was chosen over “underwhelmed” and others, mainly because of empathy. "
            "The base model alone would have chosen “overcome”.",
        ),
        (
            say(3.0, 0.5, 1.0, "underwhelmed", text="overwhelmed", foil="underwhelmed", pieces=2),
            "“overwhelmed” was chosen over “underwhelmed” and others, mainly because of the base model. "
            "The base model alone would have chosen “underwhelmed”, but it speaks for the rest of this word.",
        ),
        (
            say(-1.0, 0.5, 2.0, text="overwhelmed", foil="overwhelmed", pieces=2),
            "“overwhelmed” was chosen over other words, mainly because of empathy. "
            "The base model alone would have chosen it as well.",
        ),
        (
            say(1e-9, 1.0, 0.0, "sad"),
            "“torn” was chosen over “sad”, mainly because of reflection. "
            "The base model alone would have chosen “sad”; to it both were as good as equal.",
        ),
        (
            say(-1.0, 0.0, 2.0, "and", text="", foil="and"),
            "Ending the reply was chosen over “and”, because of empathy. The base model alone would have chosen “and”.",
        ),
        (
            say(-1.0, 0.0, 2.0, "", text="and", foil=""),
            "“and” was chosen over ending the reply, because of empathy. "
            "The base model alone would have ended the reply.",
        ),
    ],
)
def test_sentences_written_by_hand_are_what_is_said_of_a_word(sentence, expected):
    assert sentence == expected


@given(st.dictionaries(st.sampled_from("abcde"), st.floats(-5, 5), min_size=1))
def test_named_parts_make_more_than_half_and_none_is_spare(parts):
    names, whole = reasons(parts)
    positive = {name: v for name, v in parts.items() if v > 0}
    assert whole == (set(names) == set(positive))
    if positive:
        assert sum(parts[n] for n in names) > sum(positive.values()) / 2
        assert sum(parts[n] for n in names[:-1]) <= sum(positive.values()) / 2
    else:
        assert names == []


def test_items_are_listed_as_in_a_sentence():
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a and b", "a, b and c")


@pytest.mark.parametrize("count", [1, 4])
def test_words_of_which_the_base_would_have_chosen_none(count: int) -> None:
    said = reply_sentence({"base": 0.5, "empathy": 0.5}, {}, LABELS, [("a", False)] * count)
    assert said.startswith("The base model alone would have chosen none of these words. Among")


def test_the_whole_reply():
    push = {"base": 0.5, "reflection": 0.1, "empathy": 0.4}
    ranges = {"reflection": None, "empathy": (0.25, 0.5)}
    some = [("a", True)] * 3 + [("b", False)] * 5
    assert reply_sentence(push, ranges, LABELS, some) == (
        "The base model alone would have chosen 3 of these 8 words as well. Among the objectives, empathy moved the "
        "choices most (40% of the influence). The text stays the same while one slider moves: empathy between 25.0% "
        "and 50.0% of the mix."
    )
    assert reply_sentence(push, {**ranges, "reflection": (-0.1, 1.0)}, LABELS, some).endswith(
        "slider moves: empathy between 25.0% and 50.0% of the mix, or reflection anywhere."
    )
    assert "stays the same" not in reply_sentence(push, ranges, LABELS, some, sampled=True)
    assert reply_sentence({"base": 1.0, "empathy": 0.0}, {"empathy": None}, LABELS, [("a", True)]).endswith(
        "moved any choice."
    )
    assert "reflection and empathy moved" in reply_sentence(
        {"base": 0.5, "reflection": 0.25, "empathy": 0.25}, {}, LABELS, [("a", True), ("b", False)]
    )
    assert reply_sentence({}, {}, LABELS, []) == ""


def test_that_nearly_all_words_are_the_bases_own_is_said_once_with_those_that_are_not():
    push = {"base": 1.0, "empathy": 0.0}
    nearly = [("so", True)] * 8 + [("torn", False), ("torn", False)]
    assert reply_sentence(push, {}, LABELS, nearly).startswith(
        "Nearly all words, 8 of 10, are the base model's own; it would have chosen otherwise at “torn”."
    )
    assert reply_sentence(push, {}, LABELS, nearly[:8]).startswith("Every word is what the base model alone")


def test_a_mark_or_the_end_that_is_not_the_bases_own_is_named_where_all_words_are():
    push, words = {"base": 1.0, "empathy": 0.0}, [("so", True), ("torn", True)]
    marks = [(",", False), (",", False), (".", True), ("", False)]
    said = "The base model alone would have chosen every word as well, but not "
    assert reply_sentence(push, {}, LABELS, words, marks=marks).startswith(f"{said}the “,” and the end.")
    assert reply_sentence(push, {}, LABELS, words, marks=[(".", True)]).startswith("Every word is what the base")
    assert "“,”" not in reply_sentence(push, {}, LABELS, [*words, ("low", False)], marks=marks)


@given(st.floats(-5, 5), st.floats(-5, 5), st.sampled_from([None, "sad", "low"]), st.integers(1, 3))
def test_no_sentence_denies_the_bar_of_the_base(base, reflection, choice, pieces):
    if pieces == 1 and (choice is None) != (base >= 0) and choice != "low":
        return  # its own choice decides the sign of its bar where the rival is the same
    sentence = say(base, reflection, 0.0, choice, pieces=pieces)
    if base > 0 and choice is not None:
        assert "but" in sentence or "as good as equal" in sentence
    if choice is None:
        assert "would have chosen “" not in sentence
