"""The model card's figures are those of the run's files."""

from __future__ import annotations

import json
from pathlib import Path

from emorl.models.base import BASE_NAME, BASE_SHA256
from emorl.resources import data_path
from training.card import (
    found_balanced,
    losses,
    scorer_tables,
    search_table,
    searched,
    slider_table,
    span,
    table,
    write_card,
)
from training.files import Evaluation, Search, Searched, SliderPoint, read_search


def test_a_table_and_an_interval() -> None:
    assert table(["a", "b"], [[1, "x"]]) == "| a | b |\n|---|---|\n| 1 | x |\n"
    interval = {"mean": 0.125, "low": -0.1, "high": 0.349}
    assert span(interval) == "0.12 (-0.10 to 0.35)" and span(interval, sign=True) == "+0.12 (-0.10 to +0.35)"


def test_the_scorers_tables_by_hand(tmp_path: Path) -> None:
    def split(auc: float) -> dict[str, dict[str, float]]:
        pair = {"scorer": 0.9, "length_only": 0.555, "opener_only": 0.5, "pairs": 4}
        return {"against readers": {"auc faithful": auc, "faithful": 7}, "own empathic>simple": pair}

    folder = tmp_path / "empathy-ship"
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps({"validation": split(0.876), "test": split(float("nan"))}))
    header = "| {} | scorer | length alone | opener alone | n |\n|---|---|---|---|---|\n"
    row = "| own empathic>simple | 0.90 | 0.56 | 0.50 | 4 |\n"
    assert scorer_tables(tmp_path) == "\n".join(
        [
            "### empathy-ship\n\n| against readers | validation | test |\n|---|---|---|\n"
            "| auc faithful | 0.88 | - |\n| faithful | 7 | 7 |\n",
            header.format("pairs of validation") + row,
            header.format("pairs of test") + row,
        ]
    )
    assert scorer_tables(tmp_path / "nowhere") == ""


def test_a_shared_scorer_has_tables_for_every_objective(tmp_path: Path) -> None:
    (tmp_path / "shared-ship").mkdir()
    for name, value in (("faithfulness", 0.91), ("empathy", 0.72)):
        split = {"against readers": {"auc faithful": value}}
        (tmp_path / "shared-ship" / f"report-{name}.json").write_text(json.dumps({"validation": split, "test": split}))
    text = scorer_tables(tmp_path)
    assert [line for line in text.splitlines() if line.startswith("###")] == [
        "### shared-ship: empathy",
        "### shared-ship: faithfulness",
    ]
    assert "| auc faithful | 0.72 | 0.72 |" in text and "| auc faithful | 0.91 | 0.91 |" in text


def test_the_sliders_table_by_hand() -> None:
    points: list[SliderPoint] = [
        {"share": 0.0, "score": 0.125, "faithfulness": 0.75},
        {"share": 0.5, "score": 0.5, "faithfulness": 0.625},
    ]
    measured: Evaluation = {
        "statements": 2,
        "weights": {},
        "means": {},
        "gain_over_warmstart": {},
        "share_of_different_replies": {},
    }
    text = slider_table({**measured, "sliders": {"empathy": points}})
    assert text.endswith("| objective | 0% | 50% |\n|---|---|---|\n| empathy | 0.12 / 0.75 | 0.50 / 0.62 |\n")
    assert slider_table(measured) == ""  # measured before there was one


def test_a_warm_start_that_was_not_measured_says_nothing() -> None:
    assert losses([]) == losses([{"statements": 4}]) == ""


def test_a_card_tells_the_runs_figures(tmp_path: Path) -> None:
    mean = {"mean": 0.5, "low": 0.4, "high": 0.6}
    evaluated = {"ship greedy": {"before": mean, "after": mean | {"mean": 0.625}, "gain": mean | {"mean": 0.125}}}
    cost = {
        "settings": {"seed": 3},
        "steps": 40,
        "data_points": 240,
        "rollouts": 960,
        "scorer_calls": 1080,
        "seconds": 1692.6,
        "stopped": "step limit",
    }
    curve = [{"statements": 0, "own": 4.0, "pair": 4.25}, {"statements": 3, "own": 3.5, "pair": 3.0}]
    read = {"replies": 60, "statements": 9, "lessons": 4, "steps": 5, "seed": 1, "ranked_rightly": 0.75}
    manifest = {
        "base": {"name": BASE_NAME, "licence": "Apache-2.0", "sha256": BASE_SHA256},
        "objectives": [{"name": "empathy", "training": cost, "evaluation": evaluated}],
        "warm_start": {"training": {"replies": 7, "statements": 3, "steps": 2, "curve": curve, "preferences": read}},
        "presets": {"balanced": {"empathy": 1.0}},
    }
    evaluation = {
        "statements": 80,
        "share_of_different_replies": {"a / b": 0.75},
        "means": {"warmstart": {"empathy ship": mean, "empathy ship sampled": mean}},
    }
    search = {
        "statements": 16,
        "score": 0.6,
        "evaluations": 9,
        "decode_steps": 100,
        "decode_steps_one_by_one": 400,
        "objectives": ["empathy"],
        "exact": {
            "score": 0.7,
            "decode_steps": 50,
            "coverage": 0.999,
            "best": [1.0],
            "balanced": [1.0],
            "least_share": 0.1,
            "balanced_score": 0.65,
        },
    }
    for name, content in (("manifest", manifest), ("evaluation", evaluation), ("search", search)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert "gives similar scorers" not in write_card(tmp_path).read_text()  # nothing to say of how they came about
    (tmp_path / "scorers" / "shared-ship").mkdir(parents=True)
    (tmp_path / "scorers" / "shared-ship" / "scorer.json").write_text('{"note": "trained in two parts"}')
    text = write_card(tmp_path).read_text()
    for part in (
        "One warm start, 1 objective adapters and their scorers for SmolLM2-135M-Instruct (Apache-2.0). They write",
        "are Apache-2.0, as the base is.",
        "The base has 135 million parameters. Many of its",
        "saw 7 replies to 3 statements",
        "Warm start: 7 replies to 3 statements, 2 steps; loss on people's unseen reflections, in nats a token: "
        "own 4.00 to 3.50, pair 4.25 to 3.00. Then it learnt from 60 replies to 9 statements that "
        "were read (5 steps, ranked and imitated); of unequal replies to unseen statements it ranks 0.75 rightly. "
        "Objectives",
        "| empathy | shipping scorer | greedy | 0.50 (0.40 to 0.60) | 0.62 (0.40 to 0.60) | +0.12 (+0.40 to +0.60) |",
        "| empathy | 3 | 40 | 240 | 960 | 1080 | 1693 | step limit |",
        "| method | empathy ship |\n|---|---|\n| warmstart | 0.50 |",
        "greedy replies: 0.75 at least",
        "0.7000 in 50 steps (coverage at least 0.9990), at\nempathy 1.000",
        "\nshared-ship was trained in two parts. So a run of default.yaml from nothing gives similar scorers",
    ):
        assert part in text


def test_an_older_record_of_the_search_is_told_as_it_was() -> None:
    models = data_path("models")
    text = searched(read_search(models / "search.json"))
    assert text.startswith("On 8 further statements") and text in (models / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_every_method_has_a_line_with_its_score_on_unseen_statements() -> None:
    line: Searched = {
        "method": "random",
        "best": (1.0, 0.0),
        "score": 0.5,
        "unseen": 0.4,
        "balanced": (3.0, 1.0),
        "balanced_score": 0.45,
        "balanced_unseen": None,
        "evaluations": 9,
        "replies": 7,
        "decode_steps": 80,
        "seconds": 2.4,
    }
    search: Search = {
        "objectives": ["depth", "warmth"],
        "statements": 2,
        "unseen": 3,
        "aim": {"name": "target"},
        "method": "random",
        "searches": [line, {**line, "method": "exact", "evaluations": 0}],
    }
    assert search_table(search).splitlines()[2:] == [
        "| random (`balanced`) | 0.5000 | 0.4000 | 0.4500 | - | 9 | 7 | 80 | 2 |",
        "| exact | 0.5000 | 0.4000 | 0.4500 | - | - | 7 | 80 | 2 |",
    ]
    assert found_balanced(search) == [0.75, 0.25]
    assert searched(search).startswith("All points are in `search.json`.\n\n| search for target | best | again on 3 ")
