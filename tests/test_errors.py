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
FREE = {"Unavailable", "CrisisError", "LanguageError"}  # a reason that becomes part of another message; contacts
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
        ("postgresql+psycopg://ada:secret@db.example/x failed", "postgresql failed"),
        ("database sqlite:////home/ada/var/ratings.db, which", "database sqlite, which"),
        ("https://ada:secret@example.org/a failed", "https://example.org/a failed"),
        ("file:///home/ada/x.json is gone", "x.json is gone"),
        (r"\\ada-laptop\share\models\x.json: broken", "x.json: broken"),
        (
            'connection to server at "db.internal" (10.0.0.5), port 5432 failed',
            "connection to server at, port 5432 failed",
        ),
        ('FATAL: password authentication failed for user "ada"', "FATAL: password authentication failed for user"),
        ("failed to resolve host 'db.internal': [Errno -2]", "failed to resolve host: [Errno -2]"),
        ("HTTPSConnectionPool(host='hub.internal', port=443)", "HTTPSConnectionPool(host, port=443)"),
        ("404 for url: https://hub.internal/a?b", "404 for an address"),
        ("tried 192.168.7.4:8080 and 10.0.0.5", "tried an address and an address"),
        ("call /reflect and/or 3/4 of it", "call /reflect and/or 3/4 of it"),
        ("a strength of 1.5 in version 0.1.0: expected 1:2", "a strength of 1.5 in version 0.1.0: expected 1:2"),
    ],
)
def test_visitors_see_no_folder_no_host_and_no_account(message: str, shown: str) -> None:
    assert EmorlError(message).shown == shown


def test_a_home_with_a_space_in_it_is_hidden_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/Ada Lovelace"))
    assert EmorlError("cannot read /home/Ada Lovelace/models/x.json").shown == "cannot read x.json"


def test_no_class_of_the_tree_shows_more_than_the_others() -> None:
    for name in sorted(TREE - {"StaleForm"}):
        kind: type[EmorlError] = getattr(errors, name)
        assert kind.shown is EmorlError.shown
        said = kind.of("/home/ada/x.json", "host 'db.internal'", "ask sqlite:////home/ada/r.db").shown
        assert said == "Got x.json: expected host; ask sqlite.", name


def test_the_screens_never_show_a_message_as_it_is() -> None:
    """`error.shown` is what visitors see, and the faults of a file, line by line; the message itself is for the log."""
    for path in (ROOT / "emorl" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and node.name and "Error" in ast.unparse(node.type or ast.Pass()):
                unsafe = _used_as_it_is(node.name, node.body)
            elif isinstance(node, ast.FunctionDef) and node.name == "_refused":
                unsafe = _used_as_it_is("error", node.body)
            else:
                continue
            assert not unsafe, f"{path.name}: {unsafe}"


def _used_as_it_is(name: str, body: list[ast.stmt]) -> list[int]:
    """Lines where an error is used otherwise than to log it, to raise from it, or for what may be shown of it."""
    used = [node for inner in body for node in ast.walk(inner)]
    calls = [node for node in used if isinstance(node, ast.Call)]
    fine = {id(arg) for call in calls if _is_log(call) for arg in ast.walk(call)}
    fine |= {id(node.cause) for node in used if isinstance(node, ast.Raise)}
    fine |= {id(node.value) for node in used if isinstance(node, ast.Attribute) and node.attr in ("shown", "faults")}
    kinds = ("type", "isinstance", "self._refused", "super()._refused")
    fine |= {id(arg) for call in calls if ast.unparse(call.func) in kinds for arg in call.args}
    return [node.lineno for node in used if isinstance(node, ast.Name) and node.id == name and id(node) not in fine]


def _is_log(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")


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
