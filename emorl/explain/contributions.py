"""Why this token: exact contributions of base and objectives to its margin, and the weights at which it would flip.

With W_yr = scale · (W_y - W_r) for the chosen token y and its foil r (the runner-up), the margin is

    W_yr · f = W_yr · h_0 + Σ_k s ŵ_k W_yr · (h_k - h_0),

and its K+1 terms are the contributions, which sum to the margin. Raw logits are never shown, because their offset is
arbitrary. Along a line in weight space every logit is linear, so the interval in which y stays first has a closed form.
Tokens that the decoder's mask forbids at this point are neither foils nor rivals, whatever the weights. Left out: foils
other than the runner-up (`steps`), Shapley values (`coalitions`), the whole reply (`explanation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from emorl.ensemble.mask import Mask, no_run_twice


@dataclass(frozen=True)
class TokenFacts:
    """Exact facts about one written token.

    Attributes:
        token: Its id.
        foil: Id of the best other allowed token under the mixed logits.
        margin: Mixed logit of the token minus that of the foil, in nats.
        contributions: K+1 terms that sum to the margin: the base, then each objective.
        unchanged: For each objective, the interval of its share in which the token stays first while the others keep
            their proportions; None where the token was not first (sampling) or there is no share to move.
    """

    token: int
    foil: int
    margin: float
    contributions: tuple[float, ...]
    unchanged: tuple[tuple[float, float] | None, ...]


def remaining_shares(shares: Sequence[float], k: int) -> torch.Tensor:
    """Shares of the others if objective k has none: in their proportions, or equal if all are 0; (K,), 0 at k."""
    rest = torch.tensor([0.0 if j == k else float(share) for j, share in enumerate(shares)], dtype=torch.float64)
    if float(rest.sum()) == 0 and len(shares) > 1:
        rest = torch.ones(len(shares), dtype=torch.float64)
        rest[k] = 0.0
    if len(shares) > 1:
        rest /= rest.max()  # at most 1 first: the sum of very small numbers would lose precision
        rest /= rest.sum()
    return rest


def flip_interval(start: torch.Tensor, slope: torch.Tensor, token: int) -> tuple[float, float] | None:
    """Where the token is first on the line start + t · slope for t in [0, 1]; None if nowhere.

    Args:
        start: Logits at t = 0, (V,).
        slope: Their change to t = 1, (V,).
        token: The token y.
    """
    lead = start[token] - start  # (V,), a_y - a_v
    speed = slope - slope[token]  # b_v - b_y
    ratio = lead / speed
    upper = ratio[speed > 0].min() if bool((speed > 0).any()) else torch.tensor(1.0)
    lower = ratio[speed < 0].max() if bool((speed < 0).any()) else torch.tensor(0.0)
    if bool((lead[speed == 0] < 0).any()):
        return None
    low, high = max(0.0, float(lower)), min(1.0, float(upper))
    return (low, high) if low <= high else None


@torch.inference_mode()
def explain_tokens(
    tokens: Sequence[int],
    states: torch.Tensor,
    shares: Sequence[float],
    strength: float,
    head: torch.Tensor,
    scale: float = 1.0,
    mask: Mask = no_run_twice,
) -> list[TokenFacts]:
    """Facts about every token of one reply.

    Args:
        tokens: T token ids.
        states: States after the final norm, base first, (T, K+1, D).
        shares: K normalised weights ŵ (sum 1, or all 0).
        strength: s.
        head: Output head, (V, D).
        scale: Factor of the logits.
        mask: The decoder's.

    Example:
        Three words, each read from one component of the state, and two objectives with half the weight each. The mixed
        state is (1, 2, 0), so word 1 leads word 0 by 1. The base speaks against it, the first objective for it.

        >>> states = torch.tensor([[[1.0, 0, 0], [0, 4, 0], [2, 0, 0]]])  # base, then objectives
        >>> [fact] = explain_tokens([1], states, [0.5, 0.5], strength=1.0, head=torch.eye(3))
        >>> fact.foil, fact.margin, fact.contributions
        (0, 1.0, (-1.0, 2.5, -0.5))
        >>> [tuple(round(share, 3) for share in interval) for interval in fact.unchanged]
        [(0.333, 1.0), (0.0, 0.667)]
    """
    table = F.linear(states.float(), head.float()) * scale  # (T, K+1, V)
    pulls = table[:, 1:] - table[:, :1]  # (T, K, V): what each adapter changed
    weights = torch.tensor([strength * share for share in shares])
    mixed = table[:, 0] + torch.einsum("k,tkv->tv", weights, pulls)
    facts: list[TokenFacts] = []
    for step, token in enumerate(tokens):
        forbidden = mask(tokens[:step])
        others = mixed[step].clone()
        others[[token, *forbidden]] = -torch.inf
        foil = int(others.argmax())
        base = float(table[step, 0, token] - table[step, 0, foil])
        parts = (weights * (pulls[step, :, token] - pulls[step, :, foil])).tolist()
        intervals: list[tuple[float, float] | None] = []
        for k in range(len(shares)):
            if not any(shares):
                intervals.append(None)
                continue
            rest = (strength * remaining_shares(shares, k)).float()
            start = table[step, 0] + torch.einsum("k,kv->v", rest, pulls[step])
            slope = table[step, 0] + strength * pulls[step, k] - start
            start[forbidden] = -torch.inf  # never first on the line
            intervals.append(flip_interval(start, slope, token))
        facts.append(TokenFacts(token, foil, base + sum(parts), (base, *parts), tuple(intervals)))
    return facts
