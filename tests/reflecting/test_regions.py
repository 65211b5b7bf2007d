"""The atlas beside other work: what it yields, that it waits for others, and that it can be left at any moment."""

from __future__ import annotations

import pytest

from emorl.errors import EmorlError, StatementError
from emorl.reflecting.regions import BESIDE_OTHERS, grow_regions
from emorl.ui.atlas.growing import slice_of
from tests.reflecting.conftest import Counted
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


def test_each_text_is_checked_as_it_is_scored():
    class Checked(MappedReflector):
        def checked(self, reply: str) -> tuple[float | None, float | None]:
            return len(reply) / 100, len(reply) / 200

    for last in grow(Checked()):
        known = {name for region in last["regions"] for name in ("faithfulness", "would_say") if name in region}
        assert bool(known) == last["finished"]
    for region in last["regions"]:
        length = len(region["reflection"])
        assert (region["faithfulness"], region["would_say"]) == (length / 100, length / 200)
    *_, last = grow(MappedReflector())  # without such scorers
    assert {(region["faithfulness"], region["would_say"]) for region in last["regions"]} == {(None, None)}


def test_the_services_own_checks_are_those_of_each_text_alone(reflector, monkeypatch):
    monkeypatch.setattr("emorl.reflecting.regions.MAX_TOKENS", 5)
    scorers = reflector.writer.scorers
    scorers.faithfulness, scorers.would_say = Counted("4"), Counted("2")
    *_, last = reflector.atlas("I am tired.", max_steps=100)
    assert len(last["regions"]) > 1
    for region in last["regions"]:
        alone = scorers.score_replies("I am tired.", [region["reflection"]])[region["reflection"]]
        assert (region["scores"], region["faithfulness"]) == (alone.scores, alone.faithfulness)
        assert region["would_say"] == alone.would_say == alone.fitness
    assert len({region["would_say"] for region in last["regions"]}) > 1


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
    assert slice_of(["a", "b", "c", "d"], [0.1, 0.5, 0.2, 0.2]) is None
    assert slice_of(["a", "b", "c", "d", "e"], [0.1, 0.3, 0.2, 0.2, 0.2]) == ["b", "c", "d", "e"]
    assert slice_of(["a", "b", "c", "d", "e"], [0, 0, 0, 0, 0]) == ["a", "b", "c", "d"]
    *_, last = grow(MappedReflector(4), objectives=["empathy", "fluency", "warmth"])
    assert last["objectives"] == ["empathy", "fluency", "warmth"] and last["coverage"] > 0.99
