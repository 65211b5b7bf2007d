"""The stage of the baselines: settings, what runs begin with, what is left out, and a run of each on the tiny base."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from emorl.errors import ConfigError
from tests.scoring.tiny import write_adapter
from tests.training.texts import NOUNS, corpora_with, label, own
from training.__main__ import app
from training.baselines import stage
from training.baselines.stage import WEIGHTINGS, rankings_of, rewards_of, run_baselines, run_folder, settings_of
from training.config import BaselinesConfig, Config
from training.objectives import ObjectiveConfig
from training.search.settings import SearchConfig
from training.tasks.task import HERE, Place

PLACES = ["train"] * 6 + ["validation"] * 5 + ["test"] * 4
CORPORA = corpora_with([own(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)])
OBJECTIVE = ObjectiveConfig(
    steps=1, prompts=2, samples=2, max_tokens=4, first_layer=1, rank=2, alpha=4, validate_every=1, validation=2, seed=7
)


def fixed(value: float):
    return lambda statements, replies: torch.full((len(replies),), value)


@pytest.fixture
def config(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A run with a warm start, invented texts, and rewards that are made up; fluency has no judge."""
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    monkeypatch.setattr(stage, "corpora_of", lambda config: CORPORA)
    monkeypatch.setattr(stage, "load_labels", lambda: ())
    monkeypatch.setattr(stage, "score_of", lambda config, name, role: fixed(0.5))
    monkeypatch.setattr(
        stage,
        "reward_of",
        lambda config, name, role: None if (name, role) == ("fluency", "judge") else fixed(len(name) / 20),
    )
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: None)
    objectives = {
        "reflection": OBJECTIVE,
        "empathy": replace(OBJECTIVE, steps=2, ranking=2.0),
        "fluency": replace(OBJECTIVE, beta=0.9),
    }
    write_adapter(tmp_path / "models" / "warmstart", tiny_base, 1)
    return Config(
        out=tmp_path / "out", models=tmp_path / "models", objectives=objectives, search=SearchConfig(prompts=2)
    )


def test_the_settings_are_the_first_objectives_with_the_updates_and_the_ranking_of_all(config) -> None:
    assert settings_of(config) == replace(OBJECTIVE, steps=4, ranking=2.0)
    assert settings_of(config, 9).seed == 9 and settings_of(config, 0).seed == 0
    shorter = replace(config, baselines=BaselinesConfig(steps=3))
    assert settings_of(shorter).steps == 3


def test_a_baseline_begins_with_the_rankings_of_every_objective_in_turn(config, monkeypatch) -> None:
    read = [
        label(statement, reply, 2, well_formed=True, depth=depth, empathy=empathy)
        for statement in ("A.", "B.", "C.")
        for reply, depth, empathy in (("Deep.", 2, 0 if statement == "C." else 1), ("Warm.", 0, 2), ("Flat.", 0, 0))
    ]
    monkeypatch.setattr(stage, "load_labels", lambda: read)
    assert len(rankings_of(config, 1)) == 3  # of empathy alone: no other run begins with a ranking
    both = replace(config, objectives={**config.objectives, "reflection": replace(OBJECTIVE, ranking=1.0)})
    found = rankings_of(both, 1)
    best = [item.replies[item.utilities.index(max(item.utilities))] for item in found]
    assert best == ["Deep.", "Warm."] * 3 and {item.statement for item in found} == {"A.", "B.", "C."}


def test_only_objectives_with_a_scorer_of_the_role_are_judged(config) -> None:
    assert list(rewards_of(config, "ship")) == ["reflection", "empathy", "fluency"]
    assert list(rewards_of(config, "judge")) == ["reflection", "empathy"]


def test_every_baseline_has_a_run_of_its_own(config, caplog, monkeypatch) -> None:
    caplog.set_level("INFO", "training")
    monkeypatch.setitem(sys.modules, "vowpalwabbit", None)
    run_baselines(config)
    done = [name for name in WEIGHTINGS if (run_folder(config, name, 7) / "account.json").is_file()]
    assert done == ["uniform", "normalised", "dynaopt", "dorb", "round"]
    for name in done:
        account = json.loads((run_folder(config, name, 7) / "account.json").read_text())
        assert account["data_points"] == 8 and account["settings"]["steps"] == 4
        first = json.loads((run_folder(config, name, 7) / "validation.jsonl").read_text().splitlines()[0])
        assert first["score"] == pytest.approx((10 + 7 + 7) / 60) and first["faithful"] == 0.5
        assert first["judge"] != first["judge"]  # nan: one of the three has no judge
    assert any(text.startswith("left out: Got c-dynaopt without the package") for text in caplog.messages)
    moves = json.loads((run_folder(config, "round", 7) / "weighting.json").read_text())["moves"]
    assert [move["weights"].index(1.0) for move in moves] == [0, 1, 2, 0, 1]  # turns of one update; the last is unused
    caplog.clear()
    run_baselines(config, "uniform")
    assert caplog.messages == [f"{run_folder(config, 'uniform', 7)} is done"]


def test_one_baseline_with_another_seed(config) -> None:
    run_baselines(config, "uniform", seed=3)
    assert [path.name for path in (config.out / "baselines").glob("*/*")] == ["seed-3"]
    longer = replace(config, baselines=BaselinesConfig(steps=5))
    with pytest.raises(ConfigError, match="that was trained with steps 4 instead of 5: expected the settings"):
        run_baselines(longer, "uniform", seed=3)
    run_baselines(longer, "uniform", seed=3, resume=True)
    account = json.loads((run_folder(config, "uniform", 3) / "account.json").read_text())
    assert (account["steps"], account["data_points"]) == (5, 10)
    other = replace(config, objectives={"reflection": replace(OBJECTIVE, steps=1, beta=0.5)})
    run_baselines(other, "uniform", seed=3, anew=True)
    assert json.loads((run_folder(config, "uniform", 3) / "account.json").read_text())["settings"]["beta"] == 0.5


def test_what_is_not_there_is_said_in_one_line(config, monkeypatch) -> None:
    with pytest.raises(ConfigError) as error:
        run_baselines(config, "best")
    assert str(error.value) == (
        "Got no baseline best: expected one of uniform, normalised, dynaopt, c-dynaopt, dorb, round, emorl, soup; "
        "name one of them."
    )
    monkeypatch.setitem(sys.modules, "vowpalwabbit", None)
    with pytest.raises(ConfigError, match="expected the extra `contextual`"):
        run_baselines(config, "c-dynaopt")
    (config.models / "warmstart" / "adapter_config.json").unlink()
    with pytest.raises(ConfigError, match="Got no warm start in .*models: expected the one that the objectives start"):
        run_baselines(config)


def test_the_command_hands_on_what_it_was_given(tmp_path, monkeypatch) -> None:
    given = []
    monkeypatch.setattr(stage, "run_baselines", lambda *values: given.append(values))
    path = tmp_path / "c.yaml"
    path.write_text("out: there\nbaselines: {steps: 5, every: 2}\n")
    command = ["baselines", "--config", str(path), "--only", "dorb", "--seed", "3", "--resume", "--corpora", "texts"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    [(settings, *rest)] = given
    assert settings.baselines == BaselinesConfig(5, 2) and settings.corpora == Path("texts")
    assert rest == ["dorb", 3, True, False, HERE]
    more = ["--anew", "--workers", "4", "--ray", "10.0.0.1:6379"]
    CliRunner().invoke(app, ["baselines", "--config", str(path), *more])
    assert given[1][0].corpora is None and given[1][1:] == (None, None, False, True, Place(4, "10.0.0.1:6379"))
    assert CliRunner().invoke(app, ["baselines", "--config", str(path), "--workers", "0"]).exit_code == 2
