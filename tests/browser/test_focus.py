"""The focus by keyboard: it stays on a button that works, follows what it opened, and can be seen on headings too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, agree, generate, open_app, open_tab
from tests.browser.test_in_view import out
from tests.browser.test_keyboard import WRONG
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

SECRET = "open sesame"
PHONE = {"width": 390, "height": 844}


def press(button: Locator, key: str = "Enter") -> None:
    """Press a button that has the focus, as somebody does who came to it with the Tab key."""
    button.focus()
    button.page.keyboard.press(key)


def seen(page: Page) -> str:
    """What is wrong with the focus; also where nothing has it."""
    return page.evaluate(WRONG) if page.evaluate("document.activeElement !== document.body") else "no focus"


def test_the_menu_of_tabs_by_keyboard(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(viewport=PHONE)
    open_app(page, app().url)
    more, entries = page.get_by_role("button", name="More tabs"), page.locator("#tabs .overflow-dropdown button")
    press(more)
    expect(entries.first).to_be_visible()
    page.keyboard.press("Tab")
    expect(entries.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(entries.first).to_be_hidden()
    expect(more).to_be_focused()

    press(more)
    for _ in range(entries.count() + 1):
        page.keyboard.press("Tab")
    expect(page.locator("#tabs .overflow-dropdown")).to_be_hidden()  # it would lie over what has the focus now
    assert seen(page) == ""

    press(more)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Compare", exact=True)).to_be_focused()
    expect(page.locator("#compare-statement-box")).to_be_visible()


def test_a_reflection_that_is_brought_back_has_the_focus(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(viewport=PHONE)
    open_app(page, app(reflector=MappedReflector()).url)
    generate(page)
    press(page.get_by_role("button", name="Bring back"))
    expect(page.locator("#reflection-heading")).to_be_focused()
    assert seen(page) == "" and out(page, "#reflection-heading", "#reflection-text") == []
    page.keyboard.press("Tab")
    expect(page.locator("#edit-open")).to_be_focused()


def test_buttons_that_work_keep_the_focus(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector(step_s=0.01)).url)
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")

    open_tab(page, "Map")
    page.locator(".map-row").nth(1).click()
    back = page.get_by_role("button", name="Put the sliders back")
    press(back)
    expect(back).to_have_attribute("aria-disabled", "true")
    expect(back).to_be_focused()

    open_tab(page, "Practise")
    said = page.locator(".practise-statement")
    before, following = said.inner_text(), page.locator("#practise-next")
    press(following)
    expect(said).not_to_have_text(before)
    expect(following).to_be_focused()


def test_the_buttons_of_why_keep_the_focus(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    generate(page)
    open_tab(page, "Why")
    for name in ("Write without each one", "Work out fair shares"):
        press(page.get_by_role("button", name=name))
        expect(page.locator(".fair")).to_have_count(int(name.startswith("Work")))
        expect(page.locator(".variants-status")).to_have_text("Done.")
        expect(page.get_by_role("button", name=name)).to_be_focused()


def test_feedback_has_the_focus_where_it_can_be_seen(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    open_tab(page, "Practise")
    expect(page.locator("#practise-case")).to_contain_text("Every case is invented")
    page.locator("#practise-reply").press_sequentially("You are tired of it.")
    press(page.locator("#practise-go"))
    expect(page.locator("#practise-title")).to_be_focused()
    assert seen(page) == ""


@pytest.mark.parametrize("size", [PHONE, {"width": 1366, "height": 768}])
def test_what_is_missing_is_in_view_with_its_question(
    new_page: Callable[..., Page], app: Callable[..., App], size: dict[str, int]
) -> None:
    page = new_page(viewport=size)
    open_app(page, app().url)
    generate(page)
    press(page.get_by_role("button", name="Save rating"))
    expect(page.locator("#rating-depth .error")).to_contain_text("Please answer: reflection depth")
    expect(page.locator("[name=rating-depth]").first).to_be_focused()
    assert out(page, "#rating-depth .error") == []
    page.keyboard.press("Space")
    expect(page.locator("#rating-depth .error")).to_be_hidden()

    open_tab(page, "Rate")
    page.get_by_label("I have read this and agree").check()
    press(page.get_by_role("button", name="Start", exact=True))
    expect(page.locator("#queue-heading")).to_be_focused()
    assert seen(page) == ""
    page.keyboard.press("Enter")
    wrong = "#queue-form fieldset .error"
    expect(page.locator(wrong)).to_contain_text("Please answer:")
    assert seen(page) == "" and out(page, wrong) == []
    page.keyboard.press("1")
    expect(page.locator(wrong)).to_be_hidden()


def test_a_study_and_its_end_keep_the_focus(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMORL_RESULTS_PASSWORD", SECRET)
    page = new_page()
    page.goto(app().url)
    agree(page)
    open_tab(page, "Study")
    page.get_by_label("Password").press_sequentially(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_focused()
    assert seen(page) == ""
    make = page.get_by_role("button", name="Make the study")
    press(make)
    expect(page.get_by_role("alert").filter(has_text="expected a statement")).to_be_visible()
    expect(make).to_be_focused()

    page.get_by_label("Name of the study").fill("People only")
    page.get_by_label("Statements", exact=True).fill(f"statement,reply:one,reply:two\n{STATEMENT},You lie awake.,So.\n")
    press(make)
    expect(page.get_by_role("heading", name="People only")).to_be_focused()
    expect(page.get_by_text("People wrote all texts.")).to_be_visible()
    expect(page.get_by_text("The models write one statement after the other")).to_have_count(0)
    press(page.get_by_role("button", name="Make the texts ready"))
    expect(page.locator("#widget-study dl dd").nth(2)).to_have_text("1")
    expect(page.get_by_role("heading", name="People only")).to_be_focused()
    press(page.get_by_role("button", name="Close", exact=True))
    expect(page.locator("#study-password")).to_be_focused()
