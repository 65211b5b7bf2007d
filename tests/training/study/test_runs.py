"""Which runs of a study are found, what they cost, and what is said of those that are not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.config import Config
from training.search.settings import Aim
from training.study.runs import METHODS, Cost, Run, SearchOf, _searches, find_runs

ACCOUNT = {"data_points": 12, "rollouts": 48, "seconds": 7.5}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(out=tmp_path / "out", models=tmp_path / "models")


def write(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
    return path


def trained(config: Config, name: str, seed: int, best: bool = True) -> Path:
    folder = config.out / "baselines" / name / f"seed-{seed}"
    write(folder / "account.json", ACCOUNT)
    if best:
        write(folder / "best" / "adapter_config.json", {})
    return folder


def mixed(config: Config, name: str, seed: int, adapters: list[Path], accounts: int = 2) -> Path:
    record = {
        "objectives": ["depth", "warmth"],
        "adapters": [str(path) for path in adapters],
        "best": [1.0, 0.5],
        "seconds": 3.0,
        "accounts": [ACCOUNT, {"data_points": 6, "rollouts": 24, "seconds": 10.0}][:accounts],
    }
    return write(config.out / "baselines" / name / f"seed-{seed}" / "search.json", record)


def test_costs_of_adapters_add_up_and_the_search_is_on_top() -> None:
    accounts = [ACCOUNT, {"data_points": 6, "rollouts": 24, "seconds": 10.0}]
    assert Cost.of(accounts, 3.0) == Cost(18, 72, 7.5 + 10 + 3, 10 + 3)
    assert Cost.of([]) == Cost() == Cost(0, 0, 0.0, 0.0)


def test_searches_are_read_from_their_record_and_an_older_record_is_the_grids() -> None:
    old = {"best": [1, 3], "score": 0.5, "evaluations": 88, "distinct_replies": 40, "decode_steps": 900, "seconds": 2.0}
    assert _searches(old) == (SearchOf("hierarchical", (1, 3), Aim(), 0.5, 88, 40, 900, 2.0),)
    aim = {"name": "tchebycheff", "preference": [], "target": [0.5, 0.4]}
    line = {"method": "random", "best": [0, 1], "replies": 7, **{k: old[k] for k in ("score", "evaluations")}}
    line |= {"decode_steps": 3, "seconds": 1.0}
    expected = SearchOf("random", (0, 1), Aim("tchebycheff", (), (0.5, 0.4)), 0.5, 88, 7, 3, 1.0)
    assert _searches({**old, "aim": aim, "searches": [line]}) == (expected,) and _searches({}) == ()
    assert Run("emorl", 2, variant="exact").name == "emorl-2-exact"
    assert Run("soup", 1, strength=1.5, best_of=8).name == "soup-1-strength-1.5-best-of-8"


def test_without_any_run_all_but_the_untrained_are_missing(config) -> None:
    runs, missing = find_runs(config)
    assert [run.name for run in runs] == ["base-0", "warmstart-0"]
    assert missing == [
        "uniform: 0 of 3 seeds",
        "normalised: 0 of 1 seed",
        "dynaopt: 0 of 3 seeds",
        "c-dynaopt: 0 of 1 seed",
        "dorb: 0 of 1 seed",
        "round: 0 of 1 seed",
        "emorl: 0 of 3 seeds",
        "soup: 0 of 1 seed",
    ]
    assert METHODS[:3] == ("base", "warmstart", "uniform")


def test_finished_runs_are_found_in_the_order_of_their_seeds(config) -> None:
    for seed in (10, 2):
        folder = trained(config, "uniform", seed)
    runs, missing = find_runs(config)
    assert [run.name for run in runs[2:]] == ["uniform-2", "uniform-10"]
    assert runs[2] == Run(
        "uniform",
        2,
        (folder / "best",),
        (1.0,),
        Cost(12, 48, 7.5, 7.5),
        {"uniform": folder / "validation.jsonl"},
    )
    assert missing[0] == "uniform: 2 of 3 seeds"


def test_runs_that_are_not_finished_say_why(config) -> None:
    trained(config, "dorb", 1, best=False)
    (config.out / "baselines" / "round" / "seed-1").mkdir(parents=True)
    (config.out / "baselines" / "emorl" / "seed-2").mkdir(parents=True)
    gone = config.models / "adapters" / "warmth"
    mixed(config, "soup", 1, [gone, gone])
    _, missing = find_runs(config)
    assert "dorb, seed 1: a guard stopped it before its first good adapter" in missing
    assert "round, seed 1: not finished" in missing
    assert "emorl, seed 2: its weights have not been searched" in missing
    assert f"soup, seed 1: its adapter {gone} is gone" in missing


def test_mixed_adapters_have_their_weights_costs_and_curves(config) -> None:
    folders = [config.out / "objectives" / name / "best" for name in ("depth", "warmth")]
    for folder in folders:
        write(folder / "adapter_config.json", {})
    (folders[0].parent / "validation.jsonl").write_text("")
    mixed(config, "emorl", 1, folders)
    mixed(config, "soup", 1, folders, accounts=1)
    runs, missing = find_runs(config)
    assert runs[2:] == [
        Run(
            "emorl",
            1,
            tuple(folders),
            (1.0, 0.5),
            Cost(18, 72, 20.5, 13.0),
            {"depth": folders[0].parent / "validation.jsonl"},
        )
    ]
    assert "soup, seed 1: what its adapters cost is not known" in missing
