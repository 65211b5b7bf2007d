"""All stages in a row on the tiny base, with invented texts: what each leaves behind, and that the parts agree."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from emorl.ensemble.lora import load_adapter
from emorl.errors import AdapterMismatch, AssetError, ConfigError
from emorl.models.base import base_sha256
from emorl.models.manifest import base_identity, read_manifest
from emorl.models.template import prompt_text
from emorl.ui import ModelLoader
from emorl.ui.reflect.screen import ReflectScreen
from emorl.ui.writing.mixer import MixerFacts, model_settings
from tests.training.own_scorer import brevity
from tests.training.texts import CORPORA, LABELS
from training.config import Config, EvaluateConfig, ScorersConfig
from training.evaluate import reply_writer
from training.language_model import OBJECTIVES, SharedScorerConfig
from training.objectives import ObjectiveConfig
from training.preferences import PreferencesConfig
from training.reading.replies import open_reflector
from training.rounds import RoundsConfig
from training.search.settings import SearchConfig
from training.stages import evaluation, objectives, package, search, warm_start
from training.stages.models import open_models
from training.stages.scorers import run_scorers
from training.stages.scores import reward_of
from training.stages.statements import partition
from training.warmstart import WarmStartConfig, lessons

OBJECTIVE = ObjectiveConfig(
    steps=2, prompts=2, samples=2, max_tokens=6, first_layer=1, rank=2, alpha=4, validate_every=1, validation=2
)
OURS = ["reflection", "empathy", "fluency"]
NAMES = [*OURS, "brevity"]
OWN = "tests.training.own_scorer:brevity"
"""The scorer of the fourth objective, which nobody has trained."""

BREVITY = replace(OBJECTIVE, scorer=OWN, help="Says it in few words.")


def config_in(folder: Path) -> Config:
    """The smallest of everything."""
    return Config(
        out=folder / "out",
        models=folder / "models",
        shipped=folder / "none",
        warmstart=WarmStartConfig(epochs=1.0, rank=4, shipped_rank=4, batch=4),
        preferences=PreferencesConfig(lessons=2, batch=4),
        scorers=ScorersConfig(shared=SharedScorerConfig(epochs=1.0, batch=4, unread_share=1.0), limit=4),
        rounds=RoundsConfig(rounds=1, statements=3, samples=2, max_tokens=6, least=0.0, lessons=2, validation=2),
        objectives={**dict.fromkeys(OURS, OBJECTIVE), "brevity": BREVITY},
        presets={"short": {"brevity": 3.0, "empathy": 1.0}},
        search=SearchConfig(prompts=2, levels=1, max_tokens=5),
        evaluate=EvaluateConfig(prompts=3, max_tokens=6),
    )


@pytest.fixture(scope="module")
def here(tiny_base) -> Iterator[None]:
    """The tiny base, the texts above, and a guard that lets every run go on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMORL_BASE", str(tiny_base))
        patch.setattr("training.stages.statements.load_corpora", lambda folder: CORPORA)
        for module in ("sources", "stages.objectives", "stages.warm_start"):
            patch.setattr(f"training.{module}.load_labels", lambda: LABELS)
        patch.setattr("training.sources.load_judge_labels", lambda: LABELS[::-1])
        patch.setattr("training.sources.load_hollow", lambda: ())
        patch.setattr("training.objectives.runaway", lambda start, now, drop: None)
        yield


@pytest.fixture(scope="module")
def config(here, tmp_path_factory) -> Config:
    """A finished run; there is no judge of fluency, which would need another model."""
    config = config_in(tmp_path_factory.mktemp("run"))
    judge = config.out / "scorers" / "fluency-judge"
    judge.mkdir(parents=True)
    (judge / "report.json").write_text("{}")
    warm_start.run_warmstart(config)
    warm_start.run_preferences(config)
    run_scorers(config)
    warm_start.run_rounds(config)
    objectives.run_objectives(config)
    package.run_package(config)
    search.run_search(config)
    evaluation.run_evaluate(config)
    evaluation.run_card(config)
    return config


def read(path: Path):
    return json.loads(path.read_text())


# ---------------------------------------------------------------- warm start, rounds, objectives


def test_the_warm_start_says_what_it_learnt_from_and_how_the_losses_fell(config) -> None:
    card = read(config.out / "warmstart" / "warmstart.json")
    learnt = lessons(CORPORA, "train", config.warmstart)
    assert (card["statements"], card["replies"]) == (len(learnt), sum(len(replies) for _, replies in learnt))
    assert card["steps"] == round(len(learnt) / config.warmstart.batch) and card["seconds"] > 0
    curve = card["curve"]
    assert curve == read(config.out / "warmstart" / "curve.json")
    assert curve[0]["statements"] == 0 and curve[-1]["statements"] == card["steps"] * config.warmstart.batch
    assert [point["statements"] for point in curve] == sorted({point["statements"] for point in curve})
    assert all(set(point) == {"statements", "own", "pair"} for point in curve)
    assert curve[-1]["own"] < curve[0]["own"] and curve[-1]["pair"] < curve[0]["pair"]


def test_the_packaged_warm_start_is_the_best_by_the_judges(config) -> None:
    report = read(config.out / "rounds" / "round-1" / "round.json")
    assert report["chosen"] == 3 and 0 <= report["mean"] <= report["best"] <= 1
    packaged = load_file(config.models / "warmstart" / "adapter_model.safetensors")
    same = []
    for folder in (config.out / "preferences", config.out / "rounds" / "round-1"):
        source = load_file(folder / "adapter_model.safetensors")
        assert source.keys() == packaged.keys()
        same.append(all(torch.equal(source[key].to(torch.bfloat16), packaged[key]) for key in source))
    assert sum(same) == 1


def test_objectives_keep_their_account_and_the_best_adapter(config) -> None:
    for name in NAMES:
        folder = config.out / "objectives" / name
        account = read(folder / "account.json")
        assert (account["steps"], account["data_points"], account["rollouts"]) == (2, 4, 8)
        assert account["stopped"] == "step limit"
        lines = [json.loads(line) for line in (folder / "validation.jsonl").read_text().splitlines()]
        assert [line["step"] for line in lines] == [0, 1, 2]
        judged = [line["judge"] == line["judge"] for line in lines]  # nan is unlike itself
        assert judged == [name in ("reflection", "empathy")] * 3
        assert load_adapter(folder / "best").rank == 2


def test_finished_stages_are_not_repeated(config, caplog) -> None:
    caplog.set_level(logging.INFO, "training")
    before = {path: path.stat().st_mtime_ns for path in config.out.rglob("*.safetensors")}
    assert before
    placed = (config.models / "warmstart" / "adapter_model.safetensors").read_bytes()
    for stage in (
        warm_start.run_warmstart,
        warm_start.run_preferences,
        run_scorers,
        warm_start.run_rounds,
        objectives.run_objectives,
    ):
        stage(config)
    done = [line for line in caplog.messages if line.endswith(" is done")]
    assert done == [
        f"{config.out / folder} is done"
        for folder in (
            "warmstart",
            "preferences",
            "scorers/shared-ship",
            "scorers/shared-judge",
            "scorers/fluency-judge",
            "objectives/reflection",
            "objectives/empathy",
            "objectives/fluency",
            "objectives/brevity",
        )
    ]
    assert {path: path.stat().st_mtime_ns for path in config.out.rglob("*.safetensors")} == before
    assert (config.models / "warmstart" / "adapter_model.safetensors").read_bytes() == placed
    assert read_manifest(config.models).base_id


def test_an_adapter_trained_with_other_settings_is_refused(config) -> None:
    before = {path: path.read_bytes() for path in config.models.glob("*.json")}
    changed = replace(config, objectives={**config.objectives, "empathy": replace(OBJECTIVE, beta=0.5, samples=3)})
    with pytest.raises(ConfigError) as error:
        objectives.run_objectives(changed, resume=True)
    folder = config.out / "objectives" / "empathy"
    assert str(error.value) == (
        f"Got an adapter in {folder} that was trained with samples 2 instead of 3, beta 0.03 instead of 0.5: expected "
        "the settings of the file; put them back, or train it anew with --anew."
    )
    package.run_package(changed)  # says what the adapters were trained with, whatever the file says
    entries = {entry["name"]: entry for entry in read(config.models / "manifest.json")["objectives"]}
    assert entries["empathy"]["training"]["settings"] == asdict(OBJECTIVE)
    assert not (config.models / "evaluation.json").exists() and not (config.models / "search.json").exists()
    with pytest.raises(ConfigError, match="Got no search.json, evaluation.json in .*; run the stages package, search"):
        evaluation.run_card(changed)
    for path, content in before.items():
        path.write_bytes(content)


def test_an_earlier_stage_run_alone_leaves_the_later_warm_start_in_its_place(config) -> None:
    placed = (config.models / "warmstart" / "adapter_model.safetensors").read_bytes()
    warm_start.run_warmstart(config)
    assert (config.models / "warmstart" / "adapter_model.safetensors").read_bytes() == placed


def test_preferences_change_the_warm_start_and_say_how_they_rank(config) -> None:
    card = read(config.out / "preferences" / "preferences.json")
    assert (card["statements"], card["replies"], card["lessons"], card["steps"]) == (6, 12, 2, 2)
    assert 0 <= card["ranked_rightly"] <= 1
    before, after = (
        load_file(config.out / folder / "adapter_model.safetensors") for folder in ("warmstart", "preferences")
    )
    assert before.keys() == after.keys() and any(not torch.equal(before[key], after[key]) for key in before)


def test_preferences_of_no_epochs_leave_the_warm_start(here, tmp_path) -> None:
    warm_start.run_preferences(replace(config_in(tmp_path), preferences=PreferencesConfig(epochs=0.0)))
    assert not any(tmp_path.iterdir())


def test_preferences_need_a_warm_start(here, tmp_path) -> None:
    with pytest.raises(ConfigError, match="Got no warm start in .*warmstart: expected one .*; run the stage warmstart"):
        warm_start.run_preferences(config_in(tmp_path))


# ---------------------------------------------------------------- package and search


def test_the_manifest_is_whole(config, tiny_base) -> None:
    manifest, data = read_manifest(config.models), read(config.models / "manifest.json")
    assert [o.name for o in manifest.objectives] == NAMES
    shared = config.models / "scorers" / "shared-ship"
    assert [o.scorer for o in manifest.objectives] == [shared, shared, "fluency", OWN]
    assert (manifest.objectives[3].label, manifest.objectives[3].help) == ("Brevity", "Says it in few words.")
    assert manifest.faithfulness == shared and data["faithfulness"]["judge"] == "scorers/shared-judge"
    assert [entry["judge"] for entry in data["objectives"]] == ["scorers/shared-judge"] * 2 + [None] * 2
    digest = base_sha256(tiny_base)
    assert data["base"] == {"name": tiny_base.name, "sha256": digest}  # without a licence, which nobody has told us
    assert manifest.base_id == base_identity(digest, config.models / "warmstart")
    for objective, entry in zip(manifest.objectives, data["objectives"], strict=True):
        assert objective.label and objective.help.endswith((".", "”"))
        expected = BREVITY if objective.name == "brevity" else OBJECTIVE
        assert entry["training"]["settings"] == asdict(expected) and entry["training"]["steps"] == 2
        with safe_open(objective.adapter / "adapter_model.safetensors", "pt") as file:
            assert file.metadata()["base_id"] == manifest.base_id
    assert list(manifest.presets) == ["balanced", "equal", *NAMES, "short", "base"]
    assert manifest.presets["short"] == {"brevity": 3.0, "empathy": 1.0}
    warm, learnt = data["warm_start"]["training"], data["warm_start"]["training"]["preferences"]
    assert warm["settings"] == asdict(config.warmstart) | {"base": digest[:12]}
    assert learnt["settings"]["epochs"] == config.preferences.epochs
    assert manifest.presets["equal"] == dict.fromkeys(NAMES, 1.0) and manifest.presets["base"] == {}
    assert manifest.presets["empathy"] == {"empathy": 1.0}


def test_the_search_sets_balanced_to_the_exact_optimum_with_a_least_share(config) -> None:
    record, preset = read(config.models / "search.json"), read_manifest(config.models).presets["balanced"]
    exact, grid = record["exact"], record["hierarchical"]
    assert record["objectives"] == NAMES == list(preset) and record["statements"] == 2
    assert preset == {name: round(share, 3) for name, share in zip(NAMES, exact["balanced"], strict=True)}
    assert min(exact["balanced"]) >= config.search.least_share - 1e-9
    assert sum(exact["balanced"]) == pytest.approx(1) and sum(exact["best"]) == pytest.approx(1)
    assert exact["score"] >= max(grid["score"], exact["balanced_score"]) - 1e-6  # nothing beats the exact optimum
    assert exact["coverage"] > 0.99 and grid["decode_steps"] <= grid["decode_steps_one_by_one"]
    assert grid["score"] == pytest.approx(max(point["score"] for point in grid["points"]))
    assert (record["method"], record["aim"]["name"]) == ("exact", "mean")
    assert [line["method"] for line in record["searches"]] == ["hierarchical", "exact"]


def test_what_the_search_found_is_scored_again_on_statements_that_it_has_not_seen(config) -> None:
    record = read(config.models / "search.json")
    validation, searched, evaluated = partition(CORPORA, OBJECTIVE.validation, config.search.prompts)
    unseen = evaluated[:2]
    assert record["unseen"] == 2 and not {*unseen} & {*searched, *validation}
    decoder, tokenizer, _ = open_models(config)
    write = reply_writer(decoder, tokenizer, prompt_text, config.search.max_tokens)
    scores = [reward_of(config, name, "ship") for name in NAMES]
    for line in record["searches"]:
        for weights, score_again in ((line["best"], line["unseen"]), (line["balanced"], line["balanced_unseen"])):
            replies = write(unseen, weights)
            rewards = [score(unseen, replies).mean() for score in scores if score is not None]
            assert float(sum(rewards)) / len(NAMES) == pytest.approx(score_again, abs=1e-5)


def test_another_method_and_aim_choose_the_preset(config, tmp_path) -> None:
    changed = replace(config, models=tmp_path / "models")
    shutil.copytree(config.models, changed.models)
    settings = replace(config.search, method="random", beside=("bayesian",), evaluations=6, aim="minimum")
    search.run_search(replace(changed, search=settings))
    record, preset = read(changed.models / "search.json"), read_manifest(changed.models).presets["balanced"]
    assert "exact" not in record and "hierarchical" not in record and record["aim"]["name"] == "minimum"
    lines = {line["method"]: line for line in record["searches"]}
    assert list(lines) == ["random", "bayesian"] and all(line["evaluations"] == 6 for line in lines.values())
    balanced = lines["random"]["balanced"]
    assert preset == {name: round(share, 3) for name, share in zip(NAMES, balanced, strict=True)}
    by_objective = {tuple(row["weights"]): row["by_objective"] for row in record["random"]["means"]}
    assert lines["random"]["score"] == max(min(row) for row in by_objective.values())
    evaluation.run_card(replace(changed, search=settings))
    text = (changed.models / "MODEL_CARD.md").read_text()
    assert "| random (`balanced`) | " in text and "search for minimum" in text
    assert "hierarchical grid" not in text and "exact optimum" not in text


# ---------------------------------------------------------------- evaluation and card


def test_the_evaluation_measures_what_the_models_write(config) -> None:
    record, replies = read(config.models / "evaluation.json"), read(config.out / "replies.json")
    statements = replies.pop("statements")
    _, _, closed = partition(CORPORA, OBJECTIVE.validation, config.search.prompts)
    assert statements == closed[:3] and record["statements"] == 3
    assert list(replies) == list(record["weights"]) == ["warmstart", *NAMES, "uniform", "emorl"]
    decoder, tokenizer, manifest = open_models(config)
    assert record["weights"]["emorl"] == [manifest.presets["balanced"][name] for name in NAMES]
    write = reply_writer(decoder, tokenizer, prompt_text, config.evaluate.max_tokens)
    for method, weights in record["weights"].items():
        assert replies[method] == write(statements, weights), method
    shares = record["share_of_different_replies"]
    assert len(shares) == 7 * 6 / 2 and shares["warmstart / emorl"] == pytest.approx(
        sum(a != b for a, b in zip(replies["warmstart"], replies["emorl"], strict=True)) / 3
    )


def test_the_sliders_are_measured_from_none_to_all_of_the_weight(config) -> None:
    record = read(config.models / "evaluation.json")
    assert list(record["sliders"]) == list(NAMES)
    for name, points in record["sliders"].items():
        assert [point["share"] for point in points] == [0.0, 0.25, 0.5, 0.75, 1.0]
        for key, column in (("score", f"{name} ship"), ("faithfulness", "faithfulness ship")):
            assert points[-1][key] == pytest.approx(record["means"][name][column]["mean"])  # it alone
    count = len(NAMES)
    assert evaluation.slider_weights(count, 1, 0.25)[1] == 0.25
    assert sum(evaluation.slider_weights(count, 1, 0.25)) == pytest.approx(1)
    assert evaluation.slider_weights(3, 0, 0.5) == [0.5, 0.25, 0.25] and evaluation.slider_weights(1, 0, 0.75) == [0.75]


def test_gains_are_differences_of_means_and_stand_in_the_manifest(config) -> None:
    record, data = read(config.models / "evaluation.json"), read(config.models / "manifest.json")
    means, gains = record["means"], record["gain_over_warmstart"]
    assert "warmstart" not in gains and "faithfulness judge" in means["emorl"]
    for method, columns in gains.items():
        for column, interval in columns.items():
            difference = means[method][column]["mean"] - means["warmstart"][column]["mean"]
            assert interval["mean"] == pytest.approx(difference, abs=1e-9)
            assert interval["low"] <= interval["mean"] + 1e-9 and interval["mean"] <= interval["high"] + 1e-9
    for entry in data["objectives"]:
        roles = ["ship", "judge"] if entry["judge"] else ["ship"]  # no judge, no column
        assert list(entry["evaluation"]) == [f"{role} {mode}" for role in roles for mode in ("greedy", "sampled")]
        found = entry["evaluation"]["ship sampled"]
        column = f"{entry['name']} ship sampled"
        assert found["before"] == means["warmstart"][column] and found["after"] == means[entry["name"]][column]
        assert found["gain"] == gains[entry["name"]][column]


def test_the_card_has_a_part_for_every_scorer_and_every_figure(config) -> None:
    text = (config.models / "MODEL_CARD.md").read_text()
    for role in ("ship", "judge"):
        for name in OBJECTIVES:
            assert f"### shared-{role}: {name}\n" in text
    assert "4 objective adapters" in text and "| empathy | held-out judge | sampled |" in text
    assert "| fluency | shipping scorer | greedy |" in text and "| fluency | held-out judge" not in text
    assert "| brevity | shipping scorer | greedy |" in text


def test_what_was_packaged_reflects_and_is_scored(config, monkeypatch) -> None:
    monkeypatch.setenv("EMORL_SCORERS", "tests.training.own_scorer")
    assert not open_reflector(config.models, scored=False).writer.scorers.by_objective
    reflector = open_reflector(config.models)
    found = reflector.reflect(
        CORPORA.own[-1].statement, reflector.setting(reflector.presets["balanced"]), explain=False
    )
    assert found.scores is not None and set(found.scores) == set(NAMES)
    assert all(0 <= score <= 1 for score in found.scores.values()) and 0 <= found.faithfulness <= 1


def test_the_app_shows_all_four_and_scores_them(config, monkeypatch) -> None:
    monkeypatch.setenv("EMORL_SCORERS", "tests.training.own_scorer")
    reflector = open_reflector(config.models)
    loader = ModelLoader.ready(reflector)
    sliders = model_settings(loader)
    assert isinstance(sliders, MixerFacts)
    assert [objective.name for objective in sliders.objectives] == NAMES and "short" in sliders.presets
    statement, weights = "I sold my violin and I regret it now.", {"brevity": 1.0}
    found = reflector.reflect(statement, reflector.setting(weights), explain=False)
    mix = {"weights": weights, "strength": 1.0, "temperature": 0.0, "seed": 0, "best_of": 1}
    shown, _ = list(ReflectScreen(loader, lambda: None).write(statement, mix))[-1]
    assert shown["text"] == found.reflection and found.scores is not None
    assert {score["name"]: score["score"] for score in shown["scores"]} == pytest.approx(found.scores, abs=1e-6)
    assert list(found.scores) == NAMES
    assert [found.scores["brevity"]] == pytest.approx(brevity([statement], [found.reflection]))


@pytest.mark.parametrize(
    ("stage", "changes", "folder", "said"),
    [
        (warm_start.run_warmstart, {"warmstart": {"epochs": 2.0}}, "warmstart", "epochs 1.0 instead of 2.0"),
        (warm_start.run_preferences, {"preferences": {"beta": 0.9}}, "preferences", "beta 0.1 instead of 0.9"),
        (run_scorers, {"scorers": {"limit": 3}}, "scorers/shared-ship", "limit 4 instead of 3"),
        (warm_start.run_rounds, {"rounds": {"samples": 3}}, "rounds", "samples 2 instead of 3"),
    ],
)
def test_what_was_made_with_other_settings_is_refused_by_every_stage(config, stage, changes, folder, said) -> None:
    before = {path: path.stat().st_mtime_ns for path in config.out.rglob("*")}
    ((part, values),) = changes.items()
    with pytest.raises(ConfigError) as error:
        stage(replace(config, **{part: replace(getattr(config, part), **values)}))
    assert str(error.value) == (
        f"Got {config.out / folder}, which was made with {said}: expected the settings of the file, and what the "
        "stages before have made; put them back, or make it anew with --anew."
    )
    assert {path: path.stat().st_mtime_ns for path in config.out.rglob("*")} == before


def test_an_adapter_of_another_warm_start_or_scorer_is_refused(config, monkeypatch) -> None:
    monkeypatch.setattr(objectives, "latest_warm_start", lambda config: config.out / "none")
    with pytest.raises(ConfigError, match="reflection, which was made with warm_start [0-9a-f]{12} instead of none: "):
        objectives.run_objectives(config)
    monkeypatch.undo()
    other = replace(config, out=config.out, objectives={**config.objectives, "empathy": replace(OBJECTIVE, scorer=OWN)})
    with pytest.raises(ConfigError, match=f"empathy, which was made with scorer [0-9a-f]{{12}} instead of {OWN}: "):
        objectives.run_objectives(other)


# ---------------------------------------------------------------- a stage before its turn


@pytest.fixture
def early(here, tmp_path) -> Config:
    return config_in(tmp_path)


def warm(config: Config) -> None:
    """Files that stand for a trained warm start."""
    for folder, name in ((config.models, "adapter_config.json"), (config.out, "warmstart.json")):
        (folder / "warmstart").mkdir(parents=True)
        (folder / "warmstart" / name).write_text("{}")


def test_without_a_warm_start_nothing_is_packaged(early) -> None:
    with pytest.raises(
        ConfigError, match="Got no warm start in .*models with its account in .*out: .* warmstart first"
    ):
        package.run_package(early)
    assert not early.models.exists()


def test_without_an_adapter_nothing_is_packaged(early) -> None:
    warm(early)
    with pytest.raises(
        ConfigError, match="Got no finished adapter of reflection in .*: .*; run the stage objectives first"
    ):
        package.run_package(early)
    for name in NAMES:
        (early.out / "objectives" / name).mkdir(parents=True)
        (early.out / "objectives" / name / "account.json").write_text("{}")
    with pytest.raises(
        ConfigError,
        match="Got no good adapter of reflection in .*, because a guard stopped .*: expected one to package;",
    ) as e:
        package.run_package(early)
    assert "\n" not in str(e.value) and not (early.models / "manifest.json").exists()
    for name in NAMES:
        (early.out / "objectives" / name / "best").mkdir()
        (early.out / "objectives" / name / "best" / "adapter_config.json").write_text("{}")
    with pytest.raises(ConfigError, match="Got an adapter of reflection in .* without the settings that trained it"):
        package.run_package(early)


def test_objectives_need_a_warm_start(early, monkeypatch) -> None:
    monkeypatch.setattr(
        "training.stages.scores.score_of", lambda *_: lambda statements, replies: torch.ones(len(replies))
    )
    with pytest.raises(AdapterMismatch, match="no PEFT adapter in .*warmstart"):
        objectives.run_objectives(early)


def test_no_rounds_leave_the_warm_start_as_it_is(early) -> None:
    warm_start.run_rounds(replace(early, rounds=RoundsConfig(rounds=0)))
    assert not early.out.exists() and not early.models.exists()


def test_rounds_need_scorers(early) -> None:
    with pytest.raises(ConfigError, match="Got no scorer for faithfulness: expected one in .*; run the stage scorers"):
        warm_start.run_rounds(early)


@pytest.mark.parametrize("stage", [search.run_search, evaluation.run_evaluate])
def test_nothing_is_searched_or_evaluated_before_it_is_packaged(early, stage) -> None:
    with pytest.raises(AssetError, match="Got no manifest.json in .*models: expected a folder of .*") as error:
        stage(early)
    assert "\n" not in str(error.value)


def test_no_card_without_its_figures(early) -> None:
    early.models.mkdir(parents=True)
    (early.models / "search.json").write_text("{}")
    with pytest.raises(ConfigError) as error:
        evaluation.run_card(early)
    assert str(error.value) == (
        f"Got no manifest.json, evaluation.json in {early.models}: expected all figures of the card; run the stages "
        "package, search and evaluate first."
    )
