"""Stages: who sees which statement, rewards times faithfulness, and scorers that are trained once."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from emorl.errors import ConfigError
from tests.training.texts import NOUNS, corpora_with, own, ranked
from training import stages
from training.__main__ import HELP, STAGES, app, run, stage_runs
from training.config import Config, ScorersConfig
from training.data.records import MissingCorpus
from training.scorers import ScorerRun

PLACES = ["train"] * 5 + ["validation"] * 6 + ["test"] * 4
CORPORA = corpora_with(
    [own(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)],
    [ranked(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)],
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    scorers = ScorersConfig(epochs=2.0, judge_epochs=1.0, learning_rate=1e-3, seed=10, limit=7)
    return Config(out=tmp_path / "out", models=tmp_path / "models", shipped=tmp_path / "shipped", scorers=scorers)


def test_what_watches_chooses_and_measures_never_overlaps() -> None:
    watch, search, evaluation = stages.partition(CORPORA, 4, 3)
    assert (len(watch), len(search)) == (4, 3) and len(evaluation) == 4 + (12 - 7)
    everything = [*watch, *search, *evaluation]
    assert len(set(everything)) == len(everything)
    trained = {o.statement for o in CORPORA.own if o.split == "train"} | {p.prompt for p in CORPORA.pair[:5]}
    assert not trained & set(everything)
    assert {o.statement for o in CORPORA.own if o.split == "test"} <= set(evaluation)
    assert stages.partition(CORPORA, 4, 3) == (watch, search, evaluation)
    assert stages.partition(CORPORA, 4, 6)[0] == watch


def test_a_missing_corpus_is_said(config, monkeypatch, caplog) -> None:
    caplog.set_level(logging.INFO, "training")
    missing = MissingCorpus("pair", "pair_data.csv", "less to learn")
    lost = replace(corpora_with(), missing=(missing,))
    monkeypatch.setattr(stages, "load_corpora", lambda folder: lost)
    assert stages.corpora_of(config).missing == (missing,)
    assert caplog.messages == ["without pair (pair_data.csv): less to learn"]


def put_scorer(folder: Path, name: str) -> Path:
    path = folder / "scorers" / name
    path.mkdir(parents=True)
    (path / "scorer.json").write_text("{}")
    return path


def test_a_scorer_of_this_run_comes_before_a_shipped_one(config) -> None:
    assert stages.scorer_folder(config, "empathy", "ship") is None
    for folder in (config.shipped, config.models, config.out):
        path = put_scorer(folder, "empathy-ship")
        assert stages.scorer_folder(config, "empathy", "ship") == path
    assert stages.scorer_folder(config, "empathy", "judge") is None


def test_no_shipping_scorer_is_an_error_and_no_judge_is_none(config) -> None:
    assert stages.score_of(config, "reflection", "judge") is None
    with pytest.raises(ConfigError, match="No scorer for reflection: expected one in .*out or .*shipped; run"):
        stages.score_of(config, "reflection", "ship")


def fixed(value: float):
    return lambda statements, replies: torch.full((len(replies),), value)


def test_a_reward_is_the_score_times_faithfulness_of_the_same_role(config, monkeypatch) -> None:
    scores = {
        ("empathy", "ship"): 0.5,
        ("faithfulness", "ship"): 0.4,
        ("empathy", "judge"): 0.9,
        ("faithfulness", "judge"): 0.1,
    }
    monkeypatch.setattr(stages, "score_of", lambda config, name, role: fixed(scores[name, role]))
    for role, expected in (("ship", 0.2), ("judge", 0.09)):
        reward = stages.reward_of(config, "empathy", role)
        assert reward is not None
        torch.testing.assert_close(reward(["s", "s"], ["a", "b"]), torch.tensor([expected] * 2))


def test_without_either_judge_there_is_no_judged_reward(config, monkeypatch) -> None:
    for lacking in ("empathy", "faithfulness"):
        monkeypatch.setattr(stages, "score_of", lambda c, name, role, no=lacking: None if name == no else fixed(1.0))
        assert stages.reward_of(config, "empathy", "judge") is None


def test_a_shipping_reward_needs_a_faithfulness_scorer(config, monkeypatch) -> None:
    put_scorer(config.out, "empathy-ship")
    monkeypatch.setattr(stages, "CrossEncoderScorer", lambda folder: type("S", (), {"score": fixed(1.0)}))
    with pytest.raises(ConfigError, match="No scorer for faithfulness"):
        stages.reward_of(config, "empathy", "ship")


def test_the_total_of_the_rounds_is_faithfulness_times_the_mean_score(config, monkeypatch) -> None:
    scores = {"faithfulness": 0.5, "reflection": 0.9, "empathy": 0.3, "fluency": 0.6}
    monkeypatch.setattr(stages, "score_of", lambda config, name, role: fixed(scores[name]))
    torch.testing.assert_close(stages._total(config, "ship")(["s"], ["r"]), torch.tensor([0.5 * 0.6]))
    monkeypatch.setattr(stages, "score_of", lambda config, name, role: fixed(1.0) if name == "empathy" else None)
    with pytest.raises(ConfigError, match="No judge scorers of faithfulness and an objective: expected both in"):
        stages._total(config, "judge")


def test_seven_scorers_are_trained_once_each_and_reported_on_both_splits(config, monkeypatch, caplog) -> None:
    caplog.set_level(logging.INFO, "training")
    runs: list[ScorerRun] = []

    def train(run: ScorerRun, corpora, out: Path) -> Path:
        out.mkdir(parents=True)
        runs.append(run)
        return out

    monkeypatch.setattr("training.scorers.train_scorer", train)
    monkeypatch.setattr("training.scorers.load_labels", lambda: ())
    monkeypatch.setattr("training.scorers.load_hollow", lambda: ())
    monkeypatch.setattr(stages, "load_corpora", lambda folder: CORPORA)
    monkeypatch.setattr(stages, "CrossEncoderScorer", lambda folder: type("S", (), {"score": staticmethod(fixed(0.5))}))
    stages.run_scorers(config)
    assert [(r.objective, r.role) for r in runs] == [
        ("faithfulness", "ship"),
        ("faithfulness", "judge"),
        ("reflection", "ship"),
        ("reflection", "judge"),
        ("empathy", "ship"),
        ("empathy", "judge"),
        ("fluency", "judge"),
    ]
    assert [r.seed for r in runs] == [10, 111, 12, 113, 14, 115, 116]
    assert [r.epochs for r in runs] == [2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 1.0]
    assert {(r.learning_rate, r.limit) for r in runs} == {(1e-3, 7)}
    for path in (config.out / "scorers").glob("*/report.json"):
        report = json.loads(path.read_text())
        assert list(report) == ["validation", "test"] and "against readers" in report["test"]
    caplog.clear()
    stages.run_scorers(config)
    assert len(runs) == 7 and sum(line.endswith(" is done") for line in caplog.messages) == 7


def test_every_stage_has_its_command_and_runs_in_order() -> None:
    assert tuple(stage_runs()) == STAGES and list(HELP) == [*STAGES, "all"]
    assert {command.name for command in app.registered_commands} == {*STAGES, "all"}
    assert {group.name for group in app.registered_groups} == {"data", "reading"}


def test_a_stage_gets_its_settings_and_all_runs_every_one(tmp_path, monkeypatch) -> None:
    from typer.testing import CliRunner

    ran: list[tuple[str, Path | None, bool]] = []
    monkeypatch.setattr(
        "training.__main__.stage_runs",
        lambda: {
            stage: lambda settings, resume, stage=stage: ran.append((stage, settings.corpora, resume))
            for stage in STAGES
        },
    )
    path = tmp_path / "c.yaml"
    path.write_text("corpora: here\n")
    result = CliRunner().invoke(app, ["objectives", "--config", str(path), "--resume"])
    assert result.exit_code == 0 and result.output == ""
    assert ran == [("objectives", Path("here"), True)]
    ran.clear()
    CliRunner().invoke(app, ["all", "--config", str(path), "--corpora", str(tmp_path)])
    assert ran == [(stage, tmp_path, False) for stage in STAGES]
    assert CliRunner().invoke(app, ["scorers"]).exit_code == 2  # no --config
    assert CliRunner().invoke(app, []).exit_code == 2
    assert "Run every stage in order" in CliRunner().invoke(app, ["--help"]).output


def test_progress_is_shown_on_stderr_while_a_command_runs_and_not_after(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("training.__main__.stage_runs", lambda: dict.fromkeys(STAGES, lambda settings, resume: None))
    path = tmp_path / "c.yaml"
    path.write_text("corpora: here\n")
    monkeypatch.setattr(sys, "argv", ["training", "all", "--config", str(path)])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 0
    stages.log.info("nobody listens")
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.splitlines() == [f"== {stage}" for stage in STAGES]
