"""What a user can get wrong is told in one form, from one tree of exceptions: got, expected, remedy."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from emorl import errors
from emorl.errors import EmorlError, WeightError

PACKAGE = Path(errors.__file__).parent
FLOORS = ("ensemble", "atlas", "explain", "search", "reflecting", "models", "scoring")
FILES = [PACKAGE / "cli.py", *(path for floor in FLOORS for path in sorted((PACKAGE / floor).rglob("*.py")))]
TREE = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, EmorlError)}
FREE = {"Unavailable", "CrisisError", "LanguageError"}  # a reason that becomes part of another message; contacts


def raised(path: Path) -> list[ast.Call]:
    """The calls in a module's `raise` statements."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node.exc for node in nodes if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]


def text(node: ast.expr) -> str:
    """A message, with a mark for every value that is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def test_the_form() -> None:
    error = WeightError.of("2 weights", "3, one for each objective", "give every objective a weight")
    assert type(error) is WeightError
    assert str(error) == "Got 2 weights: expected 3, one for each objective; give every objective a weight."


def test_a_message_is_one_line_that_can_be_sent_whatever_was_got() -> None:
    error = str(WeightError.of("a\ud800\0\nb" + "x" * 5000, "c", "d"))
    assert "\n" not in error and "\0" not in error and len(error) <= 1000
    error.encode()


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("cannot read /home/ada/models/manifest.json (gone)", "cannot read manifest.json (gone)"),
        ("cannot read ~/var/x.db; see https://example.org/a/b", "cannot read x.db; see https://example.org/a/b"),
        (r"C:\Users\ada\x.json: broken", "x.json: broken"),
        ("'/srv/app/var/ratings.db'", "'ratings.db'"),
        ("postgresql://ada:secret@db.example/x failed", "postgresql://db.example/x failed"),
        ("call /reflect and/or 3/4 of it", "call /reflect and/or 3/4 of it"),
    ],
)
def test_visitors_see_no_folder_and_no_login(message: str, shown: str) -> None:
    assert EmorlError(message).shown == shown


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_user_errors_are_made_in_the_usual_form(path: Path) -> None:
    """With `of`, and never as the plain base class."""
    for call in raised(path):
        if isinstance(call.func, ast.Name):
            assert call.func.id not in TREE - FREE, f"{path.name}:{call.lineno}"
        elif isinstance(call.func, ast.Attribute):
            assert call.func.attr == "of" and ast.unparse(call.func.value) in TREE - FREE - {"EmorlError"}
            assert len(call.args) == 3 or isinstance(call.args[-1], ast.Starred), f"{path.name}:{call.lineno}"


def test_programming_errors_say_what_was_got_and_what_was_expected() -> None:
    messages = [
        text(call.args[0])
        for path in FILES
        for call in raised(path)
        if isinstance(call.func, ast.Name) and call.func.id == "ValueError"
    ]
    assert len(messages) > 5
    for message in messages:
        assert message.startswith("Got ") and ": expected " in message and message.endswith("."), message
