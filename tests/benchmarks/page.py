"""What somebody waits for in the browser: the page, the first word, the text after a slider moved.

`python app.py` is started anew with the shipped models and a warm cache. *Page*: from the command to the statement box
on screen, by the wall clock. *First word*: from the press of Generate to the first letter in the document, by the
browser's clock, each time for another statement so that nothing is taken over. *Slider*: from a slider's input event
to the end of the first frame with the changed text, inside a finished atlas; a frame of a 60 Hz screen is 16.7 ms, and
the time to the text itself is given beside it. Left out: networks; browser and app share this machine.

    python -m tests.benchmarks.page [--json] [--starts 3] [--repeats 10]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from emorl.ui.writing.statement import examples
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import middle, say, versions
from tests.browser.steps import agree

ROOT = Path(__file__).parents[2]
WAIT_MS = 300_000
GOALS = {"page_s": 10.0, "first_word_s": 1.0, "slider_to_frame_ms": 1000 / 60}
FIRST_WORD = """() => new Promise((done) => {
  const text = document.getElementById("reflection-text");
  const button = document.getElementById("generate");
  let began = 0;
  button.addEventListener("click", () => { began = performance.now(); }, { once: true, capture: true });
  const card = document.querySelector(".card.reflection");
  const watch = new MutationObserver(() => {
    if (!["writing", "done"].includes(card.dataset.phase) || !text.textContent.trim()) return;
    watch.disconnect();
    done(performance.now() - began);
  });
  watch.observe(card, { subtree: true, childList: true, characterData: true, attributes: true });
  button.click();
})"""
# Moves one slider to every hundredth in turn; keeps the times of the moves that changed the text.
SLIDER = """async (name) => {
  const slider = document.getElementById(name);
  const text = document.getElementById("reflection-text");
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const found = [];
  for (let step = 0; step <= 100; step++) {
    const before = text.textContent;
    await frame();
    slider.value = step / 100;
    const began = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const changed = performance.now() - began; // the page answers within the event
    if (text.textContent === before) continue;
    await new Promise((done) => requestAnimationFrame(() => { const port = new MessageChannel();
      port.port1.onmessage = done; port.port2.postMessage(0); })); // right after that frame was drawn
    found.push([changed, performance.now() - began]);
  }
  return found;
}"""


@contextmanager
def started(data: str) -> Iterator[tuple[str, float]]:
    """Run `python app.py`; yields its address and the moment of the command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"GRADIO_SERVER_PORT": str(port), "EMORL_DATA": data}
    began = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=None
    )
    try:
        yield f"http://127.0.0.1:{port}/", began
    finally:
        app.terminate()
        app.wait(30)


def open_page(browser: Browser, url: str) -> Page:
    """A fresh page of the app, asked for again and again until it answers."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(WAIT_MS)
    while True:
        try:
            page.goto(url)
            break
        except Exception as error:  # refused until the server listens
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise
            time.sleep(0.05)
    page.locator("#statement-box").wait_for()
    return page


def first_words(page: Page, repeats: int) -> list[float]:
    """Seconds from the click to the first word."""
    agree(page)
    page.locator("#weight-reflection").wait_for()  # the models are loaded
    seconds = []
    statements = [example["statement"] for example in examples()]
    for number in range(repeats + 1):
        page.locator("#statement-box").fill(f"{statements[number % len(statements)]} And that was {number} days ago.")
        took = page.evaluate(FIRST_WORD) / 1000
        page.locator(".reflection[data-phase=done]").wait_for()
        page.wait_for_function("!document.querySelector('.reach').textContent.startsWith('Finding')")
        seconds += [took] if number else []  # the first warms the model up
    return seconds


def slider_moves(page: Page) -> list[list[float]]:
    """For each move that changed the text: milliseconds to the text, and to the frame that shows it."""
    page.wait_for_function("document.querySelector('.mark[data-mark=live]')")
    names = page.locator("#widget-mixer input[id^=weight-]").evaluate_all("nodes => nodes.map((node) => node.id)")
    return [move for name in names for move in page.evaluate(SLIDER, name)]


def run(starts: int, repeats: int) -> dict[str, Any]:
    """The whole benchmark."""
    page_s, words, moves = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for number in range(starts):
            say(f"start {number + 1} of {starts}")
            with tempfile.TemporaryDirectory() as data, started(data) as (url, began):
                page = open_page(browser, url)
                page_s.append(time.perf_counter() - began)
                if number == starts - 1:
                    words = first_words(page, repeats)
                    moves = slider_moves(page)
                page.context.close()
        browser.close()
    figures = {
        "page_s": page_s,
        "first_word_s": words,
        "slider_to_text_ms": [move[0] for move in moves],
        "slider_to_frame_ms": [move[1] for move in moves],
    }
    rows = []
    for name, values in figures.items():
        if not values:
            raise SystemExit(f"{name}: got no measurement, expected some; is the atlas of one region?")
        median, spread = middle(values)
        goal = GOALS.get(name)
        rows.append(
            {
                "name": name,
                "median": median,
                "spread": spread,
                "n": len(values),
                "goal": goal,
                "within_goal": None if goal is None else statistics.median(values) <= goal,
            }
        )
    return {"rows": rows, "ratios": {}, "values": figures, "versions": versions(), "threads": os.cpu_count()}


def main(arguments: Sequence[str] | None = None) -> int:
    """0."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page", description=about)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--starts", type=int, default=3, help="starts of the app (3)")
    parser.add_argument("--repeats", type=int, default=10, help="statements whose first word is awaited (10)")
    given = parser.parse_args(arguments)
    result = run(given.starts, given.repeats)
    print(json.dumps(result) if given.json else table(result["rows"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
