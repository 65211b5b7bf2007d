"""Candidates of the finished map, under the reflection in Chromium: what they show, and what choosing one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.steps import faults_in_both_schemes, generate, open_app, open_tab
from tests.browser.test_in_view import TOGETHER, out
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

WRITTEN = "torn matters You part it alone of."  # with equal weights, which are recommended here
BASE = "still still still."
SAID = "Part of me feels alone, and it matters."
DEEPEST, WARMEST, CLOSEST = "feel tired still tired alone of it.", "torn matters You matters tired and still.", WRITTEN


class Scored(MappedReflector):
    """Each of two texts is the best by one score; nothing else scores more than .2."""

    def scores(self, statement: str, replies: Sequence[str]) -> dict[str, list[float]]:
        best = {"reflection": DEEPEST, "empathy": WARMEST}
        return {name: [0.9 if reply == best.get(name) else 0.2 for reply in replies] for name in self.names}


class Checked(Scored):
    """The deepest by its score alone says what the client did not; the base's own reply is the likeliest to be said."""

    def checked(self, reply: str) -> tuple[float | None, float | None]:
        return {DEEPEST: (0.1, 0.05), WRITTEN: (0.8, 0.6), BASE: (0.3, 0.8)}.get(reply, (0.9, 0.5))


class Asking(Scored):
    """Every text but the first is a question."""

    def text(self, tokens: Sequence[int]) -> str:
        reply = super().text(tokens)
        return reply if reply == WRITTEN else f"{reply[:-1]}?"


def written(page: Page, url: str, statement: str = SAID, reach: str = "within reach") -> Locator:
    """Write a reflection and wait for its map; the folded candidates."""
    open_app(page, url)
    generate(page, statement)
    expect(page.locator("#widget-result .reach")).to_contain_text(reach)
    return page.locator(".map-cards")


def labels(page: Page) -> list[str]:
    return page.locator(".pick-head strong").all_inner_texts()


def weights(page: Page) -> list[float]:
    return page.evaluate("Object.values(emorl.events.states().weights.weights)")


def unfold(cards: Locator) -> None:
    cards.locator("summary").press("Enter")
    expect(cards.locator(".pick").first.or_(cards.locator("p.fine").first).first).to_be_visible()


def test_cards_are_labelled_scored_and_chosen_with_the_keyboard(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = Scored(faithfulness=0.8)
    page = new_page()
    cards = written(page, app(reflector=reflector).url)
    text, before = page.locator("#reflection-text"), weights(page)
    expect(text).to_have_text(WRITTEN)
    expect(cards.locator(".pick").first).to_be_hidden()
    unfold(cards)
    assert labels(page) == ["Recommended · Closest to the words", "Deepest", "Warmest", "Base model"]
    own, deepest, warmest, base = cards.locator(".pick").all()
    expect(own).to_contain_text("✓ shown above")
    expect(own).to_contain_text("Reflection 0.50 · Empathy 0.50 · Fluency 0.50")
    expect(own).to_contain_text("Main words that the client said too: 3 of 4")
    expect(own).to_contain_text("Stays with what was said: probably")
    expect(deepest).to_contain_text("Reflection 0.90 · Empathy 0.20 · Fluency 0.20")
    expect(deepest).to_contain_text("Stays with what was said: probably")
    expect(base).to_contain_text("Reflection 0% · Empathy 0% · Fluency 0%")
    for card, chosen in ((deepest, DEEPEST), (warmest, WARMEST), (base, BASE)):
        button = card.get_by_role("button")
        expect(button).to_have_attribute("aria-pressed", "false")
        button.press("Enter")
        expect(text).to_have_text(chosen)
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
        assert cards.locator(".pick-mark:visible").count() == 1
        assert reflector.text(reflector.write(weights(page))[0]) == chosen
        expect(card.locator(".base-text")).to_have_text(chosen)
    back = cards.get_by_role("button", name="Back to what was generated")
    back.press("Space")
    expect(text).to_have_text(WRITTEN)
    assert weights(page) == before
    expect(back).to_be_disabled()
    expect(page.locator("#reflection-text .word").first).to_be_visible()  # with its reasons
    assert reflector.started == 1 and reflector.maps == 1


def test_each_card_is_checked_and_a_false_text_is_not_offered(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    """Score times what a counsellor would say: depth .9 x .05 or .5 x .6, warmth .9 x .5 or .5 x .6."""
    page = new_page()
    cards = written(page, app(reflector=Checked()).url)
    unfold(cards)
    assert labels(page) == [
        "Recommended · Deepest · Closest to the words",
        "Most likely to be said · Base model",
        "Warmest",
    ]
    assert DEEPEST not in cards.locator(".base-text").all_inner_texts()
    own, base, warmest = cards.locator(".pick").all()
    expect(base).to_contain_text("A counsellor would say it: 0.80, as an automatic scorer estimates")
    reading = page.locator("#widget-result .reflection > div > .faithful")
    for card, words in ((base, "unsure"), (warmest, "probably"), (own, "probably")):
        expect(card).to_contain_text(f"Stays with what was said: {words}")
        card.get_by_role("button").press("Enter")
        expect(reading).to_contain_text(f"Stays with what was said: {words}.")
        expect(page.locator("#widget-result .side").get_by_role("meter").last).to_have_accessible_name(
            "Stays with what was said"
        )


def test_the_checks_are_those_of_the_text_on_the_screen(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = Asking()
    reflector.hold_at = 4
    page = new_page()
    written(page, app(reflector=reflector).url, reach="Finding every reflection")
    checks = page.get_by_role("list", name="Automatic checks of this reply")
    expect(page.locator("#reflection-text")).to_have_text(WRITTEN)
    expect(checks).to_be_hidden()
    page.get_by_role("button", name="Base model", exact=True).click()
    expect(page.locator("#reflection-text")).to_have_text(f"{BASE[:-1]}?")
    expect(checks).to_contain_text("A question:")
    page.get_by_role("button", name="Recommended").click()
    expect(page.locator("#reflection-text")).to_have_text(WRITTEN)
    expect(checks).to_be_hidden()
    reflector.hold_map.set()
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    page.get_by_role("button", name="Only empathy").click()
    expect(page.locator("#reflection-text")).to_contain_text("?")
    expect(checks).to_contain_text("A question:")
    page.get_by_label("What the client said").fill("Something else.")
    expect(checks).to_contain_text("A question:")  # as the text is


def test_a_chosen_one_can_be_explained_and_settings_come_back_with_it(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    cards = written(page, app(reflector=Scored()).url)
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Strength", exact=True).press("Home")
    expect(page.locator("#widget-result .mark[data-mark=stale]").first).to_be_visible()
    unfold(cards)
    cards.get_by_role("button", name="Take this one: Warmest").click()
    expect(page.locator("#reflection-text")).to_have_text(WARMEST)
    expect(page.get_by_label("Strength", exact=True)).to_have_value("1")
    expect(page.locator("#widget-result").get_by_text("Stays with what was said")).to_have_count(0)  # no scorer of it
    open_tab(page, "Why")
    expect(page.locator("#why-strip")).to_be_visible()
    assert "matters tired and still" in " ".join(page.locator(".strip-text").all_text_contents())


def test_of_another_statement_none_can_be_taken(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    cards = written(page, app(reflector=Scored()).url)
    unfold(cards)
    page.get_by_label("What the client said").fill("Something else.")
    for button in cards.get_by_role("button").all():
        expect(button).to_be_disabled()
    expect(page.locator("#reflection-text")).to_have_text(WRITTEN)
    page.get_by_label("What the client said").fill(SAID)
    expect(cards.get_by_role("button", name="Take this one: Deepest")).to_be_enabled()


def test_each_reflection_begins_folded_and_waits_for_its_map(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = Scored()
    page = new_page()
    cards = written(page, app(reflector=reflector).url)
    unfold(cards)
    reflector.hold_at = 4
    generate(page, f"{SAID} Really.")
    expect(page.locator("#widget-result .reach")).to_contain_text("Finding every reflection")
    expect(cards).not_to_have_attribute("open", "")
    unfold(cards)
    expect(cards).to_contain_text("They come when the map is finished.")
    expect(cards.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect(cards).to_contain_text("There are none, because the map was stopped")
    page.get_by_role("button", name="Bring back").last.click()  # the first, whose map is there
    expect(page.locator(".pick")).to_have_count(4)


def test_there_are_none_for_the_best_of_several_or_a_sample(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    cards = written(page, app(reflector=Scored(faithfulness=0.8)).url)
    expect(cards).to_be_visible()
    page.get_by_label("the best of 8").check()
    generate(page, SAID)
    expect(page.get_by_role("heading", name="Chosen from several")).to_be_visible()
    expect(page.locator("#widget-result .reach")).to_contain_text("Written one at a time")
    expect(cards).to_be_hidden()
    page.get_by_label("one", exact=True).check()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Temperature", exact=True).press("ArrowRight")
    generate(page, SAID)
    expect(page.locator("#widget-result .reach")).to_contain_text("There is no atlas")
    expect(cards).to_be_hidden()


def test_a_map_that_failed_or_has_one_text_says_why_there_are_none(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = Scored()
    prompt = reflector.prompt
    reflector.prompt = None  # type: ignore[method-assign]
    page = new_page()
    cards = written(page, app(reflector=reflector).url, reach="The atlas could not be made")
    unfold(cards)
    expect(cards).to_contain_text("There are none, because there is no map for this text.")
    reflector.prompt = prompt  # type: ignore[method-assign]
    reflector.text = lambda tokens: "You."  # type: ignore[method-assign]
    generate(page, SAID)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    unfold(cards)
    expect(cards).to_contain_text("the sliders reach this one text only")
    expect(cards.get_by_role("button")).to_have_count(0)


def test_text_sliders_and_generate_stay_in_the_first_window(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(viewport={"width": 1366, "height": 768})
    cards = written(page, app(reflector=Scored(faithfulness=0.8)).url)
    assert out(page, *TOGETHER, ".map-cards summary") == []
    cards.locator("summary").click()
    expect(cards.locator(".pick").first).to_be_visible()
    assert out(page, *TOGETHER, ".map-cards summary") == []


def test_nothing_moves_when_the_map_is_finished(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = Scored(faithfulness=0.8)
    reflector.hold_at = 4
    page = new_page(viewport={"width": 390, "height": 844})
    written(page, app(reflector=reflector).url, reach="Finding every reflection")
    places = (
        "() => ['.map-cards', '#why-heading', '#base-text', '#rating-heading'].map((name) => scrollY + "
        "document.querySelector(name).getBoundingClientRect().top)"
    )
    before = page.evaluate(places)
    reflector.hold_map.set()
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    assert page.evaluate(places) == before


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_it_fits(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(reduced_motion="reduce", viewport={"width": width, "height": 844})
    cards = written(page, app(reflector=Scored(faithfulness=0.5)).url)
    unfold(cards)
    cards.get_by_role("button", name="Take this one: Deepest").click()
    found = faults_in_both_schemes(page)
    page.get_by_label("What the client said").fill("Something else.")
    assert found + faults_in_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
