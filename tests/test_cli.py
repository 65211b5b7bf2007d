"""The command line's errors: one line on stderr, exit code 2, before any model is loaded."""

from __future__ import annotations

import sys

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
    ],
)
def test_user_errors(monkeypatch, capsys, arguments, message):
    code, err = call(monkeypatch, capsys, *arguments)
    assert code == 2 and message in err and err.strip().count("\n") == 0


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
