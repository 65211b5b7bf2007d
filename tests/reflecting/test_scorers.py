"""The scorers of a models folder: one shared by objectives and faithfulness is loaded once and reads replies once."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from emorl.errors import AssetError
from emorl.models.manifest import Manifest
from emorl.reflecting.judges import Judges
from emorl.reflecting.reflection import Judged
from emorl.scoring.fluency import FluencyScorer
from emorl.scoring.language_model import LanguageModelScorer, OneObjective
from tests.reflecting.conftest import Counted, manifest_of
from tests.scoring.tiny import write_adapter, write_scorer


@pytest.fixture
def manifest(tiny_base, tmp_path) -> Manifest:
    """Reflection and empathy by a shared scorer, fluency by the base, and the shared scorer's faithfulness."""
    shared = write_scorer(tmp_path / "shared-ship", tiny_base, ["faithfulness", "reflection", "empathy"])
    reflection, empathy, fluency = manifest_of(["reflection", "empathy", "fluency"]).objectives
    entries = (replace(reflection, scorer=shared), replace(empathy, scorer=shared), fluency)
    warm_start = write_adapter(tmp_path / "warmstart", tiny_base, seed=7)
    return replace(manifest_of([]), objectives=entries, faithfulness=shared, warm_start=warm_start)


def test_a_shared_scorer_is_loaded_once_and_stands_on_the_manifests_warm_start(manifest, tiny_base) -> None:
    judges = Judges.load(manifest, tiny_base)
    assert list(judges.scorers) == ["reflection", "empathy", "fluency"]
    reflection, empathy, faithful = judges.scorers["reflection"], judges.scorers["empathy"], judges.faithfulness
    assert isinstance(reflection, OneObjective) and isinstance(empathy, OneObjective)
    assert isinstance(faithful, OneObjective) and isinstance(judges.scorers["fluency"], FluencyScorer)
    assert reflection.whole is empathy.whole is faithful.whole
    statement, replies = "I sold it.", ["You miss it.", "You sold it.", "You miss it."]
    found = judges.judge(statement, replies)
    assert manifest.faithfulness is not None
    alone = LanguageModelScorer(manifest.faithfulness, tiny_base, manifest.warm_start)
    expected = alone.scores([statement] * 2, replies[:2])
    assert list(found) == replies[:2]
    for row, judged in zip(expected, found.values(), strict=True):
        scores = [judged.faithfulness, judged.scores["reflection"], judged.scores["empathy"]]
        torch.testing.assert_close(torch.tensor(scores), row)


def test_an_objective_without_a_scorer_is_not_scored(manifest, tiny_base) -> None:
    reflection, empathy, fluency = manifest.objectives
    judges = Judges.load(replace(manifest, objectives=(reflection, replace(empathy, scorer=None))), tiny_base)
    assert list(judges.scorers) == ["reflection"] and list(judges.scores("s", ["A reply."])) == ["reflection"]


def test_a_missing_scorer_is_said(manifest, tiny_base, tmp_path) -> None:
    with pytest.raises(AssetError, match=r"Got no scorer in .*gone: expected scorer\.json"):
        Judges.load(replace(manifest, faithfulness=tmp_path / "gone"), tiny_base)


def test_without_a_scorer_of_faithfulness_nothing_is_said_of_it() -> None:
    judges = Judges({"a": Counted("a")})
    assert judges.judge("s", ["aa", "ab"]) == {"aa": Judged({"a": 1.0}, None), "ab": Judged({"a": 0.5}, None)}
