"""The finished map: regions of the simplex with what is written there, look-up by weights, and JSON.

An `Atlas` says of one prompt which tokens greedy decoding writes where. `Atlas.at` answers for weights without any
model; `as_json` is what the command prints and what a browser needs to answer a slider by itself. Left out: how an
atlas is found (`tree`), and texts, which the owner of the tokeniser brings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emorl.atlas.polygons import Cell
from emorl.ensemble.weights import shares
from emorl.errors import WeightError

ON_BORDER = 1e-9
"""How far outside a region a point may lie, in shares, and still be looked up there."""


@dataclass(frozen=True)
class Region:
    """One reachable reply and where the sliders reach it.

    Attributes:
        tokens: Token ids, the end token included when it was written; no two regions of an atlas have the same.
        ended: Whether the end token was written.
        cell: Where it is written; vertices in the shares of the atlas's objectives.
    """

    tokens: tuple[int, ...]
    ended: bool
    cell: Cell


@dataclass(frozen=True)
class Atlas:
    """Every reply found so far for one prompt, the largest region first.

    Attributes:
        count: K, the number of weights a look-up takes.
        objectives: Which of the K objectives the map spans, in the order of the cells' shares; the others are 0.
        strength: s.
        regions: Finished replies.
        decode_steps: Prefixes that went through base and experts after the prefill.
        open_area: Share of the simplex whose replies are still being written, or were given up for the step budget.
        finished: Whether nothing is being written any more.

    Example:
        Two objectives and two replies: the second is written where the first objective has a quarter or less.

        >>> from emorl.atlas.polygons import simplex
        >>> more, less = simplex(2).clip(np.array([3, -1])), simplex(2).clip(np.array([-3, 1]))
        >>> regions = (Region((10, 2), True, more), Region((11, 2), True, less))
        >>> atlas = Atlas(2, (0, 1), 1.0, regions, decode_steps=3, open_area=0.0, finished=True)
        >>> [region.cell.area for region in atlas.regions]
        [0.75, 0.25]
        >>> atlas.at([1, 1]).tokens, atlas.at([1, 9]).tokens
        ((10, 2), (11, 2))
    """

    count: int
    objectives: tuple[int, ...]
    strength: float
    regions: tuple[Region, ...]
    decode_steps: int
    open_area: float
    finished: bool

    @property
    def coverage(self) -> float:
        """Share of the simplex in a region; 1 - coverage - open_area is lost to pieces below the minimum area."""
        return math.fsum(region.cell.area for region in self.regions)

    def at(self, weights: Sequence[float]) -> Region | None:
        """What these weights write, or None where the atlas does not say.

        It does not say in lost or open area, off the slice (weight on an objective that the atlas leaves at 0), and
        for all weights zero, which is the base's own reply and no point of the simplex. On a border any of the
        regions that meet there is given; the decoder takes the token with the lowest id.

        Args:
            weights: K raw weights.

        Raises:
            WeightError: A bad weight, or not K weights.
        """
        if len(weights) != self.count:
            raise WeightError(f"Got {len(weights)} weights: expected {self.count}, one an adapter.")
        share = shares(weights)
        point = np.array([share[k] for k in self.objectives])
        if not self.regions or abs(float(point.sum()) - 1) > ON_BORDER:
            return None
        best, margin = max(((r, r.cell.margin(point)) for r in self.regions), key=lambda pair: pair[1])
        return best if margin >= -ON_BORDER else None


def as_json(atlas: Atlas, names: Sequence[str], texts: Sequence[str], digits: int = 6) -> dict[str, Any]:
    """The atlas as plain lists and numbers.

    A border is known to about 1e-6 and a screen shows 1e-3, so six digits lose nothing; between neighbours they may
    leave gaps of 1e-6, where a reader takes the nearest region. Three objectives' polygons run around the region,
    polytopes of four list their vertices in no order.

    Args:
        atlas: Finished or partial.
        names: Names of all K objectives.
        texts: What each region's tokens say.
        digits: Decimals of shares; areas have three more.
    """
    areas = [round(region.cell.area, digits + 3) for region in atlas.regions]
    return {
        "objectives": [names[k] for k in atlas.objectives],
        "coverage": round(math.fsum(areas), digits + 3),
        "decode_steps": atlas.decode_steps,
        "regions": [
            # adding 0 makes -0.0 a plain zero
            {"reflection": text, "area": area, "polygon": (region.cell.vertices.round(digits) + 0.0).tolist()}
            for region, area, text in zip(atlas.regions, areas, texts, strict=True)
        ],
    }
