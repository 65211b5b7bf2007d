"""JavaScript modules as one script: each runs once and in its own scope, and what cannot work is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from emorl.ui.bundle import bundle


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_modules_run_once_in_their_own_scope(tmp_path: Path, browser: Browser) -> None:
    entry = write(
        tmp_path,
        count="const seen = [];\nexport function add(name) {\n  seen.push(name);\n  return seen.length;\n}\n",
        left='import { add } from "./count.js";\nconst own = "left";\nexport const first = add(own);\n',
        right='import { add } from "./count.js";\nconst own = "right";\nexport const second = add(own);\n',
        main='import { first } from "./left.js";\nimport {\n  second,\n} from "./right.js";\n'
        "export async function both() {\n  return [first, second];\n}\nexport class Kept {}\n",
    )
    page = browser.new_page()
    page.add_script_tag(content=bundle(entry, "made"))
    assert page.evaluate("made.both()") == [1, 2]
    assert page.evaluate("[Object.keys(made), Object.isFrozen(made), typeof own, typeof seen]") == [
        ["both", "Kept"],
        True,
        "undefined",
        "undefined",
    ]
    page.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('import { gone } from "./other.js";\n', "Got gone imported by main.js"),
        ('import { one } from "./circle.js";\n', "Got main.js importing itself by way of circle.js"),
        ('import other from "./other.js";\n', "expected named imports"),
        ("export default 3;\n", "expected named imports"),
        ("const a = 1;\nexport { a };\n", "expected named imports"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, text: str, message: str) -> None:
    circle = 'import { two } from "./main.js";\nexport const one = two;\n'
    entry = write(tmp_path, other="export const one = 1;\n", circle=circle, main=text)
    with pytest.raises(ValueError, match=message):
        bundle(entry, "made")
