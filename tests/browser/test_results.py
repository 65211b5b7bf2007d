"""The Results screen in Chromium: only with a password, log-in and lock-out, numbers, downloads, deletion, axe."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side
from emorl.ui.cache import CachedReflection
from emorl.ui.reflect.rating import new_rating
from emorl.ui.writing.asked import Asked
from tests.browser.conftest import App
from tests.browser.steps import faults_in_both_schemes, open_app, open_tab
from tests.ui.scripted import ScriptedReflector

pytestmark = pytest.mark.browser

SECRET = "open sesame"
RUBRIC = {"depth": "complex", "empathy": "2", "fluency": "1", "would_say": "edits"}
FORM = {**RUBRIC, "comment": "=remark(1)", "consent": True}
MIX = {"reflection": 0.6, "empathy": 0.4}
PAIR = Item("I am tired.", Side("You are worn out.", "reflection 60 %, empathy 40 %", MIX), Side("So.", "base model"))


@pytest.fixture
def guarded(app: Callable[..., App], monkeypatch: pytest.MonkeyPatch) -> Callable[..., App]:
    """Starts an app with the password set."""

    def start() -> App:
        monkeypatch.setenv("EMORL_RESULTS_PASSWORD", SECRET)
        return app()

    return start


def fill(store: RatingStore, days: float = 0.0) -> None:
    """Two ratings and three answers of two raters."""
    reflection = ScriptedReflector().written("I am tired.", MIX)
    held = CachedReflection(reflection, datetime.now(UTC) - timedelta(days=days), Asked(reflection.setting))
    for rater in ("a" * 32, "b" * 32):
        store.add(new_rating(FORM, held, rater, f"token-{rater[:1]}"))
        queue = RatingQueue(store, [PAIR], random.Random(1))
        queue.consent(rater)
        task = queue.next(rater)
        assert task is not None
        queue.submit(rater, task.assignment, task.token, Answer(choice="first"))


def open_results(page: Page, url: str) -> None:
    open_app(page, url)
    open_tab(page, "Results")
    expect(page.get_by_label("Password")).to_be_visible()


def log_in(page: Page, url: str) -> None:
    open_results(page, url)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def call_from_outside(page: Page, name: str, data: object) -> Any:
    """Call a server function as anyone can who knows the address, with nothing of the screen."""
    return page.evaluate(
        """async ([name, data]) => {
            const parts = (window.gradio_config.components || (await (await fetch("config")).json()).components);
            const id = parts.find((part) => part.props.elem_id === "widget-results").id;
            const answer = await fetch("gradio_api/component_server", {
                method: "POST", headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ session_hash: "stranger", component_id: id, fn_name: name, data }),
            });
            return await answer.json();
        }""",
        [name, data],
    )


def test_without_a_password_there_is_no_such_screen(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMORL_RESULTS_PASSWORD", raising=False)
    page = new_page()
    open_app(page, app().url)
    assert page.get_by_role("tab", name="Results", exact=True).count() == 0
    assert "widget-results" not in page.content()
    config = page.evaluate("fetch('config').then((answer) => answer.json())")
    config.pop("head")  # the page's script, which has the JavaScript of all screens
    assert "purge_old" not in json.dumps(config) and "widget-banner" in json.dumps(config)


def test_only_the_password_opens_and_the_server_asks_for_it(
    new_page: Callable[..., Page], guarded: Callable[..., App]
) -> None:
    running = guarded()
    fill(running.store)
    page = new_page()
    open_results(page, running.url)
    for name in ("show_results", "export_data", "purge_old", "leave"):
        for session in (None, "", "made-up"):
            form = {"session": session, "what": "ratings", "kind": "json", "days": 0, "confirm": "DELETE"}
            said = call_from_outside(page, name, form)
            assert list(said) == ["error"] and "no valid session" in said["error"]
    assert running.store.count() == 2
    assert "=remark" not in page.content()
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Got a wrong password")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_value("")
    for _ in range(4):
        page.get_by_label("Password").fill("guess")
        page.get_by_label("Password").press("Enter")
        expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Got too many wrong passwords")).to_be_visible()
    assert "too many" in call_from_outside(page, "enter", SECRET)["error"]


def test_the_session_ends_with_the_page_and_with_close(
    new_page: Callable[..., Page], guarded: Callable[..., App]
) -> None:
    page = new_page()
    running = guarded()
    log_in(page, running.url)
    expect(page.get_by_role("heading", name="Results", exact=True)).to_be_focused()
    token = call_from_outside(page, "enter", SECRET)["session"]
    assert "results" in call_from_outside(page, "show_results", {"session": token})
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}]) + document.cookie")
    assert SECRET not in stored and "session" not in stored
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.get_by_role("heading", name="Overview").count() == 0
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("undefined because no reflection was rated by two raters")).to_have_count(1)  # of nine rows
    page.reload()
    open_tab(page, "Results")
    expect(page.get_by_label("Password")).to_be_visible()


def test_numbers_and_downloads(new_page: Callable[..., Page], guarded: Callable[..., App]) -> None:
    running = guarded()
    fill(running.store)
    page = new_page()
    log_in(page, running.url)
    values = page.locator(".results dl").first.locator("dd").all_inner_texts()
    assert values[:8] == ["2", "2", "2", "0", "0", "0", "0", "2"]
    expect(page.get_by_role("row", name="reflection 60%, empathy 40% 2 of 2")).to_be_visible()
    expect(page.get_by_role("row", name="Choice Queue 1 0 –")).to_be_visible()
    expect(page.get_by_text("undefined because unanimous")).to_have_count(1)  # below the table, for all such rows
    expect(page.get_by_role("row", name="empathy: share 1/3 to 2/3 2 2.00 2.00 1.00 1.00")).to_be_visible()

    def download(button: str) -> tuple[str, str]:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button, exact=True).click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_text(encoding="utf-8")

    name, text = download("Ratings (CSV)")
    rows = list(csv.DictReader(text.splitlines()))
    assert name == "emorl-ratings.csv" and [row["rater"] for row in rows] == ["a" * 32, "b" * 32]
    assert "remark" not in text and rows[0]["statement"] == "I am tired."
    expect(page.get_by_text("emorl-ratings.csv is ready: 2 rows.")).to_be_visible()
    page.get_by_label("With comments").check()
    assert "'=remark(1)" in download("Ratings (CSV)")[1]
    name, text = download("Queue answers (JSON)")
    assert name == "emorl-queue.json"
    assert [(row["choice"], row["first_setting"]) for row in json.loads(text)] == [("first", PAIR.first.setting)] * 2
    assert json.loads(download("Ratings (JSON)")[1])[0]["comment"] == "=remark(1)"
    assert download("Queue answers (CSV)")[1].startswith("\ufeffkind,id,revision,")  # for Excel


def test_deleting_asks_for_the_word(new_page: Callable[..., Page], guarded: Callable[..., App]) -> None:
    running = guarded()
    fill(running.store)
    page = new_page()
    log_in(page, running.url)
    delete = page.get_by_role("button", name="Delete for good")
    page.get_by_label("Older than (days)").fill("0")
    delete.click()
    expect(page.get_by_role("alert").filter(has_text="expected DELETE; nothing was deleted")).to_be_visible()
    page.get_by_label("Type DELETE to confirm").fill("DELETE")
    page.get_by_label("Older than (days)").fill("")
    delete.click()
    expect(page.get_by_role("alert").filter(has_text="expected a number of days")).to_be_visible()
    assert running.store.count() == 2
    page.get_by_label("Older than (days)").fill("1")
    delete.click()
    expect(page.get_by_text("0 ratings and answers deleted.")).to_be_visible()
    page.get_by_label("Type DELETE to confirm").fill("DELETE")
    page.get_by_label("Older than (days)").fill("0")
    delete.press("Enter")
    expect(page.get_by_text("4 ratings and answers deleted.")).to_be_focused()
    assert page.locator(".results dl").first.locator("dd").all_inner_texts()[:7] == ["0"] * 7
    assert (running.store.count(), RatingQueue(running.store, ()).judgements()) == (0, ())


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_it_fits(new_page: Callable[..., Page], guarded: Callable[..., App], width: int) -> None:
    page = new_page(reduced_motion="reduce", viewport={"width": width, "height": 844})
    running = guarded()
    found: list[str] = []

    def check(where: str) -> None:
        found.extend(f"{where}: {fault}" for fault in faults_in_both_schemes(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where

    open_app(page, running.url)
    open_tab(page, "Results")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Got a wrong password")).to_be_visible()
    check("log-in")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    check("empty")
    fill(running.store)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("reflection 60%, empathy 40%")).to_be_visible()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("alert").filter(has_text="expected DELETE")).to_be_visible()
    check("numbers")
    assert found == []
