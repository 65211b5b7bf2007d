"""Undo and Redo of the sliders on Reflect: one step for each gesture, with the live text, by button and by key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import faults, generate, open_app
from tests.browser.test_in_view import out
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

START = [0.5, 0.5, 0.5]


def weights(page: Page) -> list[float]:
    return page.evaluate("Object.values(emorl.events.states().weights.weights)")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def drag(page: Page, objective: str, to: float) -> None:
    """Drag a slider to a part of its length, in many small moves."""
    box = page.locator(f"#weight-{objective}").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * to, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


def test_each_gesture_is_one_step_and_the_live_text_follows(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector(3)
    page = new_page()
    open_app(page, app(reflector=reflector).url)
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    expect(undo).to_have_attribute("aria-disabled", "true")
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    text = page.locator("#reflection-text")
    seen = [START]
    drag(page, "reflection", 0.9)
    seen.append(weights(page))
    press(page, "Only empathy")
    seen.append(weights(page))
    page.locator("#weight-fluency").focus()
    for _ in range(30):  # held down
        page.keyboard.press("ArrowRight")
    seen.append(weights(page))
    page.keyboard.press("Tab")
    assert len({str(one) for one in seen}) == 4
    for there in reversed(seen[:-1]):
        expect(redo).to_have_attribute("aria-disabled", str(there == seen[-2] and weights(page) == seen[-1]).lower())
        undo.click()
        assert weights(page) == there
        expect(text).to_contain_text(reflector.text(reflector.write(there)[0]).rstrip("."))
    expect(undo).to_have_attribute("aria-disabled", "true")
    undo.press("Enter")  # there is nothing left
    assert weights(page) == START
    expect(page.get_by_role("button", name="Recommended")).to_have_attribute("aria-pressed", "true")
    for there in seen[1:]:
        redo.press("Enter")
        expect(redo).to_be_focused()
        assert weights(page) == there
        expect(text).to_contain_text(reflector.text(reflector.write(there)[0]).rstrip("."))
    expect(page.locator(".undo [role=status]")).to_have_text("Redone: Reflection 0%, Empathy 77%, Fluency 23%")
    undo.click()
    press(page, "Base model")
    expect(redo).to_have_attribute("aria-disabled", "true")  # what came after is another story now
    assert faults(page) == []


def test_a_key_takes_back_unless_a_text_is_being_typed(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector(3)).url)
    for count in range(25):
        press(page, ("Only reflection", "Only empathy")[count % 2])
    box = page.get_by_label("What the client said")
    box.press_sequentially("Typed")
    box.press("Control+z")
    assert weights(page) == [1, 0, 0] and box.input_value() != "Typed"
    page.get_by_text("Advanced").click()
    page.locator("#seed").fill("7")
    page.locator("#seed").press("Control+z")
    assert weights(page) == [1, 0, 0]
    page.locator("#weight-empathy").focus()
    page.keyboard.press("Control+Shift+z")  # nothing to do again
    assert weights(page) == [1, 0, 0]
    for _ in range(30):
        page.keyboard.press("Control+z")
    assert weights(page) == START
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Control+Shift+z")
    assert weights(page) == [1, 0, 0]
    page.keyboard.press("ArrowRight")  # a step of its own, however soon
    page.keyboard.press("Control+z")
    assert weights(page) == [1, 0, 0]
    page.get_by_role("tab", name="Why", exact=True).click()
    page.keyboard.press("Control+z")  # the sliders are not to be seen here
    assert weights(page) == [1, 0, 0]
    page.get_by_role("tab", name="Reflect", exact=True).click()
    page.get_by_role("button", name="How it works").click()
    page.keyboard.press("Control+z")  # nor behind a dialog
    assert weights(page) == [1, 0, 0]


def test_strength_and_the_number_written_are_taken_back_as_well(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector(3)).url)
    page.get_by_text("Advanced").click()
    page.get_by_label("Strength", exact=True).press("End")
    page.get_by_label("the best of 8").check()
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(page.get_by_label("one", exact=True)).to_be_checked()
    expect(page.get_by_label("Strength", exact=True)).to_have_value("2")
    undo.click()
    expect(page.get_by_label("Strength", exact=True)).to_have_value("1")
    expect(undo).to_have_attribute("aria-disabled", "true")


def test_a_drag_there_and_back_again_is_no_step(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector(3)).url)
    slider = page.locator("#weight-empathy")
    slider.press("ArrowRight")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_have_attribute("aria-disabled", "false")
    slider.press("ArrowLeft")
    expect(undo).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (390, 844, "dark")])
def test_the_buttons_push_nothing_out_of_the_first_window(
    new_page: Callable[..., Page], app: Callable[..., App], width: int, height: int, scheme: str
) -> None:
    page = new_page(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    open_app(page, app(reflector=MappedReflector(3)).url)
    press(page, "Only empathy")
    head = [
        "#widget-mixer .card-head > button",
        "#widget-mixer .undo > button",
        "#widget-mixer .slider > input[id^=weight]",
        "#generate",
    ]
    assert out(page, *head, "#statement-box") == []
    assert faults(page) == []
