"""Every number of a step, by hand, beside a naive twin, beside autograd, and as identities."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ensemble.mask import nothing
from emorl.ensemble.weights import coefficients, shares
from emorl.explain.steps import along_slider, divergence, explain_steps
from tests.explain.test_contributions import K, V, case, weights

strengths = st.sampled_from([0.0, 0.5, 1.0, 2.0])


def logits_of(free: torch.Tensor, strength: float, states: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
    """The naive twin: mixed logits as a function of shares that need not sum to 1, (V,)."""
    mixed = states[0] + strength * sum(w * (h - states[0]) for w, h in zip(free, states[1:], strict=True))
    return head @ mixed


def test_one_step_as_worked_out_by_hand():
    # base (1, 2), expert (3, 2), share 1: "0" leads by 1; the base alone says "1", the expert "0"
    (step,) = explain_steps([0], torch.tensor([[[1.0, 2.0], [3.0, 2.0]]]), [1.0], 1.0, torch.eye(2))
    assert (step.rank, step.facts.margin) == (1, 1.0)
    assert [own.token for own in step.own] == [1, 0]
    assert step.probability == pytest.approx(math.e / (1 + math.e))
    assert [(c.token, c.contributions) for c in step.candidates] == [(0, (0.0, 0.0)), (1, (-1.0, 2.0))]
    assert step.margin_slope == (2.0,)  # pull on "0" is 2, on "1" 0
    assert step.log_p_slope == pytest.approx((2 - 2 * math.e / (1 + math.e),))
    assert step.disagreement == pytest.approx(0, abs=1e-12)


def test_divergence_by_hand():
    apart = torch.tensor([[50.0, 0.0], [0.0, 50.0]])  # two experts that are sure of different words
    assert divergence(apart, [0.5, 0.5]) == pytest.approx(math.log(2))
    assert divergence(apart, [0.25, 0.75]) == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    assert divergence(apart, [1.0, 0.0]) == pytest.approx(0, abs=1e-12)
    assert divergence(apart, [0.0, 0.0]) == 0
    # p = (1/2, 1/2) and (3/4, 1/4): H(5/8, 3/8) - (H(1/2, 1/2) + H(3/4, 1/4)) / 2
    near = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    assert divergence(near, [0.5, 0.5]) == pytest.approx(0.66156 - (0.69315 + 0.56234) / 2, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights)
def test_divergence_is_between_zero_and_the_entropy_of_the_shares(seed, raw):
    logits = torch.randn(K, V, generator=torch.Generator().manual_seed(seed)) * 5
    share = shares(raw)
    assert 0 <= divergence(logits, share) <= sum(-w * math.log(w) for w in share if w) + 1e-9


def test_slopes_along_a_slider_by_hand():
    # the others (.3, .2) give way as .6 and .4: 1 - (.6 * 2 + .4 * 3)
    assert along_slider([1.0, 2.0, 3.0], [0.5, 0.3, 0.2])[0] == pytest.approx(1 - 2.4)
    assert along_slider([1.0], [1.0]) == (0.0,)
    assert along_slider([1.0, 2.0], [0.0, 0.0]) == (0.0, 0.0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), weights, strengths, st.sampled_from([0.0, 0.7, 1.5]))
def test_slopes_equal_autograd(seed, raw, strength, temperature):
    states, head, _, tokens = case(seed, raw, strength, steps=1)
    (step,) = explain_steps(tokens, states, shares(raw), strength, head, temperature=temperature)
    free = torch.tensor(shares(raw), requires_grad=True)
    logits = logits_of(free, strength, states[0], head)
    (margin,) = torch.autograd.grad(logits[tokens[0]] - logits[step.facts.foil], free, retain_graph=True)
    (log_p,) = torch.autograd.grad((logits / (temperature or 1)).log_softmax(-1)[tokens[0]], free)
    assert step.margin_slope == pytest.approx(margin.tolist(), abs=1e-4)
    assert step.log_p_slope == pytest.approx(log_p.tolist(), abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), weights, strengths)
def test_the_slider_slope_is_what_moving_the_slider_does(seed, raw, strength):
    states, head, _, tokens = case(seed, raw, strength, steps=1)
    share = shares(raw)
    if not any(share) or any(w > 0.98 for w in share):
        return
    (step,) = explain_steps(tokens, states, share, strength, head)
    for k, slope in enumerate(along_slider(step.margin_slope, share)):
        moved = [w * (1 - share[k] - 0.01) / (1 - share[k]) for w in share]
        moved[k] = share[k] + 0.01
        before, after = (logits_of(torch.tensor(w), strength, states[0], head) for w in (share, moved))
        y, r = tokens[0], step.facts.foil
        assert float((after[y] - after[r]) - (before[y] - before[r])) == pytest.approx(0.01 * slope, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), weights, strengths, st.sampled_from([1, 2]))
def test_contributions_against_any_foil_add_up_to_its_margin(seed, raw, strength, turns):
    states, head, mixed, tokens = case(seed, raw, strength, turns=turns)
    for row, step in zip(mixed, explain_steps(tokens, states, shares(raw), strength, head), strict=True):
        y = step.facts.token
        assert [c.token for c in step.candidates] == row.topk(5).indices.tolist() and step.rank == 1
        for found in (*step.candidates, *step.own):
            assert sum(found.contributions) == pytest.approx(float(row[y] - row[found.token]), abs=1e-4)
            assert found.probability == pytest.approx(float(row.softmax(-1)[found.token]), abs=1e-5)
        runner_up = next(c for c in step.candidates if c.token == step.facts.foil)
        assert runner_up.contributions == pytest.approx(step.facts.contributions, abs=1e-4)
        assert all(math.isfinite(row[found.token]) for found in (*step.candidates, *step.own))  # all may stand there


def test_what_is_forbidden_has_no_probability_by_hand():
    # "0 1 2 0 1": a second 0 1 2 is forbidden, so 2, which all want most, is no candidate and nobody's own choice
    states = torch.zeros(6, 2, 4)
    for at, token in enumerate([0, 1, 2, 0, 1]):
        states[at, :, token] = 9.0
    states[5] = torch.tensor([[0.0, 0.0, 9.0, 1.0], [3.0, 0.0, 9.0, 2.0]])
    step = explain_steps([0, 1, 2, 0, 1, 0], states, [1.0], 1.0, torch.eye(4))[5]
    total = math.e**3 + 1 + math.e**2
    assert [c.token for c in step.candidates] == [0, 3, 1] and [own.token for own in step.own] == [3, 0]
    assert (step.rank, step.probability) == (1, pytest.approx(math.e**3 / total))
    assert step.log_p_slope == pytest.approx((3 - (3 * math.e**3 + math.e**2) / total,))  # pulls 3, 0, 0 and 1
    assert explain_steps([0, 1, 2, 0, 1, 0], states, [1.0], 1.0, torch.eye(4), mask=nothing)[5].rank == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), weights, st.sampled_from([0.0, 1.0, 2.0]))
def test_own_choices_are_those_of_each_slider_alone(seed, raw, strength):
    states, head, _, tokens = case(seed, raw, strength, steps=1)
    (step,) = explain_steps(tokens, states, shares(raw), strength, head)
    alone = [coefficients([0.0] * K), *(coefficients([float(j == k) for j in range(K)], strength) for k in range(K))]
    assert [own.token for own in step.own] == [int((head @ (c @ states[0])).argmax()) for c in alone]


def test_a_sampled_token_has_its_rank_and_negative_margins():
    states = torch.tensor([[[1.0, 2.0, 0.0], [3.0, 2.0, 0.0]]])
    (step,) = explain_steps([2], states, [1.0], 1.0, torch.eye(3), temperature=2.0)
    assert (step.rank, step.facts.foil, step.facts.margin) == (3, 0, -3.0)
    assert step.facts.unchanged == (None,)
    assert step.probability == pytest.approx(1 / (1 + math.e + math.e**1.5))  # logits 0, 2, 3 over a temperature of 2
    assert [c.margin for c in step.candidates] == [-3.0, -2.0, 0.0]


def test_a_tie_shares_the_first_rank():
    (step,) = explain_steps([1], torch.zeros(1, 2, 2), [1.0], 1.0, torch.eye(2))
    assert (step.rank, step.facts.margin, step.facts.unchanged) == (1, 0.0, ((0.0, 1.0),))


@pytest.mark.parametrize(("raw", "strength"), [([0.0] * K, 1.0), ([0.2, 0.3, 0.5], 0.0)])
def test_where_no_objective_has_a_say_only_the_base_contributes(raw, strength):
    states, head, _, tokens = case(3, raw, strength)
    for step in explain_steps(tokens, states, shares(raw), strength, head):
        assert step.facts.contributions[1:] == (0.0,) * K
        assert step.own[0].token == step.facts.token
        assert step.disagreement == pytest.approx(0, abs=1e-9)
        assert step.facts.unchanged == ((None,) * K if not any(raw) else ((0.0, 1.0),) * K)


def test_the_scale_of_the_logits_scales_everything():
    states, head, _, tokens = case(5, [1.0, 1.0, 1.0], 1.0)
    share = shares([1.0, 1.0, 1.0])
    halved = explain_steps(tokens, states, share, 1.0, head, scale=0.5)
    for plain, half in zip(explain_steps(tokens, states, share, 1.0, head / 2), halved, strict=True):
        assert plain.facts.contributions == pytest.approx(half.facts.contributions, abs=1e-5)
        assert plain.log_p_slope == pytest.approx(half.log_p_slope, abs=1e-5)
