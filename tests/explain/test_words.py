"""Pieces become words; punctuation and the end stand alone; every piece is in one group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.explain.words import group_pieces


def read(*pieces: str, ends: list[bool] | None = None) -> list[tuple[str, str]]:
    return [(group.text, group.kind[0]) for group in group_pieces(pieces, ends)]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (
            ["You", " feel", " over", "whelmed", ",", " and", " torn", "."],
            ["You w", "feel w", "overwhelmed w", ", m", "and w", "torn w", ". m"],
        ),
        (["I", " don", "'t"], ["I w", "don't w"]),
        ([" don", "’", "t"], ["don’t w"]),
        ([" well", "-", "being"], ["well-being w"]),
        ([" 3", ".", "5", " km"], ["3.5 w", "km w"]),
        ([" tired", ".", "You"], ["tired w", ". m", "You w"]),
        ([" dogs", "'", " tails"], ["dogs w", "' m", "tails w"]),
        ([' "', "no", '"', "."], ['" m', "no w", '". m']),
        ([" so", ".", ".", "."], ["so w", "... m"]),
        ([" (", "sic", ")", " -", " ok"], ["( m", "sic w", ") m", "- m", "ok w"]),
        ([" \n", "So", " \n\n", "tired", " "], ["So w", "tired w"]),
        ([" caf", "\ufffd", "\ufffd"], ["caf\ufffd\ufffd w"]),
        ([" "], [" m".strip().rjust(2)]),
        ([], []),
    ],
)
def test_words_and_marks(pieces, expected):
    assert [f"{text} {kind}" for text, kind in read(*pieces)] == expected


def test_the_end_is_alone_even_after_white_space_and_inside_a_reply():
    assert read(" sad", " ", "<end>", ends=[False, False, True]) == [("sad", "w"), ("", "e")]
    assert read("<end>", "a", "<end>", ends=[True, False, True]) == [("", "e"), ("a", "w"), ("", "e")]
    assert read("<end>", " ", "<end>", ends=[True, False, True]) == [("", "e"), ("", "m"), ("", "e")]


def test_gaps_are_where_white_space_was():
    groups = group_pieces(["You", " feel", ",", " sad", "."])
    assert [g.gap for g in groups] == [False, True, False, True, False]
    assert "".join((" " if g.gap else "") + g.text for g in groups) == "You feel, sad."


@given(st.lists(st.tuples(st.sampled_from([" a", "b", ".", ",", "'", " -", " ", "\n", "3", "\ufffd"]), st.booleans())))
def test_every_piece_is_in_exactly_one_group_in_order(rows):
    pieces, ends = [text for text, _ in rows], [end for _, end in rows]
    groups = group_pieces(pieces, ends)
    assert [i for g in groups for i in range(g.start, g.stop)] == list(range(len(pieces)))
    for group in groups:
        inside = ends[group.start : group.stop]
        assert (group.kind == "end") == any(inside) and (not any(inside) or len(inside) == 1)
        if group.kind != "end":
            assert group.text == "".join(pieces[group.start : group.stop]).strip()


@pytest.mark.parametrize(
    ("pieces", "reply", "expected"),
    [
        (["I", " caf", "\ufffd", "\ufffd", ","], "I café,", ["I", "café", ","]),
        ([" it", "\ufffd", "\ufffd", "s", " (", "\ufffd", "\ufffd", ")"], "it’s (é)", ["it’s", "(", "é", ")"]),
        (["I", " caf", "\ufffd"], "I like cafés", ["I", "caf\ufffd"]),  # other words: left as it was
        (["I", " caf", "\ufffd"], "", ["I", "caf\ufffd"]),
        (["You", ","], "Something else", ["You", ","]),
    ],
)
def test_a_character_split_over_pieces_is_taken_from_the_reply(pieces, reply, expected):
    assert [span.text for span in group_pieces(pieces, text=reply)] == expected
