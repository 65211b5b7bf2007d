"""Whole runs side by side, in processes and on two local Ray workers, one of them killed: equal to one after the other.

A scorer kills the process that asks it in the middle of an update, with SIGKILL.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emorl.errors import ConfigError
from tests.scoring.tiny import write_adapter
from tests.training.tasks import scorers
from tests.training.texts import NOUNS, corpora_with, own
from training.config import Config
from training.objectives import ObjectiveConfig
from training.search.settings import SearchConfig
from training.stages import objectives
from training.stages.objectives import run_objectives
from training.tasks.cluster import Cluster, variables
from training.tasks.task import HERE, Place

CORPORA = corpora_with(
    [own(noun, split) for noun, split in zip(NOUNS, ["train"] * 8 + ["validation"] * 7, strict=True)]
)
STEPS = 6
OBJECTIVE = ObjectiveConfig(
    steps=STEPS, prompts=2, samples=2, max_tokens=4, first_layer=1, rank=2, alpha=4, validation=2, save_every=1
)
NAMES = ("brief", "faithfulness")


@pytest.fixture(scope="module")
def run(tiny_base, tmp_path_factory) -> Callable[[Place, bool], Config]:
    """Train two objectives somewhere, with a scorer that kills its first process or without."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "base").symlink_to(tiny_base)
    (folder / "scorers").mkdir()

    def train(place: Place, armed: bool) -> Config:
        root = folder / (place.ray or f"workers-{place.workers}")
        write_adapter(root / "models" / "warmstart", tiny_base, 1)
        named = f"{scorers.__name__}:{{}}"
        own = {name: f"{named.format('deadly' if name == 'brief' else 'steady')}" for name in NAMES}
        settings = {name: ObjectiveConfig(**{**OBJECTIVE.__dict__, "scorer": own[name]}) for name in NAMES}
        (folder / "scorers" / "calls.txt").write_text("")
        if armed:
            (folder / "scorers" / "armed").write_text("")
        config = Config(out=root / "out", models=root / "models", objectives=settings, search=SearchConfig(prompts=2))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EMORL_BASE", str(folder / "base"))
            patch.setenv("RAY_AUTH_MODE", "disabled")  # on loopback alone, and it writes no token into the home folder
            patch.setattr(objectives, "corpora_of", lambda config: CORPORA)
            patch.setattr(scorers, "calls", 0)
            run_objectives(config, place=place)
        calls = (folder / "scorers" / "calls.txt").read_text().split()
        (root / "calls.json").write_text(json.dumps(calls))
        assert not (folder / "scorers" / "armed").exists()
        return config

    return train


@pytest.fixture(scope="module")
def serial(run) -> Config:
    return run(HERE, False)


def calls(config: Config) -> list[str]:
    found: list[str] = json.loads(config.out.with_name("calls.json").read_text())
    return found


def check_equal(config: Config, serial: Config) -> None:
    """Accounts, logs and adapters are those of the runs one after the other."""
    for name in NAMES:
        ours, theirs = (folder.out / "objectives" / name for folder in (config, serial))
        accounts = [json.loads((out / "account.json").read_text()) for out in (ours, theirs)]
        assert all(account.pop("seconds") > 0 for account in accounts) and accounts[0] == accounts[1]
        assert accounts[0]["steps"] == STEPS and accounts[0]["data_points"] == 2 * STEPS
        lines = [
            [json.loads(line) for line in (out / "validation.jsonl").read_text().splitlines()] for out in (ours, theirs)
        ]
        assert [line["step"] for line in lines[0]] == [0, STEPS] == [line["step"] for line in lines[1]]
        assert [line["score"] for line in lines[0]] == pytest.approx([line["score"] for line in lines[1]], abs=1e-6)
        last = f"checkpoints/checkpoint-{STEPS}/adapter_model.safetensors"
        expected = load_file(theirs / last)
        for key, value in load_file(ours / last).items():
            torch.testing.assert_close(value, expected[key], atol=1e-5, rtol=1e-4)


def test_a_killed_process_takes_up_its_checkpoint_and_nothing_is_lost(run, serial, caplog) -> None:
    caplog.set_level("INFO", "training")
    config = run(Place(2), True)
    check_equal(config, serial)
    assert len(set(calls(serial))) == 1 and len(set(calls(config))) == 2  # processes that asked the deadly scorer
    assert len(calls(config)) == len(calls(serial)) + 1  # only the update that was cut off was done again
    assert "brief has lost its worker (killed by signal 9) and goes on from its last checkpoint" in caplog.messages


def test_a_killed_worker_of_two_of_ray_takes_up_its_checkpoint_and_nothing_is_lost(run, serial, caplog) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    caplog.set_level("INFO", "training")
    config = run(Place(2, "local"), True)
    check_equal(config, serial)
    assert len(set(calls(config))) == 2 and len(calls(config)) == len(calls(serial)) + 1
    lost = [text for text in caplog.messages if "has lost its worker" in text]
    assert lost == ["brief has lost its worker (WorkerCrashedError) and goes on from its last checkpoint"]
    import ray

    assert not ray.is_initialized()


def test_a_ray_that_is_too_slow_is_started_once_more_and_then_it_is_one_line(monkeypatch, caplog) -> None:
    caplog.set_level("INFO", "training")
    told: list[str] = []

    class Slow:
        def init(self, **given: object) -> None:
            told.append(f"init {given['address']} {given['include_dashboard']}")
            raise Exception("The node timed out.\nSee the logs.")

        def shutdown(self) -> None:
            told.append("shutdown")

    monkeypatch.setattr("training.tasks.cluster.imported", lambda address: Slow())
    with pytest.raises(ConfigError) as error:
        Cluster("local", 2)
    assert told == ["init local False", "shutdown"] * 2
    assert "once more" in caplog.messages[0] and str(error.value) == (
        "Got no Ray cluster of this machine alone (The node timed out.): expected one that starts; see the logs under "
        "/tmp/ray/session_latest."
    )


def test_without_ray_there_is_one_line(run, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError) as error:
        run(Place(2, "auto"), False)
    assert str(error.value) == (
        "Got --ray without the package ray: expected the extra `ray`; run pip install '.[ray]' in the folder with "
        "pyproject.toml, or take --workers alone."
    )


def test_no_cluster_at_an_address_is_one_line(run) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    with pytest.raises(ConfigError, match="Got no Ray cluster at auto .*: expected one that is running; start it with"):
        run(Place(2, "auto"), False)


def test_workers_get_our_variables_and_where_the_code_lies(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("EMORL_BASE", "here")
    monkeypatch.setenv("SECRET", "no")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = variables()
    assert found["EMORL_BASE"] == "here" and "SECRET" not in found
    paths = [Path(part) for part in found["PYTHONPATH"].split(":")]
    assert tmp_path in paths and Path(sys.prefix) not in [parent for path in paths for parent in path.parents]
