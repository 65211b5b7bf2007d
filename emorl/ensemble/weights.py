"""Weights: from raw slider values to shares on the simplex, and from shares to the coefficients of the mixture.

With raw w_k >= 0 and shares ŵ = w / Σw, the mixed state is f = h_0 + s Σ_k ŵ_k (h_k - h_0). Only the direction of w
matters. If all weights are zero, the reply is the base's own. At s = 1 this is EMORL's Σ ŵ_k h_k.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from emorl.errors import WeightError


def shares(weights: Sequence[float]) -> list[float]:
    """Normalised weights ŵ, which sum to 1, or all zeros where every weight is zero.

    Args:
        weights: K raw weights.

    Raises:
        WeightError: A weight is negative, NaN or infinite.

    Example:
        >>> shares([3, 1])
        [0.75, 0.25]
        >>> shares([0, 0])
        [0.0, 0.0]
    """
    for index, weight in enumerate(weights):
        if not math.isfinite(weight) or weight < 0:
            raise WeightError.of(
                f"{weight} for weight {index + 1}",
                "a finite number of at least 0",
                "use 0 to leave an objective out",
            )
    largest = max(weights, default=0.0)
    if largest == 0:
        return [0.0] * len(weights)
    scaled = [weight / largest for weight in weights]  # cannot overflow or underflow
    total = math.fsum(scaled)
    return [weight / total for weight in scaled]


def coefficients(weights: Sequence[float], strength: float = 1.0) -> torch.Tensor:
    """Coefficients c of f = Σ_k c_k h_k over base and experts, shape (K+1,), float32, summing to 1.

    c_0 = 1 - s Σ ŵ and c_k = s ŵ_k.

    Raises:
        WeightError: A bad weight (see `shares`) or a strength that is negative or not finite.

    Example:
        The base comes first. Twice the strength gives more to the experts and takes as much from the base.

        >>> coefficients([3, 1])
        tensor([0.0000, 0.7500, 0.2500])
        >>> coefficients([3, 1], strength=2)
        tensor([-1.0000,  1.5000,  0.5000])
    """
    if not math.isfinite(strength) or strength < 0:
        raise WeightError.of(f"{strength} for strength", "a finite number of at least 0", "1 is the plain ensemble")
    parts = [strength * share for share in shares(weights)]
    if strength == 1 and any(parts):  # exactly Σ ŵ_k h_k: rounding must not mix the base in
        return torch.tensor([0.0, *parts])
    return torch.tensor([1.0 - math.fsum(parts), *parts])
