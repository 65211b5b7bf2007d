"""What a shared link says of a setting (`link.js` in Chromium): read as it was written, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser

from emorl.ui.bundle import FOLDER, bundle

NAMES = ["reflection", "empathy", "statement & more"]
CHOICES = [1, 8]
MIX = {
    "weights": {"reflection": 0.1, "empathy": 1 / 3, "statement & more": 1e-7},
    "strength": 1.5,
    "temperature": 0.35,
    "seed": 2147483000,
    "best_of": 8,
}
SAID = "“Ça va” — 100% & #1 + 2 = 3? \U0001f642\nA second line."


@pytest.fixture(scope="module")
def ask(browser: Browser) -> Iterator[Any]:
    """Calls a function of `link.js`."""
    page = browser.new_page()
    page.add_script_tag(content=bundle(FOLDER / "writing/link.js", "link"))
    yield lambda function, *given: page.evaluate(f"(given) => link.{function}(...given)", list(given))
    page.close()


def fragment(ask: Any, said: str = "", **other: Any) -> str:
    return str(ask("toFragment", {**MIX, **other}, said))


@pytest.mark.parametrize("said", ["", SAID])
def test_what_is_read_is_what_was_written(ask: Any, said: str) -> None:
    written = fragment(ask, said)
    assert ask("fromFragment", written, NAMES, CHOICES) == {"mix": MIX, "statement": said or None}
    assert ("statement" in parse_qs(written)) == bool(said)


def test_a_blank_statement_is_left_out(ask: Any) -> None:
    assert fragment(ask, " \n ") == fragment(ask)


def test_a_link_that_is_cut_off_anywhere_is_not_read(ask: Any) -> None:
    written = fragment(ask, SAID)
    assert [end for end in range(len(written)) if ask("fromFragment", written[:end], NAMES, CHOICES)] == []


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("emorl=1", "emorl=2"),
        ("emorl=1", "emorl=1&emorl=1"),
        ("emorl=1", "emorl=1&more=1"),
        ("emorl=1", "emorl=1&statement=+"),
        ("weight.empathy", "weight.warmth"),
        ("weight.reflection=0.1", "weight.reflection=1.01"),
        ("weight.reflection=0.1", "weight.reflection=-0.1"),
        ("weight.reflection=0.1", "weight.reflection=NaN"),
        ("weight.reflection=0.1", "weight.reflection="),
        ("weight.reflection=0.1", "weight.reflection=0x1"),
        ("strength=1.5", "strength=2.1"),
        ("temperature=0.35", "temperature=1e9"),
        ("seed=2147483000", "seed=2147483001"),
        ("seed=2147483000", "seed=1.5"),
        ("best_of=8", "best_of=7"),
    ],
)
def test_what_the_controls_cannot_be_set_to_is_not_read(ask: Any, change: str, to: str) -> None:
    written = fragment(ask)
    assert change in written
    assert ask("fromFragment", written.replace(change, to), NAMES, CHOICES) is None


def test_a_link_for_other_objectives_is_not_read(ask: Any) -> None:
    assert ask("fromFragment", fragment(ask), NAMES[:2], CHOICES) is None
    assert ask("fromFragment", fragment(ask), [*NAMES, "warmth"], CHOICES) is None
