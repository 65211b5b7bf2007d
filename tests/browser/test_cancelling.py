"""Stop and Generate on a server that is slow to answer: what is cancelled ends, and nothing else does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, generate, open_app
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

JOIN, STOP = "**/gradio_api/queue/join*", "**/gradio_api/run/**"


class Patient(MappedReflector):
    """Writes its second word again and again until `go` is set; counts what was closed meanwhile."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.go = threading.Event()
        self.closed = 0

    def stream(self, *given: Any, **options: Any) -> Generator[Any]:
        try:
            for index, step in enumerate(super().stream(*given, **options)):
                yield step
                while index == 1 and not self.go.wait(0.05):
                    yield step
        except GeneratorExit:
            self.closed += 1
            raise


def until(page: Page, true: Callable[[], bool]) -> bool:
    """Wait until something has become true; the page goes on meanwhile."""
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return true()


def test_stop_ends_a_run_whose_id_is_not_known_yet(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector, held = Patient(), list[Route]()
    page = new_page()
    open_app(page, app(reflector=reflector).url)
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    page.route(JOIN, lambda route: held.append(route), times=1)
    page.get_by_role("button", name="Generate").click()
    assert until(page, lambda: bool(held))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    with page.expect_response(JOIN) as answered:
        held[0].continue_()
    page.wait_for_timeout(500)  # long enough to begin
    assert answered.value.status == 200 and until(page, lambda: reflector.started == reflector.closed)
    reflector.go.set()
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")


def test_a_stop_that_is_late_does_not_end_the_next_run(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector, held = Patient(), list[Route]()
    page = new_page()
    open_app(page, app(reflector=reflector).url)
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#reflection-text")).not_to_be_empty()
    page.route(STOP, lambda route: held.append(route), times=1)
    page.get_by_role("button", name="Stop").click()
    assert until(page, lambda: bool(held))
    reflector.go.set()
    page.get_by_role("button", name="Generate").click()
    page.wait_for_timeout(500)  # long enough to begin, if nothing held it back
    held[0].continue_()
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")


def test_a_new_reflection_ends_the_growth_of_the_last_atlas_at_once(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = Patient()
    reflector.go.set()
    reflector.hold_at = 1
    page = new_page()
    open_app(page, app(reflector=reflector).url)
    generate(page)
    assert until(page, lambda: reflector.maps == 1)
    reflector.go.clear()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#widget-result section.reflection")).to_have_attribute("data-phase", "writing")
    assert until(page, lambda: reflector.maps_closed == 1)  # while it writes
    reflector.hold_at = None
    reflector.go.set()
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    assert (reflector.maps, reflector.maps_closed) == (2, 1)


def test_an_atlas_whose_run_is_slow_to_begin_is_grown(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector()).url)

    def slowly(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route(JOIN, slowly)
    for _ in range(2):
        generate(page)
        expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
