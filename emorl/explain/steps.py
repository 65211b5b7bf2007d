"""One decoding step in full: which tokens were close, what each expert would have chosen, how much they disagree.

With L_0 = scale · W h_0, pulls Δ_k = s · scale · W (h_k - h_0) and shares ŵ, the mixed logits are L = L_0 + Σ ŵ_k Δ_k,
linear in ŵ. From that, exactly:

* contributions of base and objectives to the written token's margin over *any* other token, not only the runner-up;
* the first choice of the base and of each objective alone, L_0 + Δ_k;
* ∂ margin / ∂ ŵ_k = Δ_k[y] - Δ_k[r] and, with p = softmax(L / T), ∂ log p(y) / ∂ ŵ_k = (Δ_k[y] - E_p Δ_k) / T;
* disagreement: the Jensen-Shannon divergence H(Σ ŵ_k p_k) - Σ ŵ_k H(p_k) of p_k = softmax((L_0 + Δ_k) / T), in nats,
  at least 0 and at most H(ŵ).

All of it is about the tokens that the decoder's mask allows at this point. Forbidden ones are no candidates and have no
probability, neither under the mixture nor under an expert alone.

Left out: which of the client's words mattered, a different question that has no exact answer here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from emorl.ensemble.mask import Mask, no_run_twice
from emorl.explain.contributions import TokenFacts, explain_tokens, remaining_shares

CANDIDATES = 5


@dataclass(frozen=True)
class TokenCandidate:
    """A token that could have been written here.

    Attributes:
        token: Its id.
        probability: p under the mixed distribution over the allowed tokens.
        contributions: K+1 terms (base, objectives) that sum to the *written* token's margin over this one; all 0 for
            the written token itself.
    """

    token: int
    probability: float
    contributions: tuple[float, ...]

    @property
    def margin(self) -> float:
        """Logit of the written token minus this one's, nats."""
        return sum(self.contributions)


@dataclass(frozen=True)
class Step:
    """One written token in full.

    Attributes:
        facts: Margin over the runner-up, contributions, flip intervals.
        rank: 1 if no token had a higher mixed logit, 2 if one had, and so on.
        probability: p of the written token.
        candidates: The most likely tokens, best first; the written one is among them or ranks below them.
        own: First choice of the base and of each objective alone at this strength, K+1.
        margin_slope: ∂ margin / ∂ ŵ_k, K numbers, nats per unit of share.
        log_p_slope: ∂ log p / ∂ ŵ_k, K numbers.
        disagreement: Jensen-Shannon divergence of the experts with weights ŵ, nats; 0 if all weights are zero.
    """

    facts: TokenFacts
    rank: int
    probability: float
    candidates: tuple[TokenCandidate, ...]
    own: tuple[TokenCandidate, ...]
    margin_slope: tuple[float, ...]
    log_p_slope: tuple[float, ...]
    disagreement: float


def divergence(logits: torch.Tensor, shares: Sequence[float]) -> float:
    """Jensen-Shannon divergence of softmaxed experts.

    Args:
        logits: Logits of each expert, (K, V).
        shares: Their weights ŵ, summing to 1; all 0 gives 0.

    Returns:
        Nats, from 0 to the entropy of the shares.
    """
    if not any(shares):
        return 0.0
    weights = torch.tensor(list(shares), dtype=torch.float64)
    p = logits.double().softmax(-1)  # (K, V)
    mixed = weights @ p
    return max(0.0, float(torch.special.entr(mixed).sum() - weights @ torch.special.entr(p).sum(-1)))


def along_slider(slopes: Sequence[float], shares: Sequence[float]) -> tuple[float, ...]:
    """Slopes along a slider: objective k gains share while the others lose theirs in proportion.

    ∂/∂ŵ_k lets the sum of the shares grow. A slider keeps it at 1, so its slope is g_k - Σ_j r_j g_j with r the others'
    proportions. All 0 with a single objective or without any weight, as no share can move then.

    Args:
        slopes: K partial derivatives g.
        shares: K shares ŵ.
    """
    if len(slopes) < 2 or not any(shares):
        return (0.0,) * len(slopes)
    gradient = torch.tensor(list(slopes), dtype=torch.float64)
    return tuple(float(gradient[k] - remaining_shares(shares, k) @ gradient) for k in range(len(slopes)))


@torch.inference_mode()
def explain_steps(
    tokens: Sequence[int],
    states: torch.Tensor,
    shares: Sequence[float],
    strength: float,
    head: torch.Tensor,
    scale: float = 1.0,
    temperature: float = 0.0,
    mask: Mask = no_run_twice,
) -> list[Step]:
    """Every step of one reply, from the states that wrote it.

    Args:
        tokens: T token ids.
        states: States after the final norm, base first, (T, K+1, D).
        shares: K shares ŵ (sum 1, or all 0).
        strength: s.
        head: Output head, (V, D).
        scale: Factor of the logits.
        temperature: T; 0 (greedy) counts as 1.
        mask: The decoder's.
    """
    facts = explain_tokens(tokens, states, shares, strength, head, scale, mask)
    temperature = temperature or 1.0
    weights = torch.tensor([1.0, *shares])
    table = head.float()
    steps: list[Step] = []
    for index, (fact, state) in enumerate(zip(facts, states, strict=True)):
        forbidden = mask(tokens[:index])
        terms = F.linear(state.float(), table) * scale  # (K+1, V)
        terms[1:] = strength * (terms[1:] - terms[:1])  # L_0, then the pulls Δ_k
        alone = torch.cat([terms[:1], terms[:1] + terms[1:]])  # (K+1, V)
        mixed = weights @ terms  # (V,)
        alone[:, forbidden] = mixed[forbidden] = -torch.inf
        p = (mixed / temperature).softmax(-1)
        lead = weights[:, None] * (terms[:, fact.token, None] - terms)  # (K+1, V): y's lead over each token
        gained = terms[1:, fact.token]  # Δ_k[y]

        def candidate(token: int, p: torch.Tensor = p, lead: torch.Tensor = lead) -> TokenCandidate:
            return TokenCandidate(token, float(p[token]), tuple(lead[:, token].tolist()))

        steps.append(
            Step(
                fact,
                1 + int((mixed > mixed[fact.token]).sum()),
                float(p[fact.token]),
                tuple(candidate(t) for t in mixed.topk(min(CANDIDATES, len(mixed) - len(forbidden))).indices.tolist()),
                tuple(candidate(t) for t in alone.argmax(-1).tolist()),
                tuple((gained - terms[1:, fact.foil]).tolist()),
                tuple(((gained - terms[1:] @ p) / temperature).tolist()),
                divergence(alone[1:] / temperature, shares),
            )
        )
    return steps
