"""Contributions as identities, and flip intervals that hold inside and break outside."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ensemble.weights import coefficients, shares
from emorl.explain.contributions import explain_tokens, flip_interval, remaining_shares

K, D, V = 3, 6, 11


def case(seed: int, raw, strength: float, steps: int = 4):
    """Random states, head, greedy tokens and mixed logits."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(steps, K + 1, D, generator=generator)
    head = torch.randn(V, D, generator=generator)
    mixed = torch.einsum("k,tkd->td", coefficients(raw, strength), states) @ head.T
    return states, head, mixed, mixed.argmax(-1).tolist()


weights = st.lists(st.floats(0, 1), min_size=K, max_size=K)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights, st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_contributions_add_up_to_the_margin_over_the_runner_up(seed, raw, strength):
    states, head, mixed, tokens = case(seed, raw, strength)
    for step, fact in enumerate(explain_tokens(tokens, states, shares(raw), strength, head)):
        top = mixed[step].topk(2)
        assert fact.foil == int(top.indices[1])
        assert fact.margin == pytest.approx(float(top.values[0] - top.values[1]), abs=1e-4)
        assert sum(fact.contributions) == pytest.approx(fact.margin, abs=1e-6)
        assert len(fact.contributions) == K + 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights, st.sampled_from([0.5, 1.0, 2.0]))
def test_a_token_stays_first_inside_its_interval_and_not_outside(seed, raw, strength):
    states, head, _, tokens = case(seed, raw, strength, steps=1)
    share = shares(raw)
    if not any(share):
        assert explain_tokens(tokens, states, share, strength, head)[0].unchanged == (None,) * K
        return
    for k, interval in enumerate(explain_tokens(tokens, states, share, strength, head)[0].unchanged):
        if interval is None:
            continue  # rounding put the token a hair below another
        low, high = interval
        rest = remaining_shares(share, k)

        def first(t: float, k=k, rest=rest) -> int:
            moved = (1 - t) * rest
            moved[k] = t
            mix = coefficients(moved.tolist(), strength)
            return int((torch.einsum("k,kd->d", mix, states[0]) @ head.T).argmax())

        if high - low > 2e-3:
            assert first(low + 1e-3) == first(high - 1e-3) == tokens[0]
        if low > 2e-3:
            assert first(low - 1e-3) != tokens[0]
        if high < 1 - 2e-3:
            assert first(high + 1e-3) != tokens[0]


def test_by_hand():
    # one objective at share 1 against base: word 0 has logit 1 under the base, 3 under the expert; word 1 has 2 and 2
    states = torch.tensor([[[1.0, 2.0], [3.0, 2.0]]])
    fact = explain_tokens([0], states, [1.0], 1.0, torch.eye(2))[0]
    assert (fact.foil, fact.margin) == (1, 1.0)
    assert fact.contributions == (-1.0, 2.0)


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
