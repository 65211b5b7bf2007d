"""Launch settings, strings and widgets: the habits of Gradio that the app must not have."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from emorl.ratings import RatingStore
from emorl.ui import build_demo, launch_settings
from emorl.ui.bundle import FOLDER, IMPORT
from emorl.ui.widgets import script
from tests.browser.conftest import serve
from tests.ui.scripted import ScriptedReflector
from tests.ui.texts import all_texts


def test_gradio_neither_remembers_nor_reports_nor_shares() -> None:
    settings = launch_settings()
    for name in ("run_history", "share", "ssr_mode", "show_error", "enable_monitoring"):
        assert settings[name] is False, name
    assert settings["allowed_paths"] == []
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


def test_a_page_that_is_slow_to_answer_does_not_end_the_start(
    store: RatingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio waits for 3 s, which a busy machine may take, and says then that localhost is not accessible."""
    monkeypatch.setattr("gradio.networking.url_ok", lambda _: False)
    with serve(ScriptedReflector(), store) as url:
        assert httpx.get(url).status_code == 200


def test_no_text_holds_what_gradio_templates_evaluate() -> None:
    found = all_texts()
    assert len(found) > 300
    for text in found:
        assert not re.search(r"`|\\|\$\{|\{\{", text), text


def test_widgets_use_no_html_sinks_and_no_addresses() -> None:
    for path in FOLDER.rglob("*.js"):
        text = path.read_text(encoding="utf-8").replace('"http://www.w3.org/2000/svg"', "")  # a name, never fetched
        code = re.sub(r"//.*", "", text)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:", code), path.name
        # One stands in for storage that the browser forbids; the other keeps what the person agrees to keep in the tab.
        if path.name not in ("storage.js", "keep.js"):
            assert not re.search(r"localStorage|sessionStorage|indexedDB|cookie", code), path.name


def test_style_loads_nothing() -> None:
    for path in FOLDER.rglob("*.css"):
        assert "url(" not in path.read_text(encoding="utf-8"), path.name


def test_every_widget_of_the_page_has_its_function() -> None:
    """Gradio would only log an error in the browser's console."""
    asked = set()
    for path in FOLDER.rglob("*.py"):
        asked |= set(re.findall(r'\b(?:admin_)?widget\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    listed = re.search(r"const made = {([^}]*)}", (FOLDER / "page.js").read_text(encoding="utf-8"))
    assert listed and set(re.findall(r"\w+", listed[1])) == asked and len(asked) > 10


def test_every_handler_of_an_event_has_its_function() -> None:
    asked = set()
    for path in FOLDER.rglob("*.py"):
        asked |= set(re.findall(r'\bhandler\("(\w+)"', path.read_text(encoding="utf-8")))
    listed = re.search(r"handlers = Object.freeze\({([^}]*)}", (FOLDER / "page.js").read_text(encoding="utf-8"))
    assert listed and set(re.findall(r"\w+", listed[1])) == asked and len(asked) > 4


def reached(path: Path, seen: set[Path]) -> set[Path]:
    """A JavaScript module and all that it imports."""
    if path not in seen:
        seen.add(path)
        for _, target in IMPORT.findall(path.read_text(encoding="utf-8")):
            reached((path.parent / target).resolve(), seen)
    return seen


def test_every_text_that_a_widget_asks_for_is_there(store: RatingStore) -> None:
    demo, checked = build_demo(ScriptedReflector(), store), 0
    blocks: list[Any] = list(demo.blocks.values())
    for block in blocks:
        name = (getattr(block, "js_on_load", None) or "").removeprefix("emorl.widgets.").split("(")[0]
        files = [path for path in FOLDER.rglob(f"{name}.js") if path.parent != FOLDER] if name else []
        if not files:
            continue
        text = block.props["text"]
        known = {*text, *text.get("crisis", {})}
        for module in reached(files[0], set()):
            asked = set(re.findall(r"\bT\.(\w+)", module.read_text(encoding="utf-8")))
            assert asked <= known, f"{module.name} of {name}: {asked - known}"
            checked += len(asked)
    assert checked > 200


def test_every_style_sheet_is_served() -> None:
    served = {str(path) for path in launch_settings()["css_paths"]}
    assert served == {str(path) for path in FOLDER.rglob("*.css")}


def test_the_page_gets_one_name_from_the_script_and_a_fetch_that_keeps_cancels_in_step() -> None:
    assert re.findall(r'window, "(\w+)"', script()) == ["emorl"]
    for path in {*FOLDER.rglob("*.js")} - {FOLDER / "storage.js"}:
        found = re.findall(r"\bwindow\.\w+|globalThis", path.read_text(encoding="utf-8"))
        assert found == (["window.fetch"] * 2 if path.name == "page.js" else []), path.name


def test_the_page_is_built_without_torch() -> None:
    """It takes seconds to import, and the page is up before the models."""
    code = "import sys, emorl.ui; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
