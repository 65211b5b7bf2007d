"""The benchmarks of many users and of moved sliders run, on the tiny model, and find equal tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import load, reuse
from tests.benchmarks._models import Models
from tests.ensemble.conftest import save_random_adapter


@pytest.fixture(scope="module")
def models(tiny_llama, tmp_path_factory: pytest.TempPathFactory) -> Models:
    from emorl.ensemble.lora import load_adapter

    root: Path = tmp_path_factory.mktemp("benchmark-adapters")
    adapters = tuple(load_adapter(save_random_adapter(tiny_llama, root / f"e{k}", seed=30 + k)) for k in range(3))
    return Models("tiny", tiny_llama, adapters, ((5, 6, 7), (8, 9, 10, 11)))


def test_users_together_write_the_same_tokens_as_one_after_the_other(models: Models) -> None:
    asked: list[int] = []
    scores = [lambda replies: asked.append(len(replies))] * len(models.prompts)
    result = load.run(models, users=(1, 3), rounds=1, threads=1, max_tokens=10, scores=scores)
    assert result["tokens_equal"] is True
    assert set(result["ratios"]) == {"throughput_1_users", "throughput_3_users", "best_of_8_over_one"}
    assert [row["name"] for row in result["rows"]] == ["together", "serial"] * 2 + ["one reply", "best of 8"] * 2
    assert asked == [2, 9] * 2  # with the base's own reply
    assert all(0 < row["first_p50_s"] <= row["total_p95_s"] for row in result["rows"])


def test_a_reused_reply_has_the_same_tokens_and_decodes_fewer(models: Models) -> None:
    result = reuse.run(models, moves=4, threads=1, max_tokens=10)
    assert result["tokens_equal"] is True and len(result["rows"]) == 8
    assert all(0 <= row["decoded"] < row["tokens"] for row in result["rows"])
