"""What a tab keeps over a reload or a restart: everything if the person agrees, else the page says what is gone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, generate, open_app

pytestmark = pytest.mark.browser

SESSION = "JSON.stringify({ ...sessionStorage })"


def begin(page: Page) -> None:
    """Write a reflection, begin to rate it, and type on."""
    generate(page)
    page.locator("input[name=rating-depth]").nth(1).check(force=True)
    page.get_by_label("Comment (optional)").fill("Half a comment")
    page.get_by_label("What the client said").fill("Typed since then.")
    page.get_by_role("slider", name="Empathy").press("End")


def reload(page: Page) -> None:
    page.reload()
    expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible()


def test_with_consent_a_tab_keeps_all_of_it_over_a_reload(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    open_app(page, app().url)
    page.get_by_label("Keep over a reload").check()
    begin(page)
    assert json.loads(page.evaluate(SESSION)) == {}  # only while the page is loaded again
    reload(page)
    expect(page.get_by_label("What the client said")).to_have_value("Typed since then.")
    expect(page.get_by_label("Keep over a reload")).to_be_checked()
    expect(page.get_by_role("slider", name="Empathy")).to_have_value("1")
    expect(page.locator("#widget-visit .visit-said")).to_have_text(STATEMENT)
    assert json.loads(page.evaluate(SESSION)) == {}
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_label("Comment (optional)")).to_have_value("Half a comment")
    expect(page.locator("input[name=rating-depth]").nth(1)).to_be_checked()
    page.get_by_label("Keep over a reload").uncheck()
    reload(page)
    expect(page.get_by_label("What the client said")).to_have_value("")


def test_without_consent_the_page_says_what_is_gone(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    expect(page.get_by_text("The page was loaded again")).to_have_count(0)
    begin(page)
    reload(page)
    expect(page.get_by_text("The page was loaded again")).to_be_visible()
    expect(page.get_by_label("What the client said")).to_have_value("")
    assert json.loads(page.evaluate(SESSION)) == {} and STATEMENT not in page.content()
    reload(page)  # nothing was typed this time
    expect(page.get_by_text("The page was loaded again")).to_have_count(0)
