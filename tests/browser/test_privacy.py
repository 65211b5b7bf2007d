"""What a client said stays where it was typed: not in the browser's storage, not in an address, not on another screen.

A whole visit is made first, so that everything that could keep something has had its turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import generate, open_app, rate
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

STORED = """async () => {
  const databases = [];
  for (const { name } of await indexedDB.databases()) {
    const opened = await new Promise((done) => {
      const ask = indexedDB.open(name);
      ask.onsuccess = () => done(ask.result);
    });
    for (const store of opened.objectStoreNames) {
      const rows = await new Promise((done) => {
        const ask = opened.transaction(store).objectStore(store).getAll();
        ask.onsuccess = () => done(ask.result);
      });
      databases.push([name, store, rows]);
    }
  }
  const cached = [];
  for (const name of await caches.keys()) {
    cached.push([name, (await (await caches.open(name)).keys()).map((request) => request.url)]);
  }
  return JSON.stringify({ local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie,
    databases, caches: cached, history: history.state, name: window.name, address: location.href });
}"""


class PerStatement(MappedReflector):
    """Puts the statement before everything it writes or maps, so that it is seen whose text is whose."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, MappedReflector] = {}

    def of(self, statement: str) -> MappedReflector:
        if statement not in self.known:
            one = MappedReflector()
            one.text = lambda tokens: f"{statement} {MappedReflector.text(one, tokens)}"  # type: ignore[method-assign]
            self.known[statement] = one
        return self.known[statement]

    def stream(self, statement: str, *given: Any, **options: Any) -> Generator[Any]:
        yield from self.of(statement).stream(statement, *given, **options)

    def atlas(self, statement: str, *given: Any, **options: Any) -> Generator[Any]:
        yield from self.of(statement).atlas(statement, *given, **options)


def visit(page: Page, url: str, statement: str, own: str) -> None:
    """Write, move sliders, keep an own version, look at Map and Why, come back."""
    if not page.url.startswith(url):
        open_app(page, url)
    generate(page, statement)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    expect(page.locator(".visit .base-text").first).to_contain_text(statement)
    page.get_by_role("button", name="Edit", exact=True).click()
    page.locator("#edit-box").fill(own)
    page.get_by_role("button", name="Keep my version").click()
    expect(page.locator("#edited-text")).to_have_text(own)
    page.get_by_role("button", name="Only empathy").click()
    page.get_by_role("tab", name="Map", exact=True).click()
    expect(page.locator(".map-row").first).to_contain_text(statement)
    page.locator(".map-row").first.click()
    page.get_by_role("tab", name="Why", exact=True).click()
    expect(page.locator("#why-strip")).to_be_visible()
    page.get_by_role("tab", name="Reflect", exact=True).click()
    page.get_by_role("button", name="Bring back").first.click()
    expect(page.get_by_role("button", name="Save rating")).to_be_visible()


def test_nothing_typed_or_written_is_kept_by_the_browser(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    said, own, comment = "Zinnia counted the stairs twice.", "Quillwort is my own word.", "Larkspur in a comment."
    page = new_page()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(unquote(request.url)))
    visit(page, app(reflector=PerStatement()).url, said, own)
    rate(page, comment)
    kept = page.evaluate(STORED)
    state = page.context.storage_state(indexed_db=True)
    found = json.loads(kept)
    assert set(found["local"]) <= {"emorl-rater", "emorl-welcome"} and found["local"]  # a random id and a version
    assert (found["session"], found["databases"], found["caches"], state["cookies"]) == ({}, [], [], [])
    for word in ("Zinnia", "Quillwort", "Larkspur", "torn matters", "stairs"):
        assert word not in kept and word not in json.dumps(state)
        assert not [address for address in addresses if word in address]
    assert len(addresses) > 20


def test_a_kept_statement_would_be_found(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    page.evaluate("""() => new Promise((done) => {
        const ask = indexedDB.open("kept", 1);
        ask.onupgradeneeded = () => ask.result.createObjectStore("rows").put("Zinnia", 1);
        ask.onsuccess = () => { ask.result.close(); done(); };
    })""")
    assert "Zinnia" in page.evaluate(STORED)
    page.evaluate("sessionStorage.setItem('x', 'Quillwort')")
    assert "Quillwort" in page.evaluate(STORED)


def test_two_browsers_at_once_do_not_see_each_others_text(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app(reflector=PerStatement())
    words = (("Zinnia counted the stairs.", "Quillwort."), ("Marigold waits for the bus.", "Foxglove."))
    pages = [new_page() for _ in words]
    for page in pages:
        open_app(page, running.url)
    for page, (said, _) in zip(pages, words, strict=True):  # both are written and mapped at the same time
        page.get_by_label("What the client said").fill(said)
        page.get_by_label("What the client said").press("Control+Enter")
    for page, (said, _) in zip(pages, words, strict=True):
        expect(page.locator(".visit .base-text").first).to_contain_text(said)
        expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    for page, (said, own) in zip(pages, words, strict=True):
        visit(page, running.url, said, own)
    for page, mine, others in zip(pages, words, reversed(words), strict=True):
        content = page.content()
        assert all(first_word(text) in content for text in mine)
        assert not [text for text in others if first_word(text) in content]
        assert first_word(others[0]) not in page.evaluate("JSON.stringify(emorl.events.states())")
    for page in pages:  # nothing of a visit is there after it
        page.reload()
        expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible()
        assert not [text for text in (*words[0], *words[1]) if first_word(text) in page.content()]


def first_word(text: str) -> str:
    return text.split()[0].strip(".")
