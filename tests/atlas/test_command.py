"""`python -m emorl atlas` on a scripted language: its contract, its table, and errors in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from emorl import cli
from emorl.atlas import AtlasJson, RegionJson, grow_atlas
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.scorers import Scorers
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.reflecting.writer import Writer
from tests.atlas.test_tree import scripted
from tests.reflecting.conftest import manifest_of

NAMES = ["reflection", "empathy", "fluency"]
WORDS = ["Ah", " but", " certainly", ""]


class ScriptedTokenizer:
    def __call__(self, text):
        return SimpleNamespace(input_ids=[1, 2])

    def decode(self, ids, skip_special_tokens):
        return "".join(WORDS[i] for i in ids)


LOADED: list[Path | None] = []


def load(models, dtype, progress):
    LOADED.append(models)
    assert dtype == "float32"  # what exactness is claimed for
    scorers = Scorers({"empathy": SimpleNamespace(score=lambda statements, replies: [len(r) / 100 for r in replies])})
    return Reflector(Writer(manifest_of(NAMES), scripted(), SharedTokenizer(ScriptedTokenizer()), scorers))


def call(monkeypatch, capsys, *arguments: str) -> tuple[str | int, str, str]:
    monkeypatch.setattr(Reflector, "load", load)
    monkeypatch.setattr(sys, "argv", ["emorl", "atlas", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.run()
    out, err = capsys.readouterr()
    return stop.value.code or 0, out, err


def test_json_follows_the_contract(monkeypatch, capsys):
    code, out, _ = call(monkeypatch, capsys, "I cannot sleep.", "--json")
    result = json.loads(out)
    assert code == 0 and list(result) == ["objectives", "coverage", "decode_steps", "regions"]
    assert result["objectives"] == NAMES and result["decode_steps"] == 6
    assert sum(region["area"] for region in result["regions"]) == pytest.approx(result["coverage"]) == pytest.approx(1)
    assert list(result["regions"][0]) == ["reflection", "area", "polygon", "scores", "faithfulness", "would_say"]
    assert {r["reflection"] for r in result["regions"]} == {"Ah", "Ah but", "but", "certainlyAh", "certainly but"}
    for region in result["regions"]:
        assert region["scores"] == {"empathy": len(region["reflection"]) / 100}
        assert region["faithfulness"] is region["would_say"] is None  # without such scorers
        assert all(sum(vertex) == pytest.approx(1, abs=1e-5) and len(vertex) == 3 for vertex in region["polygon"])


def test_the_table_gives_weights_that_can_be_tried(monkeypatch, capsys):
    code, out, err = call(monkeypatch, capsys, "I cannot sleep.")
    assert code == 0 and "5 reflections cover 100.000% of the weights, in 6 decoding steps" in err
    *_, atlas = grow_atlas(scripted(), [1, 2])
    lines = out.splitlines()
    assert len(lines) == 10
    for figures, reply in zip(lines[::2], lines[1::2], strict=True):
        weights = cli.parse_weights(figures.split()[1])
        assert list(weights) == NAMES
        assert "".join(WORDS[i] for i in atlas.at(list(weights.values())).tokens).strip() == reply.strip()


def test_the_table_shows_scores_and_checks_as_far_as_there_are_any(capsys):
    region: RegionJson = {"reflection": "Ah.", "area": 1.0, "polygon": [[1.0]], "scores": {"calm": 0.5}}
    region["faithfulness"] = region["would_say"] = None
    found: AtlasJson = {"objectives": ["calm"], "coverage": 1.0, "decode_steps": 1, "regions": [region]}
    cli.print_atlas(found)
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split()[2:] == ["calm", "0.50"]
    assert err == "1 reflection covers 100.000% of the weights, in 1 decoding step\n"
    region["faithfulness"], region["would_say"] = 0.25, 0.75
    cli.print_atlas(found)
    assert capsys.readouterr().out.splitlines()[0].endswith("  calm 0.50, faithfulness 0.25, would say 0.75")


def test_every_option_of_the_atlas_command_takes_effect(monkeypatch, capsys):
    _, out, _ = call(monkeypatch, capsys, "I cannot sleep.", "--json", "--min-area", ".2")
    assert json.loads(out)["coverage"] == pytest.approx(5 / 9)
    _, out, _ = call(monkeypatch, capsys, "I cannot sleep.", "--json", "--max-steps", "0")
    assert json.loads(out)["regions"] == [] and json.loads(out)["coverage"] == 0
    _, out, _ = call(monkeypatch, capsys, "I cannot sleep.", "--json", "--objectives", "fluency, empathy")
    result = json.loads(out)
    assert result["objectives"] == ["fluency", "empathy"] and len(result["regions"][0]["polygon"]) == 2
    _, out, _ = call(monkeypatch, capsys, "I cannot sleep.", "--json", "--strength", "0", "--models", "elsewhere")
    (region,) = json.loads(out)["regions"]  # the base finds all words equal: the lowest id that repeats no run of three
    assert region["reflection"].startswith("AhAhAh butAhAh certainly") and LOADED[-1] == Path("elsewhere")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([" "], "Got an empty statement"),
        (["I want to kill myself tonight"], "no reflection is written"),
        (["Hello there", "--min-area", "2"], "minimum area of 2"),
        (["Hello there", "--max-steps", "-3"], "budget of -3"),
        (["Hello there", "--objectives", "charm"], "Got the objectives charm"),
        (["Hello there", "--objectives", "empathy,empathy"], "different numbers"),
    ],
)
def test_errors_are_one_line(monkeypatch, capsys, arguments, message):
    code, _, err = call(monkeypatch, capsys, *arguments)
    assert code == 2 and message in err and err.strip().count("\n") == 0
