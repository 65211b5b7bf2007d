"""The About screen in Chromium: formulas without another host, contacts, model card, accessibility, phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from emorl.safety import crisis_contacts
from emorl.ui.about import strings
from tests.browser.conftest import App
from tests.browser.steps import faults_in_both_schemes, open_app, open_tab

pytestmark = pytest.mark.browser


def open_about(page: Page, url: str) -> None:
    """Open the app, then the screen."""
    open_app(page, url)
    open_tab(page, "About")
    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()


def unfold(page: Page) -> None:
    for label in (strings.FORMULAS_LABEL, strings.CARD):
        page.get_by_role("button", name=label).click()
    expect(page.locator("#about-formulas .katex-display").first).to_be_visible()
    expect(page.locator("#about-card table").first).to_be_visible()


def test_formulas_are_drawn_with_what_gradio_brings(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()  # watched: any request to another host fails the test
    fetched: list[str] = []
    page.on("response", lambda answer: fetched.append(answer.url))
    url = app().url
    open_about(page, url)
    unfold(page)
    formulas = page.locator("#about-formulas")
    assert formulas.locator(".katex-display").count() == 3
    assert formulas.locator(".katex-error").count() == 0
    assert formulas.locator("math").count() == formulas.locator(".katex").count()  # for screen readers
    assert "$" not in formulas.inner_text()
    page.wait_for_function("document.fonts.check('16px KaTeX_Math') && document.fonts.check('16px KaTeX_Main')")
    fonts = [address for address in fetched if "KaTeX" in address]
    assert fonts and all(address.startswith(url) for address in fonts)


def test_it_says_whom_to_call_and_to_check_the_numbers(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_about(page, app().url)
    contacts = page.locator("#widget-about")
    expect(contacts).to_contain_text("Check these numbers locally before you rely on them.")
    for contact in crisis_contacts():
        expect(contacts.get_by_role("link", name=contact.name, exact=True)).to_have_attribute("href", contact.url)
    expect(contacts.get_by_role("link", name="988", exact=True).first).to_have_attribute("href", "tel:988")
    message = contacts.get_by_role("link", name="Text SHOUT to 85258", exact=True)
    expect(message).to_have_attribute("href", "sms:85258?body=SHOUT")


def test_the_model_card_belongs_to_the_page(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_about(page, app().url)
    unfold(page)
    assert page.get_by_role("heading", level=1).count() == 1
    expect(page.locator("#about-card").get_by_role("heading", name="Known failures", level=3)).to_be_visible()
    for heading in ("What it is not", "Using it responsibly", "Licences", "Crisis contacts"):
        expect(page.get_by_role("heading", name=heading, level=2)).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_it_fits(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    open_about(page, app().url)
    unfold(page)
    assert faults_in_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator("#about-formulas .scroll").all():
        assert box.evaluate("(node) => node.scrollWidth <= node.clientWidth"), box.inner_text()


def test_wide_tables_are_reached_with_the_keyboard(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    open_about(page, app().url)
    unfold(page)
    box = page.locator("#about-card .scroll").last
    assert box.evaluate("(node) => node.scrollWidth > node.clientWidth")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("[...document.querySelectorAll('#about-card .scroll')].at(-1).scrollLeft > 0")
