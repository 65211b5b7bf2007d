"""One tokenizer for all threads: text to token ids and back, behind a lock of its own.

Left out: the prompt's form (`emorl.models.template`) and the scorers' tokenizers, which belong to the scorers.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any


class SharedTokenizer:
    """A tokenizer of transformers that any thread may use.

    Attributes:
        plain: The tokenizer itself, for code that runs in one thread.
    """

    def __init__(self, plain: Any) -> None:
        """Args: the tokenizer."""
        self.plain = plain
        self._lock = threading.Lock()  # two threads at once would break a fast tokenizer

    def ids(self, prompt: str) -> list[int]:
        """Token ids of a prompt."""
        with self._lock:
            return list(self.plain(prompt).input_ids)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say, without special tokens and without white space around it."""
        with self._lock:
            return self.plain.decode(list(tokens), skip_special_tokens=True).strip()

    def piece(self, token: int) -> str:
        """What one token adds to a text."""
        with self._lock:
            return self.plain.decode([token])
