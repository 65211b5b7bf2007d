"""Where a screen may have to speak of one thing, it has a text for one: "1 reflections found" is never shown."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

import emorl.ui
from emorl.ui.bundle import FOLDER, bundle

# A number, and after at most two words something plural: "{n} short replies", "{n} of {all} words differ".
PLURAL = re.compile(r"\{\w+\}(?: of \{\w+\})?(?: [a-z]+)? [a-z]+(?<!s)s\b")

NEVER_ONE = {
    "counter": "of 600",
    "counter_over": "of 600",
    "shown": "two to four settings are compared",
    "written_different": "all the same text is said in other words",
    "word_pieces": "said only of more than one",
    "shapley_cost": "two at least",
    "not_listed": "a name, no number",
    "variables": "names, no number",
    "ranking_groups": "said only of two or more",
    "words_summary": "a name before 'makes'",
    "word_more": "a name, and at least twice",
    "word_less": "a name, and at least twice",
    "word_even": "a name before 'changes'",
}


def texts() -> Iterator[tuple[dict[str, Any], str, str]]:
    """Every named text of the screens, with the others beside it."""
    for module in pkgutil.walk_packages(emorl.ui.__path__, "emorl.ui."):
        if module.name.endswith("strings"):
            for name, group in vars(importlib.import_module(module.name)).items():
                if name.isupper() and isinstance(group, dict):
                    yield from ((group, key, text) for key, text in group.items() if isinstance(text, str))


def lacking() -> list[str]:
    """Texts that may be about one and have no text for it."""
    return [
        f"{key}: {text}"
        for group, key, text in texts()
        if PLURAL.search(text) and key not in NEVER_ONE and f"{key}_one" not in group
        if not key.endswith("_one") and not text.startswith("Got ")
    ]


def test_every_text_about_a_number_of_things_has_one_for_one_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lacking() == []
    from emorl.ui.reflect import strings

    monkeypatch.delitem(strings.LIVE, "atlas_part_one")
    assert lacking() == ["atlas_part: {n} reflections found, covering {share} of all settings."]


def test_every_text_for_one_thing_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.js"))
    pairs = {key for group, key, _ in texts() if f"{key}_one" in group}
    unused = {key for key in pairs if not re.search(rf'T\.{key}_one|"{key}"', code)}
    assert len(pairs) > 8 and unused == set()


def test_one_is_said_as_one(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=bundle(FOLDER / "widgets/dom.js", "dom"))
    text = {"found": "{n} words at {place}.", "found_one": "One word at {place}."}

    def said(n: int) -> Any:
        return page.evaluate("([T, n]) => dom.counted(T, 'found', n, { place: 'the end' })", [text, n])

    assert [said(n) for n in (0, 1, 2)] == ["0 words at the end.", "One word at the end.", "2 words at the end."]
    page.close()
