"""`data check`: one line for every kind of fault, exit code 0 without, 1 with, 2 where a file cannot be read."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.training.texts import NOUNS, label, own_line, write_jsonl
from training.__main__ import app, run
from training.data.check import Fault, check_data, check_labels, check_statements
from training.data.labels import JUDGE_LABELS_PATH, LABELS_PATH
from training.data.records import OwnStatement

PATH = Path("own.jsonl")
OPENERS = "Losing Missing Holding Keeping Finding".split()


def statements(*changes: dict[str, Any]) -> list[OwnStatement]:
    """One statement a change, which differ in every word that a fault could lie in."""
    made = []
    for number, change in enumerate(changes):
        noun, opener = NOUNS[number], OPENERS[number % 5] + NOUNS[number]
        texts = {
            "statement": f"The {noun} was sold by {noun}folk.",
            "simple": f"{opener} was a very sad day.",
            "complex": f"{opener} took more than money away.",
            "empathic": f"{opener} hurts and still does today.",
            "affirming": f"{opener} took courage and much patience.",
        }
        made.append(OwnStatement(**({"topic": "t", "manner": "spoken", "split": "train"} | texts | change)))
    return made


def faults(*changes: dict[str, Any]) -> list[str]:
    return [str(fault) for fault in check_statements(statements(*changes), PATH)]


def test_good_statements_have_no_fault() -> None:
    assert faults(*[{}] * 15) == []
    assert faults({"affirming": ""}, {}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"statement": "THE garden was sold, by gardenfolk!"},
            "own.jsonl:2: got the same text as line 1, expected each text once",
        ),
        (
            {"statement": "Call me on 07700 900123."},
            "own.jsonl:2: got what looks like phone number, expected no personal data",
        ),
        (
            {"complex": "You wrote to sam@example.org about it all."},
            "own.jsonl:2: got what looks like e-mail address, expected no personal data",
        ),
        ({"simple": "Too short by one."}, "own.jsonl:2: got 4 words in simple, expected 5 to 32"),
        ({"empathic": "word " * 33}, "own.jsonl:2: got 33 words in empathic, expected 5 to 32"),
        ({"complex": "Is that what hurts most?"}, "own.jsonl:2: got a question in complex, expected a statement"),
        (
            {"affirming": "Losinggarden took courage, and much patience!"},
            "own.jsonl:2: got the affirming reflection of line 1 again, expected another one",
        ),
    ],
)
def test_each_fault_of_a_statement(change: dict[str, Any], expected: str) -> None:
    assert faults({}, change) == [expected]


def test_names_of_invented_people_and_lengths_at_the_limits_are_no_faults() -> None:
    assert (
        faults(
            {"statement": "My friend Walter lost his wife."},
            {"simple": "One two three four five."},
            {"complex": "word " * 32},
        )
        == []
    )


def test_nearly_the_same_statement_is_a_fault_from_eight_words_on() -> None:
    long = "I told them twice that the old fence is broken"  # 10 words; one exchanged: 9 of 11 shared
    assert faults({"statement": long}, {"statement": long.replace("twice", "again")}) == [
        "own.jsonl:2: got nearly the statement of line 1, expected another statement"
    ]
    assert faults({"statement": "I don't know."}, {"statement": "I don't know now."}) == []


def test_an_opening_that_too_many_share() -> None:
    shared = [{"simple": f"You say the {noun} is gone."} for noun in NOUNS]
    assert faults(*shared[:3], {}, {}) == []  # three are always allowed
    assert faults(*shared[:4], {}) == [
        "own.jsonl: got 4 of 5 simple reflections that begin with “you say”, expected at most 3"
    ]


def test_too_many_apologies_in_empathic_reflections_only() -> None:
    def sorry(n: int, kind: str) -> dict[str, Any]:
        return {kind: f"{NOUNS[n].title()} things made you sorry today."}

    assert faults(*[sorry(n, "simple") for n in range(3)], *[{}] * 7) == []
    assert faults(sorry(0, "empathic"), *[{}] * 9) == []  # one in ten is allowed
    assert faults(sorry(0, "empathic"), sorry(1, "empathic"), *[{}] * 8) == [
        "own.jsonl: got 2 of 10 empathic reflections with “sorry”, expected at most 1"
    ]


def test_faults_of_labels() -> None:
    good = [label("a b", "true", 2, pair="m1"), label("a b", "false", 0, pair="m1"), label("a b", "vague", 1)]
    assert check_labels(good, PATH) == []
    assert check_labels([*good, label("a b", "Vague.", 1)], PATH) == []  # models do write both
    assert check_labels([*good, label("A b!", "Vague.", 0)], PATH) == [
        Fault("own.jsonl:4", "faithful 0 for the words of line 3", "1, as there")
    ]
    assert check_labels([*good, label("a b", "vague", 1)], PATH) == [
        Fault("own.jsonl:4", "the reply of line 3 again", "each reply once")
    ]
    assert [str(f) for f in check_labels([*good, label("a b", "half", 1, pair="m2")], PATH)] == [
        "own.jsonl: pair m2: got the levels [1], expected one 2 and one 0"
    ]
    assert check_labels([*good, label("a b", "another", 0, pair="m1")], PATH)[0].got == "the levels [2, 0, 0]"


# ---------------------------------------------------------------- the command


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The command with our statements, the labels and the judge's labels in files without a fault."""
    lines = [
        own_line("I missed my train again this morning."),
        own_line(
            "My sister never rings me back.",
            simple="You ring her and hear nothing.",
            complex="You would like to matter more to her.",
            empathic="You're hurt that she leaves you waiting.",
        ),
    ]
    read = {"reply": "b", "source": "c", "faithful": 2, "fault": "none"}
    command = ["data", "check"]
    for option, rows in (
        ("--own", lines),
        ("--labels", [read | {"statement": lines[0]["statement"]}]),
        ("--judge-labels", [read | {"statement": lines[1]["statement"]}]),
    ):
        command += [option, str(write_jsonl(tmp_path / f"{option[2:]}.jsonl", rows))]
    return command


def test_the_command_without_faults(files: list[str]) -> None:
    assert check_data(Path(files[3]), [Path(files[5]), Path(files[7])]) == []
    done = subprocess.run([sys.executable, "-m", "training", *files], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 faults\n", "")


def test_the_command_with_a_fault(files: list[str]) -> None:
    write_jsonl(Path(files[3]), [own_line("I lost it.", simple="Gone.")])
    result = CliRunner().invoke(app, files)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{files[3]}:1: got 1 words in simple, expected 5 to 32",
        f"{files[5]}:1: got a statement that is not ours, expected one of {files[3]}",
        f"{files[7]}:1: got a statement that is not ours, expected one of {files[3]}",
        "3 faults",
    ]


def test_the_judges_labels_are_checked_and_of_statements_with_no_other_labels(files: list[str]) -> None:
    """By default too: nothing that rewards may learn from what the held-out judge learns from."""
    (row,) = map(json.loads, Path(files[5]).read_text(encoding="utf-8").splitlines())
    write_jsonl(Path(files[7]), [row, row])
    result = CliRunner().invoke(app, files)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{files[7]}:2: got the reply of line 1 again, expected each reply once",
        f"{files[7]}:1: got a statement of {files[5]}, expected each in one file only",
        f"{files[7]}:2: got a statement of {files[5]}, expected each in one file only",
        "3 faults",
    ]
    write_jsonl(Path(files[7]), [row])
    assert CliRunner().invoke(app, files).output.endswith("1 fault\n")
    assert inspect.signature(check_data).parameters["labels"].default == (LABELS_PATH, JUDGE_LABELS_PATH)


@pytest.mark.parametrize("broken", [3, 5, 7])
def test_a_missing_file_is_one_line_and_exit_code_2(
    files: list[str], broken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(files[broken]).unlink()
    monkeypatch.setattr(sys, "argv", ["training", *files])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith(f"{files[broken]}: got no ")
