"""The weight search on the tiny base: the grid beside each direction written by itself, and the exact optimum."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.lora import load_adapter
from emorl.models.template import END, prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.scoring.score_cache import ScoreCache
from tests.scoring.tiny import write_adapter
from training.evaluate import reply_writer
from training.search import search_atlases, search_grid

STATEMENTS = ["I sold my violin and I regret it now.", "He left."]
TOKENS = 4


def low(statements, replies) -> torch.Tensor:
    """A toy score: the share of a reply's characters in the lower half of ASCII."""
    return torch.tensor([sum(ord(c) < 80 for c in r) / max(1, len(r)) for r in replies])


def long(statements, replies) -> torch.Tensor:
    """Another, which wants something else: length."""
    return torch.tensor([min(1.0, len(r) / 8) for r in replies])


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


@pytest.fixture
def cache() -> ScoreCache:
    return ScoreCache({"low": low, "long": long})


def test_the_grid_means_are_those_of_every_direction_written_by_itself(decoder, tokenizer, cache) -> None:
    found, record = search_grid(decoder, tokenizer, STATEMENTS, cache, 2, TOKENS)
    write = reply_writer(decoder, tokenizer, prompt_text, TOKENS)
    totals = {direction(entry["weights"]): sum(entry["by_objective"]) / 2 for entry in record["means"]}
    assert len(record["means"]) == record["evaluations"] == len(totals) > 2  # each direction once
    for entry in record["means"]:
        replies = write(STATEMENTS, entry["weights"])
        expected = [float(score(STATEMENTS, replies).mean()) for score in (low, long)]
        assert entry["by_objective"] == pytest.approx(expected, abs=1e-6)
    assert found.score == record["score"] == pytest.approx(max(totals.values()))
    assert totals[direction(record["best"])] == pytest.approx(found.score)
    assert {direction(p["weights"]): p["score"] for p in record["points"]} == pytest.approx(totals)
    assert 0 < record["decode_steps"] <= record["decode_steps_one_by_one"]
    assert record["distinct_replies"] == cache.calls <= len(STATEMENTS) * len(totals)


def test_the_exact_optimum_is_no_worse_than_the_grid_and_its_weights_write_what_they_promise(
    decoder, tokenizer, cache
) -> None:
    grid, _ = search_grid(decoder, tokenizer, STATEMENTS, cache, 2, TOKENS)
    balanced, record = search_atlases(decoder, tokenizer, STATEMENTS, cache, TOKENS, 0.2)
    assert record["score"] >= grid.score - 1e-6 and record["score"] >= record["balanced_score"] - 1e-9
    assert record["coverage"] == pytest.approx(1, abs=1e-3) and len(record["regions"]) == len(STATEMENTS)
    assert balanced.best == record["balanced"] and balanced.score == record["balanced_score"]
    assert min(balanced.best) >= 0.2 - 1e-9 and record["least_share"] == 0.2
    write = reply_writer(decoder, tokenizer, prompt_text, TOKENS)
    for weights, promised in ((record["best"], record["score"]), (record["balanced"], record["balanced_score"])):
        replies = write(STATEMENTS, weights)
        mean = (low(STATEMENTS, replies) + long(STATEMENTS, replies)).mean() / 2
        assert float(mean) == pytest.approx(promised, abs=1e-6)
