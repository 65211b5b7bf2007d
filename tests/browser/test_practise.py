"""The Practise screen in Chromium: write first, feedback, words, a second try, the visit and its sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from emorl.practice import load_cases
from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, faults_in_both_schemes, open_app, open_tab
from tests.ui.scripted import SAMPLES, ScriptedReflector

pytestmark = pytest.mark.browser

FIRST = "You should rest. Is that right?"
SECOND = "You are tired and torn about it now."


def open_practise(page: Page, app: Callable[..., App]) -> None:
    open_app(page, app(reflector=ScriptedReflector(samples=SAMPLES, faithfulness=0.9)).url)
    open_tab(page, "Practise")
    expect(page.locator(".practise-statement")).to_contain_text(" ")
    expect(page.locator("#practise-case")).to_contain_text("Every case is invented")


def write(page: Page, reply: str) -> None:
    box = page.get_by_role("textbox", name="Your reflection")
    box.fill(reply)
    box.press("Control+Enter")
    expect(page.locator("#practise-feedback .practise-own")).to_have_text(reply)


def word(page: Page, text: str) -> Locator:
    return page.locator("#practise-words .practise-word").get_by_text(text, exact=True)


def test_the_story_with_a_case(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_practise(page, app)
    said = page.locator(".practise-statement").inner_text()
    case = next(case for case in load_cases() if case.statement == said)
    assert case.simple not in page.content()  # no example before the person has written
    page.get_by_role("button", name="Show feedback").click()
    expect(page.get_by_text("Please write a reflection first.")).to_be_visible()

    write(page, FIRST)
    lines = page.locator("#practise-feedback .practise-lines")
    expect(lines).to_contain_text("May be advice: “You should”. A question: “Is that right?”")
    expect(lines).to_contain_text("No feeling is named")
    expect(page.locator("#practise-compare")).to_contain_text(case.complex)
    expect(page.locator("#practise-compare")).to_contain_text("Examples written for this case")
    expect(page.locator("#practise-feedback")).to_contain_text("often wrong")
    assert page.locator("#practise-feedback [role=meter]").count() == 0  # no scores of people

    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#practise-reply")).to_be_focused()
    write(page, SECOND)
    changes = page.locator(".practise-changes table")
    expect(changes).to_contain_text("Try 2")
    row = changes.get_by_role("row").filter(has_text="Look again at")
    assert row.locator("td").all_inner_texts() == ["advice, question", "nothing"]
    expect(page.locator("#practise-visit")).to_contain_text("2 tries on 1 statement")

    page.get_by_role("button", name="Next case").click()
    expect(page.locator(".practise-statement")).not_to_have_text(said)
    expect(page.locator("#practise-reply")).to_have_value("")
    expect(page.locator("#practise-words")).to_have_count(0)
    expect(page.locator("#practise-visit")).to_contain_text("2 tries on 1 statement")


def test_a_word_says_what_an_objective_would_change(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_practise(page, app)
    write(page, SECOND)
    detail = page.locator(".practise-detail")
    expect(detail).to_contain_text("“You” Reflection makes this word 2.7 times as likely.")
    page.get_by_role("button", name="Empathy").click()
    expect(detail).to_contain_text("“You” Empathy hardly changes how likely this word is.")
    word(page, "are").hover()
    expect(detail).to_contain_text("2.7 times less likely")
    word(page, "tired").focus()
    expect(detail).to_contain_text("It would rather write “low”. So would the base model.")
    page.keyboard.press("ArrowRight")
    expect(word(page, "and")).to_be_focused()
    expect(detail).to_contain_text("“You're” for “tired and”. The base model would rather end here.")
    page.keyboard.press("Home")
    expect(word(page, "You")).to_be_focused()
    expect(page.locator("#practise-words")).to_contain_text(
        "0 of your 8 words at least twice as likely and 1 at most half"
    )
    assert "less" in (word(page, "are").get_attribute("class") or "")


def test_a_statement_of_ones_own_is_compared_with_the_models(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    open_practise(page, app)
    page.get_by_label("A statement of my own").check()
    write_box = page.get_by_role("textbox", name="Your reflection")
    write_box.fill(SECOND)
    page.get_by_role("button", name="Show feedback").click()
    expect(page.get_by_text("Please type what the client said first.")).to_be_visible()
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    write(page, SECOND)
    compare = page.locator("#practise-compare")
    expect(compare).to_contain_text("Written by the models")
    expect(compare.locator(".practise-own").first).to_have_text(SAMPLES[0].text)
    write(page, SECOND + " Still.")
    expect(compare.locator(".practise-own").first).to_have_text(SAMPLES[0].text)  # not written again
    expect(page.locator("#practise-visit")).to_contain_text("Own statement, Try 2")


def test_crisis_language_in_the_reflection_gets_contacts(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    open_practise(page, app)
    box = page.get_by_role("textbox", name="Your reflection")
    box.fill("You want to kill yourself.")
    box.press("Control+Enter")
    expect(page.locator("#practise-feedback .crisis")).to_contain_text("People who can help now")
    expect(page.locator("#practise-words")).to_have_count(0)
    go = page.get_by_role("button", name="Go on with this exercise")
    expect(go).to_be_disabled()
    page.get_by_label("I am a counsellor, and this is an invented exercise").check()
    go.click()
    expect(page.locator("#practise-feedback .practise-own")).to_have_text("You want to kill yourself.")


def test_the_sheet_is_saved_as_csv_and_pdf(
    new_page: Callable[..., Page], app: Callable[..., App], tmp_path: Path
) -> None:
    page = new_page(accept_downloads=True)
    open_practise(page, app)
    write(page, SECOND)
    for kind, start in (("CSV", b"\xef\xbb\xbf"), ("PDF", b"%PDF-")):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save as {kind}").click()
        path = tmp_path / kind
        download.value.save_as(path)
        assert path.read_bytes().startswith(start)
        assert download.value.suggested_filename.endswith(f".{kind.lower()}")


def test_filters_and_no_case(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_practise(page, app)
    page.get_by_label("Topic").select_option("pain")
    expect(page.locator("#practise-case")).to_contain_text("Pain · ")
    page.get_by_label("Stage of change").select_option("action")
    expect(page.get_by_text("No case is like this.")).to_be_visible()
    page.get_by_role("textbox", name="Your reflection").fill(SECOND)
    page.get_by_role("button", name="Show feedback").click()
    expect(page.get_by_text("Please type what the client said first.")).to_be_visible()


@pytest.mark.parametrize("width", [1366, 820, 390])
def test_axe_keyboard_and_width(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 844})
    open_practise(page, app)
    page.locator("#practise-reply").focus()
    page.keyboard.type(FIRST)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#practise-words")).to_be_visible()
    expect(page.locator("#practise-title")).to_be_focused()
    page.locator("#practise-reply").fill(SECOND)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".practise-changes")).to_be_visible()
    assert faults_in_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1366, 768)])
def test_statement_and_reflection_are_in_view_beside_the_feedback(
    new_page: Callable[..., Page], app: Callable[..., App], width: int, height: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    open_practise(page, app)
    together = [page.locator(name) for name in (".practise-statement", "#practise-reply", "#practise-go")]
    for node in together:
        expect(node).to_be_in_viewport(ratio=1)
    write(page, FIRST)
    page.locator("#practise-compare").evaluate("(node) => node.scrollIntoView({ block: 'end' })")
    assert page.evaluate("scrollY") > 200
    for node in together:
        expect(node).to_be_in_viewport(ratio=1)
    write(page, SECOND)  # far down the page: its feedback comes into view, and so does the next case
    expect(page.locator("#practise-title")).to_be_in_viewport(ratio=1)
    page.locator("#practise-compare").evaluate("(node) => node.scrollIntoView({ block: 'end' })")
    page.locator("#practise-next").click()
    expect(page.locator("#practise-case-title")).to_be_in_viewport(ratio=1)


def test_a_table_on_a_phone_keeps_names_and_values_apart(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    open_practise(page, app)
    write(page, FIRST)
    cell = page.locator("#practise-visit td").first
    assert cell.evaluate("(node) => getComputedStyle(node).display") == "flex"
    assert cell.evaluate("(node) => getComputedStyle(node, '::before').content") == '"Feeling"'
