"""The best of several, and whether a text stays with what was said, in Chromium with scripted reflectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, faults_in_both_schemes, generate, open_app, open_tab, rate
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import REPLY, SAMPLES

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.hacked=1> You ${window.hacked=1} sound torn."
SCRIPT = (*SAMPLES[:3], replace(SAMPLES[3], text=HOSTILE))


class Doubtful(MappedReflector):
    """What empathy alone writes says what the client did not."""

    def checked(self, reply: str) -> tuple[float | None, float | None]:
        return (0.1 if reply == self.text(self.write([0.0, 1.0, 0.0])[0]) else 0.9), None


def best(page: Page) -> Locator:
    return page.get_by_label("the best of 8")


def candidates(page: Page) -> Locator:
    return page.get_by_role("list", name="Candidates, the chosen one first").get_by_role("listitem")


def reading(page: Page) -> Locator:
    """The line under the text."""
    return page.locator("#widget-result .reflection > div > .faithful")


def test_what_a_counsellor_would_say_counts_more_than_faithfulness(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    said = (replace(SAMPLES[0], would_say=0.1), replace(SAMPLES[1], would_say=0.6), replace(SAMPLES[2], would_say=0.2))
    page = new_page()
    open_app(page, app(samples=(*said, replace(SAMPLES[3], would_say=0.3)), faithfulness=0.4).url)
    best(page).check()
    page.get_by_label("What the client said").fill(STATEMENT)
    generate(page)
    expect(page.locator("#reflection-text")).to_contain_text("your mother never let you rest")
    expect(page.get_by_text("times the estimate of whether a counsellor would say it.")).to_be_visible()
    chosen = candidates(page).nth(0)
    chosen.locator("summary").click()
    expect(chosen).to_contain_text("Total: (0.60 × 0.90 + 0.40 × 0.90) × 0.60 = 0.54")
    expect(chosen.get_by_role("meter", name="A counsellor would say it")).to_have_attribute("aria-valuenow", "0.6")


def test_the_best_is_shown_with_its_candidates_and_each_can_be_written_again(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app(samples=SCRIPT, faithfulness=0.4)
    page = new_page()
    open_app(page, running.url)
    expect(page.get_by_label("one", exact=True)).to_be_checked()
    best(page).check()
    page.get_by_label("What the client said").fill("Mail jane.doe@example.org")
    expect(page.get_by_text("This may contain personal data")).to_be_visible()
    generate(page)
    chosen, first, invented, hostile = (candidates(page).nth(place) for place in range(4))
    expect(candidates(page)).to_have_count(4)
    expect(page.locator("#reflection-text")).to_contain_text("You sound worn out")
    expect(reading(page)).to_have_text("✓Stays with what was said: probably.")
    expect(page.get_by_text("This text was sampled, so no range")).to_be_visible()  # once, not beside every bar
    expect(page.get_by_text("8 were written, which gave 4 different texts.")).to_be_visible()
    expect(chosen).to_contain_text(f"{SAMPLES[0].text}✓ chosentotal 0.65Reflection 0.60 · Empathy 0.90")
    expect(first).to_contain_text(f"{REPLY}total 0.30")
    expect(hostile).to_contain_text(HOSTILE)
    assert page.evaluate("window.hacked") is None
    spoken = page.locator("#widget-result [aria-live=polite] p").all_inner_texts()
    assert spoken == [SAMPLES[0].text, "Stays with what was said: probably."]  # nothing of the draft
    expect(page.get_by_text("sampled at 0.7, seed 0 · the best of 8")).to_be_visible()  # under "This visit"

    chosen.locator("summary").click()
    expect(chosen).to_contain_text("Total: (0.60 × 0.60 + 0.40 × 0.90) × 0.90 = 0.65")
    chosen.get_by_role("button", name="Why it says this").click()
    expect(page.locator("#why-strip")).to_contain_text("nobody")
    open_tab(page, "Reflect")
    rate(page)
    (stored,) = running.store.all()
    assert (stored.given.reflection, stored.given.seed, stored.given.best_of) == (SAMPLES[0].text, 0, 8)

    invented.locator("summary").press("Enter")
    expect(invented.get_by_role("meter", name="Stays with what was said")).to_have_attribute("aria-valuenow", "0.1")
    invented.get_by_role("button", name="Set the controls to this one").press("Enter")
    expect(page.locator("#generate")).to_be_focused()
    expect(page.get_by_label("one", exact=True)).to_be_checked()
    expect(page.get_by_text("The number to choose from has changed since this text was written.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#reflection-text")).to_contain_text("your mother never let you rest")
    expect(reading(page)).to_contain_text("probably not. It may say something the client did not.")
    expect(page.get_by_role("heading", name="Chosen from several")).to_be_hidden()

    page.get_by_role("button", name="Bring back").nth(1).click()
    expect(best(page)).to_be_checked()
    expect(candidates(page)).to_have_count(4)
    expect(page.get_by_text("changed since this text")).to_have_count(0)
    assert page.locator("#widget-result [aria-live=polite] p").all_inner_texts() == spoken


def test_without_a_scorer_nothing_is_said_of_faithfulness(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running, page = app(hold_after=3), new_page()
    open_app(page, running.url)
    best(page).check()
    page.get_by_label("What the client said").fill(STATEMENT)
    page.keyboard.press("Control+Enter")
    card = page.locator("#widget-result")
    expect(card).to_contain_text("Writing 8 to choose from2 of 8 finished")  # with the words of the first below
    expect(page.locator("#reflection-text")).to_have_text("Part of you")
    running.reflector.go.set()
    expect(page.get_by_text("8 were written, and all are the same text")).to_be_visible()
    expect(card).not_to_contain_text("finished")
    expect(page.get_by_text("Stays with what was said")).to_have_count(0)


def test_sliders_and_map_tell_the_best_of_several_from_what_is_written_one_at_a_time(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    open_app(page, app(reflector=Doubtful()).url)
    best(page).check()
    generate(page)
    mark, text = page.locator("#widget-result .reflection > .mark"), page.locator("#reflection-text")
    expect(page.locator("#widget-result .reach")).to_contain_text("Written one at a time, ")
    expect(mark).to_have_text("Move the sliders for live text, written one at a time.")
    expect(page.locator("#widget-mixer .band-range:visible")).to_have_count(0)  # no promise that the text stays
    shown = text.inner_text()
    page.get_by_role("button", name="Only empathy").click()
    expect(mark).to_contain_text("written one at a time. Press Generate for the best of 8.")
    assert text.inner_text() != shown
    page.get_by_role("button", name="Recommended").click()  # where it was generated
    expect(text).to_have_text(shown)
    page.get_by_role("button", name="Only empathy").click()
    open_tab(page, "Map")
    expect(page.get_by_text("The best of 8 may be another text")).to_be_visible()
    open_tab(page, "Reflect")
    page.get_by_label("one", exact=True).check()
    expect(mark).to_contain_text("The number to choose from has changed")
    generate(page)
    expect(mark).to_contain_text("Live")
    expect(reading(page)).to_contain_text("probably not")
    page.get_by_role("button", name="Only fluency").click()
    expect(reading(page)).to_contain_text("Stays with what was said: probably.")
    page.get_by_role("button", name="Only empathy").click()
    expect(reading(page)).to_contain_text("probably not")


def test_what_is_live_is_checked_once_the_map_is_finished(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = Doubtful()
    reflector.hold_at = 4
    page = new_page()
    open_app(page, app(reflector=reflector).url)
    page.get_by_role("button", name="Only empathy").click()
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("Finding every reflection")
    open_tab(page, "Map")
    page.locator(".map-row[aria-pressed=false]").first.click()
    open_tab(page, "Reflect")
    expect(reading(page)).to_have_text("Stays with what was said: not checked yet.")
    expect(page.get_by_text("It will be when the map is finished.")).to_be_visible()
    reflector.hold_map.set()
    expect(reading(page)).to_contain_text("Stays with what was said: probably.")
    expect(page.get_by_text("This is an automatic estimate that is often wrong.")).to_be_visible()


def test_of_an_exercise_the_candidates_are_shown_and_nothing_is_offered_that_needs_keeping(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app(samples=SCRIPT, faithfulness=0.4)
    page = new_page()
    open_app(page, running.url)
    best(page).check()
    box = page.get_by_label("What the client said")
    box.fill("I want to kill myself.")
    box.press("Control+Enter")
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    assert running.reflector.started == 0
    page.get_by_label("I am a counsellor").check()
    page.get_by_role("button", name="Write a reflection for this exercise").click()
    expect(candidates(page)).to_have_count(4)
    candidates(page).first.locator("summary").click()
    expect(page.get_by_text("Total: (0.60 × 0.60 + 0.40 × 0.90) × 0.90 = 0.65")).to_be_visible()
    for name in ("Why it says this", "Save rating", "Send to blind rating"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    assert running.store.count() == 0


def test_axe_finds_nothing_and_it_fits_a_phone(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    fifth = replace(SAMPLES[3], text="What is that like?")
    open_app(page, app(samples=(*SCRIPT, fifth), faithfulness=0.1).url)
    best(page).check()
    generate(page)
    expect(candidates(page)).to_have_count(3)
    page.get_by_text("The other 2", exact=True).click()
    for summary in page.locator(".candidate summary").all():
        summary.click()
    assert faults_in_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    open_tab(page, "Compare")
    assert page.get_by_label("the best of 8").locator("visible=true").count() == 0
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    page.locator("#widget-b-mixer summary").click()
    page.locator("#b-temperature").press("End")
    page.locator("#b-seed").fill("1")
    page.locator("#widget-b-mixer").get_by_role("button", name="Recommended").click()
    page.get_by_role("button", name="Write side by side").click()
    expect(page.get_by_role("article", name="A")).to_contain_text("unsure. Read it against the statement.")
    expect(page.get_by_role("article", name="B")).to_contain_text(
        "probably not. It may say something the client did not."
    )
    expect(page.get_by_text("“Stays with what was said” is an automatic estimate that is often wrong.")).to_be_visible()
    assert faults_in_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
