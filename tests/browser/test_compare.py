"""The Compare screen and sending to blind rating in Chromium, with a scripted reflector."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from emorl.ratings import RatingQueue
from emorl.ui.compare.word_diff import word_diff
from emorl.ui.sending import strings
from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, faults_in_both_schemes, generate, open_app, open_tab
from tests.browser.test_app import HOSTILE
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import BASE_REPLY, REPLY

pytestmark = pytest.mark.browser

CRISIS = "I want to kill myself."


@pytest.fixture(autouse=True)
def no_shared_items(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Queues hold what a test sends and nothing else."""
    (tmp_path / "items.jsonl").write_text("", encoding="utf-8")
    monkeypatch.setenv("EMORL_RATING_ITEMS", str(tmp_path / "items.jsonl"))


def open_compare(page: Page, url: str) -> None:
    open_app(page, url)
    open_tab(page, "Compare")
    expect(page.locator("#b-weight-reflection")).to_be_visible()


def box(page: Page) -> Locator:
    return page.locator("#compare-statement-box")


def ask(page: Page, statement: str = STATEMENT) -> None:
    box(page).fill(statement)
    box(page).press("Control+Enter")


def compare(page: Page, statement: str = STATEMENT) -> None:
    ask(page, statement)
    expect(page.get_by_role("button", name="Copy A")).to_be_visible()


def text(page: Page, side: str) -> Locator:
    return page.locator(f"#compare-text-{side}")


def send(page: Page, scope: str = "compare-") -> None:
    form = page.locator(f"#widget-{scope}send")
    form.get_by_label("Store the statement with it").check()
    form.get_by_role("button", name="Send to blind rating").click()
    expect(form.get_by_text("Sent to your queue.")).to_be_visible()


def agree_to_rate(page: Page) -> None:
    open_tab(page, "Rate")
    page.get_by_label("I have read this and agree").check()
    page.locator("#widget-queue").get_by_role("button", name="Start").click()


def test_two_settings_side_by_side(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_compare(page, running.url)
    compare(page)
    assert running.reflector.started == 1  # both in one batch
    expect(text(page, "a")).to_have_text(REPLY)
    expect(text(page, "b")).to_have_text(BASE_REPLY)
    assert text(page, "a").locator("mark").count() == 0
    first, second = page.get_by_role("article", name="A"), page.get_by_role("article", name="B")
    expect(first).to_contain_text("Reflection 60% · Empathy 40%")
    expect(first).to_contain_text("Most words differ from B, so none are marked.")
    expect(second).to_contain_text("Base model")
    expect(second).to_contain_text("Speaks of the speaker, not the client")
    expect(first.get_by_role("meter", name="Empathy")).to_have_attribute("aria-valuenow", "0.7")
    expect(second.get_by_role("meter", name="Empathy")).to_have_attribute("aria-valuenow", "0.4")
    spoken = page.locator("#widget-compare [aria-live=polite] p").all_inner_texts()
    assert spoken == [f"A: {REPLY}", f"B: {BASE_REPLY}"]

    page.get_by_role("button", name="Swap A and B").click()
    expect(text(page, "a")).to_have_text(BASE_REPLY)
    expect(text(page, "b")).to_have_text(REPLY)
    expect(page.locator("#widget-b-mixer")).to_contain_text("60% of the mix")
    expect(page.locator("#widget-a-mixer")).to_contain_text("All weights are zero")
    expect(page.get_by_text("settings have changed since these texts")).to_have_count(0)
    page.locator("#a-weight-empathy").press("End")
    expect(page.get_by_text("settings have changed since these texts")).to_be_visible()
    assert running.reflector.started == 1


def test_equal_texts_are_said_and_not_sent(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_compare(page, app().url)
    page.locator("#widget-b-mixer").get_by_role("button", name="Only empathy").click()
    compare(page)
    expect(page.locator("#widget-compare .verdict")).to_have_text("All of these settings write the same text.")
    assert page.locator("#widget-compare mark").count() == 0
    expect(page.get_by_role("button", name="Send to blind rating")).to_be_hidden()


def test_a_text_that_only_lacks_words_is_not_called_the_same(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ui.scripted.BASE_REPLY", "Part of you is tired. You feel overwhelmed.")
    page = new_page()
    open_compare(page, app().url)
    compare(page)
    expect(page.get_by_role("article", name="A")).to_contain_text("2 of 10 words differ from B; they are underlined.")
    shorter = page.get_by_role("article", name="B")
    expect(shorter).to_contain_text("All of these words are in A too, which has 2 more.")
    expect(shorter).not_to_contain_text("The same text")


def test_statement_and_setting_are_taken_from_reflect(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(viewport={"width": 1366, "height": 640})  # the texts are below what is in view
    open_app(page, app().url)
    page.get_by_label("What the client said").fill(STATEMENT)
    page.get_by_role("slider", name="Reflection").press("Home")
    page.get_by_text("Advanced").click()
    page.get_by_role("spinbutton", name="Seed").fill("7")
    open_tab(page, "Compare")
    expect(box(page)).to_have_value(STATEMENT)  # taken over by itself, and so is what A is set to
    expect(page.locator("#a-seed")).to_have_value("7")
    expect(page.locator("#b-seed")).to_have_value("0")
    page.locator("#widget-b-mixer").get_by_role("button", name="Copy from Reflect").click()
    expect(page.locator("#widget-b-mixer")).to_contain_text("100% of the mix")
    expect(page.locator("#b-seed")).to_have_value("7")
    box(page).press("Control+Enter")
    expect(page.get_by_role("article", name="B")).to_contain_text("Empathy 100%")
    box(page).fill("Something else.")  # what is typed here stays
    open_tab(page, "Reflect")
    page.locator("#statement-box").fill("A third one.")
    open_tab(page, "Compare")
    expect(box(page)).to_have_value("Something else.")
    page.locator("#widget-compare-statement").get_by_role("button", name="Copy from Reflect").click()
    expect(box(page)).to_have_value("A third one.")


def test_up_to_four_settings_and_marks_only_where_most_words_are_shared(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector()
    page = new_page()
    open_compare(page, app(reflector=reflector).url)
    expect(page.locator("#widget-c-mixer")).to_be_hidden()
    page.get_by_role("button", name="Add a setting").click()
    page.get_by_role("button", name="Add a setting").press("Enter")
    expect(page.get_by_role("button", name="Add a setting")).to_be_disabled()
    expect(page.get_by_role("button", name="Remove the last")).to_be_focused()
    expect(page.locator("#d-weight-reflection")).to_be_visible()
    compare(page)
    expected = [reflector.text(reflector.write(weights)[0]) for weights in ([1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0])]
    for side, written in zip("abcd", expected, strict=True):
        expect(text(page, side)).to_have_text(written)
        shared = sum(same for _, same in word_diff(expected[0], written)[1])
        alike = shared >= 0.5 * max(len(expected[0].split()), len(written.split()))
        marked = page.locator(f"#compare-text-{side} mark").count()
        assert bool(marked) == (alike and written != expected[0])
    expect(page.get_by_role("article", name="A")).to_contain_text("The others are compared with this text.")
    expect(page.get_by_role("button", name="Swap A and B")).to_be_hidden()
    send(page)
    assert len(set(expected)) >= 3
    page.get_by_role("button", name="Remove the last").click()
    expect(page.get_by_text("settings have changed since these texts")).to_be_visible()
    compare(page)
    expect(page.get_by_role("article", name="D")).to_be_hidden()


def test_the_text_is_copied(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    open_compare(page, app().url)
    compare(page)
    page.get_by_role("button", name="Copy B").click()
    page.wait_for_function(f"async () => await navigator.clipboard.readText() === {json.dumps(BASE_REPLY)}")


def test_both_stream_and_stop_frees_them(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(delay_s=0.4)
    page = new_page()
    open_compare(page, running.url)
    ask(page)
    expect(text(page, "a")).to_contain_text("Part of")
    expect(text(page, "b")).to_contain_text("I am")
    page.locator("#compare-stop").click()
    expect(page.get_by_text("there is no comparison and there are no scores for these texts")).to_be_visible()
    deadline = time.monotonic() + 20
    while running.reflector.closed_early == 0 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert running.reflector.closed_early == 1
    expect(page.get_by_role("button", name="Send to blind rating")).to_be_hidden()
    compare(page)  # and new ones can be written


def test_the_texts_do_not_move_the_page(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(hold_after=9)
    page = new_page()
    open_compare(page, running.url)
    compare_height = "document.querySelector('#widget-compare .columns').offsetHeight"
    page.locator("#widget-b-mixer").get_by_role("button", name="Only empathy").click()
    heights = set()
    ask(page)
    for shown in ("", "You feel over"):
        expect(text(page, "a")).to_contain_text(shown)
        heights.add(page.evaluate(compare_height))
    assert len(heights) == 1
    running.reflector.go.set()
    expect(page.get_by_role("button", name="Copy A")).to_be_visible()


def test_crisis_statements_are_refused_as_on_reflect(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_compare(page, running.url)
    compare(page)  # earlier texts must disappear
    ask(page, CRISIS)
    panel = page.get_by_role("alert").filter(has_text="No reflection was written")
    expect(panel.locator("a[href^='tel:']").first).to_be_visible()
    expect(text(page, "a")).to_be_hidden()
    assert REPLY not in page.locator("#compare").inner_text()
    assert running.reflector.started == 1
    go = page.get_by_role("button", name="Write a reflection for this exercise")
    expect(go).to_be_disabled()
    page.get_by_label("I am a counsellor, and this statement is an invented exercise").press("Space")
    go.press("Enter")
    expect(page.get_by_text("Written as an exercise")).to_be_visible()
    expect(text(page, "a")).to_have_text(REPLY)
    expect(page.get_by_role("button", name="Send to blind rating")).to_be_hidden()


def test_errors_are_plain_lines(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_compare(page, app().url)
    page.locator("#compare-go").click()
    expect(page.get_by_role("alert").filter(has_text="expected what a client said")).to_be_visible()
    box(page).fill("You can write to jane.doe@example.org about it.")
    expect(page.locator("#compare-statement-notice")).to_contain_text("This may contain personal data")
    page.get_by_role("button", name="Replace it with placeholders such as [name]").press("Enter")
    expect(box(page)).to_have_value("You can write to [e-mail address] about it.")


def test_a_full_queue_is_a_plain_line(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(queue=1, at_once=1, hold_after=2)
    writing, waiting, refused = (new_page(watched=False) for _ in range(3))  # a refusal is a 503, which is logged
    for page in (writing, waiting, refused):
        open_compare(page, running.url)
    for page in (writing, waiting, refused):
        with page.expect_response("**/queue/join*"):
            ask(page)
        if page is writing:
            expect(text(page, "a")).to_contain_text("Part of")
    expect(refused.get_by_role("alert").filter(has_text="too many people are waiting")).to_be_visible()
    running.reflector.go.set()
    expect(waiting.get_by_role("button", name="Copy A")).to_be_visible()


def test_injected_text_stays_text(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_compare(page, app(echo=True).url)
    compare(page, HOSTILE)
    for side in ("a", "b"):
        expect(text(page, side)).to_have_text(HOSTILE, use_inner_text=True)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#compare img, #compare script").count() == 0


def test_a_pair_is_rated_blind_at_the_end_of_the_queue(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_compare(page, app().url)
    compare(page)
    form = page.locator("#widget-compare-send")
    form.get_by_role("button", name="Send to blind rating").click()
    expect(form.get_by_role("alert")).to_have_text(strings.SEND["missing"])
    expect(form.get_by_label("Store the statement with it")).to_be_focused()
    send(page)
    form.get_by_role("button", name="Go to Rate").click()
    agree_to_rate(page)
    queue = page.locator("#widget-queue")
    expect(queue).to_contain_text(STATEMENT)
    expect(queue).to_contain_text("0 of 1 done")
    for words in (REPLY, BASE_REPLY):
        expect(queue).to_contain_text(words)
    for name in ("60 %", "60%", "Base model", "base model", "Empathy"):
        assert name not in queue.inner_text()
    queue.get_by_role("radio", name="Left").check(force=True)
    queue.get_by_role("button", name="Submit").click()
    expect(queue).to_contain_text("All done")

    open_tab(page, "Reflect")  # a finished queue goes on
    generate(page, "Another one.")
    send(page, "")
    open_tab(page, "Rate")
    expect(queue).to_contain_text("Another one.")
    expect(queue.get_by_role("group", name="Empathy")).to_be_visible()
    expect(queue).to_contain_text("1 of 2 done")


def test_a_finished_queue_goes_on_after_a_reload(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    agree_to_rate(page)
    expect(page.locator("#widget-queue")).to_contain_text("All done")
    page.reload()
    expect(page.get_by_role("slider", name="Reflection")).to_be_visible()
    generate(page)
    send(page, "")
    open_tab(page, "Rate")
    expect(page.locator("#widget-queue")).to_contain_text(STATEMENT)


def test_a_reflection_is_sent_with_consent_only(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    form = page.locator("#widget-send")
    expect(form.get_by_role("button")).to_be_hidden()
    generate(page)
    form.get_by_role("button", name="Send to blind rating").press("Enter")
    expect(form.get_by_role("alert")).to_have_text(strings.SEND["missing"])
    page.keyboard.press("Space")  # the focus is on the box
    form.get_by_role("button", name="Send to blind rating").press("Enter")
    expect(form.get_by_text("Sent to your queue.")).to_be_focused()
    page.get_by_label("What the client said").fill(CRISIS)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    expect(form.get_by_role("button")).to_be_hidden()


def test_two_browsers_do_not_see_each_other(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(echo=True)
    pages = {"I lost my keys again.": new_page(), "My exam is on Friday.": new_page()}
    for page in pages.values():
        open_compare(page, running.url)
    for statement, page in pages.items():
        ask(page, statement)
    for statement, page in pages.items():
        expect(page.get_by_role("button", name="Copy A")).to_be_visible()
        other = next(words for words in pages if words != statement)
        expect(text(page, "b")).to_have_text(statement)
        assert other not in page.content()


def test_the_browser_keeps_no_statement(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_compare(page, app().url)
    compare(page)
    send(page)
    kept = page.evaluate("""async () => JSON.stringify([
        {...localStorage}, {...sessionStorage}, document.cookie,
        (await indexedDB.databases()).map((d) => d.name), await caches.keys()])""")
    local, session, cookie, databases, cached = json.loads(kept)
    assert set(local) == {"emorl-rater", "emorl-welcome"}
    assert (session, databases, cached) == ({}, [], [])
    for piece in (STATEMENT, "lie awake", REPLY, BASE_REPLY):
        assert piece not in kept and piece not in cookie


def test_by_keyboard_alone(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    page.get_by_role("tab", name="Compare", exact=True).press("Enter")
    expect(page.locator("#b-weight-reflection")).to_be_visible()
    box(page).focus()
    page.keyboard.type("I am tired.")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            here = page.evaluate("[document.activeElement.id, document.activeElement.textContent.trim()]")
            if name in here:
                return
        raise AssertionError(f"{name} cannot be reached with the Tab key")

    tab_to("a-weight-reflection")
    page.keyboard.press("Home")
    tab_to("b-weight-reflection")
    page.keyboard.press("End")
    tab_to("compare-go")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy A")).to_be_visible()
    tab_to("compare-swap")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="A")).to_contain_text("Reflection 100%")
    expect(page.locator("#compare-swap")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_any_state(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    running = app(hold_after=3)
    page = new_page(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    open_compare(page, running.url)
    found: list[str] = []

    def check(where: str) -> None:
        found.extend(f"{where}: {fault}" for fault in faults_in_both_schemes(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where

    for summary in page.locator("#compare summary:visible").all():
        summary.click()
    check("start")
    page.locator("#compare-go").click()
    expect(page.get_by_role("alert").filter(has_text="expected what a client said")).to_be_visible()
    check("error")
    ask(page, "Mail jane.doe@example.org")
    expect(text(page, "a")).to_contain_text("Part of you")
    expect(page.locator("#compare-statement-notice")).to_contain_text("personal data")
    check("writing")
    running.reflector.go.set()
    expect(page.get_by_role("button", name="Copy A")).to_be_visible()
    page.locator("#a-weight-empathy").press("End")
    page.locator("#widget-compare-send").get_by_role("button", name="Send to blind rating").click()
    expect(page.get_by_text(strings.SEND["missing"])).to_be_visible()
    check("done")
    send(page)
    check("sent")
    ask(page, CRISIS)
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    check("crisis")
    open_tab(page, "Reflect")
    generate(page)
    expect(page.locator("#widget-send").get_by_role("button", name="Send to blind rating")).to_be_visible()
    check("send on Reflect")
    send(page, "")
    check("sent from Reflect")
    assert found == []


def test_one_after_the_other_is_sent_and_the_same_error_is_said_again(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    for number in range(2):  # two equal answers of the server
        generate(page, f"{STATEMENT} For the {number + 1}. time.")
        send(page, "")
    monkeypatch.setattr(RatingQueue, "send", None)
    generate(page)
    form = page.locator("#widget-send")
    form.get_by_label("Store the statement with it").check()
    button = form.get_by_role("button", name="Send to blind rating")
    for _ in range(2):
        button.click()
        expect(form.get_by_role("alert")).to_contain_text("It could not be sent.")
        expect(button).to_be_enabled()
