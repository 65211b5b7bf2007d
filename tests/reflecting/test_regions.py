"""The atlas beside other work: what it yields, that it waits for others, and that it can be left at any moment."""

from __future__ import annotations

import pytest

from emorl.errors import EmorlError, StatementError
from emorl.reflecting.regions import BESIDE_OTHERS, grow_regions
from emorl.ui.atlas.growing import slice_of
from tests.ui.mapped import MappedReflector


def grow(reflector: MappedReflector, statement: str = "I am tired.", objectives=None, max_steps=600):
    return grow_regions(reflector, statement, 1.0, objectives, max_steps, 1e-4, BESIDE_OTHERS)  # type: ignore[arg-type]


def test_it_grows_the_largest_first_and_ends_with_scores():
    *steps, last = grow(MappedReflector())
    assert last["finished"] and not any(step["finished"] for step in steps)
    assert last["coverage"] > 0.999 and last["open"] == 0 and last["strength"] == 1.0
    areas = [region["area"] for region in last["regions"]]
    assert areas == sorted(areas, reverse=True) and sum(areas) == pytest.approx(last["coverage"])
    assert all(set(region["scores"]) == {"reflection", "empathy", "fluency"} for region in last["regions"])
    covered = [step["coverage"] for step in steps]
    assert covered == sorted(covered) and len(set(covered)) > 5  # it was seen to grow


def test_a_budget_buys_a_part():
    *_, last = grow(MappedReflector(), max_steps=40)
    assert last["finished"] and last["decode_steps"] <= 40
    assert 0 < last["coverage"] < 1 and last["open"] == pytest.approx(1 - last["coverage"], abs=1e-3)


def test_it_waits_while_others_are_written_and_can_be_closed_there():
    reflector = MappedReflector()
    steps = grow(reflector)
    first = next(steps)
    assert first is not None
    before = len(reflector.decoder.batches)
    for jobs in ((1, 0), (0, 1)):
        reflector.scheduler.jobs = jobs
        assert [next(steps) for _ in range(3)] == [None] * 3
    assert len(reflector.decoder.batches) == before  # nothing went through the experts
    reflector.scheduler.jobs = (0, 0)
    assert next(steps) is not None and len(reflector.decoder.batches) == before + 1
    reflector.scheduler.jobs = (1, 0)
    assert next(steps) is None
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_steps_stay_small_for_those_who_arrive_meanwhile():
    reflector = MappedReflector()
    list(grow(reflector))
    assert max(reflector.decoder.batches) <= 8


def test_two_maps_do_not_disturb_each_other():
    alone = list(grow(MappedReflector()))[-1]
    shared = MappedReflector()
    first, second = grow(shared), grow(shared)
    last = {}
    for a, b in zip(first, second, strict=True):
        last = {"a": a, "b": b}
    assert last["a"] == last["b"] == alone


def test_bad_statements_and_bad_numbers_of_objectives_are_refused():
    with pytest.raises(StatementError):
        next(grow(MappedReflector(), statement=" "))
    with pytest.raises(EmorlError, match="Got 5 objectives for an atlas"):
        next(grow(MappedReflector(5)))
    with pytest.raises(EmorlError, match="Got 2 weights for an atlas: expected 3"):
        slice_of(["a", "b", "c"], [1, 2])


def test_a_slice_is_of_the_heaviest():
    assert slice_of(["a", "b", "c"], [0, 0, 0]) is None
    assert slice_of(["a", "b", "c", "d"], [0.1, 0.5, 0.2, 0.2]) == ["b", "c", "d"]
    assert slice_of(["a", "b", "c", "d"], [0, 0, 0, 0]) == ["a", "b", "c"]
    *_, last = grow(MappedReflector(4), objectives=["empathy", "fluency", "warmth"])
    assert last["objectives"] == ["empathy", "fluency", "warmth"] and last["coverage"] > 0.99
