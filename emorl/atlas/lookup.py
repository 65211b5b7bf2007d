"""Atlases: regions of the simplex with what is written in each, look-up by weights, and JSON.

An `Atlas` says which tokens greedy decoding writes where, for one prompt. `Atlas.at` answers for any weights without a
model. `as_json` gives what the command prints, and what a browser needs to answer a slider by itself. Left out: how an
atlas is found (`tree`), and texts, which come from whoever has the tokenizer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np

from emorl.atlas.polygons import Cell
from emorl.ensemble.weights import shares
from emorl.errors import WeightError

ON_BORDER = 1e-9
"""How far outside a region a point may lie, in shares, and still count as inside."""


@dataclass(frozen=True)
class Region:
    """One reachable reply, and the weights that reach it.

    Attributes:
        tokens: Token ids, the end token included if it was written; no two regions of an atlas have the same.
        ended: Whether the end token was written.
        cell: The weights that write it; vertices in the shares of the atlas's objectives.
    """

    tokens: tuple[int, ...]
    ended: bool
    cell: Cell


@dataclass(frozen=True)
class Atlas:
    """Every reply found so far for one prompt, the largest region first.

    Attributes:
        count: K, the number of weights that a look-up takes.
        objectives: Which of the K objectives the atlas spans, in the order of the cells' shares; the others are 0.
        strength: s.
        regions: Finished replies.
        decode_steps: Prefixes that went through base and experts after the prefill.
        open_area: Share of the simplex whose replies are not finished: they are still being written, or the step budget
            ran out. 0 where the atlas is complete.

    Example:
        Two objectives and two replies. The second is written where the first objective has a quarter or less.

        >>> from emorl.atlas.polygons import simplex
        >>> more, less = simplex(2).clip(np.array([3, -1])), simplex(2).clip(np.array([-3, 1]))
        >>> regions = (Region((10, 2), True, more), Region((11, 2), True, less))
        >>> atlas = Atlas(2, (0, 1), 1.0, regions, decode_steps=3, open_area=0.0)
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

    @property
    def coverage(self) -> float:
        """Share of the simplex that regions cover; 1 - coverage - open_area was lost to pieces that were too small."""
        return math.fsum(region.cell.area for region in self.regions)

    def at(self, weights: Sequence[float]) -> Region | None:
        """What these weights write, or None where the atlas does not say.

        It does not say where area was lost or is still open, where an objective that the atlas does not span has
        weight, or where all weights are zero: that is the base's own reply and no point of the simplex. On a border,
        one of the regions that meet there is returned; the decoder would take the token with the lowest id.

        Args:
            weights: K raw weights.

        Raises:
            WeightError: A bad weight, or not K weights.
        """
        if len(weights) != self.count:
            raise WeightError.of(
                f"{len(weights)} weights",
                f"{self.count}, one for each adapter",
                "give every adapter a weight, 0 to leave it out",
            )
        share = shares(weights)
        point = np.array([share[k] for k in self.objectives])
        if not self.regions or abs(float(point.sum()) - 1) > ON_BORDER:
            return None
        best, margin = max(((r, r.cell.margin(point)) for r in self.regions), key=lambda pair: pair[1])
        return best if margin >= -ON_BORDER else None


class RegionJson(TypedDict):
    """A region as plain lists and numbers.

    Attributes:
        reflection: What its tokens say.
        area: Share of the simplex.
        polygon: Its vertices in the shares of the atlas's objectives.
        walls: Of an atlas of four objectives; a normal for each wall, whose product with the shares is the distance to
            it, positive inside.
        scores: Score of the reply by objective, 0 to 1, once it has been scored.
        faithfulness: Whether it keeps to what the client said, 0 to 1; once it has been scored, None without a scorer.
        would_say: Whether a counsellor would say it, 0 to 1; once it has been scored, None without a scorer.
    """

    reflection: str
    area: float
    polygon: list[list[float]]
    walls: NotRequired[list[list[float]]]
    scores: NotRequired[dict[str, float]]
    faithfulness: NotRequired[float | None]
    would_say: NotRequired[float | None]


class AtlasJson(TypedDict):
    """An atlas as plain lists and numbers.

    Attributes:
        objectives: Names of those it spans.
        coverage: Share of the simplex that its regions cover.
        decode_steps: Prefixes that went through base and experts after the prefill.
        regions: The largest first.
    """

    objectives: list[str]
    coverage: float
    decode_steps: int
    regions: list[RegionJson]


def as_json(atlas: Atlas, names: Sequence[str], texts: Sequence[str], digits: int = 6) -> AtlasJson:
    """The atlas as plain lists and numbers.

    A border is known to about 1e-6 and a screen shows 1e-3, so six digits are enough. They may leave gaps of 1e-6
    between neighbours, where a reader takes the nearest region. The vertices of a polygon (three objectives) run around
    it; those of a polytope (four) are in no particular order, so its walls are told as well.

    Args:
        atlas: Complete or partial.
        names: Names of all K objectives.
        texts: What each region's tokens say.
        digits: Decimal places of shares; areas have three more.
    """
    areas = [round(region.cell.area, digits + 3) for region in atlas.regions]
    regions: list[RegionJson] = [
        {"reflection": text, "area": area, "polygon": _rounded(region.cell.vertices, digits)}
        for region, area, text in zip(atlas.regions, areas, texts, strict=True)
    ]
    if len(atlas.objectives) > 3:
        for told, region in zip(regions, atlas.regions, strict=True):
            told["walls"] = _rounded(region.cell.walls(), digits)
    return {
        "objectives": [names[k] for k in atlas.objectives],
        "coverage": round(math.fsum(areas), digits + 3),
        "decode_steps": atlas.decode_steps,
        "regions": regions,
    }


def _rounded(rows: np.ndarray, digits: int) -> list[list[float]]:
    """Rows of numbers as lists; adding 0 makes -0.0 a plain zero."""
    found: list[list[float]] = (rows.round(digits) + 0.0).tolist()
    return found
