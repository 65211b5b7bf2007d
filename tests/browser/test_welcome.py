"""The welcome notice in Chromium: once per browser, by keyboard, with storage blocked, in front of a loading model."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import open_store
from emorl.ui.welcome import screen as notice
from tests.browser import conftest
from tests.browser.conftest import App, serve, slow_source
from tests.browser.steps import agree, faults_in_both_schemes, generate, open_app, rate, welcome
from tests.ui.scripted import ScriptedReflector

pytestmark = pytest.mark.browser

BLOCKED = """Object.defineProperty(window, "localStorage", {
    configurable: true, get() { throw new DOMException("denied", "SecurityError"); } })"""


def behind(page: Page) -> bool:
    """Whether the focus is on something of the page behind the notice."""
    return page.evaluate(
        "document.activeElement !== document.body && !document.activeElement.closest('dialog.welcome')"
    )


def rater_of(page: Page) -> str:
    return page.locator("#welcome-rater").text_content() or ""


def test_it_is_agreed_to_by_keyboard_once_per_browser(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    page.goto(running.url)
    dialog = welcome(page)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", name="Welcome")).to_be_focused()
    expect(dialog.get_by_role("listitem").filter(has_text="Each word can be explained")).to_be_visible()
    rater = rater_of(page)
    assert len(rater) == 32 and set(rater) <= set("0123456789abcdef")
    tick = dialog.get_by_label("I have read this")
    for _ in range(8):  # twice round
        page.keyboard.press("Tab")
        assert not behind(page)
    for _ in range(2):
        page.keyboard.press("Escape")
        expect(dialog.get_by_role("alert")).to_contain_text("Please tick the box, then press Start")
        expect(tick).to_be_focused()
    dialog.get_by_role("button", name="Start").press("Enter")
    expect(dialog).to_be_visible()
    expect(tick).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.wait_for_function("Object.keys(localStorage).length === 2")
    expect(page.get_by_role("slider", name="Reflection")).to_be_visible()  # nothing is under way any more

    page.reload()
    expect(page.get_by_role("slider", name="Reflection")).to_be_visible()
    expect(page.locator("#welcome-rater")).to_have_text(rater)  # what the browser kept has been read
    expect(dialog).to_be_hidden()
    assert sorted(page.evaluate("Object.keys(localStorage)")) == ["emorl-rater", "emorl-welcome"]
    generate(page)
    rate(page)
    (stored,) = running.store.all()
    assert stored.given.rater == rater


def test_the_banner_brings_it_back(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    rater = rater_of(page)
    button = page.get_by_role("button", name="How it works")
    button.press("Enter")
    dialog = welcome(page)
    expect(dialog.get_by_role("heading", name="Welcome")).to_be_focused()
    expect(dialog.get_by_label("I have read this")).to_be_hidden()
    assert rater_of(page) == rater
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_the_id_is_copied(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(app().url)
    welcome(page).get_by_role("button", name="Copy").click()
    expect(welcome(page).get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == rater_of(page)


def test_without_storage_the_app_works_and_asks_each_time(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app()
    page = new_page()
    page.add_init_script(BLOCKED)
    for visit in (1, 2):
        open_app(page, running.url)
        generate(page)
        rate(page)
        assert running.store.count() == visit
    raters = {stored.given.rater for stored in running.store.all()}
    assert len(raters) == 2  # nothing was kept


def test_the_model_loads_behind_it(new_page: Callable[..., Page], tmp_path: object) -> None:
    go = threading.Event()
    with serve(slow_source(go), open_store(f"sqlite:///{tmp_path}/r.db")) as url:
        page = new_page()
        page.goto(url)
        expect(welcome(page)).to_be_visible()
        expect(page.get_by_text("Loading the model")).to_be_visible()
        go.set()
        expect(page.locator("#weight-reflection")).to_be_visible()
        expect(welcome(page)).to_be_visible()
        page.close()


def test_a_new_version_is_shown_again(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    port = conftest.free_port()
    monkeypatch.setattr(conftest, "free_port", lambda: port)  # what a browser keeps, it keeps for one address
    store = open_store(f"sqlite:///{tmp_path}/r.db")
    page = new_page()
    with serve(ScriptedReflector(), store) as url:
        open_app(page, url)
        page.wait_for_function("Object.keys(localStorage).length === 2")
        rater = rater_of(page)
        page.goto("about:blank")
    monkeypatch.setattr(notice, "VERSION", notice.VERSION + 1)
    with serve(ScriptedReflector(), store) as url:
        page.goto(url)
        expect(welcome(page).get_by_label("I have read this")).to_be_visible()
        assert rater_of(page) == rater
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_any_state(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    page.goto(app().url)
    expect(welcome(page)).to_be_visible()
    assert faults_in_both_schemes(page) == []
    welcome(page).get_by_role("button", name="Start").click()
    expect(welcome(page).get_by_role("alert")).to_contain_text("Please tick the box")
    assert faults_in_both_schemes(page) == []
    welcome(page).get_by_label("I have read this").check()
    welcome(page).get_by_role("button", name="Start").click()
    page.get_by_role("button", name="How it works").click()
    expect(welcome(page)).to_be_visible()
    assert faults_in_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('dialog.welcome').scrollWidth") <= width


def test_everything_is_within_reach_on_a_small_screen(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(viewport={"width": 640, "height": 400})  # 1280 by 800 at 200 % zoom
    page.goto(app().url)
    dialog = welcome(page)
    for last in (dialog.get_by_role("button", name="Copy"), dialog.get_by_role("button", name="Start")):
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport(ratio=1)


def text_of(share: float) -> str:
    """What is written in the example where empathy has this share."""
    found = notice.example()
    ends = {region["reflection"]: sorted(empathy for _, empathy in region["polygon"]) for region in found["regions"]}
    return next(text for text, (low, high) in ends.items() if low <= share <= high)


def test_an_example_moves_its_slider_once_and_stops_where_it_is_touched(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page, url = new_page(), app().url
    page.goto(url)
    move, text = page.locator("#welcome-example"), page.locator("#welcome-example-text")
    expect(text).to_have_text(text_of(0.0))
    expect(move).to_have_value("1")  # by itself
    expect(text).to_have_text(text_of(1.0))
    assert text_of(0.0) != text_of(1.0)
    assert text.get_attribute("aria-live") is None  # nobody asked for that to be read out
    move.press("Home")
    expect(text).to_have_text(text_of(0.0))
    expect(text).to_have_attribute("aria-live", "polite")
    agree(page)
    page.get_by_role("button", name="How it works").click()
    expect(welcome(page)).to_be_visible()
    page.wait_for_timeout(1500)
    expect(move).to_have_value("0")  # it does not begin again
    page.keyboard.press("Escape")
    expect(welcome(page)).to_be_hidden()
    page = new_page()
    page.goto(url)
    expect(welcome(page)).to_be_visible()
    page.locator("#welcome-example").press("Home")
    page.wait_for_timeout(2500)
    expect(page.locator("#welcome-example")).to_have_value("0")  # a key on it stops it


def test_an_example_stands_still_where_less_motion_is_asked_for(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    page.goto(app().url)
    move, text = page.locator("#welcome-example"), page.locator("#welcome-example-text")
    expect(text).to_have_text(text_of(0.0))
    page.wait_for_timeout(2000)
    expect(move).to_have_value("0")
    below = "document.querySelector('.rater-line').offsetTop"
    before = page.evaluate(below)
    for _ in range(10):
        move.press("PageUp")
        share = float(move.input_value())
        expect(text).to_have_text(text_of(share))
    assert page.evaluate(below) == before  # nothing there has moved
