"""What the weightings decide, by hand, and that each goes on from its state as if it had never stopped."""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable

import pytest

from emorl.errors import ConfigError
from training.baselines.bandits import Exp3
from training.baselines.contextual import ContextualDynaOpt
from training.baselines.weightings import Dorb, DynaOpt, RoundRobin, Uniform, Weighting


def scores(number: int, objectives: int = 3, replies: int = 4) -> list[list[float]]:
    """Made-up scores of a validation."""
    rng = random.Random(number)
    return [[rng.random() for _ in range(replies)] for _ in range(objectives)]


def test_uniform_weights_are_equal_and_nothing_is_learnt() -> None:
    weighting = Uniform(4)
    weighting.learn(scores(1, 4))
    assert weighting.weights(0) == weighting.weights(99) == [0.25] * 4
    assert not weighting.validates and weighting.state() == {}


def test_rewards_take_turns_in_blocks_of_equal_length() -> None:
    weighting = RoundRobin(3, 10)  # blocks of 3; the tenth update begins again
    turns = [weighting.weights(step).index(1.0) for step in range(10)]
    assert turns == [0, 0, 0, 1, 1, 1, 2, 2, 2, 0]
    assert [RoundRobin(3, 2).weights(step).index(1.0) for step in range(4)] == [
        0,
        1,
        2,
        0,
    ]  # fewer updates than rewards


def test_dorb_learns_with_one_reward_until_the_next_validation() -> None:
    weighting = Dorb(3, seed=1)
    first = weighting.arm
    assert weighting.weights(0) == weighting.weights(9) == [float(k == first) for k in range(3)]
    weighting.learn([[0.5, 0.7], [0.1, 0.1], [0.2, 0.4]])  # no history: a reward of 0
    assert weighting.bandit.weights == [1.0] * 3
    assert weighting.means == [[pytest.approx(0.6)], [pytest.approx(0.1)], [pytest.approx(0.3)]]
    arm, chance = weighting.arm, weighting.bandit.probabilities()[weighting.arm]
    # above its only mean, below it, and above: 1, 0 and 1
    weighting.learn([[0.9], [0.0], [0.9]])
    expected = [1.0] * 3
    expected[arm] = math.exp(0.07 / 3 * (2 / 3) / chance)
    assert weighting.bandit.weights == pytest.approx(expected)


def with_arm(weighting: DynaOpt, arm: int) -> DynaOpt:
    """As if this arm had been drawn first."""
    weighting.inner, weighting.arm = Exp3.of(3), arm
    weighting._pull()
    return weighting


def test_drawing_an_objective_moves_the_inner_bandit_once() -> None:
    weighting = with_arm(DynaOpt(3, seed=1), 1)
    grown = math.exp(0.07)  # 0.07 / 3 * 1 / (1/3)
    assert weighting.weights(0) == pytest.approx([1 / (2 + grown), grown / (2 + grown), 1 / (2 + grown)])
    assert weighting.weights(7) == weighting.weights(0)  # not again with every update, as in EMORL's code


def test_the_last_arm_changes_nothing() -> None:
    assert with_arm(DynaOpt(3, seed=1), 3).weights(0) == pytest.approx([1 / 3] * 3)


def test_the_outer_bandit_gets_the_mean_improvement_of_all_objectives() -> None:
    weighting = with_arm(DynaOpt(3, seed=1), 2)
    weighting.learn([[0.2, 0.4], [0.5, 0.5], [0.1, 0.1]])
    assert weighting.outer.weights == [1.0] * 4  # nothing to compare with: a reward of 0
    weighting.arm = 0
    weighting.learn([[0.6], [0.5], [0.1]])  # improvements of 0.3, 0 and 0: a mean of 0.1; p = 1/4
    assert weighting.outer.weights == pytest.approx([math.exp(0.07 / 4 * 0.1 * 4), 1.0, 1.0, 1.0])
    assert weighting.draws == 3


def test_a_seed_decides_every_draw() -> None:
    def arms(seed: int) -> list[int]:
        weighting = DynaOpt(3, seed)
        found = []
        for number in range(12):
            found.append(weighting.arm)
            weighting.learn(scores(number))
        return found

    assert arms(1) == arms(1) != arms(2)
    assert set(arms(1)) | set(arms(2)) == {0, 1, 2, 3}


MAKERS: dict[str, Callable[[], Weighting]] = {
    "dorb": lambda: Dorb(3, 5),
    "dynaopt": lambda: DynaOpt(3, 5),
    "c-dynaopt": lambda: ContextualDynaOpt(3, 5),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_weighting_goes_on_from_its_state(name: str) -> None:
    if name == "c-dynaopt":
        pytest.importorskip("vowpalwabbit")
    make = MAKERS[name]
    whole, cut = make(), make()
    for number in range(4):
        whole.learn(scores(number))
        cut.learn(scores(number))
    resumed = make()
    resumed.restore(json.loads(json.dumps(cut.state())))
    for number in range(4, 12):
        assert resumed.weights(number) == whole.weights(number)
        whole.learn(scores(number))
        resumed.learn(scores(number))
    assert resumed.state() == whole.state()


def test_the_contextual_bandit_is_taught_the_cost_of_the_last_arm_in_its_situation() -> None:
    pytest.importorskip("vowpalwabbit")
    weighting = ContextualDynaOpt(2, seed=3)
    assert weighting.weights(0) == [0.5, 0.5]
    weighting.learn([[0.2, 0.4], [0.5, 0.5]])
    assert weighting.examples == []  # no arm had been drawn
    assert weighting.context == "shared | w0:0.5 w1:0.5 r0:0.0 r1:0.0"
    arm = weighting.arm
    weighting.learn([[0.6], [0.6]])  # improvements of 0.3 and 0.1: a cost of 1 - 0.2
    (example,) = weighting.examples
    lines = example.splitlines()
    assert lines[0] == "shared | w0:0.5 w1:0.5 r0:0.0 r1:0.0" and len(lines) == 4
    label, _, rest = lines[1 + arm].partition(" |")
    action, cost, chance = label.split(":")
    assert (action, float(cost), float(chance)) == ("0", pytest.approx(0.8), pytest.approx(1 / 3))
    assert rest == f"Action arm={arm}"
    assert [line for place, line in enumerate(lines[1:]) if place != arm] == [
        f"|Action arm={place}" for place in range(3) if place != arm
    ]


def test_without_vowpal_wabbit_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vowpalwabbit", None)
    with pytest.raises(ConfigError) as error:
        ContextualDynaOpt(3, 1)
    assert str(error.value) == (
        "Got c-dynaopt without the package vowpalwabbit: expected the extra `contextual`; run pip install "
        "'.[contextual]' in the folder with pyproject.toml, or name other baselines."
    )
