"""One run of Generate replaces another, Stop ends one, and a map that is whole is said to be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from emorl.ensemble import Setting
from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, generate, open_app
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import ScriptedReflector

pytestmark = pytest.mark.browser

SECOND = "Second things count here."


class Repeating(ScriptedReflector):
    """Writes the statement again, word by word."""

    def _script(self, statement: str, setting: Setting, lone: bool) -> list[str]:
        return [f"{word} " for word in statement.split()]


class SlowScores(MappedReflector):
    """Finds every region at once, but scores none before `hold_map` is set."""

    def scores(self, statement: str, replies: Sequence[str]) -> dict[str, list[float]]:
        self.hold_map.wait(60)
        return super().scores(statement, replies)


def alerts(page: Page) -> list[str]:
    """What the page says is wrong; empty alerts are places for later ones."""
    return [text for text in page.get_by_role("alert").all_inner_texts() if text.strip()]


@pytest.mark.parametrize("way", ["at once", "while it is written", "by the button"])
def test_a_second_generate_replaces_the_first(new_page: Callable[..., Page], app: Callable[..., App], way: str) -> None:
    running = app(reflector=Repeating(delay_s=0.1))
    page = new_page()
    open_app(page, running.url)
    box, text = page.get_by_label("What the client said"), page.locator("#reflection-text")
    box.fill("First " * 30)
    box.press("Control+Enter")
    if way != "at once":
        expect(text).to_contain_text("First")
    box.fill(SECOND)
    if way == "by the button":
        page.get_by_role("button", name="Generate").click()
    else:
        box.press("Control+Enter")
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    page.wait_for_timeout(500)  # whatever the first still sends
    expect(page.locator("#widget-visit .base-text")).to_have_text(SECOND)
    assert alerts(page) == []
    deadline = time.monotonic() + 10
    while running.reflector.closed_early < running.reflector.started - 1 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert running.reflector.closed_early == running.reflector.started - 1  # the first was not written to its end


@pytest.mark.parametrize("pause_ms", [0, 100, 300])
def test_stop_then_generate_shows_no_alert(
    new_page: Callable[..., Page], app: Callable[..., App], pause_ms: int
) -> None:
    page = new_page()
    open_app(page, app(reflector=Repeating(delay_s=0.1)).url)
    box, text = page.get_by_label("What the client said"), page.locator("#reflection-text")
    box.fill("First " * 20)
    box.press("Control+Enter")
    expect(text).to_contain_text("First")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(pause_ms)
    box.fill(SECOND)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("#widget-visit .base-text")).to_have_text(SECOND)
    assert alerts(page) == []


def test_a_map_that_is_whole_is_not_said_to_be_growing(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = SlowScores()
    page = new_page()
    open_app(page, app(reflector=reflector).url)
    generate(page)
    reach = page.locator("#widget-result .reach")
    expect(reach).to_contain_text("within reach of the sliders")
    assert page.evaluate("emorl.events.states().atlas.phase") == "growing"
    expect(page.locator("#widget-result .mark[role=status]")).to_have_text(
        "Live: move the sliders and the text follows."
    )
    reflector.hold_map.set()
    page.wait_for_function("emorl.events.states().atlas.phase === 'done'")
    expect(reach).to_contain_text("within reach of the sliders")


def test_the_map_of_a_second_reflection_is_finished(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector(step_s=0.05)).url)
    reach = page.locator("#widget-result .reach")
    generate(page)
    expect(reach).to_contain_text("Finding every reflection")
    generate(page, f"{STATEMENT} Again.")  # while the first map grows
    page.wait_for_function("emorl.events.states().atlas?.phase === 'done'")
    expect(reach).to_contain_text("within reach")
