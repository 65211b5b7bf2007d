"""The Why screen in Chromium: numbers and words, keyboard, other mixes on request, download, accessibility, privacy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emorl.explain import Variants
from emorl.reflecting.reflection import Reflection
from emorl.ui.why import strings
from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, faults_in_both_schemes, generate, open_app, rate
from tests.browser.test_app import HOSTILE
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import REPLY, ScriptedReflector

pytestmark = pytest.mark.browser


def open_why(page: Page, url: str, statement: str = STATEMENT) -> None:
    """Write a reflection and follow the link to its explanation."""
    open_app(page, url)
    generate(page, statement)
    page.get_by_role("button", name="More on the Why tab").click()
    expect(page.locator("#why-strip")).to_be_visible()


def strip(page: Page, word: str) -> Any:
    return page.locator("#why-strip").get_by_role("button", name=word, exact=True)


def test_words_are_read_with_the_arrow_keys(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_why(page, app().url)
    texts = page.locator(".strip-word").evaluate_all("items => items.map((item) => item.getAttribute('aria-label'))")
    assert texts == [*REPLY.replace(".", " .").replace(",", " ,").split(), "end of the reply"]
    assert page.locator(".strip-word[tabindex='0']").count() == 1
    strip(page, "Part").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    panel = page.locator("#why-word")
    expect(panel.locator(".plain-sentence")).to_have_text(
        "“tired” was chosen over “sad”, mainly because of empathy. The base model alone would have chosen “sad”."
    )
    expect(panel.get_by_role("status")).to_contain_text("mainly because of empathy")
    expect(strip(page, "tired")).to_have_attribute("aria-pressed", "true")
    bars = panel.get_by_role("table", name="tired").get_by_role("row")
    expect(bars.nth(0)).to_contain_text("−1.00")
    expect(bars.nth(2)).to_contain_text("+2.00")
    expect(bars.nth(2)).to_contain_text("unchanged for a share of 10% to 96%")
    expect(panel).to_contain_text("They add up to the margin of +1.50.")
    expect(panel.get_by_role("table", name="tired")).to_be_visible()
    assert panel.locator("table:visible").count() == 0  # the tables are folded
    for summary in panel.locator("summary").all():
        summary.click()
    expect(panel.get_by_role("row", name="Base model alone sad")).to_be_visible()
    expect(panel.get_by_role("row", name="Empathy alone low")).to_be_visible()
    expect(panel.get_by_role("row", name="Reflection +0.20 × 1.11")).to_be_visible()  # .1 (1 - -1); exp(.1)
    strip(page, "tired").focus()  # the clicks have taken the focus to the tables
    page.keyboard.press("End")
    expect(panel).to_contain_text("Ending the reply is the base model's own choice, over “You”.")
    page.keyboard.press("Home")
    expect(strip(page, "Part")).to_be_focused()


def test_a_word_in_pieces_and_another_foil(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_why(page, app().url)
    strip(page, "overwhelmed").click()
    panel = page.locator("#why-word")
    expect(panel).to_contain_text("“overwhelmed” is the base model's own choice, over “under” and others.")
    panel.get_by_text("Other likely words and beginnings of words").first.click()
    expect(panel).to_contain_text("Piece 2 of 2: “whelmed”")
    expect(panel).to_contain_text("They add up to the margin of +2.50.")
    page.get_by_label("Compare with").select_option(label="“low”, Empathy alone")
    bars = panel.get_by_role("table", name="overwhelmed").get_by_role("row")
    expect(bars.nth(1)).to_contain_text("+1.00")
    expect(panel).to_contain_text(
        "They add up to the margin of +3.50. The comparison is for “over”, the beginning of the word"
    )
    page.get_by_label("Leave the base model out of the bars").check()
    assert page.locator(".strip-word .bar.o0").count() == 0


def test_the_whole_reply(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_why(page, app().url)
    whole, head = page.locator("#why-whole"), page.locator("#why-head")
    expect(head).to_contain_text("The base model alone would have chosen 7 of these 10 words as well.")
    expect(head).to_contain_text(STATEMENT)
    expect(head.locator(".why-text")).to_have_text(REPLY)
    order = page.locator(".why-screen section[aria-labelledby]").evaluate_all("all => all.map((one) => one.innerText)")
    assert [text.split("\n")[0] for text in order[:3]] == ["Why this text", "Without one objective", "Word by word"]
    expect(whole.get_by_role("listitem").first).to_contain_text(
        "from 14.0% to 90.0%; below that “end of the reply” changes first; above that “Part” changes first"
    )
    expect(whole).to_contain_text(
        "The objectives disagree by 0.07 on average, out of 0.67 at most; "
        "they disagree most at “end of the reply” (0.14)."
    )


def test_a_text_that_the_sliders_led_to_is_explained_rated_edited_and_sent(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector()
    running = app(reflector=reflector)
    page = new_page()
    open_app(page, running.url)
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    first = page.locator("#reflection-text").inner_text()
    page.locator("input[name=rating-depth]").first.check(force=True)
    page.get_by_role("button", name="Only empathy").click()
    live = reflector.text(reflector.write([0.0, 1.0, 0.0])[0])
    expect(page.locator("#reflection-text")).to_have_text(live)
    assert live != first and reflector.started == 1
    assert page.locator("input[name=rating-depth]:checked").count() == 0  # an answer for the first text only
    page.get_by_role("tab", name="Why").click()
    expect(page.locator("#why-head .why-text")).to_have_text(live)
    expect(page.locator("#why-head")).to_contain_text(STATEMENT)
    expect(page.locator("#why-strip")).to_contain_text(live.split()[1])
    page.get_by_role("tab", name="Reflect").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.locator("#edit-box").fill("My own words.")
    page.get_by_role("button", name="Keep my version").click()
    expect(page.locator("#edited-text")).to_have_text("My own words.")
    page.get_by_label("Store the statement I typed").check()
    rate(page)
    (stored,) = running.store.all()
    assert (stored.given.reflection, stored.given.edited) == (live, "My own words.")
    assert stored.given.weights == {"reflection": 0.0, "empathy": 1.0, "fluency": 0.0}
    send = page.locator("#widget-send")
    send.get_by_label("Store the statement with it").check()
    send.get_by_role("button", name="Send to blind rating").click()
    expect(send.get_by_text("Sent to your queue.")).to_be_visible()
    page.get_by_role("button", name="Recommended").click()  # back at the first text: its own form, as it was left
    expect(page.locator("#reflection-text")).to_have_text(first)
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
    expect(page.locator("input[name=rating-depth]:checked")).to_have_count(1)
    expect(page.locator("#edited-text")).to_be_hidden()
    page.get_by_role("button", name="Only empathy").click()  # and this one is rated
    expect(page.get_by_text("Thank you, your rating is saved.")).to_be_visible()
    expect(page.locator("#edited-text")).to_have_text("My own words.")


def test_other_mixes_are_written_on_request_only(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_why(page, running.url)
    assert running.reflector.asked_variants == 0
    page.get_by_role("button", name="Write without each one").press("Enter")
    section = page.get_by_role("region", name="Without Empathy")
    expect(section.locator(".variant-text").first).to_have_text("Part of you is reflection.")
    assert section.locator(".variant-text").first.locator("mark").all_inner_texts() == ["reflection."]
    expect(page.get_by_text("Marked words are not in the reflection.")).to_be_visible()
    expect(page.locator(".fair")).to_have_count(0)
    page.get_by_role("button", name="Work out fair shares").click()
    expect(page.locator(".fair").get_by_role("row", name="Empathy +0.75 +0.75")).to_have_count(2)
    expect(page.locator(".fair").get_by_role("row", name="Sum: reflection minus base +1.00 +1.00")).to_have_count(2)
    assert running.reflector.asked_variants == 2


class Unmoved(ScriptedReflector):
    """Without one objective the same text is written, but once, where words are lacking and none is new."""

    def variants(self, reflection: Reflection, every: bool = False) -> Variants:
        found = super().variants(reflection, every)
        shorter = ("base", ("reflection",))
        texts = ["You feel alone." if (one.convention, one.members) == shorter else REPLY for one in found.written]
        written = (replace(one, reflection=text) for one, text in zip(found.written, texts, strict=True))
        return replace(found, written=tuple(written))


def test_no_marks_are_spoken_of_where_there_are_none(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_why(page, app(reflector=Unmoved()).url)
    page.get_by_role("button", name="Write without each one").press("Enter")
    expect(page.locator(".variant-text").filter(has_text="The same text.")).to_have_count(3)
    expect(page.locator(".variants mark")).to_have_count(0)
    expect(page.get_by_text("Marked words")).to_have_count(0)


def test_the_download_holds_the_numbers_and_not_the_statement(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    open_why(page, app().url)
    page.get_by_role("button", name="Write without each one").click()
    expect(page.locator(".variants")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    found = json.loads(text)
    assert download.value.suggested_filename == "why.json"
    assert found["reflection"] == REPLY and STATEMENT not in text
    for word in found["words"]:
        assert sum(word["contributions"].values()) == pytest.approx(word["margin"], abs=1e-4)
    assert len(found["variants"]["written"]) == 8


def test_a_new_reflection_replaces_the_old_one(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    page.get_by_role("tab", name="Why").click()
    expect(page.locator("#widget-why")).to_contain_text("Nothing to explain yet.")
    page.get_by_role("button", name="Go to Reflect").click()
    generate(page)
    page.get_by_role("tab", name="Why").click()
    expect(page.locator("#why-strip")).to_be_visible()
    page.get_by_role("tab", name="Reflect").click()
    page.get_by_label("What the client said").fill("I want to kill myself.")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert").filter(has_text="No reflection was written")).to_be_visible()
    page.get_by_role("tab", name="Why").click()
    expect(page.locator("#widget-why")).to_contain_text("Nothing to explain yet.")
    expect(page.locator("#why-strip")).to_have_count(0)


def test_another_user_sees_nothing(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    open_why(new_page(), running.url)
    other = new_page()
    open_app(other, running.url)
    other.get_by_role("tab", name="Why").click()
    expect(other.locator("#widget-why")).to_contain_text("Nothing to explain yet.")
    assert REPLY.split()[0] not in other.locator("#widget-why").inner_text().split()


def test_injected_text_stays_text(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_why(page, app(echo=True).url, HOSTILE)
    expect(page.locator("#why-word")).to_contain_text("onerror")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#widget-why img, #widget-why script").count() == 0


def test_a_failure_is_said_in_place(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()

    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret path")

    page = new_page()
    running.reflector.variants = broken  # type: ignore[method-assign]
    open_why(page, running.url)
    page.get_by_role("button", name="Work out fair shares").click()
    expect(page.get_by_role("alert")).to_have_text(strings.ERRORS["unexpected"])
    running.reflector.explain = broken  # type: ignore[method-assign]
    page.get_by_role("tab", name="Reflect").click()
    generate(page, "Another one.")
    page.get_by_role("tab", name="Why").click()
    expect(page.get_by_role("alert")).to_have_text(strings.ERRORS["unexpected"])


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_any_state(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    open_app(page, app().url)
    page.get_by_role("tab", name="Why").click()
    expect(page.locator("#widget-why")).to_contain_text("Nothing to explain yet.")
    assert faults_in_both_schemes(page) == []
    page.get_by_role("button", name="Go to Reflect").click()
    generate(page)
    page.get_by_role("button", name="More on the Why tab").click()
    strip(page, "overwhelmed").click()
    page.get_by_role("button", name="Work out fair shares").click()
    expect(page.locator(".fair")).to_be_visible()
    for summary in page.locator("#why-word summary").all():
        summary.click()
    assert faults_in_both_schemes(page) == []
    lost = "all => all.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.ariaLabel)"
    if width == 390:  # on a phone no table has to be scrolled sideways
        assert page.locator(".scroll").evaluate_all(lost) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
