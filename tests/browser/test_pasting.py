"""What is pasted stays whole, is counted as the server counts it, and is read to its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import open_app

pytestmark = pytest.mark.browser


def test_a_long_paste_stays_whole_and_is_read_to_its_end(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    running = app()
    page = new_page()
    open_app(page, running.url)
    box = page.get_by_label("What the client said")
    long = ("The bus was late again. " * 400).strip()
    box.fill(long)
    expect(page.get_by_text(f"{len(long)} of 600 characters, {len(long) - 600} too many")).to_be_visible()
    box.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="expected at most 600")).to_be_visible()
    box.fill(f"{long} I want to kill myself.")
    box.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="No reflection was written")).to_be_visible()
    assert box.input_value().endswith("again. I want to kill myself.")
    box.fill("The bus was late again. " * 5000)
    page.wait_for_timeout(700)  # the check for personal data must not fail over it
    box.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="too long to be sent")).to_be_visible()
    assert running.reflector.started == 0


def test_characters_are_counted_as_on_the_server(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app().url)
    page.get_by_label("What the client said").fill("  Fine 😀👍🏽 \n")
    expect(page.get_by_text(f"{len('Fine 😀👍🏽')} of 600 characters")).to_be_visible()
