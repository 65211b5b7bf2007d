"""The bill of materials: where a licence is read from, what the app needs, and that nothing installed is missing."""

from __future__ import annotations

import json
import os
import subprocess
import time
from email.message import Message
from importlib.metadata import Distribution, PathDistribution, distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.materials import ROOT, bill, licence, main, needed


def fields(*lines: tuple[str, str]) -> Message:
    message = Message()
    for name, value in lines:
        message[name] = value
    return message


BSD = ("Classifier", "License :: OSI Approved :: BSD License")


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([("License-Expression", "MIT OR Apache-2.0"), ("License", "other")], {"expression": "MIT OR Apache-2.0"}),
        ([("License", "Apache 2.0"), BSD], {"license": {"name": "Apache 2.0"}}),
        ([("License", "Copyright " + "x" * 60), BSD], {"license": {"name": "BSD License"}}),
        ([("License", "UNKNOWN"), BSD], {"license": {"name": "BSD License"}}),
        ([("Classifier", "Topic :: Text")], {"license": {"name": "not said"}}),
    ],
)
def test_a_licence_is_read_from_the_best_field(lines: list[tuple[str, str]], found: dict[str, Any]) -> None:
    assert licence(fields(*lines)) == found


def distribution(folder: Path, name: str, *requires: str) -> PathDistribution:
    place = folder / f"{name}-1.0.dist-info"
    place.mkdir()
    lines = [f"Name: {name}", "Version: 1.0", "License: MIT", *(f"Requires-Dist: {line}" for line in requires)]
    (place / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *lines]) + "\n")
    return PathDistribution(place)


def test_what_is_needed_through_others_is_required_and_the_rest_is_not(tmp_path: Path) -> None:
    made: list[Distribution] = [
        distribution(tmp_path, "A.b", "c>=1", 'd; extra == "fast"', 'e; extra == "slow"', 'f; python_version < "3"'),
        distribution(tmp_path, "c", "a-b"),  # in a circle
        *(distribution(tmp_path, name) for name in "defg"),
    ]
    installed = {canonicalize_name(one.metadata["Name"]): one for one in made}
    assert needed(["# a comment", "-r other.txt", "a_b[fast]==1.0  # pinned"], installed) == {"a-b", "c", "d"}
    components = {one["name"]: one for one in bill(made, ["a.b"])["components"]}
    assert {name for name, one in components.items() if one["scope"] == "required"} == {
        "A.b",
        "c",
        "SmolLM2-135M-Instruct",
    }
    assert components["A.b"]["purl"] == "pkg:pypi/a-b@1.0"


def test_the_file_names_everything_that_is_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tmp_path / "new" / "bom.json")
    whole = json.loads((tmp_path / "new" / "bom.json").read_text())
    assert (whole["bomFormat"], whole["specVersion"]) == ("CycloneDX", "1.6")
    libraries = {str(canonicalize_name(one["name"])): one for one in whole["components"] if one["type"] == "library"}
    assert libraries.keys() == {canonicalize_name(one.metadata["Name"]) for one in distributions()}
    assert libraries["gradio"]["scope"] == libraries["numpy"]["scope"] == "required"
    assert libraries["pytest"]["scope"] == libraries["trl"]["scope"] == "excluded"
    references = [one["bom-ref"] for one in whole["components"]]
    assert len(set(references)) == len(references)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == len(references) and "gradio" in out and err.endswith("bom.json\n")


@pytest.mark.parametrize("answers", [True, False])
def test_an_audit_without_pypi_says_so_in_one_line_and_fails(tmp_path: Path, answers: bool) -> None:
    """`make audit` with stand-ins: a Python that reaches PyPI or does not, and a pip-audit that speaks."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "audit" / "bin").mkdir(parents=True)
    for name, text in (("bin/python", f"exit {int(not answers)}"), ("audit/bin/pip-audit", 'echo "audited $@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    for later, name in enumerate((".created", ".runtime", ".dev", "audit/bin/pip-audit")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() + later, time.time() + later))  # so that make has nothing to make
    command = ["make", "-s", "-C", str(ROOT), "audit", f"VENV={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if answers:
        assert (done.returncode, done.stdout) == (0, "audited --local --skip-editable --progress-spinner off\n")
    else:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
        assert done.returncode == 2 and not done.stdout and len(lines) == 1
        assert lines[0].startswith("error: nothing was audited: https://pypi.org/pypi/gradio/")
