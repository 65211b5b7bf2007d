"""One tokenizer for all threads: text to token ids and back, protected by a lock; and what follows from its vocabulary.

Left out: the prompt template (`emorl.models.template`), and the scorers' own tokenizers.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emorl.ensemble.mask import Mask, WordRuns, no_run_twice
from emorl.errors import BackboneError
from emorl.models.template import END, START

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def end_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """The token that ends a reply.

    Raises:
        BackboneError: The base's tokenizer lacks a mark of our prompt or splits it, so that no reply would ever end;
            or it adds tokens to every text, which would stand between a prompt and its reply.
    """
    for mark in (END, START):
        token = tokenizer.convert_tokens_to_ids(mark)
        if not isinstance(token, int) or token == tokenizer.unk_token_id:
            raise BackboneError.of(
                f"a base whose tokenizer has no {mark}", "the marks of our prompt (ChatML)", "choose another base"
            )
    end = int(tokenizer.convert_tokens_to_ids(END))
    tokens = list(tokenizer(END).input_ids)
    if end not in tokens:
        raise BackboneError.of(
            f"a base whose tokenizer splits {END}", "the marks of our prompt as special tokens", "choose another base"
        )
    if tokens != [end]:
        added = tokenizer.convert_ids_to_tokens([token for token in tokens if token != end])
        raise BackboneError.of(
            f"a base whose tokenizer adds {' '.join(map(str, added))} to every text",
            "one that adds nothing",
            "save it with add_bos_token=False and add_eos_token=False, or choose another base",
        )
    return end


SPACES = str.maketrans({"\u0120": " ", "\u2581": " ", "\u010a": "\n"})
"""How byte-level vocabularies and those of SentencePiece write a space, and a new line."""


def mask_of(tokenizer: PreTrainedTokenizerBase, size: int) -> Mask:
    """No run of three words twice; of three tokens where no token of the vocabulary begins with a space.

    Args:
        tokenizer: The base's tokenizer.
        size: V, tokens of the base's head. Often there are more than the tokenizer knows; those have no text.
    """
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    texts = ["" if token is None else str(token).translate(SPACES) for token in tokens]
    texts += [""] * (size - len(texts))
    return WordRuns(texts) if any(text[:1] == " " and text.strip() for text in texts) else no_run_twice


class SharedTokenizer:
    """A tokenizer from transformers that any thread may use.

    Attributes:
        plain: The tokenizer itself, for code that runs in one thread.
    """

    def __init__(self, plain: PreTrainedTokenizerBase) -> None:
        """Args: the tokenizer."""
        self.plain = plain
        self._lock = threading.Lock()  # a fast tokenizer must not be used by two threads at once

    def ids(self, prompt: str) -> list[int]:
        """Token ids of a prompt."""
        with self._lock:
            return list(self.plain(prompt).input_ids)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say, without special tokens and without white space around it."""
        with self._lock:
            return str(self.plain.decode(list(tokens), skip_special_tokens=True)).strip()

    def piece(self, token: int) -> str:
        """What one token adds to a text."""
        with self._lock:
            return str(self.plain.decode([token]))
