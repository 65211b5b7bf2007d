"""Every method of the weight search on the tiny base, beside each direction written by itself and for every aim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.lora import load_adapter
from emorl.models.template import END, prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.scoring.scorer import Score
from tests.scoring.tiny import write_adapter
from training.baselines.soups import soups
from training.evaluate import reply_writer
from training.search.methods import Outcome, run_method
from training.search.score import Mixed, WeightScore, ensemble, measured
from training.search.settings import METHODS, SAMPLED, Aim, SearchConfig

STATEMENTS = ["I sold my violin and I regret it now.", "He left."]
UNSEEN = ["Nobody calls.", "My knee hurts again."]
TOKENS = 4
SETTINGS = SearchConfig(levels=2, evaluations=9, least_share=0.2)


def low(statements, replies) -> torch.Tensor:
    """A toy score: the share of a reply's characters in the lower half of ASCII."""
    return torch.tensor([sum(ord(c) < 80 for c in r) / max(1, len(r)) for r in replies])


def long(statements, replies) -> torch.Tensor:
    """Another, which wants something else: length."""
    return torch.tensor([min(1.0, len(r) / 8) for r in replies])


SCORERS: dict[str, Score] = {"low": low, "long": long}
AIMS = [
    Aim(),
    Aim("minimum"),
    Aim("preference", (1.0, 3.0)),
    Aim("target", (), (0.3, 0.4)),
    Aim("tchebycheff", (), (0.9, 0.9)),
]


def direction(weights: Sequence[float]) -> tuple[float, ...]:
    """Shares, which are all that counts of weights."""
    return tuple(round(weight / (sum(weights) or 1), 9) for weight in weights)


@pytest.fixture(scope="module")
def tokenizer(tiny_base) -> SharedTokenizer:
    return SharedTokenizer(AutoTokenizer.from_pretrained(tiny_base))


@pytest.fixture(scope="module")
def decoder(tiny_base, tokenizer, tmp_path_factory) -> EnsembleDecoder:
    root = tmp_path_factory.mktemp("search")
    adapters = [load_adapter(write_adapter(root / f"e{seed}", tiny_base, seed)) for seed in (3, 4)]
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32).eval()
    end = tokenizer.plain.convert_tokens_to_ids(END)
    return EnsembleDecoder(LlamaBackbone(model, torch.float32), StackedLora(adapters), [end])


@pytest.fixture(scope="module")
def mixed(decoder, tokenizer) -> Mixed:
    return ensemble(decoder, tokenizer, TOKENS)


@pytest.fixture(scope="module")
def by_itself(decoder, tokenizer):
    """The mean scores by objective of weights, each direction written by itself."""
    write = reply_writer(decoder, tokenizer, prompt_text, TOKENS)

    def scores(weights: Sequence[float], statements: Sequence[str] = STATEMENTS) -> list[float]:
        replies = write(statements, weights)
        return [float(score(statements, replies).mean()) for score in SCORERS.values()]

    return scores


def found_by(method: str, mixed: Mixed, aim: Aim = AIMS[0]) -> Outcome:
    return run_method(method, SETTINGS, aim, mixed, STATEMENTS, SCORERS)


@pytest.mark.parametrize("method", SAMPLED)
def test_the_means_are_those_of_every_direction_written_by_itself(method, mixed, by_itself) -> None:
    found = found_by(method, mixed)
    record: Any = found.record
    totals = {direction(entry["weights"]): sum(entry["by_objective"]) / 2 for entry in record["means"]}
    assert len(record["means"]) == record["evaluations"] == found.evaluations == len(totals) > 2  # each direction once
    for entry in record["means"]:
        assert entry["by_objective"] == pytest.approx(by_itself(entry["weights"]), abs=1e-6)
    assert found.score == record["score"] == pytest.approx(max(totals.values()))
    assert totals[direction(record["best"])] == pytest.approx(found.score)
    assert {direction(p["weights"]): p["score"] for p in record["points"]} == pytest.approx(totals)
    assert 0 < record["decode_steps"] <= record["decode_steps_one_by_one"] and found.decode_steps > 0
    assert record["distinct_replies"] == found.replies <= len(STATEMENTS) * len(totals)
    assert min(direction(found.balanced)) >= 0.2 and found.balanced_score <= found.score
    assert method == "hierarchical" or found.evaluations == 9


@pytest.mark.parametrize("aim", AIMS, ids=lambda aim: aim.name)
def test_the_exact_optimum_is_no_worse_than_any_search_and_its_weights_write_what_they_promise(
    aim, mixed, by_itself
) -> None:
    exact = found_by("exact", mixed, aim)
    for method in SAMPLED:
        other = found_by(method, mixed, aim)
        assert exact.score >= other.score - 1e-6 and exact.balanced_score >= other.balanced_score - 1e-6
        assert aim.scalarization(by_itself(other.best)) == pytest.approx(other.score, abs=1e-6)
    assert exact.score >= exact.balanced_score - 1e-9
    for weights, promised in ((exact.best, exact.score), (exact.balanced, exact.balanced_score)):
        assert aim.scalarization(by_itself(weights)) == pytest.approx(promised, abs=1e-6)
    record: Any = exact.record
    assert record["coverage"] == pytest.approx(1, abs=1e-3) and len(record["regions"]) == len(STATEMENTS)
    assert exact.balanced == record["balanced"] and exact.balanced_score == record["balanced_score"]
    assert min(exact.balanced) >= 0.2 - 1e-9 and record["least_share"] == 0.2 and exact.evaluations == 0


def test_what_was_found_is_scored_again_where_no_search_has_looked(mixed, by_itself) -> None:
    found = found_by("random", mixed)
    line = found.summary(WeightScore(mixed.write, UNSEEN, SCORERS, AIMS[0]))
    assert line["unseen"] == pytest.approx(sum(by_itself(found.best, UNSEEN)) / 2, abs=1e-6)
    assert line["balanced_unseen"] == pytest.approx(sum(by_itself(found.balanced, UNSEEN)) / 2, abs=1e-6)
    assert (line["score"], line["evaluations"], line["method"]) == (found.score, 9, "random")
    assert found.summary(None)["unseen"] is None


def test_the_ideal_is_what_each_adapter_reaches_alone(mixed, by_itself) -> None:
    aim = Aim("tchebycheff", (2.0, 1.0))
    alone = [by_itself([1, 0])[0], by_itself([0, 1])[1]]
    found = measured(aim, mixed.write, STATEMENTS, SCORERS)
    assert found == replace(aim, target=found.target) and found.target == pytest.approx(alone, abs=1e-6)
    for given in (AIMS[1], AIMS[4]):
        assert measured(given, mixed.write, STATEMENTS, SCORERS) is given


def test_soups_are_searched_by_every_method_but_the_exact_one(decoder, tokenizer) -> None:
    mixed = soups(decoder, tokenizer, TOKENS)
    for method in SAMPLED:
        found = found_by(method, mixed)
        record: Any = found.record
        assert found.score == max(sum(row["by_objective"]) / 2 for row in record["means"])
    with pytest.raises(ValueError, match="Got the exact search without atlases: expected an ensemble"):
        found_by("exact", mixed)
    assert METHODS == (*SAMPLED, "exact")
