"""All stages in a row with the smoke configuration: no corpus, our own data, scorers trained on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from emorl.models.manifest import read_manifest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.shipped


SHARED = ("affirmation", "empathy", "faithfulness", "reflection", "would_say")


def test_all_stages_without_any_corpus_give_models_that_reflect(tmp_path):
    settings = yaml.safe_load((ROOT / "training" / "configs" / "smoke.yaml").read_text())
    settings |= {"out": str(tmp_path), "models": str(tmp_path / "models"), "shipped": str(ROOT / "data" / "models")}
    config = tmp_path / "smoke.yaml"
    config.write_text(yaml.safe_dump(settings))
    done = subprocess.run(
        [sys.executable, "-m", "training", "all", "--config", str(config)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    manifest = read_manifest(tmp_path / "models")
    scorers = tmp_path / "models" / "scorers"
    assert manifest.faithfulness == scorers / "shared-ship"
    shared = scorers / "shared-ship"
    assert {o.name: o.scorer for o in manifest.objectives} == {
        "reflection": shared,
        "empathy": shared,
        "fluency": "fluency",
    }
    assert sorted(str(path.relative_to(scorers)) for path in scorers.glob("*/report*.json")) == [
        "fluency-judge/report.json",
        *(f"shared-judge/report-{name}.json" for name in SHARED),
        *(f"shared-ship/report-{name}.json" for name in SHARED),
    ]
    listed = json.loads((tmp_path / "models" / "manifest.json").read_text())["objectives"]
    assert [entry["training"]["steps"] for entry in listed] == [2, 2, 2]
    assert (tmp_path / "models" / "MODEL_CARD.md").is_file()
    search = json.loads((tmp_path / "models" / "search.json").read_text())
    grid = search["hierarchical"]
    assert search["exact"]["coverage"] > 0.99 and grid["decode_steps"] < grid["decode_steps_one_by_one"]
    assert search["exact"]["score"] >= grid["score"] - 1e-6
    words = ["reflect", "I keep putting off the dentist.", "--models", str(tmp_path / "models")]
    command = [sys.executable, "-m", "emorl", *words]
    reply = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert reply.stdout.strip()
