"""What the result widget is given: words from pieces, sums, ranges; numbers worked out by hand."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import is_dataclass, replace

import pytest

import emorl.ui
from emorl.reflecting.reflection import Reflection, TokenExplanation
from emorl.safety import Contact
from emorl.ui.map.payload import RatingPoint
from emorl.ui.payload import as_form, to_page
from emorl.ui.widgets.contacts import contact_payloads
from emorl.ui.writing.payload import merge_words, overall, reflection_payload
from tests.ui.scripted import REPLY, TOKENS, ScriptedReflector


def token(text: str, base: float, empathy: float, unchanged: tuple[float, float] = (0.0, 1.0)) -> TokenExplanation:
    parts = {"base": base, "empathy": empathy}
    return TokenExplanation(text, 0, " foil", base + empathy, parts, {"empathy": unchanged})


@pytest.fixture
def reflection() -> Reflection:
    return ScriptedReflector().written("I am tired.", {"reflection": 0.6, "empathy": 0.4})


def test_pieces_are_merged_and_added_up(reflection: Reflection) -> None:
    words = merge_words(reflection.tokens)
    assert "".join(" " * word.gap + word.text for word in words) == REPLY
    merged = words[8]
    assert (merged.text, merged.kind, merged.gap) == ("overwhelmed", "word", True)
    assert (merged.pieces, merged.foil) == (2, "under")
    assert merged.contributions == pytest.approx({"base": 1.5, "reflection": 0.25, "empathy": 0.75})
    assert merged.margin == pytest.approx(2.5)
    assert merged.unchanged["empathy"] == pytest.approx((0.1, 0.91))
    assert [(word.text, word.kind) for word in words[9:]] == [
        (",", "mark"),
        ("and", "word"),
        ("alone", "word"),
        (".", "mark"),
        ("", "end"),
    ]


def test_words_are_those_of_the_why_screen(reflection: Reflection) -> None:
    explained = ScriptedReflector().explain(reflection).words
    assert [(word.text, word.gap, word.kind) for word in merge_words(reflection.tokens)] == [
        (word.text, word.gap, word.kind) for word in explained
    ]


def test_contributions_of_words_sum_to_margins_and_to_the_overall_rows(reflection: Reflection) -> None:
    words = merge_words(reflection.tokens)
    for word in words:
        assert sum(word.contributions.values()) == pytest.approx(word.margin)
    rows = {row.name: row for row in overall(words)}
    assert rows["base"].sum == pytest.approx(sum(row[2] for row in TOKENS))
    assert rows["empathy"].sum == pytest.approx(5.5)
    assert rows["empathy"].mean == pytest.approx(5.5 / 10)  # ten words
    assert rows["base"].unchanged is None
    assert rows["reflection"].unchanged == pytest.approx((0.14, 0.9))


def test_the_objective_that_overruled_the_base_is_named() -> None:
    helped, agreed, failed = merge_words([token(" a", -1.0, 2.0), token(" b", 1.0, 2.0), token(" c", -1.0, -0.5)])
    assert (helped.decided, agreed.decided, failed.decided) == ("empathy", "", "")


def test_a_word_drawn_although_the_mix_preferred_its_runner_up_was_decided_by_no_objective() -> None:
    drawn, turned = merge_words([token(" said", -1.0, 0.25), token(" know", -1.0, 1.25)], sampled=True)
    assert (drawn.margin, drawn.decided) == (-0.75, "")
    assert (turned.margin, turned.decided) == (0.25, "empathy")


def test_an_overruled_piece_inside_a_word_counts() -> None:
    (word,) = merge_words([token(" over", 5.0, 0.1), token("whelmed", -1.0, 2.0)])
    assert word.decided == "empathy"


@pytest.mark.parametrize("text", ["<|im_end|>", "<|endoftext|>", "</s>", ""])
def test_the_end_of_the_reply_is_a_word_of_its_own(text: str) -> None:
    words = merge_words([token(" sad", 1.0, 0.0), token(text, 1.0, 0.0)])
    assert [(word.text, word.kind) for word in words] == [("sad", "word"), ("", "end")]


def test_no_tokens_no_words_no_rows() -> None:
    assert merge_words([]) == []
    assert overall([]) == []


def test_payload_of_a_finished_reflection(reflection: Reflection) -> None:
    payload = to_page(reflection_payload(reflection, ScriptedReflector().objectives, "id"))
    assert payload["phase"] == "done"
    assert payload["scores"][1] == {"name": "empathy", "label": "Empathy", "score": 0.7, "base": 0.4}
    assert payload["details"]["seconds"] == 0.5
    assert payload["words"][0]["unchanged"]["reflection"] == [0.0, 0.9]


def test_a_sampled_reply_has_no_unchanged_ranges(reflection: Reflection) -> None:
    sampled = replace(reflection, setting=replace(reflection.setting, temperature=0.7))
    payload = to_page(reflection_payload(sampled, ScriptedReflector().objectives, "id"))
    assert all(value is None for word in payload["words"] for value in word["unchanged"].values())
    assert all(row["unchanged"] is None for row in payload["overall"])


def test_a_reflection_cut_at_the_limit_is_marked_and_complete(reflection: Reflection) -> None:
    payload = to_page(reflection_payload(replace(reflection, stopped=True), ScriptedReflector().objectives, "id"))
    assert (payload["phase"], payload["cut"], len(payload["overall"])) == ("done", True, 3)


def test_characters_split_over_pieces_are_taken_from_the_text() -> None:
    pieces = [
        token("I", 1, 0),
        token(" caf", 1, 0),
        token("\ufffd", 1, 0),
        token("\ufffd", 1, 0),
        token("", 1, 0),
    ]
    assert [word.text for word in merge_words(pieces)] == ["I", "caf\ufffd\ufffd", ""]
    assert [word.text for word in merge_words(pieces, "I café")] == ["I", "café", ""]
    assert [word.text for word in merge_words(pieces, "I like cafés")] == ["I", "caf\ufffd\ufffd", ""]


def test_white_space_alone_is_no_word() -> None:
    pieces = [
        token(" \n", 1, 0),
        token("So", 1, 1),
        token(" \n\n", 1, 0),
        token("tired", 2, 0),
        token(" ", 1, 0),
    ]
    words = merge_words(pieces)
    assert [(word.text, word.gap, word.margin) for word in words] == [("So", True, 3.0), ("tired", True, 4.0)]


def test_contacts_keep_only_https_addresses() -> None:
    rows = contact_payloads(
        [
            Contact("UK", "A", "116 123", "https://a.org", "", "x"),
            Contact("US", "B", "988", "javascript:alert(1)", "n", "x"),
        ]
    )
    assert [row.url for row in rows] == ["https://a.org", ""]
    assert to_page(rows[0]) == {"country": "UK", "name": "A", "phone": "116 123", "url": "https://a.org", "note": ""}


def test_a_payload_becomes_plain_json() -> None:
    payload = RatingPoint((1 / 3, 0.0), 0.5, 2)
    assert to_page({"points": [payload], "none": None, "yes": True}) == {
        "points": [{"weights": [0.333333, 0.0], "value": 0.5, "n": 2}],
        "none": None,
        "yes": True,
    }
    with pytest.raises(TypeError, match="Got list for the page: expected a dataclass"):
        to_page([payload])


@pytest.mark.parametrize("given", [None, "x", 3, ["id"]])
def test_what_is_no_form_is_an_empty_one(given: object) -> None:
    assert as_form(given) == {}


def payload_types() -> list[type]:
    """All dataclasses in the `payload` modules of `emorl.ui`."""
    found: list[type] = []
    for module in pkgutil.walk_packages(emorl.ui.__path__, "emorl.ui."):
        if module.name.endswith((".payload", ".contacts", ".mixer", ".scores", ".candidates")):
            members = vars(importlib.import_module(module.name)).values()
            found += [
                one for one in members if isinstance(one, type) and is_dataclass(one) and one.__module__ == module.name
            ]
    return found


def test_every_field_of_a_payload_is_documented() -> None:
    assert len(payload_types()) > 30
    for kind in payload_types():
        own = vars(kind).get("__annotations__", {})
        assert all(re.search(rf"^    +{name}: \S", kind.__doc__ or "", re.MULTILINE) for name in own), kind
