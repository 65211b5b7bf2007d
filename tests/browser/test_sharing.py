"""A link to a setting: what is copied, what opening it does and does not do, and that no server hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, agree, faults, open_app
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

BAD = "This link could not be read, so nothing was changed."


def state(page: Page) -> Any:
    """The setting and the statement of the page."""
    return page.evaluate(
        "(({ weights: { objectives, ...mix }, statement }) => [mix, statement])(emorl.events.states())"
    )


def shared(page: Page, tick: bool = False) -> str:
    """The link that Share copies."""
    page.get_by_role("button", name="Share", exact=True).click()
    if tick:
        page.get_by_label("Put the statement into the link").check()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Copied.")
    page.keyboard.press("Escape")
    return str(page.evaluate("navigator.clipboard.readText()"))


def chosen(page: Page, url: str) -> None:
    """Open the app and set everything that a link can say."""
    open_app(page, f"{url}?__theme=light")
    page.get_by_label("What the client said").fill(STATEMENT)
    page.get_by_role("button", name="Only empathy").click()
    page.locator("#weight-fluency").press("ArrowRight")
    page.get_by_label("the best of 8").check()
    page.get_by_text("Advanced").click()
    page.get_by_label("Strength", exact=True).press("End")
    page.get_by_label("Temperature", exact=True).press("ArrowRight")
    page.locator("#seed").fill("42")


def test_a_link_has_the_setting_and_the_statement_only_if_ticked(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app(reflector=MappedReflector(3))
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    chosen(page, running.url)
    plain, full = shared(page), shared(page, tick=True)
    assert plain.startswith(f"{running.url}#emorl=1&weight.reflection=0&") and "Some" not in plain
    assert full.startswith(f"{running.url}#emorl=1&statement=Some+nights+I+lie+awake+")
    assert shared(page) == plain  # the tick is asked for each time
    mix, said = state(page)

    requests: list[str] = []
    for link, statement in ((plain, ""), (full, said)):
        other = new_page()
        other.on("request", lambda request: requests.append(request.url))
        other.goto(link)
        agree(other)
        expect(other.get_by_text("as the link says; press Generate to write.")).to_be_visible()
        assert state(other) == [mix, statement]
        assert other.url == running.url  # a reload does not put it over what was typed since
        expect(other.get_by_label("What the client said")).to_have_value(statement)
        expect(other.locator("#weight-fluency")).to_have_value("0.01")
        expect(other.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
        expect(other.get_by_text("The reflection will appear here.")).to_be_visible()
        assert faults(other) == []
    assert running.reflector.started == 0  # nothing is written
    assert requests and not [url for url in requests if "emorl=1" in url or "nights" in url or "seed" in url]


def test_a_link_that_is_opened_in_the_open_page_is_a_step(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app(reflector=MappedReflector(3))
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    chosen(page, running.url)
    link, (mix, _) = shared(page), state(page)
    page.get_by_role("button", name="Base model").click()
    page.evaluate("link => { location.hash = new URL(link).hash }", link)
    line = page.get_by_text("The sliders are set as the link says; press Generate to write.")
    expect(line).to_be_visible()
    assert state(page) == [mix, STATEMENT]  # it has no statement: the one in the box stays
    page.get_by_role("button", name="Undo").click()
    assert list(state(page)[0]["weights"].values()) == [0, 0, 0]
    page.get_by_role("button", name="Generate").click()
    expect(line).to_have_count(0)


@pytest.mark.parametrize("bad", ["nonsense", "emorl=1&weight.reflection=1", "%E0%A4%A"])
def test_a_link_that_cannot_be_read_changes_nothing_and_says_so(
    new_page: Callable[..., Page], app: Callable[..., App], bad: str
) -> None:
    running = app(reflector=MappedReflector(3))
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    open_app(page, f"{running.url}#{bad}")
    expect(page.get_by_text(BAD)).to_be_visible()
    assert list(state(page)[0]["weights"].values()) == [0.5, 0.5, 0.5] and state(page)[1] == ""
    assert page.url == running.url
    assert faults(page) == []


def test_share_by_keyboard_where_the_clipboard_is_not_allowed(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new DOMException('no'))")
    open_app(page, app(reflector=MappedReflector(3)).url)
    button = page.get_by_role("button", name="Share", exact=True)
    button.press("Enter")
    dialog = page.get_by_role("dialog", name="Share a link")
    expect(dialog.get_by_label("Put the statement into the link")).to_be_hidden()  # there is none
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.get_by_label("What the client said").fill(STATEMENT)
    button.press("Enter")
    expect(dialog.get_by_text("everybody who gets the link can read what the client said")).to_be_visible()
    assert faults(page) == []
    expect(dialog.get_by_role("button", name="Copy link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("please copy the selected link yourself")
    assert page.evaluate("getSelection().toString()").startswith("http://127.0.0.1")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
