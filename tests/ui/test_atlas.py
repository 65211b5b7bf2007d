"""The server side of maps and of the counsellor's own version, without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from emorl.errors import EmorlError
from emorl.ui import ModelLoader
from emorl.ui.atlas import strings
from emorl.ui.atlas.growing import atlas_payloads
from emorl.ui.atlas.payload import AtlasFailed
from emorl.ui.map.payload import RatingPoint
from emorl.ui.map.ratings import on_the_map
from emorl.ui.reflect.screen import MAX_EDITED, ReflectScreen
from tests.ui.mapped import MappedReflector

EVEN = {"reflection": 0.5, "empathy": 0.5, "fluency": 0.5}
MIX = {"weights": EVEN, "strength": 1.0, "temperature": 0.0, "seed": 0}


def screen_of(reflector: MappedReflector) -> ReflectScreen:
    return ReflectScreen(ModelLoader.ready(reflector), lambda: None)


def asking(result_id: object) -> gr.EventData:
    """What the page sends to have an atlas grown."""
    return gr.EventData(None, {"id": result_id})


def written(screen: ReflectScreen, **changes: Any) -> str:
    result, _ = list(screen.write("I am tired.", {**MIX, **changes}))[-1]
    return str(result["id"])


def test_the_atlas_of_a_reflection_is_streamed_with_its_id() -> None:
    screen = screen_of(MappedReflector())
    result_id = written(screen)
    steps = [step for step in screen.grow_atlas(asking(result_id)) if "phase" in step]
    assert {step["id"] for step in steps} == {result_id}
    assert [step["phase"] for step in steps] == ["growing"] * (len(steps) - 1) + ["done"]
    assert len({len(step["regions"]) for step in steps[:-1]}) == len(steps) - 1  # nothing is sent twice
    assert steps[-1]["coverage"] > 0.999


def test_each_region_has_the_reading_and_what_to_look_at_twice() -> None:
    class Asking(MappedReflector):
        def text(self, tokens: Sequence[int]) -> str:
            return super().text(tokens).replace("tired.", "tired?")

        def checked(self, reply: str) -> tuple[float | None, float | None]:
            return (0.9, 0.8) if "?" in reply else (0.1, None)

    screen = screen_of(Asking())
    steps = [step for step in screen.grow_atlas(asking(written(screen))) if "phase" in step]
    found = {True: 0, False: 0}  # texts that ask, and others
    for region in steps[-1]["regions"]:
        asks = "?" in region["reflection"]
        reading = {"score": 0.9, "reading": "probably"} if asks else {"score": 0.1, "reading": "probably_not"}
        assert (region["faithfulness"], region["would_say"]) == (reading, 0.8 if asks else None)
        assert ("question" in [chip["kind"] for chip in region["chips"]]) == asks
        found[asks] += 1
    assert all(found.values())
    growing = [region for step in steps[:-1] for region in step["regions"]]
    assert {region["scores"] is region["faithfulness"] is region["would_say"] is None for region in growing} == {True}
    assert any(region["chips"] for region in growing)  # needs no scorer


@pytest.mark.parametrize("changes", [{"temperature": 0.7}, {"strength": 0.0}])
def test_what_was_sampled_or_not_mixed_has_no_map(changes: dict[str, float]) -> None:
    reflector = MappedReflector()
    screen = screen_of(reflector)
    result_id = written(screen, **changes)
    assert list(screen.grow_atlas(asking(result_id))) == [{"phase": "off", "id": result_id}] and reflector.maps == 0


@pytest.mark.parametrize("asked", [None, "", {}, {"id": ""}, {"id": "0" * 32}, {"id": 3}, {"id": {"id": 3}}])
def test_unknown_reflections_have_no_map(asked: object) -> None:
    reflector = MappedReflector()
    assert (
        list(screen_of(reflector).grow_atlas(gr.EventData(None, asked))) == [{"phase": "off", "id": ""}]
        and reflector.maps == 0
    )


def test_closing_the_handler_closes_the_map() -> None:
    reflector = MappedReflector()
    screen = screen_of(reflector)
    steps = screen.grow_atlas(asking(written(screen)))
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert (reflector.maps, reflector.maps_closed) == (1, 1)


def test_while_others_write_it_only_skips() -> None:
    reflector = MappedReflector()
    screen = screen_of(reflector)
    steps = screen.grow_atlas(asking(written(screen)))
    reflector.scheduler.jobs = (1, 0)
    assert next(steps) == gr.skip()
    reflector.scheduler.jobs = (0, 0)
    assert next(steps)["phase"] == "growing"


def test_four_objectives_get_the_whole_map_with_its_walls() -> None:
    screen = screen_of(MappedReflector(4, length=3))
    *_, last = screen.grow_atlas(asking(written(screen, weights={**EVEN, "warmth": 0.9})))
    assert last["objectives"] == ["reflection", "empathy", "fluency", "warmth"] and last["coverage"] > 0.98
    region = last["regions"][0]
    middle = [sum(shares) / len(shares) for shares in zip(*region["polygon"], strict=True)]
    assert all(sum(n * share for n, share in zip(wall, middle, strict=True)) > 0 for wall in region["walls"])
    three = screen_of(MappedReflector(3, length=3))
    *_, last = three.grow_atlas(asking(written(three)))
    assert {region["walls"] for region in last["regions"]} == {None}


def test_five_objectives_get_a_slice_of_the_heaviest_and_any_other_three_on_request() -> None:
    screen = screen_of(MappedReflector(5, length=3))
    result_id = written(screen, weights={**EVEN, "warmth": 0.9, "brevity": 0.6, "fluency": 0.1})
    *_, last = screen.grow_atlas(asking(result_id))
    assert last["objectives"] == ["reflection", "empathy", "warmth", "brevity"]
    event = gr.EventData(None, {"id": result_id, "objectives": ["reflection", "fluency", "warmth"]})
    *_, last = screen.grow_slice(event)
    assert last["objectives"] == ["reflection", "fluency", "warmth"] and last["phase"] == "done"


@pytest.mark.parametrize(
    ("objectives", "message"),
    [(["reflection"] * 5, "Got 5 objectives for an atlas"), ([], "Got 0 objectives for an atlas")],
)
def test_a_bad_slice_is_one_line(objectives: list[str], message: str) -> None:
    screen = screen_of(MappedReflector(4))
    result_id = written(screen)
    (step,) = screen.grow_slice(gr.EventData(None, {"id": result_id, "objectives": objectives}))
    assert (step["phase"], step["id"]) == ("failed", result_id) and message in step["message"]


def test_an_unexpected_error_does_not_show_its_text() -> None:
    reflector = MappedReflector()
    screen = screen_of(reflector)
    result_id = written(screen)

    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret path")

    reflector.atlas = broken  # type: ignore[method-assign]
    assert list(atlas_payloads(screen.loader, screen.cache, result_id)) == [
        AtlasFailed(result_id, strings.ERRORS["unexpected"])
    ]


def test_ratings_become_shares() -> None:
    points = [RatingPoint((2, 1, 1), 0.75, 3), RatingPoint((0, 0, 0), 1, 9)]
    assert on_the_map(points, 3) == (RatingPoint((0.5, 0.25, 0.25), 0.75, 3),)
    assert on_the_map([], 3) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"weights": (1, 1)},
        {"weights": (1, -1, 1)},
        {"weights": (1, float("nan"), 1)},
        {"value": 1.5},
        {"value": float("nan")},
        {"n": 0},
    ],
)
def test_ratings_that_cannot_be_placed(change: dict[str, Any]) -> None:
    with pytest.raises(EmorlError, match="a rating that cannot be shown on the map"):
        on_the_map([replace(RatingPoint((1, 1, 1), 0.5, 1), **change)], 3)


def test_an_own_version_is_kept_beside_the_original_and_taken_back() -> None:
    screen = screen_of(MappedReflector())
    result_id = written(screen)
    held = screen.cache.get(result_id)
    assert held is not None and held.edited is None
    assert screen.keep_edit({"id": result_id, "text": "  You are worn out.  "}) == ""
    kept = screen.cache.get(result_id)
    assert kept is not None and kept.edited == "You are worn out." and kept.reflection is held.reflection
    assert screen.keep_edit({"id": result_id, "text": " "}) == ""
    assert screen.cache.get(result_id) == held


@pytest.mark.parametrize("data", [None, "x", {}, {"id": "0" * 32, "text": "You"}])
def test_an_own_version_of_nothing_is_refused(data: object) -> None:
    assert "a reflection that the app no longer has" in screen_of(MappedReflector()).keep_edit(data)


def test_an_overlong_own_version_is_refused() -> None:
    screen = screen_of(MappedReflector())
    result_id = written(screen)
    assert "Got 1001 characters" in screen.keep_edit({"id": result_id, "text": "x" * (MAX_EDITED + 1)})
    held = screen.cache.get(result_id)
    assert held is not None and held.edited is None
