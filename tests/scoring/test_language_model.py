"""A scorer of several objectives beside its naive twin, which reads one whole text at a time; what it reads twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoTokenizer

from emorl.errors import AssetError
from emorl.models.template import END, prompt_text
from emorl.scoring.language_model import LanguageModelScorer, backbone, batches, rows_of
from tests.scoring.tiny import write_adapter, write_scorer

NAMES = ("faithfulness", "reflection", "empathy")
STATEMENTS = ["I sold it.", "Nobody asks me, and I wonder why.", "I sold it.", "I sold it.", "Nobody asks me."]
REPLIES = ["You miss it.", "It's lonely when nobody asks.", "You sold it, and that was that.", "", "You miss it."]


@pytest.fixture(scope="module")
def warm_start(tiny_base, tmp_path_factory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("warmstart"), tiny_base, seed=7)


@pytest.fixture(scope="module")
def folder(tiny_base, tmp_path_factory) -> Path:
    return write_scorer(tmp_path_factory.mktemp("shared-ship"), tiny_base, NAMES)


@pytest.fixture
def scorer(folder, tiny_base, warm_start) -> LanguageModelScorer:
    return LanguageModelScorer(folder, tiny_base, warm_start)


def naive(folder: Path, base: Path, warm_start: Path | None) -> torch.Tensor:
    """Scores (B, L) of the pairs above: prompt and reply as one text, the adapter beside the weights, no packing."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = PeftModel.from_pretrained(backbone(base, warm_start), str(folder)).eval()
    head = load_file(folder / "head.safetensors")
    rows = []
    for statement, reply in zip(STATEMENTS, REPLIES, strict=True):
        ids = tokenizer(prompt_text(statement) + reply + END, return_tensors="pt").input_ids
        with torch.no_grad():
            read = model(ids, output_hidden_states=True)
        begin = len(tokenizer(prompt_text(statement)).input_ids)
        nats = [float(read.logits[0, at - 1].log_softmax(-1)[ids[0, at]]) for at in range(begin, ids.shape[1])]
        likelihood = torch.tensor([sum(nats) / len(nats), sum(nats) / 10])
        logits = head["weight"] @ read.hidden_states[-1][0, -1] + head["likelihood"] @ likelihood + head["bias"]
        rows.append(torch.sigmoid(logits))
    return torch.stack(rows)


@pytest.mark.parametrize("warm", [True, False])
def test_packed_scores_equal_those_of_whole_texts_one_by_one(folder, tiny_base, warm_start, warm: bool) -> None:
    stand = warm_start if warm else None
    scorer = LanguageModelScorer(folder, tiny_base, stand)
    scores = scorer.scores(STATEMENTS, REPLIES)
    assert scores.shape == (5, 3) and scores.dtype == torch.float32 and scores.std(0).min() > 0.01
    torch.testing.assert_close(scores, naive(folder, tiny_base, stand), atol=2e-6, rtol=1e-5)
    alone = [scorer.scores([s], [r]) for s, r in zip(STATEMENTS, REPLIES, strict=True)]
    torch.testing.assert_close(scores, torch.cat(alone), atol=2e-6, rtol=1e-5)


def test_the_warm_start_is_part_of_the_scorer(folder, tiny_base, warm_start) -> None:
    with_it, without = (
        LanguageModelScorer(folder, tiny_base, w).scores(STATEMENTS, REPLIES) for w in (warm_start, None)
    )
    assert (with_it - without).abs().max() > 0.01


def test_scores_stand_in_the_order_of_the_pairs_though_rows_are_read_in_several_batches(scorer) -> None:
    statements = [f"{'It was long ago. ' * (n % 7)}I sold number {n}." for n in range(30)]
    replies = [f"You sold {n * n}." for n in range(30)]
    rows = rows_of(scorer.tokenizer, [(s, [r]) for s, r in zip(statements, replies, strict=True)])
    assert len(batches([len(row["input_ids"]) for row in rows])) > 1
    together, backwards = scorer.scores(statements, replies), scorer.scores(statements[::-1], replies[::-1])
    torch.testing.assert_close(together, backwards.flip(0), atol=2e-6, rtol=1e-5)
    for n in (0, 6, 29):
        torch.testing.assert_close(
            together[n : n + 1], scorer.scores([statements[n]], [replies[n]]), atol=2e-6, rtol=1e-5
        )


def test_one_pass_gives_the_scores_of_all_objectives_and_the_last_call_costs_nothing_again(scorer) -> None:
    passes: list[int] = []
    scorer.model.model.register_forward_hook(lambda *_: passes.append(1))
    columns = [scorer.objective(name).score(STATEMENTS, REPLIES) for name in NAMES]
    assert len(passes) == 1  # two statements of three replies and one, in one batch
    torch.testing.assert_close(torch.stack(columns, 1), scorer.scores(STATEMENTS, REPLIES))
    other = scorer.scores(STATEMENTS, REPLIES[::-1])
    assert len(passes) == 2 and not torch.equal(other, torch.stack(columns, 1))
    scorer.scores(STATEMENTS, REPLIES)  # only the last call is remembered
    assert len(passes) == 3


def test_no_pair_is_no_score(scorer) -> None:
    assert scorer.scores([], []).shape == (0, 3) and scorer.objective("empathy").score([], []).shape == (0,)


def test_rows_that_are_read_together_by_hand() -> None:
    assert batches([3, 1, 2, 9, 3], budget=8) == [[1, 2], [0, 4], [3]]  # 2 * 2, then 3 * 3 and 9 * 1 are too much
    assert batches([4, 4], budget=8) == [[0, 1]] and batches([5, 4], budget=8) == [[1], [0]]
    assert batches([]) == []


def test_a_head_that_is_not_there_is_said_in_one_line(scorer) -> None:
    with pytest.raises(AssetError) as error:
        scorer.objective("fluency")
    assert str(error.value) == (
        "Got a scorer without a head for fluency: expected one of faithfulness, reflection, empathy; name another "
        "scorer in the manifest."
    )


@pytest.mark.parametrize(
    "lacking", ["scorer.json", "adapter_config.json", "adapter_model.safetensors", "head.safetensors"]
)
def test_an_incomplete_folder_is_said_in_one_line(folder, tiny_base, tmp_path, lacking: str) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / lacking).unlink()
    with pytest.raises(
        AssetError, match=r"Got no scorer in .*broken: expected scorer\.json, adapter_config\.json, "
    ) as error:
        LanguageModelScorer(broken, tiny_base)
    assert "\n" not in str(error.value)
