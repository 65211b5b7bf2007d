"""A scorer of somebody's own: a function that is named by its module, `package.module:function`.

It is called with B statements and B replies, two lists of texts, and gives B scores in [0, 1] as a list, an array or a
tensor. What it gives is checked at every call. Left out: whether the module may be imported at all. A manifest may name
any module, so the app imports only those that `EMORL_SCORERS` lists; a run's own YAML file is trusted.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence

import torch

from emorl.errors import AssetError

NAMED = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")
"""How such a scorer is named: its module and its function."""


class OwnScorer:
    """Scores with a function that is imported by its name."""

    def __init__(self, name: str) -> None:
        """Import the function.

        Args:
            name: As `package.module:function`.

        Raises:
            AssetError: There is no such function.
        """
        self.name = name
        named = NAMED.fullmatch(name)
        if named is None:
            raise AssetError.of(f"the scorer {name}", "package.module:function", "correct its name")
        try:
            self.function = getattr(importlib.import_module(named[1]), named[2])
        except (ImportError, AttributeError) as error:
            raise AssetError.of(
                f"the scorer {name}, which cannot be imported ({error})",
                "a function of a module on Python's path",
                "correct its name, or install the module",
            ) from None

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Scores in [0, 1], (B,).

        Raises:
            AssetError: The function gave something else.
        """
        given = self.function(list(statements), list(replies))
        try:
            scores = torch.as_tensor(given, dtype=torch.float32, device="cpu").detach()
        except (TypeError, ValueError, RuntimeError):
            scores = torch.empty(0, 0)
        if scores.shape != (len(replies),) or not ((scores >= 0) & (scores <= 1)).all():  # NaN is neither
            shown = f"{scores.tolist()}" if scores.ndim == 1 else f"{given!r}"
            raise AssetError.of(
                f"{shown:.80} from the scorer {self.name} for {len(replies)} replies",
                "one number from 0 to 1 for each",
                "correct the function",
            )
        return scores
