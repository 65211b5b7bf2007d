"""One reply as a whole: sums over pieces, intersections, shares of all push, the text inside and outside a range."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ensemble import Request
from emorl.ensemble.weights import shares
from emorl.explain import explain_reply, explain_steps
from emorl.explain.contributions import remaining_shares
from emorl.explain.explanation import intersect
from emorl.explain.rivals import Rival
from tests.explain.test_contributions import D, K, V, case, weights

NAMES = ("reflection", "empathy", "fluency")
LABELS = {name: name for name in NAMES}
PIECES = [" a", "b", ".", ",", " c", "d", "'", " ", "\n", "e", "<end>"]  # one for each token of the head
END = {V - 1}


def explained(seed: int, raw, strength: float = 1.0, temperature: float = 0.0, steps: int = 8):
    states, head, _, tokens = case(seed, raw, strength, steps)
    mix = dict(zip(NAMES, shares(raw), strict=True))
    found = explain_reply(tokens, states, mix, strength, head, PIECES.__getitem__, END, LABELS, temperature=temperature)
    return found, explain_steps(tokens, states, shares(raw), strength, head)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights, st.sampled_from([0.0, 1.0, 2.0]))
def test_sums_over_words_are_sums_over_tokens(seed, raw, strength):
    found, steps = explained(seed, raw, strength)
    names = ["base", *NAMES]
    assert sum(len(word.pieces) for word in found.words) == len(steps)
    for word in found.words:
        assert sum(word.contributions.values()) == pytest.approx(word.margin, abs=1e-5)
        assert word.sentence
    for row, name in enumerate(names):
        total = sum(step.facts.contributions[row] for step in steps)
        assert sum(word.contributions[name] for word in found.words) == pytest.approx(total, abs=1e-5)
    whole = found.overall
    assert sum(whole.absolute.values()) == pytest.approx(1)
    push = sum(abs(c) for step in steps for c in step.facts.contributions)
    assert sum(whole.signed.values()) == pytest.approx(sum(s.facts.margin for s in steps) / push, abs=1e-5)
    assert all(abs(whole.signed[name]) <= whole.absolute[name] + 1e-9 for name in names)
    assert 0 <= whole.disagreement <= whole.max_disagreement + 1e-6
    for k, name in enumerate(NAMES):
        assert whole.unchanged[name] == intersect(step.facts.unchanged[k] for step in steps)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), weights)
def test_the_words_that_end_a_range_are_named(seed, raw):
    found, _ = explained(seed, raw)
    for name in NAMES:
        kept, limits = found.overall.unchanged[name], found.overall.limits[name]
        for side, edge in ((0, 0.0), (1, 1.0)):
            if kept is None or kept[side] == edge:
                assert limits[side] is None
            else:
                assert found.words[limits[side]].unchanged[name][side] == kept[side]


def test_words_and_the_whole_reply_as_worked_out_by_hand():
    # words "ab", "." and the end; two tokens of D = 2 numbers, head of one row a token
    head = torch.eye(3)
    states = torch.tensor(
        [
            [[1.0, 0.0, 0.0], [3.0, 0.0, 0.0]],  # " a" over "b": base 1, objective +2
            [[2.0, 1.0, 0.0], [2.0, 4.0, 0.0]],  # "b" over " a": base -1, objective +3
            [[0.0, 0.0, 1.0], [0.0, 0.0, 0.5]],  # the end over " a": base 1, objective -.5
        ]
    )
    found = explain_reply(
        [0, 1, 2], states, {"only": 1.0}, 1.0, head, [" a", "b", "<end>"].__getitem__, {2}, {"only": "only this"}
    )
    word, end = found.words
    assert (word.text, word.gap, word.kind, word.margin) == ("ab", True, "word", 5.0)
    assert word.contributions == {"base": 0.0, "only": 5.0}
    assert word.sentence == (
        "“ab” was chosen over “b” and others, because of only this. The base model alone would have chosen “a”."
    )
    assert (word.foil, word.own) == ("b", {"base": "a", "only": "ab"})
    assert word.pieces[1].own["base"].contributions == {"base": -1.0, "only": 3.0}
    assert (end.text, end.kind, end.contributions) == ("", "end", {"base": 1.0, "only": -0.5})
    assert found.overall.absolute == pytest.approx({"base": 3 / 8.5, "only": 5.5 / 8.5})
    assert found.overall.signed == pytest.approx({"base": 1 / 8.5, "only": 4.5 / 8.5})
    assert found.overall.unchanged == {"only": (pytest.approx(1 / 3), 1.0)}  # "b" needs 1 + 3t > 2
    assert found.overall.limits == {"only": (0, None)}


def test_rivals_are_named_by_the_words_they_would_have_become():
    pieces = [" over", "whelmed", " s", "ly", "<end>"]
    head = torch.eye(5)
    states = torch.tensor(
        [
            [[1.0, 0.0, 2.0, 0.0, 0.0], [4.0, 0.0, 1.0, 0.0, 0.0]],  # " over": the base prefers " s"
            [[0.0, 1.0, 2.0, 0.0, 0.0], [0.0, 4.0, 0.0, 3.0, 0.0]],  # "whelmed" over "ly"; the base would begin anew
            [[0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.5, 1.0]],  # the end over "ly"
        ]
    )
    asked = []

    def complete(rivals):
        asked.extend(rivals)
        return {rival: {2: "sad", 3: "ly"}[rival.token] for rival in rivals}

    found = explain_reply(
        [0, 1, 4], states, {"only": 1.0}, 1.0, head, pieces.__getitem__, {4}, {"only": "this"}, complete=complete
    )
    word, end = found.words
    assert (word.foil, word.own) == ("sad", {"base": "sad", "only": "overwhelmed"})
    assert (end.foil, end.own) == ("overwhelmedly", {"base": "", "only": ""})
    assert asked == [Rival(0, 2), Rival(0, 2, "base"), Rival(2, 3)]
    bare = explain_reply([0, 1, 4], states, {"only": 1.0}, 1.0, head, pieces.__getitem__, {4}, {"only": "this"})
    assert bare.words[0].foil == "s"


def test_a_part_that_leaves_a_word_in_the_middle_would_have_ended_it_there():
    pieces = [" over", "whelmed", " s", "come", "<end>"]
    head = torch.eye(5)
    states = torch.tensor(
        [
            [[2.0, 0.0, 1.0, 0.0, 0.0], [4.0, 0.0, 0.0, 0.0, 0.0]],
            [[0.0, 1.0, 2.0, 0.0, 0.0], [0.0, 2.0, 0.0, 3.0, 0.0]],  # the base begins anew, the objective goes on
        ]
    )
    found = explain_reply([0, 1], states, {"only": 1.0}, 1.0, head, pieces.__getitem__, {4}, {"only": "this"})
    assert found.words[0].own == {"base": "over", "only": "overcome"}


def test_no_tokens_nothing_to_say():
    found = explain_reply(
        [], torch.empty(0, K + 1, D), dict.fromkeys(NAMES, 0.0), 1.0, torch.randn(V, D), PIECES.__getitem__, END, LABELS
    )
    assert found.words == () and found.overall.sentence == "" and found.overall.disagreement == 0
    assert set(found.overall.absolute.values()) == {0.0}


def test_all_weights_zero_and_sampling():
    found, _ = explained(1, [0.0] * K)
    assert all("no objective had any weight" in word.sentence for word in found.words)
    assert found.overall.max_disagreement == 0 and set(found.overall.unchanged.values()) == {None}
    states, head, _, _ = case(2, [1.0] * K, 1.0)
    drawn = explain_reply(
        [0, 1, 2, 3],
        states,
        dict(zip(NAMES, shares([1.0] * K), strict=True)),
        1.0,
        head,
        PIECES.__getitem__,
        END,
        LABELS,
        temperature=1.0,
    )
    assert any(not word.first and "drawn by chance" in word.sentence for word in drawn.words)
    assert "stays the same" not in drawn.overall.sentence


def test_it_is_plain_json():
    found, _ = explained(7, [0.2, 0.3, 0.5])
    again = json.loads(json.dumps(asdict(found)))
    assert set(again) == {"weights", "strength", "temperature", "words", "overall"}
    assert again["words"][0]["pieces"][0]["own"]["base"]["probability"] <= 1


def test_the_intersection_of_ranges_is_none_where_one_is_missing_or_they_do_not_meet():
    assert intersect([(0.0, 0.5), (0.25, 1.0)]) == (0.25, 0.5)
    assert intersect([(0.0, 0.25), (0.5, 1.0)]) is None
    assert intersect([(0.0, 1.0), None]) is None and intersect([]) is None


@pytest.mark.parametrize("raw", [[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [1.0, 1.0, 0.0]])
def test_the_model_writes_the_same_inside_the_range_and_something_else_outside(decoder, raw):
    """The claim of the slider's range, held against decoding anew on both sides of both ends."""
    prompt = [5, 9, 11]
    (reply,) = decoder.decode([Request(prompt, raw, max_tokens=12)], keep_states=True)
    mix = dict(zip(NAMES, shares(raw), strict=True))
    backbone = decoder.backbone
    found = explain_reply(reply.tokens, reply.states, mix, 1.0, backbone.head, str, {2}, LABELS, backbone.scale)
    checked = 0
    for k, name in enumerate(NAMES):
        kept = found.overall.unchanged[name]
        assert kept is not None and kept[0] <= mix[name] + 1e-5 and mix[name] - 1e-5 <= kept[1]
        rest = remaining_shares(list(mix.values()), k)
        inside = [kept[0] + 1e-4, (kept[0] + kept[1]) / 2, kept[1] - 1e-4] if kept[1] - kept[0] > 1e-3 else []
        outside = [t for t in (kept[0] - 1e-4, kept[1] + 1e-4) if 0 <= t <= 1]
        lines = [[*((1 - t) * rest)] for t in inside + outside]
        for line, t in zip(lines, inside + outside, strict=True):
            line[k] = t
        texts = [r.tokens for r in decoder.decode([Request(prompt, [*map(float, w)], max_tokens=12) for w in lines])]
        assert all(text == reply.tokens for text in texts[: len(inside)])
        assert all(text != reply.tokens for text in texts[len(inside) :])
        checked += len(texts)
    assert checked >= 6
