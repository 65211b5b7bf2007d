"""The whole story with the app as users start it and the models that are shipped.

Type, move sliders by keyboard, generate, read contributions, rate, restart the app: the rating is there.
Needs `data/models` and the base model in the cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import open_store, statement_sha256
from tests.browser.conftest import free_port
from tests.browser.steps import STATEMENT, generate, open_app, rate

pytestmark = [pytest.mark.browser, pytest.mark.shipped]

ROOT = Path(__file__).parents[2]


@contextmanager
def started(data: Path, **more: str) -> Iterator[str]:
    """Run `python app.py` on a free port, ratings in `data`, `more` in its environment; yields the address."""
    port = free_port()
    settings = {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SHARE": "true",  # app.py must win
        "GRADIO_RUN_HISTORY": "true",
        "EMORL_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
    }
    log = data / "app.log"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env={**environment, **settings, **more},
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 120.0) -> None:
    """Wait until the page answers."""
    open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    deadline = time.monotonic() + seconds
    while True:
        try:
            open_url(url, timeout=5).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)


def test_the_whole_story(new_page: Callable[..., Page], tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'ratings.db'}"
    with started(tmp_path) as url:
        page = new_page()
        open_app(page, url)
        sliders = page.locator("#widget-mixer input[type=range][id^=weight-]")
        assert sliders.count() >= 3
        sliders.nth(0).focus()
        page.keyboard.press("End")
        sliders.nth(1).focus()
        page.keyboard.press("Home")
        for _ in range(50):
            page.keyboard.press("ArrowRight")
        sliders.nth(2).focus()
        page.keyboard.press("Home")
        expect(page.locator("#widget-mixer")).to_contain_text("67% of the mix")
        generate(page)

        text = page.locator("#reflection-text")
        assert len(text.inner_text().split()) >= 3
        assert page.locator("#base-text").inner_text().strip()
        assert page.get_by_role("meter").count() >= 3
        page.locator("#reflection-text .word[tabindex='0']").focus()
        page.keyboard.press("Home")
        panel = page.locator("#word-panel")
        expect(panel).to_contain_text("rather than")
        first = panel.inner_text()
        page.keyboard.press("ArrowRight")
        expect(panel).not_to_have_text(first, use_inner_text=True)
        values = panel.locator(".bar-value").all_inner_texts()
        margin = panel.locator(".panel-head .fine").inner_text().split()[1]
        assert abs(sum(map(number, values)) - number(margin)) <= 0.03  # shown with two digits each
        rate(page, "said in the story")
        page.close()

    with started(tmp_path) as url:
        again = new_page()
        open_app(again, url)
        (stored,) = open_store(database).all()
        assert (stored.given.depth, stored.given.empathy, stored.given.fluency) == ("complex", 1, 2)
        assert (stored.given.would_say, stored.given.comment) == ("edits", "said in the story")
        assert stored.given.statement is None
        assert stored.given.statement_sha256 == statement_sha256(STATEMENT)
        assert sorted(round(share, 2) for share in stored.given.weights.values())[-2:] == [0.33, 0.67]
        assert len(str(stored.given.model["base_sha256"])) == 64
        again.close()


def number(text: str) -> float:
    """A signed number as the page shows it, with a typographic minus."""
    return float(text.replace("−", "-"))
