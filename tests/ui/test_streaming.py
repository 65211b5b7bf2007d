"""What the page puts together from Gradio's differences is what was sent; the client's own function applies them."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Iterable, Iterator

import gradio as gr
import pytest
from gradio.utils import diff
from gradio_client.utils import apply_diff
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ui import ModelLoader, build_demo
from emorl.ui.compare.screen import CompareScreen
from emorl.ui.practise.screen import PractiseScreen
from emorl.ui.reflect.screen import ReflectScreen
from emorl.ui.streaming import streamed
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import ScriptedReflector

MIX = {"weights": {"reflection": 0.5, "empathy": 0.5}, "strength": 1.0, "temperature": 0.0, "seed": 0}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab{", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=12,
)
STEP = st.dictionaries(st.sampled_from("ab"), VALUES | st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=3))


def sent(*steps: object) -> Iterator[object]:
    yield from steps


def put_together(steps: Iterable[object]) -> Iterator[object]:
    """What the page has after each step: the first as it is, then what differs."""
    before: object = None
    found: object = None
    for number, step in enumerate(steps):
        found = apply_diff(found, copy.deepcopy(diff(before, step))) if number else copy.deepcopy(step)
        before = step
        yield json.loads(found["json"]) if isinstance(found, dict) and "json" in found else found


@settings(max_examples=60)
@given(st.lists(STEP, min_size=2, max_size=4))
def test_the_page_has_what_was_sent(steps: list[dict[str, object]]) -> None:
    assert list(put_together(streamed(sent)(*steps))) == steps


def test_the_differences_alone_would_not_do() -> None:
    steps = [{"regions": [[1, 2], [1, 2]]}, {"regions": [[1], [1]]}]
    assert list(put_together(steps)) == [steps[0], {"regions": [[1], [2]]}]  # once this is mended, `streamed` may go


@pytest.mark.parametrize("count", [3, 4])
def test_a_growing_map_arrives_as_it_was_sent(count: int) -> None:
    screen = ReflectScreen(ModelLoader.ready(MappedReflector(count, length=3)), lambda: pytest.fail("no ratings here"))
    first, _ = list(screen.write("I am tired.", MIX))[-1]
    steps = list(screen.grow_atlas(gr.EventData(None, {"id": first["id"]})))
    assert len(steps) > 5
    assert list(put_together(streamed(screen.grow_atlas)(gr.EventData(None, {"id": first["id"]})))) == steps


def test_what_else_is_written_arrives_as_it_was_sent() -> None:
    loader = ModelLoader.ready(ScriptedReflector())
    reading = gr.EventData(None, {"ask": 3, "statement": "I am tired.", "reply": "You feel worn out.", "compare": True})
    practise, compare = PractiseScreen(loader), CompareScreen(loader)
    assert list(put_together(streamed(practise.read)(reading))) == list(practise.read(reading))
    [*_, last] = put_together(streamed(compare.write)("I am tired.", 2, MIX, MIX))
    assert isinstance(last, dict) and [side["text"] for side in last["sides"]] == [last["sides"][0]["text"]] * 2
    reflect = ReflectScreen(loader, lambda: pytest.fail("no ratings here"))
    pairs = list(streamed(reflect.write)("I am tired.", MIX))
    results = list(put_together(pair[0] for pair in pairs if isinstance(pair, tuple)))
    assert isinstance(results[-1], dict) and results[-1]["phase"] == "done"
    skips = [pair[1] for pair in pairs if isinstance(pair, tuple) and "__type__" in pair[1]]
    assert skips and skips == [gr.skip()] * len(skips)  # Gradio has to see that nothing changes


def test_every_generator_that_the_page_calls_is_streamed() -> None:
    demo = build_demo(ScriptedReflector(), lambda: pytest.fail("no ratings here"))
    private = [one.fn for one in demo.fns.values() if one.api_visibility == "private"]
    generators = [fn for fn in private if inspect.isgeneratorfunction(inspect.unwrap(fn) if fn else fn)]
    assert len(generators) >= 7
    assert {fn.__code__.co_name for fn in generators if fn} == {"stream"}


def test_closing_it_closes_what_it_streams() -> None:
    closed: list[bool] = []

    def write() -> Iterator[object]:
        try:
            yield {}
            yield {}
        finally:
            closed.append(True)

    steps = streamed(write)()
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert closed == [True]
