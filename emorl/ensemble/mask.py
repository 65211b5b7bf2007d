"""The mask: no run of three words comes twice in a reply.

A token is forbidden after a prefix if it would begin a word that completes such a run. The rule looks at the prefix of
the reply and at nothing else: not at the weights, the prompt or the states. So all weights that write a prefix have
the same tokens forbidden after it, and the next token is the argmax over the others. Everything that follows from the
logits being linear therefore stays exact: contributions to the margin over an allowed foil, the range of a share in
which a token stays first, the polygons of the atlas, the reuse of a reply after its weights have changed. Sampling
draws from the softmax over the allowed tokens.

The end of the reply is never forbidden: nothing is written after it, so no run contains it. At least one token is
therefore always allowed.

`WordRuns` knows the texts of the tokens and is what the service uses. It never forbids how a word goes on, only that
it begins, so a word that has begun is always finished. `no_run_twice` does the same for runs of three tokens, where a
vocabulary has no words (transformers calls it `no_repeat_ngram_size=3`). Runs of tokens are the wrong unit for English
text: "you don't" is three of them, so a reply could say it only once, and a longer word that was said before was
spelt wrongly the second time. Left out: runs of the client's statement, which a reply may repeat;
and telling words apart that begin with the same token ("he" also forbids "he'll").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

AROUND = ' \n\t.,;:!?"\u201c\u201d()'
"""What may stand around a word and does not belong to it."""

Mask = Callable[[Sequence[int]], list[int]]
"""From the tokens of a reply so far to those forbidden next: the same list for the same tokens, whatever the weights.
A token that ends a reply is never forbidden."""


def no_run_twice(written: Sequence[int]) -> list[int]:
    """Tokens that would complete a run of three tokens that the reply already contains.

    Args:
        written: The reply so far, without its prompt.
    """
    last = tuple(written[-2:])
    return sorted({c for a, b, c in zip(written, written[1:], written[2:], strict=False) if (a, b) == last})


class WordRuns:
    """Forbids tokens that would begin the third word of a run of three words that the reply already contains.

    A word is what stands between spaces, without its case and the punctuation around it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Args: the text of every token of the vocabulary; one that begins a word begins with a space."""
        self.texts = texts

    def __call__(self, written: Sequence[int]) -> list[int]:
        """The forbidden tokens, in order.

        Args:
            written: The reply so far, without its prompt.
        """
        words: list[str] = []
        first: list[int] = []  # the token that each word begins with
        for token in written:
            text = self.texts[token]
            if not words or text[:1].isspace():
                words.append(text)
                first.append(token)
            else:
                words[-1] += text
        plain = [word.strip(AROUND).lower() for word in words]
        runs = zip(plain, plain[1:], first[2:], strict=False)
        return sorted({token for one, two, token in runs if [one, two] == plain[-2:]})


def nothing(written: Sequence[int]) -> list[int]:
    """Forbid nothing: the plain policy, which reinforcement learning samples from."""
    return []


def forbid(logits: torch.Tensor, forbidden: Sequence[Sequence[int]]) -> torch.Tensor:
    """Set the logits of forbidden tokens to minus infinity, in place.

    Args:
        logits: Logits of B prefixes, (B, ..., V).
        forbidden: The tokens not allowed after each of them.

    Returns:
        The same logits.
    """
    for row, tokens in zip(logits, forbidden, strict=True):
        if tokens:
            row[..., list(tokens)] = -torch.inf
    return logits
