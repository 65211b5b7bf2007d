"""Stages: who sees which statement, rewards times faithfulness, and scorers that are trained once."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from emorl.errors import ConfigError
from emorl.models.base import BASE_NAME
from emorl.scoring.language_model import LanguageModelScorer
from tests.scoring.tiny import write_scorer
from tests.training.texts import NOUNS, corpora_with, label, own, ranked
from training.__main__ import EXTRA, app, log, run
from training.config import Config, ScorersConfig
from training.data.records import MissingCorpus
from training.head import HEADS
from training.language_model import OBJECTIVES, SharedScorerConfig
from training.scorers import ScorerRun
from training.stages import STAGES, models, package, scorers, scores, stage_runs, statements
from training.tasks.task import Place

PLACES = ["train"] * 5 + ["validation"] * 6 + ["test"] * 4
CORPORA = corpora_with(
    [own(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)],
    [ranked(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)],
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    shared = SharedScorerConfig(epochs=2.0, start=tmp_path / "earlier")
    scorers = ScorersConfig(shared=shared, judge_epochs=1.0, learning_rate=1e-3, seed=10, limit=7)
    return Config(out=tmp_path / "out", models=tmp_path / "models", shipped=tmp_path / "shipped", scorers=scorers)


def test_validation_search_and_evaluation_never_overlap() -> None:
    validation, search, evaluation = statements.partition(CORPORA, 4, 3)
    assert (len(validation), len(search)) == (4, 3) and len(evaluation) == 4 + (12 - 7)
    everything = [*validation, *search, *evaluation]
    assert len(set(everything)) == len(everything)
    trained = {o.statement for o in CORPORA.own if o.split == "train"} | {p.prompt for p in CORPORA.pair[:5]}
    assert not trained & set(everything)
    assert {o.statement for o in CORPORA.own if o.split == "test"} <= set(evaluation)
    assert statements.partition(CORPORA, 4, 3) == (validation, search, evaluation)
    assert statements.partition(CORPORA, 4, 6)[0] == validation


def test_a_missing_corpus_is_said(config, monkeypatch, caplog) -> None:
    caplog.set_level(logging.INFO, "training")
    missing = MissingCorpus("pair", "pair_data.csv", "less to learn")
    lost = replace(corpora_with(), missing=(missing,))
    monkeypatch.setattr(statements, "load_corpora", lambda folder: lost)
    assert statements.corpora_of(config).missing == (missing,)
    assert caplog.messages == ["without pair (pair_data.csv): less to learn"]


def put_scorer(folder: Path, name: str, *objectives: str) -> Path:
    """A scorer's card alone; with the objectives of one that is shared."""
    path = folder / "scorers" / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "scorer.json").write_text(json.dumps({"objectives": objectives} if objectives else {}))
    return path


def put_warm_start(config: Config) -> Path:
    folder = config.models / "warmstart"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    return folder


class Opened:
    """Stands for `ScorerFolders`: what was asked for, and the score of it."""

    def __init__(self, values: dict[str, float]) -> None:
        self.values = values
        self.asked: list[tuple[str, str]] = []

    def load(self, folder: Path, objective: str):
        self.asked.append((folder.name, objective))
        return SimpleNamespace(score=fixed(self.values[objective]))


def test_a_scorer_of_this_run_comes_before_a_shipped_one(config) -> None:
    assert scores.scorer_folder(config, "empathy", "ship") is None
    for folder in (config.shipped, config.models, config.out):
        path = put_scorer(folder, "empathy-ship")
        assert scores.scorer_folder(config, "empathy", "ship") == path
    assert scores.scorer_folder(config, "empathy", "judge") is None


def test_a_shared_scorer_comes_before_one_of_its_own_if_it_has_the_objective(config) -> None:
    own = put_scorer(config.shipped, "empathy-ship")
    shared = put_scorer(config.shipped, "shared-ship", "faithfulness", "reflection", "empathy")
    assert scores.scorer_folder(config, "empathy", "ship") == shared
    assert scores.scorer_folder(config, "fluency", "ship") is None
    put_scorer(config.models, "shared-ship", "faithfulness")
    assert scores.scorer_folder(config, "faithfulness", "ship") == config.models / "scorers" / "shared-ship"
    assert scores.scorer_folder(config, "empathy", "ship") == shared != own
    later = put_scorer(config.out, "empathy-ship")  # of this run, though an earlier one is shared
    assert scores.scorer_folder(config, "empathy", "ship") == later


def test_a_shared_scorer_is_asked_for_its_objective_on_the_packaged_warm_start(config, monkeypatch) -> None:
    put_scorer(config.out, "shared-ship", "faithfulness", "empathy")
    opened = Opened({"empathy": 0.25, "faithfulness": 0.75})
    stands: list[Path | None] = []

    def folders(warm_start: Path | None) -> Opened:
        stands.append(warm_start)
        return opened

    monkeypatch.setattr(scores, "scorer_folders", folders)
    for name in ("empathy", "faithfulness"):
        score = scores.score_of(config, name, "ship")
        assert score is not None and score(["s"], ["r"]).tolist() == [opened.values[name]]
    warm_start = put_warm_start(config)
    scores.score_of(config, "empathy", "ship")
    assert stands == [None, None, warm_start]
    assert opened.asked == [("shared-ship", "empathy"), ("shared-ship", "faithfulness"), ("shared-ship", "empathy")]


def test_folders_of_a_warm_start_are_opened_once(tiny_base, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    one = scores.scorer_folders(tmp_path / "warmstart")
    assert one is scores.scorer_folders(tmp_path / "warmstart") and one is not scores.scorer_folders(tmp_path / "other")
    assert (one.base, one.warm_start) == (tiny_base, tmp_path / "warmstart")


def test_no_shipping_scorer_is_an_error_and_no_judge_is_none(config) -> None:
    assert scores.score_of(config, "reflection", "judge") is None
    with pytest.raises(ConfigError, match="Got no scorer for reflection: expected one in .*out or .*shipped; run"):
        scores.score_of(config, "reflection", "ship")


def fixed(value: float):
    return lambda statements, replies: torch.full((len(replies),), value)


def test_a_reward_is_the_score_times_faithfulness_of_the_same_role(config, monkeypatch) -> None:
    values = {
        ("empathy", "ship"): 0.5,
        ("faithfulness", "ship"): 0.4,
        ("empathy", "judge"): 0.9,
        ("faithfulness", "judge"): 0.1,
    }
    monkeypatch.setattr(scores, "score_of", lambda config, name, role: fixed(values[name, role]))
    for role, expected in (("ship", 0.2), ("judge", 0.09)):
        reward = scores.reward_of(config, "empathy", role)
        assert reward is not None
        torch.testing.assert_close(reward(["s", "s"], ["a", "b"]), torch.tensor([expected] * 2))


def test_without_either_judge_there_is_no_judged_reward(config, monkeypatch) -> None:
    for lacking in ("empathy", "faithfulness"):
        monkeypatch.setattr(scores, "score_of", lambda c, name, role, no=lacking: None if name == no else fixed(1.0))
        assert scores.reward_of(config, "empathy", "judge") is None


def test_a_shipping_reward_needs_a_faithfulness_scorer(config, monkeypatch) -> None:
    put_scorer(config.out, "empathy-ship")
    monkeypatch.setattr(scores, "scorer_folders", lambda warm_start: Opened({"empathy": 1.0}))
    with pytest.raises(ConfigError, match="Got no scorer for faithfulness"):
        scores.reward_of(config, "empathy", "ship")


def test_the_total_of_the_rounds_is_faithfulness_times_the_mean_score(config, monkeypatch) -> None:
    values = {"faithfulness": 0.5, "reflection": 0.9, "empathy": 0.3, "fluency": 0.6}
    monkeypatch.setattr(scores, "score_of", lambda config, name, role: fixed(values[name]))
    torch.testing.assert_close(scores.total_of(config, "ship")(["s"], ["r"]), torch.tensor([0.5 * 0.6]))
    monkeypatch.setattr(scores, "score_of", lambda config, name, role: fixed(1.0) if name == "empathy" else None)
    with pytest.raises(ConfigError, match="Got no judge scorers of faithfulness and an objective: expected both in"):
        scores.total_of(config, "judge")


ALL = (*OBJECTIVES, *HEADS)


@dataclass
class Trained:
    """What `run_scorers` had trained: the shared ones' arguments, what got heads, and the run of fluency's judge."""

    shared: list[dict[str, Any]] = field(default_factory=list)
    fluency: list[ScorerRun] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    opened: Opened = field(default_factory=lambda: Opened(dict.fromkeys(("fluency", *ALL), 0.5)))


@pytest.fixture
def trained(monkeypatch) -> Trained:
    """Training that only writes cards, and readings that are made up."""
    found = Trained()

    def train_shared(settings, sources, role, seed, out, warm_start, limit):
        put_scorer(out.parents[1], out.name, *OBJECTIVES)
        given = {"settings": settings, "sources": sources, "role": role, "seed": seed, "stand": warm_start}
        found.shared.append(given | {"limit": limit})
        return out

    def train(run: ScorerRun, corpora, out: Path) -> Path:
        put_scorer(out.parents[1], out.name)
        found.fluency.append(run)
        return out

    read, judged = label(CORPORA.own[0].statement, "Read.", 2), label(CORPORA.own[1].statement, "Judged.", 2)
    monkeypatch.setattr("training.language_model.train_shared_scorer", train_shared)
    monkeypatch.setattr("training.scorers.train_scorer", train)
    monkeypatch.setattr("training.head.add_heads", lambda folder, *_: found.heads.append(folder.name))
    monkeypatch.setattr("training.sources.load_labels", lambda: (read,))
    monkeypatch.setattr("training.sources.load_judge_labels", lambda: (judged,))
    monkeypatch.setattr("training.sources.load_hollow", lambda: ())
    monkeypatch.setattr(statements, "load_corpora", lambda folder: CORPORA)
    monkeypatch.setattr(scorers, "scorer_folders", lambda warm_start: found.opened)
    return found


def test_the_shared_scorer_its_judge_and_fluencys_judge_are_trained_once_each(config, trained, caplog) -> None:
    caplog.set_level(logging.INFO, "training")
    warm_start = put_warm_start(config)
    scorers.run_scorers(config)
    ship, judge = trained.shared
    assert (ship["role"], ship["seed"], ship["stand"], ship["limit"]) == ("ship", 10, warm_start, 7)
    assert ship["settings"] == config.scorers.shared and [r.reply for r in ship["sources"].read()] == ["Read."]
    # the judge stands on the plain base, begins from nothing and has been read to by others
    assert (judge["role"], judge["seed"], judge["stand"], judge["limit"]) == ("judge", 110, None, 7)
    assert judge["settings"].start is None and judge["settings"].epochs == 2.0
    assert [r.reply for r in judge["sources"].read()] == ["Judged."]
    assert trained.fluency == [ScorerRun("fluency", "judge", 111, 1.0, 1e-3, 7)]
    caplog.clear()
    scorers.run_scorers(config)
    assert len(trained.shared) == 2 and len(trained.fluency) == 1
    assert caplog.messages == [
        f"{config.out / 'scorers' / name} is done" for name in ("shared-ship", "shared-judge", "fluency-judge")
    ]


def test_every_objective_has_a_report_on_both_splits(config, trained) -> None:
    put_warm_start(config)
    scorers.run_scorers(config)
    folder = config.out / "scorers"
    reports = sorted(str(path.relative_to(folder)) for path in folder.glob("*/report*.json"))
    shared = [f"shared-{role}/report-{name}.json" for role in ("judge", "ship") for name in sorted(ALL)]
    assert reports == ["fluency-judge/report.json", *shared]
    for path in reports:
        report = json.loads((folder / path).read_text())
        assert list(report) == ["validation", "test"] and "against readers" in report["test"]
    pairs = {name: json.loads((folder / f"shared-ship/report-{name}.json").read_text())["test"] for name in ALL}
    assert "own affirming>praise" in pairs["affirmation"] and trained.heads == ["shared-ship", "shared-judge"]
    assert "own empathic>simple" in pairs["empathy"] and "own complex>simple" in pairs["reflection"]
    assert {objective for name, objective in trained.opened.asked if name == "shared-judge"} == set(ALL)


def test_a_scorer_without_its_report_is_reported_on_and_not_trained_again(config, trained) -> None:
    put_warm_start(config)
    scorers.run_scorers(config)
    (config.out / "scorers" / "shared-ship" / "report-faithfulness.json").unlink()
    scorers.run_scorers(config)
    assert len(trained.shared) == 2
    assert (config.out / "scorers" / "shared-ship" / "report-faithfulness.json").is_file()


def test_without_a_warm_start_no_scorer_is_trained(config, trained) -> None:
    with pytest.raises(ConfigError) as error:
        scorers.run_scorers(config)
    assert str(error.value) == (
        f"Got no warm start in {config.models}: expected one for the scorers to stand on; "
        "run the stage warmstart first."
    )
    assert not trained.shared and not trained.fluency


def test_a_scorer_is_packaged_with_its_head_and_every_report(config, tiny_base) -> None:
    source = write_scorer(config.out / "scorers" / "shared-ship", tiny_base, OBJECTIVES, seed=4)
    for name in ("report-empathy", "report-reflection"):
        (source / f"{name}.json").write_text(json.dumps({"of": name}))
    assert package._package_scorer(config, "empathy", "ship") == "scorers/shared-ship"
    target = config.models / "scorers" / "shared-ship"
    assert sorted(path.name for path in target.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "head.safetensors",
        "report-empathy.json",
        "report-reflection.json",
        "scorer.json",
    ]
    assert (target / "head.safetensors").read_bytes() == (source / "head.safetensors").read_bytes()
    assert (target / "scorer.json").read_text() == (source / "scorer.json").read_text()
    assert json.loads((target / "report-empathy.json").read_text()) == {"of": "report-empathy"}
    assert json.loads((target / "adapter_config.json").read_text())["base_model_name_or_path"] == BASE_NAME
    pairs = ["I sold it."], ["You miss it."]
    scores = [LanguageModelScorer(folder, tiny_base).scores(*pairs) for folder in (source, target)]
    torch.testing.assert_close(scores[0], scores[1], atol=5e-3, rtol=0)  # half precision on disk
    shutil.rmtree(source)
    assert package._package_scorer(config, "empathy", "ship") == "scorers/shared-ship"  # packaged before: stays


def test_a_judge_that_there_is_not_is_packaged_nowhere(config) -> None:
    assert package._package_scorer(config, "empathy", "judge") is None and not config.models.exists()


def test_every_stage_has_its_command_and_runs_in_order() -> None:
    assert list(stage_runs()) == list(STAGES)
    order = list(STAGES)  # each stands on the one before
    assert order.index("warmstart") < order.index("scorers") < order.index("rounds")
    assert {command.name for command in app.registered_commands} == {*STAGES, "all", "baselines", "report", "seq2seq"}
    assert {group.name for group in app.registered_groups} == {"data", "reading"}


def test_a_stage_gets_its_settings_and_all_runs_every_one(tmp_path, monkeypatch) -> None:
    from typer.testing import CliRunner

    ran: list[tuple[str, Path | None, bool, bool]] = []
    monkeypatch.setattr(
        "training.__main__.stage_runs",
        lambda: {
            stage: lambda settings, resume, anew, stage=stage: ran.append((stage, settings.corpora, resume, anew))
            for stage in STAGES
        },
    )
    path = tmp_path / "c.yaml"
    path.write_text("corpora: here\n")
    result = CliRunner().invoke(app, ["objectives", "--config", str(path), "--resume"])
    assert result.exit_code == 0 and result.output == ""
    assert ran == [("objectives", Path("here"), True, False)]
    placed = []
    monkeypatch.setattr("training.stages.objectives.run_objectives", lambda *values: placed.append(values[1:]))
    side_by_side = ["objectives", "--config", str(path), "--workers", "2", "--anew"]
    assert CliRunner().invoke(app, side_by_side).exit_code == 0
    assert CliRunner().invoke(app, [*side_by_side, "--ray", "auto"]).exit_code == 0
    assert placed == [(False, True, Place(2)), (False, True, Place(2, "auto"))] and len(ran) == 1
    ran.clear()
    CliRunner().invoke(app, ["all", "--config", str(path), "--corpora", str(tmp_path), "--anew"])
    assert ran == [(stage, tmp_path, False, True) for stage in STAGES]
    assert CliRunner().invoke(app, ["scorers"]).exit_code == 2  # no --config
    assert CliRunner().invoke(app, []).exit_code == 2
    assert "Run every stage in order" in CliRunner().invoke(app, ["--help"]).output


def test_progress_is_shown_on_stderr_while_a_command_runs_and_not_after(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        "training.__main__.stage_runs", lambda: dict.fromkeys(STAGES, lambda settings, resume, anew: None)
    )
    path = tmp_path / "c.yaml"
    path.write_text("corpora: here\n")
    monkeypatch.setattr(sys, "argv", ["training", "all", "--config", str(path)])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 0
    log.info("nobody listens")
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.splitlines() == [f"== {stage}" for stage in STAGES]


@pytest.mark.parametrize("module", EXTRA)
def test_a_package_that_only_training_needs_is_asked_for_in_one_line(module: str, monkeypatch, capsys) -> None:
    def lacking() -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("training.__main__.app", lacking)
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        f"Got no module {module}: expected the packages for training; run pip install '.[training]' in the folder with "
        "pyproject.toml.\n"
    )


def test_another_missing_module_is_a_fault_of_ours_and_is_shown_whole(monkeypatch) -> None:
    def lacking() -> None:
        raise ModuleNotFoundError("No module named 'emorl.gone'", name="emorl.gone")

    monkeypatch.setattr("training.__main__.app", lacking)
    with pytest.raises(ModuleNotFoundError):
        run()


def test_a_bad_configuration_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["training", "objectives", "--config", str(tmp_path / "none.yaml")])
    with pytest.raises(SystemExit) as stop:
        run()
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.startswith("No file ") and error.count("\n") == 1


def test_the_manifest_is_changed_in_its_place(config) -> None:
    config.models.mkdir(parents=True)
    (config.models / "manifest.json").write_text(json.dumps({"presets": {"a": {}}, "help": "“Yes”"}))
    models.amend_manifest(config, lambda data: data["presets"].update(b={"x": 1}))
    text = (config.models / "manifest.json").read_text()
    assert json.loads(text) == {"presets": {"a": {}, "b": {"x": 1}}, "help": "“Yes”"} and "“Yes”" in text
