"""The app in Chromium, with a scripted reflector: safety, privacy, injection, keyboard, accessibility."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import open_store, statement_sha256
from tests.browser.conftest import App, serve, slow_source
from tests.browser.steps import STATEMENT, faults_in_both_schemes, generate, open_app, rate
from tests.ui.scripted import BASE_REPLY, REPLY

pytestmark = pytest.mark.browser

HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
    "${window.hacked=3}{{value}}{{{value}}}`${window.hacked=4}`\\u0041\\"
)


def words(page: Page) -> list[str]:
    return page.locator("#reflection-text .word:not(.end)").all_inner_texts()


def test_crisis_statement_shows_phone_numbers_and_writes_and_stores_nothing(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    generate(page)  # an earlier reflection must disappear
    page.get_by_label("What the client said").fill("I want to kill myself.")
    page.get_by_role("button", name="Generate").click()
    panel = page.get_by_role("alert").filter(has_text="No reflection was written")
    expect(panel).to_be_visible()
    expect(panel.locator("a[href^='tel:']").first).to_be_visible()
    expect(page.locator("#reflection-text")).to_be_hidden()
    expect(page.get_by_role("button", name="Save rating")).to_be_hidden()
    assert REPLY not in page.locator("#widget-result").inner_text()  # what this visit wrote before stays listed below
    assert running.reflector.started == 1
    assert running.store.count() == 0


def test_injected_text_stays_text(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(echo=True)
    page = new_page()
    open_app(page, running.url)
    generate(page, HOSTILE)
    expect(page.locator("#base-text")).to_have_text(HOSTILE, use_inner_text=True)
    expect(page.locator("#reflection-text .word").first).to_contain_text(HOSTILE)
    expect(page.locator("#word-panel")).to_contain_text(HOSTILE)
    page.get_by_label("Store the statement I typed").check()
    rate(page, HOSTILE)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#widget-result img, #widget-result script").count() == 0
    (stored,) = running.store.all()
    assert (stored.given.comment, stored.given.statement) == (HOSTILE, HOSTILE)


def test_the_browser_keeps_no_statement(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    generate(page)
    rate(page, "a comment")
    kept = page.evaluate("""async () => JSON.stringify([
        {...localStorage}, {...sessionStorage}, document.cookie,
        (await indexedDB.databases()).map((d) => d.name), await caches.keys()])""")
    local, session, cookie, databases, cached = json.loads(kept)
    assert set(local) <= {"emorl-rater", "emorl-welcome"}
    assert (session, databases, cached) == ({}, [], [])
    for piece in (STATEMENT, "lie awake", REPLY, "a comment"):
        assert piece not in kept and piece not in cookie
    answer = page.request.get(running.url + "gradio_api/runs")
    assert answer.status == 404
    (stored,) = running.store.all()
    assert stored.given.statement is None
    assert stored.given.statement_sha256 == statement_sha256(STATEMENT)


def test_words_are_read_with_the_arrow_keys(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    generate(page)
    assert words(page) == re.findall(r"\w+|[.,]", REPLY)
    expect(page.locator("#base-text")).to_have_text(BASE_REPLY)
    assert page.locator("#reflection-text .word[tabindex='0']").count() == 1
    page.locator("#reflection-text .word[tabindex='0']").focus()
    page.keyboard.press("Home")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    panel = page.locator("#word-panel")
    expect(panel).to_contain_text("“overwhelmed” rather than “under”")
    expect(panel).to_contain_text("margin +2.50 · written in 2 pieces: the bars add them up")
    expect(panel.get_by_role("row").filter(has_text="Base model")).to_contain_text("+1.50")
    expect(panel.get_by_role("row").filter(has_text="Empathy")).to_contain_text("unchanged for a share of 10% to 91%")
    expect(panel.get_by_role("status")).to_contain_text("Reflection +0.25, Empathy +0.75")
    expect(page.get_by_text("underlined words, or a piece of them, would have lost")).to_be_visible()
    page.keyboard.press("End")
    expect(panel).to_contain_text("“end of the reply” rather than “You”")
    page.locator("#reflection-text .word").nth(4).hover()
    expect(panel).to_contain_text("“tired” rather than “sad”")
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("row", name="Empathy +5.50 +0.55 10% to 86%")).to_be_visible()


def test_sliders_share_the_mix_and_never_write(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    slider = page.get_by_role("slider", name="Reflection")
    expect(page.locator("#widget-mixer")).to_contain_text("60% of the mix")
    generate(page)
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#widget-mixer")).to_contain_text("100% of the mix")
    expect(page.get_by_text("The weights have changed since this text")).to_be_visible()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#widget-mixer")).to_contain_text("33% of the mix")
    assert running.reflector.started == 1
    page.get_by_role("button", name="Recommended").click()
    expect(page.get_by_text("changed since this text")).to_have_count(0)
    page.get_by_role("button", name="Base model").click()
    expect(page.get_by_text("All weights are zero")).to_be_visible()
    assert running.reflector.started == 1


def test_stop_closes_the_generator(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(delay_s=0.4)
    page = new_page()
    open_app(page, running.url)
    page.get_by_label("What the client said").fill(STATEMENT)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#reflection-text")).to_contain_text("Part of")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    deadline = time.monotonic() + 10
    while running.reflector.closed_early == 0 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert running.reflector.closed_early == 1
    expect(page.get_by_role("button", name="Save rating")).to_be_hidden()
    page.get_by_label("What the client said").press("Control+Enter")  # and a new one can be written
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()


def test_whole_sentences_are_announced(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(delay_s=0.05).url)
    generate(page)
    spoken = page.locator("#widget-result [aria-live=polite] p").all_inner_texts()
    assert spoken == ["Part of you is tired.", "You feel overwhelmed, and alone."]


def test_two_clicks_save_once(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    generate(page)
    page.get_by_role("button", name="Save rating").click()
    expect(page.get_by_text("Please answer: reflection depth, empathy, fluency, would you say this.")).to_be_visible()
    for field in ("depth", "empathy", "fluency", "would_say"):
        page.locator(f"input[name=rating-{field}]").nth(1).check(force=True)
    page.get_by_role("button", name="Save rating").dblclick()
    expect(page.get_by_text("Thank you, your rating is saved.")).to_be_visible()
    assert running.store.count() == 1


def test_the_page_is_up_before_the_model(new_page: Callable[..., Page], tmp_path: object) -> None:
    go = threading.Event()
    with serve(slow_source(go), open_store(f"sqlite:///{tmp_path}/r.db")) as url:
        page = new_page()
        open_app(page, url, loaded=False)
        expect(page.get_by_text("Loading the model")).to_be_visible()
        page.get_by_label("What the client said").fill(STATEMENT)
        page.get_by_role("button", name="Generate").click()
        expect(page.get_by_text("The model is still loading")).to_be_visible()
        go.set()
        expect(page.get_by_role("slider", name="Reflection")).to_be_visible()
        expect(page.get_by_role("button", name="Save rating")).to_be_visible()
        expect(page.get_by_text("changed since this text")).to_have_count(0)
        page.close()


def test_an_empty_statement_and_a_full_queue_are_plain_lines(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app(queue=1, at_once=1, hold_after=2)
    writing, waiting, refused = (new_page(watched=False) for _ in range(3))  # a refusal is a 503, which is logged
    for page in (writing, waiting, refused):
        open_app(page, running.url)
    refused.get_by_role("button", name="Generate").click()
    expect(refused.get_by_role("alert").filter(has_text="expected what a client said")).to_be_visible()
    for page in (writing, waiting, refused):
        page.get_by_label("What the client said").fill(STATEMENT)
        with page.expect_response("**/queue/join*"):
            page.get_by_role("button", name="Generate").click()
        if page is writing:
            expect(page.locator("#reflection-text")).to_contain_text("Part of")
    expect(refused.get_by_role("alert").filter(has_text="too many people are waiting")).to_be_visible()
    running.reflector.go.set()
    expect(waiting.get_by_role("button", name="Save rating")).to_be_visible()


def test_personal_data_is_pointed_out(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    page.get_by_label("What the client said").fill("You can write to jane.doe@example.org about it.")
    expect(page.get_by_text("This may contain personal data")).to_be_visible()
    expect(page.get_by_text("47 of 600 characters")).to_be_visible()


def test_axe_finds_nothing(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page(reduced_motion="reduce")
    open_app(page, app().url)
    found: list[str] = []

    def check(where: str) -> None:
        found.extend(f"{where}: {fault}" for fault in faults_in_both_schemes(page))

    check("start")
    for summary in page.locator("summary:visible").all():
        summary.click()
    page.get_by_label("What the client said").fill("Mail jane.doe@example.org")
    expect(page.get_by_text("This may contain personal data")).to_be_visible()
    check("open")
    generate(page)
    page.get_by_role("slider", name="Empathy").press("End")
    page.get_by_text("Show as a table").click()
    check("result")
    page.get_by_label("What the client said").fill("I want to kill myself.")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    check("crisis")
    page.get_by_role("tab", name="About", exact=True).click()
    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()
    check("about")
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(new_page: Callable[..., Page], app: Callable[..., App], scheme: str) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True)
    open_app(page, app().url)
    generate(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#reflection-text .word").nth(4).tap()
    expect(page.locator("#word-panel")).to_contain_text("“tired” rather than “sad”")


def test_the_text_does_not_move_the_page(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(hold_after=9)
    page = new_page()
    open_app(page, running.url)
    height = "document.querySelector('#widget-result section.reflection').offsetHeight"
    before = page.evaluate(height)
    page.get_by_label("What the client said").fill(STATEMENT)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#reflection-text")).to_contain_text("You feel over")
    assert page.evaluate(height) == before
    running.reflector.go.set()
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()
