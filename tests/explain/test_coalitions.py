"""Coalitions mean what they say, Shapley values add up; small games worked out by hand."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ensemble.weights import coefficients, shares
from emorl.explain.coalitions import CONVENTIONS, Coalition, Variant, Variants, plan_variants, shapley

NAMES = ("reflection", "empathy", "fluency")


def subsets(names):
    return [frozenset(kept) for size in range(len(names) + 1) for kept in combinations(names, size)]


def test_shapley_by_hand():
    # v(a) = 1, v(b) = 2, v(ab) = 5: a adds 1 first and 3 second, b 2 and 4
    value = {frozenset(): 0.0, frozenset("a"): 1.0, frozenset("b"): 2.0, frozenset("ab"): 5.0}
    assert shapley("ab", value) == {"a": 2.0, "b": 3.0}
    # the glove game: a and b hold left gloves, c the right one; a pair is worth 1
    glove = {s: float("c" in s and len(s) > 1) for s in subsets("abc")}
    assert shapley("abc", glove) == pytest.approx({"a": 1 / 6, "b": 1 / 6, "c": 4 / 6})


@settings(max_examples=60)
@given(st.integers(1, 5), st.data())
def test_shapley_values_add_up_and_equal_the_mean_over_all_orders(count, data):
    names = "abcde"[:count]
    value = {s: data.draw(st.floats(0, 1)) for s in subsets(names)}
    found = shapley(names, value)
    assert sum(found.values()) == pytest.approx(value[frozenset(names)] - value[frozenset()], abs=1e-9)
    naive = dict.fromkeys(names, 0.0)
    orders = list(permutations(names))
    for order in orders:
        for index, name in enumerate(order):
            naive[name] += (value[frozenset(order[: index + 1])] - value[frozenset(order[:index])]) / len(orders)
    assert found == pytest.approx(naive, abs=1e-9)


@given(st.data())
def test_who_changes_nothing_gets_nothing_and_equals_get_the_same(data):
    value = {s: data.draw(st.floats(0, 1)) for s in subsets("ab")}
    with_dummy = {s: value[s - {"c"}] for s in subsets("abc")}
    assert shapley("abc", with_dummy)["c"] == pytest.approx(0, abs=1e-12)
    even = [data.draw(st.floats(0, 1)) for _ in range(4)]
    found = shapley("abc", {s: even[len(s)] for s in subsets("abc")})
    assert found["a"] == pytest.approx(found["b"], abs=1e-9) == pytest.approx(found["c"], abs=1e-9)


def test_a_missing_coalition_is_refused():
    with pytest.raises(KeyError):
        shapley("ab", {frozenset(): 0.0, frozenset("ab"): 1.0})


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_both_conventions_mix_what_they_promise(raw, strength):
    share = shares(raw)
    plan = plan_variants(NAMES, share, strength)
    assert len(plan) == 2 * 2**3
    states = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    pulls = states[1:] - states[0]
    for ask in plan:
        kept = torch.tensor(
            [w if name in ask.members else 0.0 for name, w in zip(NAMES, share, strict=True)], dtype=torch.float64
        )
        total = float(kept.sum())
        if ask.convention == "renormalised":
            kept = kept / total if total else kept
        naive = states[0] + strength * (kept.float() @ pulls)
        assert coefficients(ask.weights, ask.strength) @ states == pytest.approx(naive.numpy(), abs=1e-4)


def test_without_one_by_hand():
    plan = {(a.convention, a.members): a for a in plan_variants(NAMES, [0.5, 0.3, 0.2], 1.0, every=False)}
    assert len(plan) == 2 * 5
    dropped = plan["renormalised", ("empathy", "fluency")]
    assert (dropped.weights, dropped.strength) == ((0.0, 0.3, 0.2), 1.0)
    assert plan["base", ("empathy", "fluency")].strength == pytest.approx(0.5)
    assert plan["base", NAMES].strength == plan["renormalised", NAMES].strength == 1.0
    assert plan["base", ()].weights == (0.0, 0.0, 0.0)


def test_one_objective_has_two_coalitions():
    assert [a.members for a in plan_variants(["only"], [1.0], 1.0, every=False)] == [(), ("only",)] * 2
    assert len(plan_variants(["only"], [1.0], 1.0)) == 4


def written(every=True) -> Variants:
    plan = plan_variants(("a", "b"), [0.5, 0.5], 1.0, every)
    return Variants(
        ("a", "b"),
        tuple(
            Variant(
                ask.convention, ask.members, "".join(ask.members) or "base", {"score": float(len(ask.members) ** 2)}
            )
            for ask in plan
        ),
    )


def test_scores_of_variants_are_summed():
    assert written().shapley() == dict.fromkeys(CONVENTIONS, {"score": {"a": 2.0, "b": 2.0}})


def test_shapley_values_need_every_coalition():
    some = Variants(
        NAMES,
        tuple(
            Variant(a.convention, a.members, "", {"score": 0.0})
            for a in plan_variants(NAMES, [1, 0, 0], 1.0, every=False)
        ),
    )
    assert some.shapley() == {} == Variants(NAMES, ()).shapley()
    with pytest.raises(KeyError):
        shapley(NAMES, {Coalition(v.members): 0.0 for v in some.written})
