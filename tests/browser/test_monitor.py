"""What the tests in a browser take for a fault of the page, without a browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.browser.conftest import PageMonitor

ABORTED = (
    "AbortError: signal is aborted without reason\n    at wt (http://127.0.0.1:1/assets/index-x.js:4:1384)\n    at "
)
CONNECTION = "Unexpected error Connection errored out. "


def heard(*texts: str) -> list[str]:
    watch: Any = PageMonitor()
    for text in texts:
        watch._console(SimpleNamespace(type="error", text=text))
    watch._console(SimpleNamespace(type="log", text="all is well"))
    found: list[str] = watch.errors
    return found


def test_a_page_that_is_left_while_a_call_is_under_way_is_no_fault() -> None:
    assert heard(f"{ABORTED}kn.close (http://127.0.0.1:1/assets/index-x.js:4:21934)", CONNECTION) == []


def test_every_other_error_is_one() -> None:
    elsewhere = f"{ABORTED}kn.submit (http://127.0.0.1:1/assets/index-x.js:4:21934)"
    assert heard(elsewhere, CONNECTION, "x") == [elsewhere, CONNECTION, "x"]
