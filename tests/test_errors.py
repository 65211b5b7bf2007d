"""What a user can get wrong is told in one form, from one tree of exceptions: got, expected, remedy."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path

import pytest

from emorl import errors
from emorl.errors import CorpusError, EmorlError, WeightError

ROOT = Path(errors.__file__).parents[1]
FILES = sorted([*(ROOT / "emorl").rglob("*.py"), *(ROOT / "training").rglob("*.py")])
TREE = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, EmorlError)} | {
    "StaleForm"
}
FREE = {"Unavailable", "CrisisError"}  # a reason that becomes part of another message; contacts
LISTS = {"emorl/settings.py", "training/config.py"}  # every fault of a whole, one after the other
FORM = re.compile(r"Got .+: expected .+; .+\.|.+: got .+, expected .+; .+\.|(No|Got) .+: expected .+; .+")


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


def test_the_form_that_names_a_place_first() -> None:
    error = CorpusError.at("own.jsonl:3", "an empty reply", "text", "fill it in or take the line out")
    assert type(error) is CorpusError
    assert str(error) == "own.jsonl:3: got an empty reply, expected text; fill it in or take the line out."


def is_in_the_form(call: ast.Call) -> bool:
    """Whether an error of the tree is made with `of` or `at`, or with a message that has the same parts."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("of", "at"):
        return len(call.args) == (3 if call.func.attr == "of" else 4) or isinstance(call.args[-1], ast.Starred)
    if isinstance(call.args[0], ast.JoinedStr | ast.Constant):
        return FORM.fullmatch(text(call.args[0])) is not None
    return "ERRORS" in ast.unparse(call.args[0]) or "MIXER['failed']" in ast.unparse(call.args[0])  # see below


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_user_errors_have_one_form_and_never_the_plain_base_class(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() in LISTS:
        return
    for call in raised(path):
        name = ast.unparse(call.func).split(".")[0]
        assert name != "EmorlError", f"{path.name}:{call.lineno}"
        if name in TREE - FREE:
            assert is_in_the_form(call), f"{path.name}:{call.lineno}"


def test_a_message_in_another_form_is_found() -> None:
    def call(source: str) -> ast.Call:
        (statement,) = ast.parse(source).body
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        return statement.value

    assert is_in_the_form(call("RatingError.of(a, b, c)")) and is_in_the_form(call("RatingError.at(a, b, c, d)"))
    assert is_in_the_form(call("ConfigError(f'No good {a}: expected {b}; run it first.')"))
    for other in ("RatingError('cannot read it')", "RatingError.of(a, b)", "RatingError(f'got {a}, expected {b}')"):
        assert not is_in_the_form(call(other)), other


MESSAGES = sorted(
    (path.parent.name, key, message)
    for path in (ROOT / "emorl" / "ui").rglob("strings.py")
    for name, table in runpy.run_path(str(path)).items()
    if name.endswith("ERRORS")
    for key, message in table.items()
)


@pytest.mark.parametrize(("screen", "key", "message"), MESSAGES, ids=lambda value: value if " " not in value else "")
def test_the_messages_of_the_screens_have_the_same_form_or_say_that_something_broke(
    screen: str, key: str, message: str
) -> None:
    broke = "the app's log has the details." in message.lower()
    assert broke or re.fullmatch(r"(Got|EMORL_ADMINS is set, but) .+: expected .+; .+\.", message), (screen, key)


def test_programming_errors_say_what_was_got_and_what_was_expected() -> None:
    messages = [
        text(call.args[0])
        for path in FILES
        if path.parent.name != "safety" and path.name != "settings.py"  # there, parts of a user's message
        for call in raised(path)
        if isinstance(call.func, ast.Name) and call.func.id == "ValueError"
    ]
    assert len(messages) > 5
    for message in messages:
        assert message.startswith("Got ") and ": expected " in message and message.endswith("."), message
