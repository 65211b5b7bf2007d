"""The scorers of a models folder: one shared by objectives and faithfulness is loaded once and reads replies once."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from emorl.errors import AssetError
from emorl.models.manifest import Manifest
from emorl.reflecting.reflection import ReplyScores
from emorl.reflecting.scorers import Scorers
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
    scorers = Scorers.load(manifest, tiny_base)
    assert list(scorers.by_objective) == ["reflection", "empathy", "fluency"]
    reflection, empathy, faithful = (
        scorers.by_objective["reflection"],
        scorers.by_objective["empathy"],
        scorers.faithfulness,
    )
    assert isinstance(reflection, OneObjective) and isinstance(empathy, OneObjective)
    assert isinstance(faithful, OneObjective) and isinstance(scorers.by_objective["fluency"], FluencyScorer)
    assert reflection.whole is empathy.whole is faithful.whole
    statement, replies = "I sold it.", ["You miss it.", "You sold it.", "You miss it."]
    found = scorers.score_replies(statement, replies)
    assert manifest.faithfulness is not None
    alone = LanguageModelScorer(manifest.faithfulness, tiny_base, manifest.warm_start)
    expected = alone.scores([statement] * 2, replies[:2])
    assert list(found) == replies[:2]
    for row, scored in zip(expected, found.values(), strict=True):
        scores = [scored.faithfulness, scored.scores["reflection"], scored.scores["empathy"]]
        torch.testing.assert_close(torch.tensor(scores), row)


def test_an_objective_without_a_scorer_is_not_scored(manifest, tiny_base) -> None:
    reflection, empathy, fluency = manifest.objectives
    scorers = Scorers.load(replace(manifest, objectives=(reflection, replace(empathy, scorer=None))), tiny_base)
    assert list(scorers.by_objective) == ["reflection"] and list(scorers.scores("s", ["A reply."])) == ["reflection"]


def test_a_missing_scorer_is_said(manifest, tiny_base, tmp_path) -> None:
    with pytest.raises(AssetError, match=r"Got no scorer in .*gone: expected scorer\.json"):
        Scorers.load(replace(manifest, faithfulness=tmp_path / "gone"), tiny_base)


OWN = "tests.training.own_scorer:brevity"


def test_a_function_scores_only_if_its_module_is_listed(tiny_base, monkeypatch) -> None:
    manifest = replace(
        manifest_of([]), objectives=tuple(replace(o, scorer=OWN) for o in manifest_of(["brevity"]).objectives)
    )
    with pytest.raises(AssetError) as error:
        Scorers.load(manifest, tiny_base)
    assert str(error.value) == (
        f"Got the scorer {OWN} in the manifest: expected a module that EMORL_SCORERS lists; "
        "set EMORL_SCORERS=tests.training.own_scorer if you trust that code."
    )
    monkeypatch.setenv("EMORL_SCORERS", "other, tests.training")  # the package around it is another module
    with pytest.raises(AssetError, match="expected a module that EMORL_SCORERS lists"):
        Scorers.load(manifest, tiny_base)
    monkeypatch.setenv("EMORL_SCORERS", "other, tests.training.own_scorer")
    assert Scorers.load(manifest, tiny_base).scores("s", ["", "a" * 10]) == {"brevity": [1.0, 0.75]}


def test_without_a_scorer_of_faithfulness_nothing_is_said_of_it() -> None:
    scorers = Scorers({"a": Counted("a")})
    assert scorers.score_replies("s", ["aa", "ab"]) == {
        "aa": ReplyScores({"a": 1.0}, None),
        "ab": ReplyScores({"a": 0.5}, None),
    }


def test_a_scorer_that_knows_what_would_be_said_says_so(manifest, tiny_base, tmp_path) -> None:
    assert Scorers.load(manifest, tiny_base).would_say is None
    heads = ["faithfulness", "would_say"]
    knowing = write_scorer(tmp_path / "knowing", tiny_base, heads)
    scorers = Scorers.load(replace(manifest, objectives=(), faithfulness=knowing), tiny_base)
    (found,) = scorers.score_replies("I sold it.", ["You miss it."]).values()
    expected = LanguageModelScorer(knowing, tiny_base, manifest.warm_start).scores(["I sold it."], ["You miss it."])
    assert [found.faithfulness, found.would_say] == pytest.approx(expected[0].tolist())
    assert found.fitness == found.would_say
