"""Contributions as identities, and flip intervals that hold inside and break outside."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ensemble.mask import forbid, no_run_twice, nothing
from emorl.ensemble.weights import coefficients, shares
from emorl.explain.contributions import explain_tokens, flip_interval, remaining_shares

K, D, V = 3, 6, 11


def case(seed: int, raw, strength: float, steps: int = 4, turns: int = 1):
    """Random states, head, greedy tokens and mixed logits, which are -inf where the mask forbids.

    With two turns the states come twice: the reply would repeat itself, so what it would say is forbidden from the
    third word of the second turn on.
    """
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(steps, K + 1, D, generator=generator).repeat(turns, 1, 1)
    head = torch.randn(V, D, generator=generator)
    mixed = torch.einsum("k,tkd->td", coefficients(raw, strength), states) @ head.T
    tokens: list[int] = []
    for row in mixed:
        tokens.append(int(forbid(row[None], [no_run_twice(tokens)]).argmax()))
    return states, head, mixed, tokens


weights = st.lists(st.floats(0, 1), min_size=K, max_size=K)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights, st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.sampled_from([1, 2]))
def test_contributions_add_up_to_the_margin_over_the_runner_up(seed, raw, strength, turns):
    states, head, mixed, tokens = case(seed, raw, strength, turns=turns)
    if turns == 2 and len(set(tokens[:4])) == 4:
        assert mixed[6].isneginf().nonzero().tolist() == [[tokens[2]]]  # "a b c d a b", and not "c" again
    for step, fact in enumerate(explain_tokens(tokens, states, shares(raw), strength, head)):
        top = mixed[step].topk(2)
        assert fact.foil == int(top.indices[1])
        assert fact.margin == pytest.approx(float(top.values[0] - top.values[1]), abs=1e-4)
        assert sum(fact.contributions) == pytest.approx(fact.margin, abs=1e-6)
        assert len(fact.contributions) == K + 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights, st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([(1, 1), (3, 2)]))
def test_a_token_stays_first_inside_its_interval_and_not_outside(seed, raw, strength, shape):
    """The last token of a reply; after two turns of three words the best one is forbidden."""
    states, head, _, tokens = case(seed, raw, strength, *shape)
    share, forbidden = shares(raw), no_run_twice(tokens[:-1])
    if shape == (3, 2) and len(set(tokens[:3])) == 3:
        assert forbidden == [tokens[2]]  # "a b c a b", and not "c" again
    if not any(share):
        assert explain_tokens(tokens, states, share, strength, head)[-1].unchanged == (None,) * K
        return
    for k, interval in enumerate(explain_tokens(tokens, states, share, strength, head)[-1].unchanged):
        if interval is None:
            continue  # rounding put the token a hair below another
        low, high = interval
        rest = remaining_shares(share, k)

        def first(t: float, k=k, rest=rest) -> int:
            moved = (1 - t) * rest
            moved[k] = t
            mix = coefficients(moved.tolist(), strength)
            logits = torch.einsum("k,kd->d", mix, states[-1]) @ head.T
            return int(forbid(logits[None], [forbidden]).argmax())

        if high - low > 2e-3:
            assert first(low + 1e-3) == first(high - 1e-3) == tokens[-1]
        if low > 2e-3:
            assert first(low - 1e-3) != tokens[-1]
        if high < 1 - 2e-3:
            assert first(high + 1e-3) != tokens[-1]


def test_contributions_of_one_token_as_worked_out_by_hand():
    # one objective at share 1 against base: word 0 has logit 1 under the base, 3 under the expert; word 1 has 2 and 2
    states = torch.tensor([[[1.0, 2.0], [3.0, 2.0]]])
    fact = explain_tokens([0], states, [1.0], 1.0, torch.eye(2))[0]
    assert (fact.foil, fact.margin) == (1, 1.0)
    assert fact.contributions == (-1.0, 2.0)


def test_a_forbidden_token_is_no_foil_and_ends_no_range_by_hand():
    # "0 1 2 0 1", then the expert says 2 (9), 0 (3), 3 (2), the base 2 (9), 3 (1), 0 (0); a second 0 1 2 is forbidden
    states = torch.zeros(6, 2, 4)
    for step, token in enumerate([0, 1, 2, 0, 1]):
        states[step, :, token] = 9.0
    states[5] = torch.tensor([[0.0, 0.0, 9.0, 1.0], [3.0, 0.0, 9.0, 2.0]])
    fact = explain_tokens([0, 1, 2, 0, 1, 0], states, [1.0], 1.0, torch.eye(4))[5]
    assert (fact.foil, fact.margin, fact.contributions) == (3, 1.0, (-1.0, 2.0))
    assert fact.unchanged == ((0.5, 1.0),)  # 3t > 1 + t
    plain = explain_tokens([0, 1, 2, 0, 1, 0], states, [1.0], 1.0, torch.eye(4), mask=nothing)[5]
    assert (plain.foil, plain.margin, plain.unchanged) == (2, -6.0, (None,))


def test_interval_by_hand():
    # 0 + 4t against 1 + 1t: first from t = 1/3; against 3 + 0t: first from t = 3/4
    assert flip_interval(torch.tensor([0.0, 1.0]), torch.tensor([4.0, 1.0]), 0) == (pytest.approx(1 / 3), 1.0)
    assert flip_interval(torch.tensor([0.0, 1.0, 3.0]), torch.tensor([4.0, 1.0, 0.0]), 0) == (0.75, 1.0)
    assert flip_interval(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 1.0]), 0) is None
    assert flip_interval(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0]), 0) == (0.0, 1.0)


def test_the_others_keep_their_proportions_or_share_equally():
    assert remaining_shares([0.5, 0.3, 0.2], 0).tolist() == pytest.approx([0, 0.6, 0.4])
    assert remaining_shares([1.0, 0.0, 0.0], 0).tolist() == pytest.approx([0, 0.5, 0.5])
    assert remaining_shares([0.0, 1.0, 5e-324], 1).tolist() == [0, 0, 1]
    assert remaining_shares([1.0], 0).tolist() == [0]
