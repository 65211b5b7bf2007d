"""The documentation says what is true: commands exist, links lead somewhere, figures are those that were measured."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import emorl
from emorl.cli import run as run_emorl
from emorl.safety.report import measure, read_cases
from training.__main__ import run as run_training

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "data/README.md"])
COMMAND = r"(?:[A-Z_]+=\S+ )*(?:(?:[\w.]+/)*python|make|pip) (?!=)[^`#\n]+"
PLACES = ("emorl/", "training/", "tests/", "data/", "docs/")
CASES = {
    "that shaped the rules": "tuned",
    "written before the rules, never used for them": "held_out",
    "indirect speech that shaped the rules": "indirect",
    "indirect speech kept back": "indirect_held",
    "oblique, written to get past an earlier list": "oblique",
}


def text(page: Path | str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def indented(page: Path | str) -> list[str]:
    """Lines of the indented code blocks, without comments."""
    return [line.partition(" #")[0].strip() for line in re.findall(r"^ {4,}(\S.*)$", text(page), re.M)]


def commands(page: Path | str) -> dict[str, bool]:
    """Commands, and whether they are whole: in code blocks they are, between backticks words may be left out."""
    unwrapped = re.sub(r"(?<=\S)\n(?=\S)", " ", text(page))
    mentions = [span for span in re.findall(rf"`({COMMAND})`", unwrapped) if "{" not in span]
    return dict.fromkeys(mentions, False) | {line: True for line in indented(page) if re.fullmatch(COMMAND, line)}


ALL = [(p.relative_to(ROOT).as_posix(), command, whole) for p in PAGES for command, whole in commands(p).items()]


def parse(entry: object, name: str, arguments: list[str], whole: bool) -> None:
    """Read arguments as the command line of this entry point does, down to the last subcommand, without running it."""
    command: Any = typer.main.get_command(sys.modules[entry.__module__].app)
    asks_help = arguments[-1:] == ["--help"]
    rest = arguments[:-1] if asks_help else arguments
    try:
        context = command.make_context(name, list(rest), resilient_parsing=asks_help)
        while hasattr(command, "resolve_command"):
            found, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            context = command.make_context(found, list(rest), parent=context, resilient_parsing=asks_help)
    except Exception as fault:  # of the command line's own library
        if type(fault).__name__ == "MissingParameter" and not whole:
            return
        raise AssertionError(f"{name} {shlex.join(arguments)}: {fault}") from fault


def check_python(arguments: list[str], whole: bool = True) -> None:
    """`python FILE` or `python -m MODULE`, with what follows."""
    if arguments[0] != "-m":
        assert (ROOT / arguments[0]).is_file()
        return
    module, rest = arguments[1], arguments[2:]
    if module in ("emorl", "training"):
        parse(run_emorl if module == "emorl" else run_training, module, rest, whole)
    elif module == "pytest":
        markers = {
            line.partition(":")[0]
            for line in tomllib.loads(text("pyproject.toml"))["tool"]["pytest"]["ini_options"]["markers"]
        }
        expression = rest[rest.index("-m") + 1] if "-m" in rest else ""
        assert set(expression.split()) - {"not", "and", "or"} <= markers
        assert all((ROOT / path).exists() for path in rest if path.startswith("tests"))
    else:
        found = importlib.util.find_spec(module)
        assert found and found.origin
        origin = Path(found.origin)
        source = (origin.with_name("__main__.py") if origin.name == "__init__.py" else origin).read_text("utf-8")
        assert all(f'"{option}"' in source for option in rest if option.startswith("--"))


def check_make(arguments: list[str], whole: bool = True) -> None:
    """A dry run, which fails where there is no such target."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-n", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def check_pip(arguments: list[str], whole: bool = True) -> None:
    """Requirement and constraint files exist; packages by name are not looked up."""
    files = [arguments[i + 1] for i, word in enumerate(arguments) if word in ("-r", "-c")]
    assert arguments[0] == "install" and all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize(("page", "command", "whole"), ALL)
def test_every_command_is_real(page: str, command: str, whole: bool) -> None:
    words = shlex.split(command)
    while "=" in words[0] and words[0].split("=")[0].isupper():
        name = words.pop(0).split("=")[0]
        assert name in text("Makefile") or any(name in p.read_text("utf-8") for p in (ROOT / "emorl").rglob("*.py"))
    program, arguments = words[0].rpartition("/")[2], words[1:]
    {"python": check_python, "make": check_make, "pip": check_pip}[program](arguments, whole)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/results.md", "docs/limits-and-care.md"])
def test_code_blocks_are_commands(page: str) -> None:
    blocks = indented(page)
    assert len(blocks) >= 4
    assert [line for line in blocks if not re.fullmatch(COMMAND, line)] == []


def test_an_invented_command_is_refused() -> None:
    for wrong in (
        "emorl reflect Hello --loud",
        "emorl sing",
        "training all",
        "training reading bind",
        "pytest -m slow",
    ):
        with pytest.raises(AssertionError):
            check_python(["-m", *wrong.split()])
    with pytest.raises(AssertionError):
        check_make(["coffee"])


def slugs(page: Path) -> set[str]:
    """What links may name behind `#`."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not link.startswith(("https://", "http://")):
            target, _, anchor = link.partition("#")
            file = page.parent / target if target else page
            assert file.exists(), link
            assert not anchor or anchor in slugs(file), link


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/method.md", "docs/limits-and-care.md"])
def test_files_and_names_in_them_exist(page: str) -> None:
    for path in re.findall(r"`([^`\s]+)`", text(page)):
        assert not path.startswith(PLACES) or (ROOT / path).exists(), path
    for name, path in re.findall(r"`([A-Z_]+)` in\s`([^`\s]+\.py)`", text(page)):
        assert re.search(rf"^{name}\b", text(path), re.M), f"{name} in {path}"


def rows(page: Path | str) -> list[str]:
    """Rows of all tables, headers included."""
    return [line for line in text(page).splitlines() if line.startswith("|") and not line.startswith("|---")]


def test_results_are_those_of_the_model_card() -> None:
    card, shown = set(rows("data/models/MODEL_CARD.md")), rows("docs/results.md")
    before, _, after = text("docs/results.md").partition("<!-- blind reading: end -->")
    measured = [row for row in shown if row in after]
    assert len(measured) > 25
    assert [row for row in measured if row not in card] == []
    assert before.count("<!-- blind reading: the table goes here -->") == 1


def test_the_table_of_the_readme_is_in_the_results() -> None:
    before, _, _ = text("docs/results.md").partition("<!-- blind reading: end -->")
    shown = rows("README.md")
    assert len(shown) >= 5 and [row for row in shown if row not in before.splitlines()] == []


def test_measured_misses_of_the_crisis_rules_are_told() -> None:
    told = {}
    for row in rows("docs/limits-and-care.md"):
        label, *figures = (cell.strip(" *") for cell in row.split("|")[1:-1])
        if label in CASES:
            told[CASES[label]] = tuple(figures)
    cases = read_cases()
    measured = {part: measure(part, cases) for part in CASES.values()}
    assert told == {p: (f"{r.found} of {r.crises}", f"{r.alarms} of {r.benign}") for p, r in measured.items()}
    oblique = measured["oblique"]
    in_short = re.search(r"of (\d+)\s+oblique invented cases it finds (\d+)", text("README.md"))
    assert in_short and in_short.groups() == (str(oblique.crises), str(oblique.found))


def test_citation_and_changelog_know_the_version() -> None:
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software" and citation["license"] == "Apache-2.0"
    assert citation["version"] == emorl.__version__
    [paper] = citation["references"]
    assert paper["authors"][0]["family-names"] == "Kong" and "2505.02579" in paper["identifiers"][0]["value"]
    versions = re.findall(r"^## (\S+)", text("CHANGELOG.md"), re.M)
    assert versions[:2] == ["Unreleased", emorl.__version__]
