"""Scorers by folder and objective: which kind is opened, that a shared one is loaded once, and what is said without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from emorl.errors import AssetError
from emorl.models.base import base_sha256
from emorl.models.stored import open_stored
from emorl.scoring import load
from emorl.scoring.language_model import LanguageModelScorer
from emorl.scoring.load import ScorerFolders
from tests.scoring.tiny import write_adapter, write_scorer

PAIRS = ["I sold it."] * 2, ["You miss it.", "You sold it."]


@pytest.fixture(scope="module")
def folder(tiny_base, tmp_path_factory) -> Path:
    return write_scorer(tmp_path_factory.mktemp("shared-ship"), tiny_base, ["faithfulness", "empathy"])


@pytest.fixture(scope="module")
def warm_start(tiny_base, tmp_path_factory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("warmstart"), tiny_base, seed=7)


def test_a_scorer_of_several_objectives_is_loaded_once(folder, tiny_base, monkeypatch) -> None:
    loaded: list[Path] = []

    class Counted(LanguageModelScorer):
        def __init__(self, folder: Path, *stand: Any) -> None:
            loaded.append(folder)
            super().__init__(folder, *stand)

    monkeypatch.setattr(load, "LanguageModelScorer", Counted)
    folders = ScorerFolders(tiny_base, None)
    one, two = folders.load(folder, "faithfulness"), folders.load(folder, "empathy")
    assert loaded == [folder] and not torch.equal(one.score(*PAIRS), two.score(*PAIRS))


def test_it_stands_on_the_warm_start_it_is_given(folder, tiny_base, warm_start) -> None:
    for stand in (warm_start, None):
        score = ScorerFolders(tiny_base, stand).load(folder, "empathy").score(*PAIRS)
        torch.testing.assert_close(score, LanguageModelScorer(folder, tiny_base, stand).scores(*PAIRS)[:, 1])


def test_a_scorer_that_was_trained_on_the_plain_base_stands_on_it(tiny_base, warm_start, tmp_path) -> None:
    judge = write_scorer(tmp_path / "shared-judge", tiny_base, ["empathy"], stands_on="base")
    score = ScorerFolders(tiny_base, warm_start).load(judge, "empathy").score(*PAIRS)
    plain, warm = (LanguageModelScorer(judge, tiny_base, stand).scores(*PAIRS)[:, 0] for stand in (None, warm_start))
    torch.testing.assert_close(score, plain)
    assert (score - warm).abs().max() > 0.01


def test_a_scorer_that_brings_its_own_warm_start_stands_on_that(tiny_base, warm_start, tmp_path) -> None:
    scorer = write_scorer(tmp_path / "shared-ship", tiny_base, ["empathy"], stands_on="own warm start")
    own = write_adapter(scorer / "warmstart", tiny_base, seed=9)
    score = ScorerFolders(tiny_base, warm_start).load(scorer, "empathy").score(*PAIRS)
    owns, others = (LanguageModelScorer(scorer, tiny_base, stand).scores(*PAIRS)[:, 0] for stand in (own, warm_start))
    torch.testing.assert_close(score, owns)
    assert (score - others).abs().max() > 0.01


def test_a_warm_start_that_a_scorer_brings_along_is_checked(tiny_base, tmp_path) -> None:
    scorer = write_scorer(tmp_path / "shared-ship", tiny_base, ["empathy"], stands_on="own warm start")
    with pytest.raises(AssetError, match="adapter_config.json and adapter_model.safetensors"):
        ScorerFolders(tiny_base, None).load(scorer, "empathy")
    own = write_adapter(scorer / "warmstart", tiny_base, seed=9)
    settings = json.loads((own / "adapter_config.json").read_text())
    (own / "adapter_config.json").write_text(json.dumps(settings | {"r": 0}))
    with pytest.raises(AssetError, match="r 0"):
        ScorerFolders(tiny_base, None).load(scorer, "empathy")


def test_scorers_of_one_base_share_its_weights(folder, tiny_base, warm_start, tmp_path) -> None:
    judge = write_scorer(tmp_path / "shared-judge", tiny_base, ["empathy"], seed=1, stands_on="base")
    folders = ScorerFolders(tiny_base, warm_start)
    for path in (folder, judge):
        folders.load(path, "empathy")
    one, two = (folders._shared[path].model for path in (folder, judge))
    for name, weight in folders.model.named_parameters():
        if "norm" not in name:
            assert one.get_parameter(name) is two.get_parameter(name) is weight


def test_a_base_that_is_open_already_is_not_opened_again(folder, tiny_base, monkeypatch) -> None:
    model = open_stored(tiny_base)
    monkeypatch.setattr(load, "open_stored", None)
    assert ScorerFolders(tiny_base, None, model).load(folder, "empathy").score(*PAIRS).shape == (2,)


def test_a_scorer_of_another_base_is_refused_where_it_says_so(tiny_base, tmp_path) -> None:
    def made_for(name: str, digest: str) -> Path:
        scorer = write_scorer(tmp_path / name, tiny_base, ["empathy"])
        card = json.loads((scorer / "scorer.json").read_text())
        (scorer / "scorer.json").write_text(json.dumps({**card, "base": digest}))
        return scorer

    mine = made_for("mine", base_sha256(tiny_base))
    assert ScorerFolders(tiny_base, None).load(mine, "empathy").score(*PAIRS).shape == (2,)
    other = made_for("other", "ab" * 32)
    message = rf"trained on the base abababababab...: expected {base_sha256(tiny_base)[:12]}..., the one in use; train"
    with pytest.raises(AssetError, match=message) as error:
        ScorerFolders(tiny_base, None).load(other, "empathy")
    assert "\n" not in str(error.value)


def test_one_without_a_backbone_is_a_cross_encoder(tmp_path, tiny_base, monkeypatch) -> None:
    opened: list[Path] = []

    def open_one(folder: Path) -> str:
        opened.append(folder)
        return "a cross-encoder"

    monkeypatch.setattr(load, "CrossEncoderScorer", open_one)
    (tmp_path / "scorer.json").write_text(json.dumps({"objective": "empathy"}))
    assert ScorerFolders(tiny_base, None).load(tmp_path, "empathy") == "a cross-encoder" and opened == [tmp_path]


def test_a_missing_folder_and_a_missing_head_are_said_in_one_line(folder, tiny_base, tmp_path) -> None:
    folders = ScorerFolders(tiny_base, None)
    with pytest.raises(AssetError, match=r"Got no scorer in .*nowhere: expected scorer\.json; train it with") as error:
        folders.load(tmp_path / "nowhere", "empathy")
    assert "\n" not in str(error.value)
    with pytest.raises(AssetError, match="without a head for reflection: expected one of faithfulness, empathy; name"):
        folders.load(folder, "reflection")
