"""Care in Chromium: the exercise confirmation, masking, chips beside the reply, contacts of one country."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import faults_in_both_schemes, generate, open_app
from tests.ui.scripted import REPLY

pytestmark = pytest.mark.browser

CRISIS = "I want to kill myself."


def ask(page: Page, statement: str) -> None:
    page.get_by_label("What the client said").fill(statement)
    page.get_by_label("What the client said").press("Control+Enter")


def test_an_invented_exercise_takes_two_steps_by_keyboard_and_leaves_nothing(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    ask(page, CRISIS)
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    go = page.get_by_role("button", name="Write a reflection for this exercise")
    expect(go).to_be_disabled()
    assert running.reflector.started == 0
    page.get_by_label("I am a counsellor, and this statement is an invented exercise").press("Space")
    go.press("Enter")
    expect(page.locator("#reflection-text")).to_contain_text(REPLY.split()[0])
    expect(page.get_by_text("Written as an exercise")).to_be_visible()
    expect(page.get_by_role("button", name="Save rating")).to_be_hidden()
    assert running.reflector.started == 1 and running.store.count() == 0
    ask(page, CRISIS)  # a confirmation holds once
    expect(go).to_be_disabled()
    assert running.reflector.started == 1


def test_a_changed_statement_needs_a_new_confirmation(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    ask(page, CRISIS)
    page.get_by_label("I am a counsellor").check()
    page.get_by_label("What the client said").fill("I want to end my life.")
    page.get_by_role("button", name="Write a reflection for this exercise").click()
    expect(page.get_by_role("button", name="Write a reflection for this exercise")).to_be_disabled()
    expect(
        page.get_by_role("alert").filter(has_text="The statement has changed since this notice came.")
    ).to_be_visible()
    expect(page.get_by_label("I am a counsellor")).to_be_focused()
    assert running.reflector.started == 0


def test_personal_data_is_masked_on_request(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    box = page.get_by_label("What the client said")
    box.fill("My name is Ann Bell. Mail ann@example.org or ring 07700 900123.")
    page.get_by_role("button", name="Replace it with placeholders such as [name]").press("Enter")
    expect(box).to_have_value("My name is [name]. Mail [e-mail address] or ring [phone number].")
    expect(box).to_be_focused()
    expect(page.get_by_text("This may contain personal data")).to_have_count(0)
    expect(page.get_by_role("button", name="Replace it with placeholders such as [name]")).to_be_hidden()


def test_chips_stand_beside_the_reply(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(echo=True).url)
    generate(page, "You should see a doctor about it, and why do you not do it today?")
    chips = page.get_by_role("list", name="Automatic checks of this reply")
    expect(chips).to_contain_text("May be advice: “You should”")
    expect(chips).to_contain_text("A question:")
    expect(chips).to_contain_text("Repeats the statement: “You should see a doctor about it, and why do")
    ask(page, CRISIS)
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    expect(chips).to_be_hidden()
    assert faults_in_both_schemes(page) == []


def test_contacts_of_one_country(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_COUNTRY", "NZ")
    page = new_page()
    open_app(page, app().url)
    ask(page, CRISIS)
    panel = page.get_by_role("alert").filter(has_text="No reflection was written")
    expect(panel.get_by_role("link", name="1737, need to talk?")).to_be_visible()
    expect(panel).not_to_contain_text("988")


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("Ich bin so müde von allem, und niemand hört mir wirklich zu.", "seems not to be English"),
        ("\u200b\u2060", "empty statement"),
        (" . . . ", "empty statement"),
    ],
)
def test_what_is_not_english_or_shows_nothing_gets_a_line_and_no_reflection(
    new_page: Callable[..., Page], app: Callable[..., App], statement: str, line: str
) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    ask(page, statement)
    expect(page.locator("#widget-result").get_by_role("alert")).to_contain_text(line)
    expect(page.locator("#reflection-text")).to_have_text("")
    assert running.reflector.started == 0


def test_what_runs_from_right_to_left_is_shown_so(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(echo=True).url)
    box = page.get_by_label("What the client said")
    direction = "element => getComputedStyle(element).direction"
    assert box.evaluate(direction) == "ltr"
    box.fill("אני כל כך עייף")
    assert box.evaluate(direction) == "rtl"
    page.evaluate("document.getElementById('reflection-text').textContent = 'אתה עייף'")
    assert page.locator("#reflection-text").evaluate(direction) == "rtl"
