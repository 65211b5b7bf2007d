"""A browser, a watched page, and servers for the browser tests.

The browser itself is in `tests/conftest.py`. A
watched page fails its test on any request that leaves this host, any console error and any failed
request.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Response, expect

from emorl.ratings import RatingStore, open_store
from emorl.ui import ModelLoader, build_demo, launch_settings
from emorl.ui.limits import Limiter
from tests.ui.scripted import ScriptedReflector

WAIT_MS = 60_000  # machines that test are busy; a passing test never waits so long
expect.set_options(timeout=WAIT_MS)


GRADIO_CLOSES = re.compile(r"\.close \(\S+/assets/index-")
"""In the stack where a page is left while a call is under way: Gradio's client aborts its stream, and logs that it did.

None of the app's own promises is concerned, and nothing is lost: the page is gone.
"""


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests choose themselves where they want the best of several, whatever the app's default is."""
    monkeypatch.setattr("emorl.ui.writing.asked.DEFAULT_BEST_OF", 1)


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests come from one address, which would meet the limits of a minute."""
    monkeypatch.setattr("emorl.ui.limits._limiter", Limiter())


@dataclass
class PageMonitor:
    """What a page did that it must not do."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    left: int = 0

    def on(self, page: Page) -> None:
        """Listen to a page."""
        page.on("request", lambda request: self._request(request.url))
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("response", self._answer)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if message.text.startswith("AbortError") and GRADIO_CLOSES.search(message.text):
            self.left += 1
        elif self.left and message.text.startswith("Unexpected error Connection errored out."):
            self.left -= 1  # Gradio's client says the same of each call that was under way
        else:
            self.errors.append(message.text)

    def _answer(self, answer: Response) -> None:
        if answer.status >= 400:
            self.errors.append(f"{answer.status} {answer.url}")

    def _error(self, error: Error) -> None:
        if not (error.name == "AbortError" and GRADIO_CLOSES.search(error.stack or "")):
            self.errors.append(str(error))

    def _request(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(source: Any, store: RatingStore, queue: int = 16, at_once: int = 32, overlay: Any = None) -> Iterator[str]:
    """Serve the app from this process; yields its address."""
    demo = build_demo(source, store, at_once, overlay)
    demo.queue(max_size=queue, default_concurrency_limit=4)
    _, url, _ = demo.launch(
        server_name="127.0.0.1",
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
        **launch_settings(),
    )
    try:
        yield url
    finally:
        demo.close()


def slow_source(go: threading.Event) -> ModelLoader:
    """Models that are loading until `go` is set."""

    def load() -> Any:
        go.wait(60)
        return ScriptedReflector()

    return ModelLoader(load)


@dataclass
class App:
    """A served app with its scripted reflector and its ratings."""

    url: str
    reflector: ScriptedReflector
    store: RatingStore


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Starts apps: scripted, `app(delay_s=..., echo=..., queue=..., at_once=...)`, or around another reflector."""
    running = []

    def start(queue: int = 16, at_once: int = 32, reflector: Any = None, overlay: Any = None, **options: Any) -> App:
        reflector = reflector or ScriptedReflector(**options)
        store = open_store(f"sqlite:///{tmp_path / 'ratings.db'}")
        served = serve(reflector, store, queue, at_once, overlay)
        running.append(served)
        return App(served.__enter__(), reflector, store)

    yield start
    for served in running:
        served.__exit__(None, None, None)


@pytest.fixture
def new_page(browser: Browser, app: object) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a fresh context; afterwards none of them may have misbehaved.

    It asks for `app` so that pages close before their servers.
    """
    watch = PageMonitor()
    contexts = []

    def open_page(watched: bool = True, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        if watched:
            watch.on(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.outside == [], "requests left this host"
    assert watch.errors == [], "errors in the console"
