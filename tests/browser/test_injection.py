"""Text from outside stays text: nothing in it runs, and every character of it appears.

A corpus goes through every way text comes in: the statement, the model's output (a reflector that echoes), a comment,
the counsellor's own version and imported rating items. Left out: control characters that a text area itself drops.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import RatingQueue, load_items
from tests.browser.conftest import App
from tests.browser.steps import generate, open_app

pytestmark = pytest.mark.browser

CORPUS = (
    # markup and script
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<svg onload=window.hacked=1><circle r=9></svg>",
    "</p></div></section><script>window.hacked=1</script>",
    "</textarea><script>window.hacked=1</script>",
    "\"><img src=x onerror='window.hacked=1'>",
    "' autofocus onfocus=window.hacked=1 x='",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    '<a href="javascript:window.hacked=1">here</a>',
    "<style>* { display: none !important }</style>",
    "<details open ontoggle=window.hacked=1>more</details>",
    "<template><script>window.hacked=1</script></template>",
    "<!-- <script>window.hacked=1</script> -->",
    "&lt;b&gt; &amp; &#60;script&#62; &nbsp;",
    "<![CDATA[<script>window.hacked=1</script>]]>",
    # template literals and template languages
    "${window.hacked=1}",
    "`${window.hacked=1}`",
    "`+(window.hacked=1)+`",
    "\\${window.hacked=1} \\` \\u0041 \\x41 \\n",
    "{{value}} {{{value}}} {{#each value}}x{{/each}}",
    "{{constructor.constructor('window.hacked=1')()}}",
    "{n} {max} {word} {margin} {0} {}",
    "%s %d %(name)s %%",
    "{% include '/etc/passwd' %} <%= 1 + 1 %> #{1 + 1}",
    "__import__('os').environ; '; DROP TABLE rating; --",
    # Markdown
    "# Not a heading **not bold** _not italic_ `not code`",
    "[link](javascript:window.hacked=1) ![image](x)",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "$$\\int_0^1 x\\,dx$$ $x$ \\(y\\)",
    "1. one\n2. two\n\n> quoted\n---",
    # other ways of writing, marks that cannot be seen, long words
    "I said \u202eevitisop\u202c and \u2067right\u2069 to left",
    "\u05e9\u05dc\u05d5\u05dd and \u0645\u0631\u062d\u0628\u0627 and hello",
    "zero\u200bwidth\u200djoined\u2060word\ufeff end",
    "\u200e\u200f marks \u00ad soft hyphen",
    "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a stacked accents",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\u200d\u2620\ufe0f \ud7ff\ue000 \U0010fffd",
    "\ufffd \u2400 \\0 %00 \\u0000 null None NaN undefined",
    "W" * 400,
    "https://example.org/" + "a/" * 100,
    "line one\nline two\n\tindented   with   spaces",
)


def clean(page: Page) -> None:
    """Nothing ran, and nothing became an element."""
    assert page.evaluate("window.hacked") is None
    foreign = "script, img, iframe, template, style, svg[onload], a[href^=java], [onfocus]"
    assert page.locator(".emorl-widget").locator(foreign).count() == 0


def watched(page: Page) -> None:
    """A dialog would be a script that ran."""
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))


def test_statement_and_output(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(echo=True)
    page = new_page()
    watched(page)
    open_app(page, running.url)
    for number, text in enumerate(CORPUS, 1):
        generate_again(page, text, number)
        assert page.locator("#base-text").text_content() == text
        assert page.locator(".visit-said").first.text_content() == text
        shown = page.locator("#reflection-text").text_content() or ""
        assert "".join(text.split()) in "".join(shown.split())  # drawn word by word
        clean(page)
    page.get_by_role("tab", name="Why", exact=True).click()
    expect(page.locator("#why-strip")).to_be_visible()
    assert "line" in (page.locator("#why-word").text_content() or "")
    clean(page)


def generate_again(page: Page, statement: str, number: int) -> None:
    """Write one more reflection; its entry under "This visit" says that it has come."""
    box = page.get_by_label("What the client said")
    box.fill(statement)
    box.press("Control+Enter")
    expect(page.locator(".visit > li")).to_have_count(min(number, 20))
    expect(page.locator("#base-text")).to_have_js_property("textContent", statement)


def test_the_counsellors_own_version(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    watched(page)
    open_app(page, app().url)
    generate(page)
    for text in CORPUS:
        page.locator("#edit-open").click()
        page.locator("#edit-box").fill(text)
        page.get_by_role("button", name="Keep my version").click()
        expect(page.locator("#edited-text")).to_have_js_property("textContent", text.strip())
    clean(page)


def test_imported_items_and_comments(
    new_page: Callable[..., Page], app: Callable[..., App], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def side(text: str) -> dict[str, Any]:
        return {"text": text, "setting": text, "weights": None}

    items = [
        {"statement": text, "first": side(text), "second": side("Other. " + text) if number % 2 else None}
        for number, text in enumerate(CORPUS)
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    monkeypatch.setenv("EMORL_RATING_ITEMS", str(path))
    running = app()
    page = new_page()
    watched(page)
    open_app(page, running.url)
    page.get_by_role("tab", name="Rate", exact=True).click()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    seen = set()
    while True:
        expect(page.locator("#queue-form, #queue-heading:text('All done')").first).to_be_visible()
        if not page.locator("#queue-form").is_visible():
            break
        before = page.locator(".queue-progress .fine").inner_text()
        said, *replies = page.locator("#widget-queue .passage .words").all_text_contents()
        assert set(replies) <= {said, "Other. " + said}
        seen.add(said)
        page.locator("#queue-comment").fill(said)
        page.get_by_role("button", name="Skip this item").click()
        page.get_by_label("I cannot judge this").check()
        page.get_by_role("button", name="Skip", exact=True).click()
        expect(page.locator(".queue-progress .fine")).not_to_have_text(before)
        clean(page)
    assert seen == set(CORPUS)
    kept = {judged.answer.comment for judged in RatingQueue(running.store, load_items()).judgements()}
    assert kept == {text.strip() for text in CORPUS}
