"""What `pip install .` gives: dependencies as in the requirements files, both commands, types, and the shipped data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from email import message_from_string
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from packaging.requirements import Requirement

from emorl.models.manifest import read_manifest
from training.__main__ import EXTRA

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "-q")


def required(name: str) -> list[str]:
    """What a requirements file asks for; comments and the files it refers to left out."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("-")]


def files_under(folder: str) -> set[str]:
    """Every file in a folder of the repository, without what Python compiles."""
    found = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(ROOT).as_posix() for path in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a wheel, built with what is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [*PIP, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed into it, and nothing of the repository."""
    folder = tmp_path_factory.mktemp("installed")
    command = [*PIP, "install", "--no-deps", "--no-index", "--no-compile", "--target", str(folder), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def call(installed: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed wheel, away from the repository."""
    kept = {name: value for name, value in os.environ.items() if name != "EMORL_MODELS"}
    return subprocess.run(
        [str(installed / "bin" / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        cwd=installed,
        env={**kept, "PYTHONPATH": str(installed), "COLUMNS": "100", "NO_COLOR": "1", **variables},
    )


def test_the_requirements_files_repeat_what_the_project_declares() -> None:
    assert required("requirements.txt") == PROJECT["dependencies"]
    assert required("requirements-training.txt") == EXTRAS["training"]
    assert ["emorl[training]", *required("requirements-dev.txt")] == EXTRAS["dev"]
    assert set(EXTRAS) == {"training", "postgres", "export", "ray", "contextual", "dev"}


def test_the_extras_for_other_hosts_are_ranges_and_needed_by_nothing_else() -> None:
    everywhere = {Requirement(line).name for line in EXTRAS["training"]}  # the tests have psycopg, to use a server
    everywhere |= {Requirement(line).name for line in PROJECT["dependencies"]}
    for extra, package in (("postgres", "psycopg"), ("ray", "ray"), ("contextual", "vowpalwabbit")):
        (found,) = map(Requirement, EXTRAS[extra])
        assert found.name == package and package not in everywhere
        assert {spec.operator for spec in found.specifier} == {">=", "<"}
    assert Requirement(EXTRAS["postgres"][0]).extras == {"binary"}  # with the library it drives
    sheets = [Requirement(line) for line in EXTRAS["export"]]  # training brings the second by way of datasets
    assert [one.name for one in sheets] == ["openpyxl", "pyarrow"] and not {one.name for one in sheets} & everywhere
    assert all({spec.operator for spec in one.specifier} == {">=", "<"} for one in sheets)


def test_the_wheel_holds_both_packages_and_the_data(wheel: Path) -> None:
    data = {name.replace("data/", "emorl/_data/", 1) for name in files_under("data")}
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == files_under("emorl") | files_under("training") | data
    for wanted in (
        "emorl/py.typed",
        "training/py.typed",
        "training/configs/default.yaml",
        "emorl/_data/models/manifest.json",
        "emorl/_data/safety/contacts.json",
        "emorl/_data/reflections.jsonl",
    ):
        assert wanted in names, wanted
    for suffix in (
        "strings.py",
        ".js",
        ".css",
        "/migrations/env.py",
        "/migrations/versions/0001_first.py",
        ".safetensors",
    ):
        assert any(name.endswith(suffix) for name in names), suffix


def test_the_wheel_says_its_commands_its_licences_and_what_it_needs(wheel: Path) -> None:
    assert re.fullmatch(r"emorl-[\d.]+-py3-none-any\.whl", wheel.name)
    with ZipFile(wheel) as archive:
        (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = message_from_string(archive.read(f"{folder}/METADATA").decode())
        commands = ConfigParser()
        commands.read_string(archive.read(f"{folder}/entry_points.txt").decode())
        assert f"{folder}/licenses/LICENSE" in archive.namelist()
    assert dict(commands["console_scripts"]) == {"emorl": "emorl.cli:run", "emorl-train": "training.__main__:run"}
    assert metadata["Name"] == "emorl" and metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert set(metadata.get_all("Provides-Extra", [])) == set(EXTRAS)
    asked = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    always = {(item.name.lower().replace("_", "-"), item.specifier) for item in asked if item.marker is None}
    declared = [Requirement(line) for line in PROJECT["dependencies"]]
    assert always == {(item.name.lower().replace("_", "-"), item.specifier) for item in declared}


def test_the_command_emorl_runs_where_only_the_wheel_is(installed: Path) -> None:
    done = call(installed, "emorl", "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: emorl " in done.stdout
    for command in ("reflect", "atlas", "ratings"):
        assert command in done.stdout


def test_the_command_emorl_train_finds_its_own_texts_where_only_the_wheel_is(installed: Path) -> None:
    done = call(installed, "emorl-train", "data", "counts")
    assert done.returncode == 0, done.stderr
    own = next(line.split() for line in done.stdout.splitlines() if line.startswith("own"))
    statements = (ROOT / "data" / "reflections.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(map(int, own[1:])) == len(statements)


def test_training_without_its_extra_is_one_line_with_the_remedy(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "datasets.py").write_text("raise ModuleNotFoundError('not installed', name='datasets')\n")
    path = os.pathsep.join([str(tmp_path), str(installed)])
    assert call(installed, "emorl-train", "--help", PYTHONPATH=path).returncode == 0
    done = call(installed, "emorl-train", "all", "--config", "smoke", PYTHONPATH=path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "Got no module datasets: expected the packages for training; run pip install '.[training]'" in done.stderr
    modules = {Requirement(line).name.lower().replace("pyyaml", "yaml") for line in EXTRAS["training"]}
    assert set(EXTRA) == modules


@pytest.mark.shipped
def test_the_command_emorl_serves_the_shipped_models_where_only_the_wheel_is(installed: Path) -> None:
    done = call(installed, "emorl", "reflect", "I keep saying I'll quit and then I don't.", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["reflection"]
    assert answer["model"]["base_sha256"] == read_manifest(ROOT / "data" / "models").base_sha256
    assert set(answer["model"]["adapters"]) == {"reflection", "empathy", "fluency"}


def test_the_hooks_before_a_commit_are_what_make_lint_checks_and_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = hooks["repos"]
    assert repository["repo"] == "local"
    assert [(hook["entry"], hook["language"]) for hook in repository["hooks"]] == [("make lint", "system")]
