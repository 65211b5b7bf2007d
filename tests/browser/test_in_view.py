"""Text, sliders and Generate in one window: on laptops and tablets at once, on phones while a slider moves."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import generate, open_app
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

LAPTOPS = [(1280, 720), (1366, 768), (1440, 900), (820, 1180)]

# Which of these are not wholly in the window, or lie under something else.
OUT = """(selectors) => selectors.flatMap((selector) => [...document.querySelectorAll(selector)]).filter((node) => {
  const { left, right, top, bottom } = node.getBoundingClientRect();
  if (top < 0 || left < 0 || bottom > innerHeight || right > innerWidth || bottom <= top) return true;
  return ![0.1, 0.5, 0.9].every((part) => {
    const hit = document.elementFromPoint(left + part * (right - left), (top + bottom) / 2);
    return hit && (node.contains(hit) || hit.contains(node));
  });
}).map((node) => node.id || node.className)"""
IN_SIGHT = """() => {
  const { top, bottom } = document.querySelector("#reflection-text").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""
TOGETHER = ["#reflection-text", "#widget-mixer .slider > input[id^=weight]", "#generate", "#stop", "#statement-box"]


def out(page: Page, *selectors: str) -> list[str]:
    """What of these is not in view; all of them must be there."""
    for selector in selectors:
        expect(page.locator(selector).first).to_be_attached()
    return page.evaluate(OUT, list(selectors))


@pytest.mark.parametrize(
    ("width", "height", "count"), [*((*size, 3) for size in LAPTOPS), (1280, 720, 6), (820, 1180, 4)]
)
def test_text_sliders_and_generate_are_in_view_at_once(
    new_page: Callable[..., Page], app: Callable[..., App], width: int, height: int, count: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    open_app(page, app(reflector=MappedReflector(count, faithfulness=0.8)).url)
    assert out(page, *TOGETHER) == []
    head = page.locator("#tabs [role=tab]").first.bounding_box()
    assert head and head["y"] + head["height"] < height / 5
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    assert out(page, *TOGETHER) == []
    assert page.evaluate("scrollY") == 0
    page.get_by_role("button", name="Base model", exact=True).click()
    expect(page.get_by_text("All weights are zero")).to_be_visible()
    assert out(page, *TOGETHER) == []
    page.evaluate("document.querySelector('#widget-statement').style.height = '900px'")
    assert out(page, *TOGETHER) != []


def test_help_is_behind_a_question_mark(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    words = "Shows that the feeling was understood."
    said = page.get_by_text(words)
    expect(said).to_be_hidden()
    expect(page.get_by_role("slider", name="Empathy")).to_have_accessible_description(re.compile(words))
    button = page.get_by_role("button", name="What the controls do")
    button.press("Enter")
    expect(said).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    button.press("Enter")
    expect(said).to_be_hidden()


def test_an_example_is_chosen_from_a_list(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    box, examples = page.get_by_label("What the client said"), page.locator("#widget-statement select")
    examples.select_option("Grief")
    assert len(box.input_value()) > 100
    box.press("End")
    page.keyboard.type(" And more.")
    assert examples.input_value() == ""  # it is no example any more, so the same one can be chosen again
    examples.select_option("Grief")
    assert not box.input_value().endswith("And more.")


def test_a_phone_shows_the_text_while_a_slider_moves(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = MappedReflector(3)
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_app(page, app(reflector=reflector).url)
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    text = page.locator("#reflection-text")
    for objective in ("reflection", "empathy", "fluency"):
        page.get_by_role("button", name="Recommended", exact=True).click()  # each begins with the same mix
        slider = page.locator(f"#weight-{objective}")
        slider.scroll_into_view_if_needed()
        for key in ("End", "Home"):
            slider.press(key)
            weights = page.evaluate("Object.values(emorl.events.states().weights.weights)")
            expect(text).to_have_text(reflector.text(reflector.write(weights)[0]))
            page.wait_for_function(IN_SIGHT)
            assert out(page, "#reflection-text", f"#weight-{objective}", "#generate") == [], objective
        page.locator("#base-text").scroll_into_view_if_needed()
        expect(text).not_to_have_class("reflection-text docked")  # no slider is in view: it is where it belongs


def test_the_text_stays_in_view_beside_sliders_on_a_scrolled_page(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    open_app(page, app(reflector=MappedReflector(3)).url)
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    page.get_by_role("button", name="Save rating").scroll_into_view_if_needed()
    page.wait_for_function(IN_SIGHT)
    page.locator("#weight-empathy").press("End")
    assert out(page, "#reflection-text", "#widget-mixer .slider > input[id^=weight]", "#generate") == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_generate_and_bring_back_end_at_the_result(
    new_page: Callable[..., Page], app: Callable[..., App], width: int, height: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    open_app(page, app(reflector=MappedReflector(3)).url)
    generate(page)
    heading = page.locator("#reflection-heading")
    assert out(page, "#reflection-heading", "#reflection-text") == []
    page.get_by_role("button", name="Bring back").first.click()
    expect(heading).to_be_in_viewport()
    assert out(page, "#reflection-heading", "#reflection-text") == []
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.evaluate("document.querySelector('#generate').click()")
    expect(heading).to_be_in_viewport()
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    assert out(page, "#reflection-heading", "#reflection-text") == []


def test_gradio_shows_no_footer_and_no_settings(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    expect(page.get_by_text("Built with Gradio")).to_be_hidden()
    expect(page.get_by_role("button", name="Settings")).to_be_hidden()
