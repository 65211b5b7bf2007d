"""The whole study on the tiny base: runs, searches, the report's files, and what it says of what is missing."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from emorl.errors import ConfigError
from emorl.models.template import prompt_text
from emorl.scoring.metrics import words
from tests.scoring.tiny import write_adapter
from tests.training.study.test_tables import OBJECTIVES as TWO
from tests.training.study.test_tables import measured
from tests.training.texts import NOUNS, corpora_with, own
from training.__main__ import app
from training.baselines import experts, stage
from training.baselines.missing import MissingPart
from training.baselines.soups import soup_decoder
from training.baselines.stage import run_baselines, run_folder
from training.config import BaselinesConfig, Config, EvaluateConfig
from training.evaluate import Interval, reply_writer
from training.objectives import ObjectiveConfig
from training.search.settings import SearchConfig
from training.stages.objectives import train_one
from training.stages.statements import partition
from training.study import measures, report
from training.study.report import columns_of, run_report
from training.study.runs import Cost, Run
from training.study.settings import ReportConfig
from training.study.tables import Comparison, compare, row_of
from training.study.text import PAPER, verdict

PLACES = ["train"] * 6 + ["validation"] * 5 + ["test"] * 4
CORPORA = corpora_with([own(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)])
OBJECTIVE = ObjectiveConfig(
    steps=1, prompts=2, samples=2, max_tokens=4, first_layer=1, rank=2, alpha=4, validate_every=1, validation=2
)
NAMES = ("reflection", "empathy")
ACCOUNT = {"data_points": 2, "rollouts": 4, "seconds": 1.5}


def low(statements, replies) -> torch.Tensor:
    """A toy score: the share of a reply's characters in the lower half of ASCII."""
    return torch.tensor([sum(ord(c) < 80 for c in r) / max(1, len(r)) for r in replies])


def long(statements, replies) -> torch.Tensor:
    """Another, which wants something else: length."""
    return torch.tensor([min(1.0, len(r) / 8) for r in replies])


def half(statements, replies) -> torch.Tensor:
    return torch.full((len(replies),), 0.5)


SCORES = {"reflection": low, "empathy": long, "faithfulness": half}


def score_of(config, name, role):
    """The scorers above; empathy has no judge."""
    return None if (name, role) == ("empathy", "judge") else SCORES[name]


def reward_of(config, name, role):
    own = score_of(config, name, role)
    return None if own is None else lambda statements, replies: own(statements, replies) * 0.5


@pytest.fixture(scope="module")
def here(tiny_base) -> Iterator[None]:
    """The tiny base, the texts and the scores above, and a guard that lets every run go on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMORL_BASE", str(tiny_base))
        for module in (stage, report):
            patch.setattr(module, "corpora_of", lambda config: CORPORA)
            patch.setattr(module, "score_of", score_of)
        patch.setattr(stage, "reward_of", reward_of)
        patch.setattr(stage, "load_labels", lambda: ())
        patch.setattr("training.objectives.runaway", lambda start, now, drop: None)
        yield


@pytest.fixture(scope="module")
def config(here, tiny_base, tmp_path_factory) -> Config:
    """A uniform run, the ensemble and its soup; the adapters of the ensemble lie in the models folder."""
    root = tmp_path_factory.mktemp("study")
    write_adapter(root / "models" / "warmstart", tiny_base, 1)
    for seed, name in enumerate(NAMES, 3):
        write_adapter(root / "models" / "adapters" / name, tiny_base, seed)
    manifest = {"objectives": [{"name": name, "training": ACCOUNT} for name in NAMES]}
    (root / "models" / "manifest.json").write_text(json.dumps(manifest))
    config = Config(
        out=root / "out",
        models=root / "models",
        objectives=dict.fromkeys(NAMES, OBJECTIVE),
        search=SearchConfig(prompts=2, levels=1, max_tokens=4, evaluations=5),
        evaluate=EvaluateConfig(prompts=3, max_tokens=5),
        baselines=BaselinesConfig(beside=("random", "exact")),
    )
    for name in ("uniform", "emorl", "soup"):
        run_baselines(config, name)
    return config


@pytest.fixture(scope="module")
def written(config, tmp_path_factory) -> Path:
    return run_report(config, tmp_path_factory.mktemp("report") / "new")


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_ensemble_and_soup_are_searched_with_the_same_budget_and_keep_their_record(config) -> None:
    found = {name: json.loads((run_folder(config, name, 1) / "search.json").read_text()) for name in ("emorl", "soup")}
    assert found["emorl"]["evaluations"] == found["soup"]["evaluations"] == 6
    for name, record in found.items():
        beside = ["hierarchical", "random", *(["exact"] if name == "emorl" else [])]
        assert record["method"] == "hierarchical" and [line["method"] for line in record["searches"]] == beside
        assert list(record["beside"]) == beside[1:]
        assert record["objectives"] == list(NAMES) and record["statements"] == 2 and record["accounts"] == [ACCOUNT] * 2
        assert record["score"] == max(sum(entry["by_objective"]) / 2 for entry in record["means"])
    assert not (run_folder(config, "emorl", 1) / "objectives").exists()  # its adapters were there


def test_the_results_have_the_columns_that_others_read(written) -> None:
    rows = {row["method"]: row for row in lines(written / "results.csv")}
    assert list(rows) == ["base", "warmstart", "uniform", "emorl", "soup"]
    wanted = "method mean minimum reflection empathy judge_mean diversity_2 edit_rate data_points data_points_std "
    wanted += "rollouts seconds_sum seconds_parallel seeds"
    assert list(rows["emorl"])[:14] == wanted.split()
    assert list(rows["emorl"])[1:] == columns_of(NAMES)
    for row in rows.values():
        assert float(row["mean"]) == pytest.approx((float(row["reflection"]) + float(row["empathy"])) / 2, abs=1e-5)
        assert float(row["minimum"]) == min(float(row["reflection"]), float(row["empathy"]))
        assert float(row["faithfulness"]) == 0.5 and row["judge_mean"] == "" and row["data_points_std"] == ""
        assert float(row["mean_low"]) <= float(row["mean"]) <= float(row["mean_high"]) and row["seeds"] == "1"
    assert rows["uniform"]["data_points"] == rows["emorl"]["data_points"] == "4"  # two updates of two, and one each
    assert rows["uniform"]["rollouts"] == rows["emorl"]["rollouts"] == "8"
    spent = [float(rows["emorl"][f"seconds_{way}"]) for way in ("sum", "parallel")]
    assert spent[0] - spent[1] == pytest.approx(1.5, abs=1e-3) and spent[1] > 1.5  # both add the search
    assert rows["base"]["data_points"] == rows["warmstart"]["rollouts"] == "0"


def test_every_method_was_measured_by_what_it_writes(config, written) -> None:
    """The ensemble and the warm start, written again by a decoder of their own."""
    kept = {path.stem: json.loads(path.read_text()) for path in (config.out / "study").glob("*.json")}
    runs = {"base-0", "warmstart-0", "uniform-1", "emorl-1", "soup-1"}
    assert runs <= set(kept) <= runs | {"emorl-1-random", "emorl-1-exact", "soup-1-random"}
    folders = [config.models / "adapters" / name for name in NAMES]
    decoder, tokenizer = experts.open_experts(config, folders)
    write = reply_writer(decoder, tokenizer, prompt_text, 5)
    _, _, statements = partition(CORPORA, 2, 2)
    weights = json.loads((run_folder(config, "emorl", 1) / "search.json").read_text())["best"]
    assert kept["emorl-1"]["replies"] == write(statements[:3], weights)
    assert kept["warmstart-0"]["replies"] == write(statements[:3], [0.0, 0.0]) != kept["base-0"]["replies"]
    for record in kept.values():
        assert record["columns"]["empathy ship"] == pytest.approx(long(statements[:3], record["replies"]).tolist())


def test_every_search_is_in_one_table_with_what_its_weights_reach_on_unseen_statements(config, written) -> None:
    text = (written / "report.md").read_text()
    table = text[text.index("## Weight searches") : text.index("## Beside the paper")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| ")]
    assert rows[0][:4] == ["run", "search", "for", "where it searched"]
    assert {(row[0], row[1]) for row in rows[1:]} == {
        *(("emorl-1", name) for name in ("hierarchical", "random", "exact")),
        *(("soup-1", name) for name in ("hierarchical", "random")),
    }
    decoder, tokenizer = experts.open_experts(config, [config.models / "adapters" / name for name in NAMES])
    write = reply_writer(decoder, tokenizer, prompt_text, 5)
    _, _, statements = partition(CORPORA, 2, 2)
    record = json.loads((run_folder(config, "emorl", 1) / "search.json").read_text())
    for line in record["searches"]:
        replies = write(statements[:3], line["best"])
        mean = sum(float(SCORES[name](statements[:3], replies).mean()) * 0.5 for name in NAMES) / 2
        [row] = [row for row in rows if row[:2] == ["emorl-1", line["method"]]]
        assert row[3:6] == [f"{line['score']:.3f}", f"{mean:.3f}", f"{mean:.3f}"]
        assert row[6:9] == [str(line["evaluations"] or "-"), str(line["replies"]), str(line["decode_steps"])]


def test_weights_that_were_searched_in_another_way_are_not_taken_for_these(config) -> None:
    other = replace(config, baselines=BaselinesConfig(search="random"))
    with pytest.raises(ConfigError) as error:
        run_baselines(other, "soup")
    assert str(error.value) == (
        f"Got weights in {run_folder(config, 'soup', 1)} that were searched with hierarchical for the aim mean: "
        "expected random for mean, as in the file; put the settings back, or search anew with --anew."
    )


def test_the_curves_are_those_of_the_validations(config, written) -> None:
    points = lines(written / "curves.csv")
    assert {(point["method"], point["trained"], point["seed"]) for point in points} == {("uniform", "uniform", "1")}
    assert [(point["step"], point["data_points"]) for point in points] == [("0", "0"), ("1", "2"), ("2", "4")]
    assert all(point["judge"] == "" and point["faithful"] == "0.5" for point in points)  # a judge is missing
    assert (written / "curves.png").read_bytes()[1:4] == (written / "means.png").read_bytes()[1:4] == b"PNG"


def test_the_text_has_every_table_the_papers_figures_and_what_is_missing(written) -> None:
    text = (written / "report.md").read_text()
    assert "same 3 statements" in text and "* uniform: 1 of 3 seeds\n" in text and "* judge of empathy\n" in text
    for name, (mean, spread, points, _) in PAPER.items():
        assert f"| {name} | {mean:.4f} ± {spread:.4f} | {points:,} ±" in text
    assert "sign-flip test p = " in text and "By the held-out judges nothing can be said" in text
    assert "Data points: 100% of uniform's, more than the 75%" in text


def test_a_second_report_measures_nothing_again(config, written, tmp_path, monkeypatch) -> None:
    def write(self, run: Run, statements) -> list[list[str]]:
        raise AssertionError(run.name)

    monkeypatch.setattr(measures.Bench, "write", write)
    again = run_report(config, tmp_path)
    assert (again / "results.csv").read_text() == (written / "results.csv").read_text()
    shorter = replace(config, evaluate=EvaluateConfig(prompts=2, max_tokens=5))
    with pytest.raises(AssertionError, match="base-0"):  # other statements
        run_report(shorter, tmp_path)


def test_a_report_without_any_run_says_so(here, tiny_base, tmp_path) -> None:
    write_adapter(tmp_path / "models" / "warmstart", tiny_base, 1)
    config = Config(
        out=tmp_path / "out",
        models=tmp_path / "models",
        objectives=dict.fromkeys(NAMES, OBJECTIVE),
        evaluate=EvaluateConfig(prompts=2, max_tokens=2),
    )
    out = run_report(config, tmp_path / "report")
    text = (out / "report.md").read_text()
    assert "No weights have been searched." in text
    assert "cannot be compared yet" in text and "* emorl: 0 of 3 seeds\n" in text
    assert not (out / "curves.png").exists() and lines(out / "curves.csv") == []
    (config.models / "warmstart" / "adapter_config.json").unlink()
    with pytest.raises(ConfigError, match="Got no warm start in .*models: expected the one that all runs start from"):
        run_report(config, tmp_path / "report")


def test_the_verdict_says_by_how_much() -> None:
    ours = [measured("emorl", depth=(0.3, 0.6), cost=Cost(60, 1, 1.0, 1.0))]
    theirs = [measured("uniform")]
    rows = {"emorl": row_of(ours, TWO), "uniform": row_of(theirs, TWO)}
    found = [c for role in ("ship", "judge") if (c := compare(ours, theirs, TWO, role))]
    text = verdict(rows, found)
    assert "By the scorers, EMORL is worse than uniform training: -0.100 [-0.100, -0.100]" in text
    assert "By the held-out judges, EMORL is worse than uniform training: -0.081" in text
    assert (
        "Data points: 60% of uniform's, at most the 75%" in text and "Distinct-2: +0.000 against uniform's, not" in text
    )


@pytest.mark.parametrize(
    ("low", "mean", "high", "said"),
    [
        (-0.02, -0.01, -0.005, "is worse than uniform training: -0.010 [-0.020, -0.005],"),
        (-0.011, -0.0001, 0.009, "cannot be told from uniform training: +0.000 [-0.011, +0.009],"),
        (0.001, 0.01, 0.02, "is better than uniform training: +0.010 [+0.001, +0.020],"),
    ],
)
def test_the_verdict_is_what_the_interval_allows(low: float, mean: float, high: float, said: str) -> None:
    rows = {name: row_of([measured(name, cost=Cost(60, 1, 1.0, 1.0))], TWO) for name in ("emorl", "uniform")}
    text = verdict(rows, [Comparison("ship", Interval(mean, low, high), 0.5)])
    assert f"By the scorers, EMORL {said} paired by statement" in text


# ---------------------------------------------------------------- arms


@pytest.fixture(scope="module")
def arms(config, written, tmp_path_factory) -> Iterator[Config]:
    """The same runs in a folder of their own, already measured, with every arm in the settings."""
    out = tmp_path_factory.mktemp("arms") / "out"
    shutil.copytree(config.out, out)
    with pytest.MonkeyPatch.context() as patch:  # drawn often enough above
        for name in ("plot_curves", "plot_means"):
            patch.setattr(report, name, lambda *given: None)
        yield replace(config, out=out, report=ReportConfig(strengths=(1.0, 3.0), best_of=3, temperature=1.2))


@pytest.fixture(scope="module")
def arms_written(arms) -> Path:
    return run_report(arms, arms.out / "report")


def kept(config: Config, name: str) -> dict[str, Any]:
    return json.loads((config.out / "study" / f"{name}.json").read_text())


def reward(statements, replies) -> float:
    """The mean over both objectives and all statements."""
    return sum(float(SCORES[name](statements, replies).mean()) * 0.5 for name in NAMES) / 2


def test_every_arm_has_rows_of_its_own_beside_those_of_the_methods(arms, written, arms_written) -> None:
    plain, rows = lines(written / "results.csv"), lines(arms_written / "results.csv")
    assert rows[: len(plain)] == plain
    chosen = {line["run"]: line["strength"] for line in strengths_of(arms)}
    assert [row["method"] for row in rows[len(plain) :]] == [
        *(f"{name}, strength {chosen[name]:g}" for name in ("uniform", "emorl", "soup")),
        *(f"{name}, best of 3" for name in ("warmstart", "uniform", "emorl")),
    ]
    for row in rows[len(plain) :]:
        assert float(row["best_of"]) == (3 if "best of" in row["method"] else 1)
    text = (arms_written / "report.md").read_text()
    assert "| emorl, best of 3 | uniform, best of 3 | scorers | " in text and "| run | at 1 | at 3 | chosen |" in text


def strengths_of(config: Config) -> list[dict[str, Any]]:
    """The best strength of each run."""
    found = []
    for name in ("uniform", "emorl", "soup"):
        tried = kept(config, f"{name}-1-strengths")["tried"]
        found.append({"run": name, **max(tried, key=lambda line: line["score"])})
    return found


def test_strengths_are_searched_where_the_weights_are_and_with_them(arms, arms_written) -> None:
    _, held_back, statements = partition(CORPORA, 2, 2)
    folders = {"emorl": [arms.models / "adapters" / name for name in NAMES]}
    folders["uniform"] = [run_folder(arms, "uniform", 1) / "best"]
    for name, adapters in folders.items():
        decoder, tokenizer = experts.open_experts(arms, adapters)
        tried = kept(arms, f"{name}-1-strengths")["tried"]
        assert [line["strength"] for line in tried] == [1.0, 3.0]
        write = reply_writer(decoder, tokenizer, prompt_text, arms.search.max_tokens)
        for line in tried:
            replies = write(held_back, line["weights"], strength=line["strength"])
            assert line["score"] == pytest.approx(reward(held_back, replies))
        assert name == "uniform" or tried[1]["score"] >= max(
            reward(held_back, write(held_back, weights, strength=3.0)) for weights in ([1, 0], [0, 1], [1, 1])
        )
    run = replace(Run("emorl", 1, tuple(folders["emorl"]), (1.0, 0.5)), strength=3.0)
    write = reply_writer(*(opened := experts.open_experts(arms, folders["emorl"])), prompt_text, 5)
    bench = measures.Bench(arms.models / "warmstart", 5)
    mixed = [[reply] for reply in write(statements[:3], run.weights, strength=3.0)]
    assert bench.write(run, statements[:3]) == mixed
    assert mixed != [[reply] for reply in write(statements[:3], run.weights)]
    soup = reply_writer(soup_decoder(opened[0], run.weights, 3.0), opened[1], prompt_text, 5)
    of_soup = [[reply] for reply in soup(statements[:3], [1.0], strength=3.0)]
    assert bench.write(replace(run, method="soup"), statements[:3]) == of_soup


def test_the_best_of_several_begins_with_the_greedy_reply_and_is_chosen_by_the_rewards(arms, arms_written) -> None:
    _, _, statements = partition(CORPORA, 2, 2)
    for name in ("emorl-1", "uniform-1", "warmstart-0"):
        greedy, best = kept(arms, name), kept(arms, f"{name}-best-of-3")
        assert [several[0] for several in best["candidates"]] == greedy["replies"]
        assert all(len(several) == 3 for several in best["candidates"])
        assert len({reply for several in best["candidates"] for reply in several}) > 3  # samples differ
        for statement, several, chosen in zip(statements, best["candidates"], best["replies"], strict=False):
            assert chosen in several
            assert reward([statement], [chosen]) == max(reward([statement], [r]) for r in several if r.strip())
        spoken = [sum(len(words(reply)) for reply in several) for several in best["candidates"]]
        assert best["columns"]["decoded_words"] == spoken and "decoded_words" not in greedy["columns"]
        assert best["columns"]["reflection judge"] == pytest.approx(low(statements[:3], best["replies"]).tolist())


def test_an_arm_is_written_anew_only_where_its_settings_changed(arms, arms_written, tmp_path, monkeypatch) -> None:
    asked: list[str] = []

    def write(self, run: Run, statements) -> list[list[str]]:
        asked.append(run.name)
        return [["So it goes."] * run.best_of for _ in statements]

    monkeypatch.setattr(measures.Bench, "write", write)
    again = run_report(arms, tmp_path)
    assert asked == [] and (again / "results.csv").read_text() == (arms_written / "results.csv").read_text()
    hotter = replace(arms.report, temperature=1.5)
    run_report(replace(arms, report=hotter), tmp_path)
    assert asked == [f"{name}-best-of-3" for name in ("warmstart-0", "uniform-1", "emorl-1")]


def test_arms_without_an_ideal_for_the_aim_are_missing(arms, tmp_path) -> None:
    """Nothing has been searched, and Tchebycheff's ideal is what each adapter reaches alone."""
    bare = replace(arms, out=tmp_path / "out", search=replace(arms.search, aim="tchebycheff"))
    text = (run_report(bare, tmp_path / "report") / "report.md").read_text()
    assert "* the arms: the aim tchebycheff has no ideal before the weights of emorl or soup are searched\n" in text


# ---------------------------------------------------------------- adapters of further seeds


def test_adapters_of_a_further_seed_are_trained_with_the_settings_of_the_file(config, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("training.stages.objectives.corpora_of", lambda config: CORPORA)
    assert experts.expert_tasks(config, tmp_path / "emorl", 1) == []  # the objectives' own seed
    tasks = experts.expert_tasks(config, tmp_path / "emorl", 4)
    assert [task.name for task in tasks] == ["emorl: reflection", "emorl: empathy"]
    for name, task in zip(NAMES, tasks, strict=True):
        settings, trained, corpora = task.arguments
        assert task.run is train_one and (trained, corpora) == (name, CORPORA)
        assert settings.out == tmp_path / "emorl" and settings.models == config.models
        assert settings.objectives == dict.fromkeys(NAMES, replace(OBJECTIVE, seed=4))
    every = {task.name: task for task in stage.baseline_tasks(config, stage.NAMES, 4)}
    assert list(every)[-4:] == ["emorl: reflection", "emorl: empathy", "emorl", "soup"]
    assert every["emorl"].after == ("emorl: reflection", "emorl: empathy") and every["soup"].after == ("emorl",)
    assert every["uniform"].after == () and len({task.lock for task in every.values()}) == len(every)


def test_an_adapter_that_is_not_there_is_one_line_or_left_out(config, caplog) -> None:
    caplog.set_level("INFO", "training")
    with pytest.raises(MissingPart) as error:
        run_baselines(config, "soup", seed=8)
    place = run_folder(config, "emorl", 8) / "objectives" / "reflection" / "best"
    assert str(error.value) == (
        f"Got no adapter of reflection with seed 8 in {place}: expected one for every objective; run the stage "
        "objectives, or `baselines --only emorl` with this seed."
    )
    run_baselines(config, "emorl")
    assert caplog.messages == [f"{run_folder(config, 'emorl', 1)} is done"]


def test_adapters_of_this_run_come_before_packaged_ones_with_their_own_account(config, tmp_path, tiny_base) -> None:
    here = replace(config, out=tmp_path)
    best = write_adapter(tmp_path / "objectives" / "empathy" / "best", tiny_base, 5)
    (best.parent / "account.json").write_text(json.dumps({**ACCOUNT, "seconds": 9.0}))
    folders = experts.expert_folders(here, 1, tmp_path / "unused")
    assert folders == {"reflection": config.models / "adapters" / "reflection", "empathy": best}
    assert [account["seconds"] for account in experts.expert_accounts(here, folders)] == [1.5, 9.0]


def test_the_command_hands_on_what_it_was_given(tmp_path, monkeypatch) -> None:
    given = []
    monkeypatch.setattr(report, "run_report", lambda *values: given.append(values))
    path = tmp_path / "c.yaml"
    path.write_text("out: there\nobjectives: {reflection: {first_layer: 1}}\n")  # the tiny base has three layers
    command = ["report", "--config", str(path), "--out", "here", "--corpora", "texts"]
    assert CliRunner().invoke(app, command).exit_code == 0
    [(settings, out)] = given
    assert (settings.out, settings.corpora, out) == (Path("there"), Path("texts"), Path("here"))
    CliRunner().invoke(app, ["report", "--config", str(path)])
    assert given[1][0].corpora is None and given[1][1] is None


def test_scores_are_known_by_the_files_of_their_scorer(tmp_path, config) -> None:
    folder = config.out / "scorers" / "reflection-ship"
    folder.mkdir(parents=True)
    (folder / "scorer.json").write_text("{}")
    before = report._identity(config, "reflection", "ship")
    (folder / "scorer.json").write_text('{"a": 1}')
    assert report._identity(config, "reflection", "ship") != before
    assert report._identity(config, "fluency", "ship") == "fluency"
    (folder / "scorer.json").unlink()
    folder.rmdir()
