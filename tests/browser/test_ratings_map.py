"""From the Reflect screen to the store and to the Map: own versions with consent, ratings as points."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import generate, open_app, rate
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

MINE = "So the list never ends, and the night with it."


def keep(page: Page, text: str) -> None:
    page.get_by_role("button", name="Edit", exact=True).click()
    page.locator("#edit-box").fill(text)
    page.get_by_role("button", name="Keep my version").click()
    expect(page.locator("#edited-text")).to_have_text(text)


def test_a_rating_made_on_reflect_is_on_the_map(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(reflector=MappedReflector())
    page = new_page()
    open_app(page, running.url)
    page.get_by_role("button", name="Only empathy").click()
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    page.get_by_role("tab", name="Map", exact=True).click()
    page.get_by_label("Show ratings on the map").check()
    expect(page.get_by_text("There are no ratings to show yet.")).to_be_visible()
    page.get_by_role("tab", name="Reflect", exact=True).click()
    rate(page)  # complex, some, natural, with edits: 2 1 2 1 of 2, .75
    page.get_by_role("tab", name="Map", exact=True).click()  # the box is still ticked
    expect(page.locator(".triangle .rated")).to_have_count(1)
    page.get_by_text("Ratings by weights").click()
    expect(page.get_by_role("row", name="0% 100% 0% 0.75 1")).to_be_visible()
    again = new_page()  # another counsellor sees it too
    open_app(again, running.url)
    generate(again)
    expect(again.locator("#widget-result .reach")).to_contain_text("within reach")
    again.get_by_role("tab", name="Map", exact=True).click()
    again.get_by_label("Show ratings on the map").check()
    expect(again.locator(".triangle .rated")).to_have_count(1)


@pytest.mark.parametrize("consent", [True, False])
def test_an_own_version_is_stored_only_with_consent(
    new_page: Callable[..., Page], app: Callable[..., App], consent: bool
) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    generate(page)
    keep(page, MINE)
    if consent:
        page.get_by_label("Store the statement I typed, and my own version").check()
    rate(page, "a remark")
    (stored,) = running.store.all()
    assert stored.given.edited == (MINE if consent else None)
    assert (stored.given.statement is None) == (not consent)
    assert stored.given.comment == "a remark"


def test_a_version_changed_after_saving_is_saved_again(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    generate(page)
    page.get_by_label("Store the statement I typed, and my own version").check()
    rate(page)
    assert running.store.all()[0].given.edited is None
    for revision, text in ((2, MINE), (3, "Or so: " + MINE)):
        keep(page, text)
        expect(page.get_by_text("Your own version has changed since then. Save again to store it.")).to_be_visible()
        assert page.locator("input[name=rating-depth]:checked").get_attribute("value") == "complex"
        page.get_by_role("button", name="Save rating").click()
        expect(page.get_by_text("Thank you, your rating is saved.")).to_be_visible()
        (stored,) = running.store.all()
        assert (stored.revision, stored.given.edited, stored.given.depth) == (revision, text, "complex")


def test_what_is_brought_back_can_be_rated_anew(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    generate(page)
    rate(page, "first")
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    rate(page, "second")
    assert [row.given.comment for row in running.store.all(revisions=True)] == ["first", "second"]
