"""The page of an app that runs as a Hugging Face Space: it, too, asks no other host for anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from emorl.ui import strings
from tests.browser.conftest import App
from tests.browser.steps import generate, open_app

pytestmark = pytest.mark.browser
SPACE = {"SYSTEM": "spaces", "SPACE_ID": "someone/reflections", "SPACE_HOST": "someone-reflections.hf.space"}


# Gradio's reloader for Spaces ends with an error in its own thread where the hub's package is missing, as here.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_page_asks_no_other_host(
    new_page: Callable[..., Page], app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
    page = new_page()  # watched: any request to another host fails the test
    open_app(page, app().url)
    generate(page)
    page.get_by_role("tab", name=strings.TABS["about"], exact=True).click()
    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()
    assert page.locator("#huggingface-space-header").count() == 0
