"""Words that name a feeling."""

from __future__ import annotations

import pytest

from emorl.scoring.feelings import FEELINGS, MORE, feeling_words, names_feeling


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You're torn: proud of her, and worried. So WORRIED.", ("torn", "proud", "worried")),
        ("You feel let down and worn out.", ("let down", "worn out")),
        ("It's lonelier than before, and that stings.", ("lonelier", "stings")),
        ("You went to the shop in Sadler Street.", ()),
        ("", ()),
    ],
)
def test_all_of_a_text_each_once_in_order(text, words):
    assert feeling_words(text) == words


def test_training_grades_with_the_short_list_only():
    assert names_feeling("You are TIRED and sad.") == "tired"
    assert names_feeling("That stings.") is None
    assert not set(FEELINGS) & set(MORE)
