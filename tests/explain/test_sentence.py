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
            say(2.0, 0.5, 1.0),
            "“torn” was chosen over “sad”, mainly because of the base model. "
            "The base model alone would have chosen it as well.",
        ),
        (
            say(1.0, 1.0, 1.0, "low"),
            "“torn” was chosen over “sad”, mainly because of the base model and reflection. "
            "The base model alone would have chosen “low”.",
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
            say(-1.0, 0.5, 2.0, "whelming", text="overwhelmed", foil="under", pieces=2, base_after="over"),
            "“overwhelmed” was chosen over its alternatives, “under” first, in 2 pieces, mainly because of empathy. "
            "After “over”, the base model alone would have chosen “whelming”.",
        ),
        (
            say(-1.0, 0.0, 2.0, "and", text="", foil="and"),
            "Ending the reply was chosen over “and”, because of empathy. The base model alone would have chosen “and”.",
        ),
        (
            say(-1.0, 0.0, 2.0, "", text="and", foil=""),
            "“and” was chosen over ending the reply, because of empathy. "
            "The base model alone would have chosen ending the reply.",
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


def test_the_whole_reply():
    push = {"base": 0.5, "reflection": 0.1, "empathy": 0.4}
    ranges = {"reflection": None, "empathy": (0.25, 0.5)}
    assert reply_sentence(push, ranges, LABELS, 3, 8) == (
        "The base model alone would have chosen 3 of these 8 words as well. Among the objectives, empathy moved the "
        "choices most (40% of all push). The text stays the same while one slider moves, with empathy between 25.0% "
        "and 50.0% of the mix."
    )
    assert "stays the same" not in reply_sentence(push, ranges, LABELS, 3, 8, sampled=True)
    assert reply_sentence({"base": 1.0, "empathy": 0.0}, {"empathy": None}, LABELS, 1, 1).endswith("moved any choice.")
    assert "reflection and empathy moved" in reply_sentence(
        {"base": 0.5, "reflection": 0.25, "empathy": 0.25}, {}, LABELS, 1, 2
    )
    assert reply_sentence({}, {}, LABELS, 0, 0) == ""
