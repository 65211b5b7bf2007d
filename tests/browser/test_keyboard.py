"""The whole story on Reflect, Map and Why with the keyboard alone: no pointer, and no focus set by the test.

Every stop of the Tab key must show where the focus is, and nothing may lie over it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, open_app
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

# What is wrong with the focus, or "". A radio button or range may draw its focus on the label or track instead.
WRONG = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return "";
  const name = node.outerHTML.slice(0, 120);
  const drawn = [node, node.nextElementSibling, node.closest("label")].filter(Boolean).some((part) => {
    const style = getComputedStyle(part);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
  if (!drawn) return "no focus to be seen: " + name;
  const { left, top, width, height } = node.getBoundingClientRect();
  const points = [.1, .5, .9].flatMap((x) => [.1, .5, .9].map((y) => [left + x * width, top + y * height]));
  const free = points.some(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (node.contains(hit) || hit.contains(node) || hit.closest("label")?.contains(node));
  });
  return free ? "" : "covered: " + name;
}"""


class Patient(MappedReflector):
    """Stops after the second word until `go` is set, and can be closed meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def stream(self, *given: Any, **options: Any) -> Generator[Any]:
        for index, step in enumerate(super().stream(*given, **options)):
            yield step
            while index == 1 and not self.go.wait(0.05):
                yield step


def tab_to(page: Page, selector: str, name: str = "", back: bool = False) -> None:
    """Press Tab until an element is reached that matches, and has this text if one is given."""
    seen = []
    for _ in range(120):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        wrong = page.evaluate(WRONG)
        assert wrong == ""
        at = page.evaluate(
            "([s, name]) => { const node = document.activeElement, text = node.textContent.trim();"
            " return [node.matches(s) && (!name || text === name), node.id || text.slice(0, 30)]; }",
            [selector, name],
        )
        seen.append(at[1])
        if at[0]:
            return
    raise AssertionError(f"{selector} {name} is out of reach of Tab; stops: {seen}")


def raw_weights(page: Page) -> list[float]:
    """The weights exactly as the page holds them."""
    return page.evaluate("Object.values(emorl.events.states().weights.weights)")


def test_the_whole_story_by_keyboard(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = Patient()
    running = app(reflector=reflector)
    page = new_page()
    open_app(page, running.url)
    keys = page.keyboard

    tab_to(page, "#statement-box")
    keys.type(STATEMENT)
    tab_to(page, "#widget-mixer .chip", "Only empathy")
    keys.press("Space")
    tab_to(page, "#weight-reflection")
    for _ in range(30):
        keys.press("ArrowRight")
    assert raw_weights(page) == pytest.approx([0.3, 1, 0])

    tab_to(page, "#generate")
    keys.press("Enter")
    expect(page.locator("#widget-result section.reflection")).to_have_attribute("data-phase", "writing")
    expect(page.locator("#reflection-text")).not_to_be_empty()
    tab_to(page, "#stop")
    keys.press("Enter")
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    reflector.go.set()
    tab_to(page, "#generate", back=True)
    keys.press("Enter")
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    written = reflector.text(reflector.write([0.3, 1, 0])[0])

    tab_to(page, "#weight-empathy", back=True)
    keys.press("Home")  # live: the text follows without the model
    expect(page.locator("#reflection-text")).to_have_text(reflector.text(reflector.write([0.3, 0, 0])[0]))
    expect(page.locator("#widget-result .mark[role=status]")).to_have_attribute("data-mark", "live")
    expect(page.get_by_text("Point at or tap a word above")).to_be_hidden()  # of this text there are no words to choose

    tab_to(page, "#tabs [role=tab]", "Map", back=True)
    keys.press("Enter")
    tab_to(page, ".map-row")
    keys.press("Home")
    keys.press("ArrowDown")
    expect(page.locator("#map-text")).to_have_text(reflector.text(reflector.write(raw_weights(page))[0]))
    assert raw_weights(page) != pytest.approx([0.3, 0, 0])
    live = reflector.text(reflector.write(raw_weights(page))[0])

    tab_to(page, "#tabs [role=tab]", "Why", back=True)
    keys.press("Enter")
    expect(page.locator("#why-strip")).to_be_visible()
    tab_to(page, ".strip-word")
    keys.press("Home")
    keys.press("ArrowRight")
    panel = page.locator("#why-word")
    expect(panel.locator(".plain-sentence")).to_contain_text(f"“{live.split()[1]}”")
    hint = panel.get_by_text("They add up to the margin of").inner_text()
    tab_to(page, "#why-foil")
    keys.press("ArrowDown")
    expect(panel.get_by_text("They add up to the margin of")).not_to_have_text(hint)
    tab_to(page, ".download button")
    with page.expect_download() as download:
        keys.press("Enter")
    assert (
        json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["reflection"] == live
    )  # what is shown is explained

    tab_to(page, "#tabs [role=tab]", "Reflect", back=True)
    keys.press("Enter")
    tab_to(page, ".visit .quiet", "Bring back")
    keys.press("Enter")
    expect(page.locator("#reflection-text")).to_contain_text(written)
    tab_to(page, "#edit-open", back=True)
    keys.press("Enter")
    keys.press("Control+A")
    keys.type("My own words.")
    tab_to(page, ".edit-form .primary")
    keys.press("Enter")
    expect(page.locator("#edited-text")).to_have_text("My own words.")

    for field, wanted in (("depth", "complex"), ("empathy", "1"), ("fluency", "2"), ("would_say", "edits")):
        tab_to(page, f"[name=rating-{field}]")
        keys.press("Space")
        for _ in range(3):  # arrow keys go round
            if page.evaluate("document.activeElement.value") != wanted:
                keys.press("ArrowRight")
    tab_to(page, "#rating-comment")
    keys.type("by keyboard")
    tab_to(page, "#widget-rating .primary")
    keys.press("Enter")
    expect(page.get_by_text("Thank you, your rating is saved.")).to_be_focused()
    (stored,) = running.store.all()
    assert (stored.given.depth, stored.given.empathy, stored.given.would_say) == ("complex", 1, "edits")
    assert stored.given.comment == "by keyboard"


def test_a_covered_or_invisible_focus_is_noticed(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    page.locator("#seed").evaluate("node => node.closest('details').open = true")
    page.locator("#weight-empathy").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(WRONG) == ""
    page.add_style_tag(content="#weight-empathy { outline: none !important; box-shadow: none !important; }")
    assert page.evaluate(WRONG).startswith("no focus to be seen")
    page.add_style_tag(content="#weight-empathy { outline: 3px solid red !important; }")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('div'),"
        " {style: 'position: fixed; inset: 0; background: white; z-index: 99'}))"
    )
    assert page.evaluate(WRONG).startswith("covered")
