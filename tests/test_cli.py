"""The command line's errors: one line on stderr, exit code 2, before any model is loaded."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from emorl import cli


def call(monkeypatch, capsys, *arguments: str) -> tuple[str | int | None, str]:
    monkeypatch.setattr(sys, "argv", ["emorl", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.run()
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reflect", " "], "Got an empty statement"),
        (["reflect", "x" * 601], "601 characters"),
        (["reflect", "Hello there", "--weights", "empathy"], "Got `empathy` in --weights"),
        (["reflect", "Hello there", "--weights", "empathy=high"], "Got `empathy=high`"),
        (["reflect", "Hello there", "--weights", "empathy=1,empathy=2"], "each name once"),
        (["reflect", "Hello there", "--weights", "empathy=1", "--preset", "base"], "one of them"),
        (["reflect", "Hello there", "--dtype", "int3"], "Got --dtype int3"),
        (["reflect", "Hello there", "--best-of", "0"], "Got 0 candidates to choose the best of"),
        (["reflect", "Hello there", "--best-of", "17"], "expected a whole number from 1 to 16"),
        (["reflect", "I want to kill myself tonight"], "no reflection is written"),
        (["reflect", "-- I want to kill myself tonight", "--json"], "no reflection is written"),
        (["atlas", "-I want to kill myself tonight"], "no reflection is written"),
        (["reflect", "--jsn", "Hello there"], "Got the option --jsn: expected --json; check the spelling, or put --"),
        (["reflect", "-tired"], "Got the option -t: expected one that --help lists"),
    ],
)
def test_user_errors(monkeypatch, capsys, arguments, message):
    code, err = call(monkeypatch, capsys, *arguments)
    assert code == 2 and message in err and err.strip().count("\n") == 0


class Stop(Exception):
    """Raised in place of loading models."""


def given(monkeypatch, *arguments: str, stdin: bytes | None = None) -> tuple[str, str | None]:
    """The statement that a command would write for, and its --weights."""
    found = []

    def read(text: str) -> None:
        found.append(text)

    def stop(weights: str) -> None:
        found.append(weights)
        raise Stop

    monkeypatch.setattr(cli, "refuse_crisis", read)
    monkeypatch.setattr(cli, "parse_weights", stop)
    monkeypatch.setattr(sys, "argv", ["emorl", *arguments])
    if stdin is not None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
    with pytest.raises(Stop):
        cli.run()
    text, weights = found
    return text, weights


WEIGHTS = "--weights=empathy=1"


@pytest.mark.parametrize(
    ("arguments", "statement"),
    [
        (["-I can't go on like this.", WEIGHTS], "-I can't go on like this."),
        ([WEIGHTS, "--json", "-- not again, a = b"], "-- not again, a = b"),
        ([WEIGHTS, "--", "-tired"], "-tired"),
        ([WEIGHTS, "--", "- so tired"], "- so tired"),
        ([WEIGHTS, "--seed", "7", "Hello - there"], "Hello - there"),
    ],
)
def test_a_statement_may_begin_with_a_dash(monkeypatch, arguments, statement):
    assert given(monkeypatch, "reflect", *arguments) == (statement, "empathy=1")


def test_a_dash_reads_standard_input(monkeypatch):
    typed = "\ufeffI said I’d stop.\nI didn’t.\n".encode()
    assert given(monkeypatch, "reflect", "-", WEIGHTS, stdin=typed) == ("I said I’d stop.\nI didn’t.\n", "empathy=1")


@pytest.mark.parametrize("command", ["reflect", "atlas"])
@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (b"", "Got an empty statement"),
        (b"x" * 7000, "Got a statement of 7000 characters"),
        (b"\xff\xfe", "Got standard input that is not UTF-8"),
        (b"I want to kill myself tonight\n", "no reflection is written"),
        (None, "Got no standard input"),
    ],
)
def test_errors_of_standard_input(monkeypatch, capsys, command, typed, message):
    stdin = None if typed is None else SimpleNamespace(buffer=io.BytesIO(typed))
    monkeypatch.setattr(sys, "stdin", stdin)
    code, err = call(monkeypatch, capsys, command, "-")
    assert code == 2 and message in err and err.strip().count("\n") == 0


def test_other_faults_of_the_command_line_stay_as_they_are(monkeypatch, capsys):
    code, err = call(monkeypatch, capsys, "reflect", "Hello there", "--seed", "many")
    assert code == 2 and "Invalid value for" in err


def test_a_folder_without_models(monkeypatch, capsys, tmp_path):
    code, err = call(monkeypatch, capsys, "reflect", "Hello there", "--models", str(tmp_path))
    assert code == 2 and str(tmp_path) in err and err.strip().count("\n") == 0


def test_weights_are_parsed():
    assert cli.parse_weights("reflection=.6, empathy=.3,") == {"reflection": 0.6, "empathy": 0.3}


def test_an_error_of_training_is_one_line_and_exit_code_2(monkeypatch, capsys, tmp_path):
    from training import __main__ as training

    monkeypatch.setattr(sys, "argv", ["training", "all", "--config", str(tmp_path / "none.yaml")])
    with pytest.raises(SystemExit) as stop:
        training.run()
    assert stop.value.code == 2 and "No file" in capsys.readouterr().err
