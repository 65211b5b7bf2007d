"""What a base's tokenizer has to know, and what is said of one that does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import processors
from transformers import AutoTokenizer

from emorl.errors import BackboneError
from emorl.models.template import END
from emorl.reflecting.tokenizer import SharedTokenizer, end_token


@pytest.fixture
def plain(tiny_base) -> Any:
    return AutoTokenizer.from_pretrained(tiny_base)


def test_the_end_token_is_that_of_the_template(plain) -> None:
    assert plain.convert_ids_to_tokens(end_token(plain)) == END


@pytest.mark.parametrize("mark", ["<|im_start|>", "<|im_end|>"])
def test_a_tokenizer_without_a_mark_is_refused(plain, mark, monkeypatch) -> None:
    known = plain.convert_tokens_to_ids
    monkeypatch.setattr(plain, "convert_tokens_to_ids", lambda token: None if token == mark else known(token))
    with pytest.raises(BackboneError) as error:
        end_token(plain)
    assert str(error.value) == (
        f"Got a base whose tokenizer has no {mark}: expected the marks of our prompt (ChatML); choose another base."
    )


def test_a_tokenizer_that_splits_the_end_is_refused() -> None:
    class Splitting:
        unk_token_id = None

        def convert_tokens_to_ids(self, token: str) -> int:
            return 7

        def __call__(self, text: str) -> Any:
            return SimpleNamespace(input_ids=[1, 2])

    splitting: Any = Splitting()
    with pytest.raises(BackboneError, match=r"whose tokenizer splits <\|im_end\|>: expected .* special tokens;"):
        end_token(splitting)


def test_a_tokenizer_that_adds_tokens_is_refused(plain) -> None:
    """As those of Llama 3 and Mistral do: the token would stand between the prompt and the reply, too."""
    plain.backend_tokenizer.post_processor = processors.TemplateProcessing(
        "<|endoftext|> $A", None, [("<|endoftext|>", 0)]
    )
    assert plain("a").input_ids[0] == 0
    with pytest.raises(BackboneError) as error:
        end_token(plain)
    assert str(error.value) == (
        "Got a base whose tokenizer adds <|endoftext|> to every text: expected one that adds nothing; save it with "
        "add_bos_token=False and add_eos_token=False, or choose another base."
    )


def test_tokens_beyond_the_vocabulary_say_nothing(plain) -> None:
    shared = SharedTokenizer(plain)
    assert shared.piece(len(plain) + 3) == ""
    letters = shared.ids("You")
    assert shared.text([*letters, len(plain) + 3]) == "You"
