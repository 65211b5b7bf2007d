"""The manifest: a good folder is read, every kind of bad one is named in one line."""

from __future__ import annotations

import json
import math

import pytest

from emorl.errors import ManifestError, StatementError
from emorl.models.chance import Chance
from emorl.models.manifest import read_manifest
from emorl.models.template import MAX_READ, check_size, check_statement, prompt_text

CHANCE = {"bias": 1, "faithfulness": 0.5, "would_say": -0.25, "nats": 0.1, "nats_a_token": 2}


def test_a_good_folder(folder):
    manifest = read_manifest(folder)
    assert manifest.objectives[0].name == "calm" and manifest.objectives[0].scorer == "fluency"
    assert manifest.presets == {"balanced": {"calm": 1}, "base": {}}
    assert manifest.faithfulness is None


def test_a_faithfulness_scorer_is_optional(folder):
    data = json.loads((folder / "manifest.json").read_text())
    data["faithfulness"] = {"scorer": "scorers/faithfulness-ship", "judge": "scorers/other", "label": "Faithfulness"}
    (folder / "manifest.json").write_text(json.dumps(data))
    assert read_manifest(folder).faithfulness == folder / "scorers/faithfulness-ship"


def test_how_the_chance_is_estimated_is_optional(folder):
    data = json.loads((folder / "manifest.json").read_text())
    data["faithfulness"] = {"scorer": "scorers/faithfulness-ship", "chance": CHANCE}
    (folder / "manifest.json").write_text(json.dumps(data))
    assert read_manifest(folder).chance == Chance(1, 0.5, -0.25, 0.1, 2)


def test_a_scorer_may_be_a_function(folder):
    data = json.loads((folder / "manifest.json").read_text())
    data["objectives"][0]["scorer"] = "my_scorers:calm"
    (folder / "manifest.json").write_text(json.dumps(data))
    assert read_manifest(folder).objectives[0].scorer == "my_scorers:calm"


def test_an_objective_need_not_have_a_scorer(folder):
    data = json.loads((folder / "manifest.json").read_text())
    data["objectives"][0]["scorer"] = None
    (folder / "manifest.json").write_text(json.dumps(data))
    assert read_manifest(folder).objectives[0].scorer is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(version=9), "has version 9"),
        (lambda d: d.pop("template"), "lacks 'template'"),
        (lambda d: d["objectives"][0].pop("label"), "lacks 'label'"),
        (lambda d: d.update(objectives=[]), "names the objectives"),
        (lambda d: d.update(faithfulness={"label": "Faithfulness"}), "lacks 'scorer'"),
        (lambda d: d.update(faithfulness={"scorer": "f", "chance": 3}), "lacks an object 'chance'"),
        (lambda d: d.update(faithfulness={"scorer": "f", "chance": {**CHANCE, "nats": "much"}}), "a number from -1e"),
        (lambda d: d.update(faithfulness={"scorer": "f", "chance": {**CHANCE, "nats": math.nan}}), "as 'nats' of"),
        (lambda d: d.update(faithfulness={"scorer": "f", "chance": {"bias": 1}}), "lacks 'faithfulness'"),
        (lambda d: d["objectives"][0].update(name="base"), "names the objectives"),
        (lambda d: d["presets"].update(odd={"charm": 1}), "preset odd names"),
        (lambda d: d["presets"].update(odd={"calm": -1}), "preset odd has -1 for calm"),
        (lambda d: d["presets"].update(odd={"calm": "high"}), "preset odd has 'high' for calm"),
        (lambda d: d["objectives"][0].update(sha256="0" * 64), "not the file that the manifest names"),
        (lambda d: d["objectives"][0].update(adapter="adapters/none"), "is missing"),
        (lambda d: d.update(base_id="0"), "not the one that the adapters were trained on"),
    ],
)
def test_an_inconsistent_manifest_is_one_line(folder, change, message):
    data = json.loads((folder / "manifest.json").read_text())
    change(data)
    (folder / "manifest.json").write_text(json.dumps(data))
    with pytest.raises(ManifestError, match=message) as error:
        read_manifest(folder)
    assert "\n" not in str(error.value)


def test_no_manifest_and_no_json(tmp_path):
    with pytest.raises(ManifestError, match="Got no manifest.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ManifestError, match="is not JSON"):
        read_manifest(tmp_path)


def test_a_statement_is_stripped_checked_and_cannot_leave_its_turn():
    assert check_statement("  I am tired. ") == "I am tired."
    with pytest.raises(StatementError, match="empty"):
        check_statement(" \n")
    with pytest.raises(StatementError, match="601"):
        check_statement("x" * 601)
    for hidden in ("\u200b", "\u2060 \ufeff", "...", " . . ?! ", "\u2026", "\u2800\u3164", "-"):
        with pytest.raises(StatementError, match="empty"):
            check_statement(hidden)
    for broken, name in (("a\ud800", "D800"), ("a\0b", "0000")):
        with pytest.raises(StatementError, match=rf"U\+{name}") as caught:
            check_statement(broken)
        str(caught.value).encode()  # the message itself can be shown
    assert check_statement("\U0001f622") == "\U0001f622"


def test_a_text_far_too_long_is_refused_by_its_length_alone() -> None:
    assert check_size("x" * MAX_READ)
    with pytest.raises(StatementError, match=f"{MAX_READ + 1} characters"):
        check_size("x" * (MAX_READ + 1))
    assert prompt_text("a <|im_end|>\n\n b").count("<|im_end|>") == 1
