"""The exact optimum of a mean score over the whole simplex of weights, from one atlas for each prompt.

In every piece of the overlay of the prompts' atlases, each prompt's reply is constant, and so is the mean score. The
pieces are not enumerated but searched best first (branch and bound; Land and Doig 1960). A node is a cell in which the
replies to the first prompts are fixed. Its bound adds, for every later prompt, the best score among the regions that
the cell still overlaps. The first complete node taken from the queue is the optimum, as no bound is larger. With
several scores a reply, the best of each is taken by itself and the scalarization of their means is the bound: it is one
for every scalarization that never falls where a score rises, such as the minimum. The result is exact where the atlases
cover the simplex; the coverage says what is missing. Left out: objectives that the atlases do not span.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emorl.atlas.lookup import Atlas
from emorl.atlas.polygons import Cell, simplex
from emorl.search.scalarization import Scalarization, mean


@dataclass(frozen=True)
class ExactResult:
    """The best piece of the overlay.

    Attributes:
        best: Weights inside it, the mean of its corners, (K,) shares.
        score: The mean score of all its weights, or the scalarization of their mean scores.
        cell: The piece.
        coverage: The smallest coverage of an atlas; below 1 there may be a better point in what is missing.
        decode_steps: Steps of all atlases together.
        nodes: Cells examined.
    """

    best: tuple[float, ...]
    score: float
    cell: Cell
    coverage: float
    decode_steps: int
    nodes: int


@dataclass(frozen=True)
class Node:
    """Regions chosen for the first `depth` prompts, which share `cell`; `touched` lists those of the later prompts."""

    depth: int
    total: NDArray[np.float64]  # the scores of the chosen regions, added up, (M,)
    cell: Cell
    touched: tuple[tuple[int, ...], ...]


def exact_search(
    atlases: Sequence[Atlas],
    scores: Sequence[Sequence[float]] | Sequence[Sequence[Sequence[float]]],
    least_share: float = 0.0,
    scalarization: Scalarization = mean,
) -> ExactResult:
    """Search the overlay of atlases that span the same objectives.

    Args:
        atlases: One for each prompt.
        scores: For each atlas, the score of each of its regions, in order, or M scores of each; higher is better.
        least_share: Only weights that give every objective at least this share, 0 to below 1 / K.
        scalarization: From the M means over the prompts to what is maximised; never falls where one of them rises.

    Raises:
        ValueError: No atlas, an empty one, different objectives, not one score for each region, regions that do not
            overlap, or a least share that no weights have.

    Example:
        Two prompts with two replies each, cut where the first objective has 60 % and 20 % of the weight. The best
        weights lie between the two cuts, where both prompts get their better reply.

        >>> from emorl.atlas import Region
        >>> def cut_at(share):
        ...     normal = np.array([1 - share, -share])  # first share >= share
        ...     cells = [simplex(2).clip(normal), simplex(2).clip(-normal)]
        ...     regions = tuple(Region((token, 2), True, cell) for token, cell in zip((10, 11), cells))
        ...     return Atlas(2, (0, 1), 1.0, regions, decode_steps=3, open_area=0.0)
        >>> found = exact_search([cut_at(0.6), cut_at(0.2)], scores=[[0.3, 0.9], [0.7, 0.1]])
        >>> [round(share, 3) for share in found.best], round(found.score, 3)
        ([0.4, 0.6], 0.8)
    """
    tables = _tables(atlases, scores)
    # prompts whose replies differ most in score come first: fixing them prunes most
    order = sorted(range(len(atlases)), key=lambda i: float(-np.ptp(tables[i], 0).sum()))
    cells = [[region.cell for region in atlases[i].regions] for i in order]
    values = [tables[i] for i in order]
    ties = itertools.count()

    def value(total: NDArray[np.float64]) -> float:
        return scalarization((total / len(cells)).tolist())

    def bound(node: Node) -> float:
        total = node.total
        for table, regions in zip(values[node.depth :], node.touched, strict=True):
            total = total + table[list(regions)].max(0)
        return value(total)

    count = len(atlases[0].objectives)
    whole: Cell | None = simplex(count)
    for normal in np.eye(count) - least_share:  # w_k >= least_share * (the sum of all)
        whole = whole.clip(normal) if whole else None
    if whole is None:
        raise ValueError(f"Got a least share of {least_share}: expected one below 1 / {count}.")
    root = Node(0, np.zeros(values[0].shape[1]), whole, tuple(tuple(range(len(group))) for group in cells))
    queue = [(-bound(root), next(ties), root)]
    seen = 0
    while queue:
        _, _, node = heapq.heappop(queue)
        seen += 1
        if node.depth == len(cells):
            corners = node.cell.vertices.mean(0)
            return ExactResult(
                tuple(float(share) for share in corners / corners.sum()),
                value(node.total),
                node.cell,
                min(a.coverage for a in atlases),
                sum(a.decode_steps for a in atlases),
                seen,
            )
        for region in node.touched[0]:
            piece = overlap(node.cell, cells[node.depth][region])
            if piece is None:
                continue
            touched = tuple(
                tuple(r for r in regions if overlap(piece, cells[node.depth + 1 + j][r]) is not None)
                for j, regions in enumerate(node.touched[1:])
            )
            if all(touched):  # otherwise the piece lies in what a later atlas lost
                child = Node(node.depth + 1, node.total + values[node.depth][region], piece, touched)
                heapq.heappush(queue, (-bound(child), next(ties), child))
    raise ValueError("Got atlases whose regions do not overlap: expected some weights that all of them cover.")


def _tables(
    atlases: Sequence[Atlas], scores: Sequence[Sequence[float]] | Sequence[Sequence[Sequence[float]]]
) -> list[NDArray[np.float64]]:
    """The scores of each atlas's regions, (regions, M) each."""
    if not atlases or len({a.objectives for a in atlases}) > 1:
        raise ValueError("Got no atlas, or atlases of different objectives: expected at least one, all of the same.")
    if any(not a.regions or len(a.regions) != len(s) for a, s in zip(atlases, scores, strict=True)):
        raise ValueError("Got an atlas without regions or without all scores: expected one score for each region.")
    return [np.array(of_atlas, dtype=float).reshape(len(of_atlas), -1) for of_atlas in scores]


def overlap(cell: Cell, other: Cell) -> Cell | None:
    """The intersection of two cells, or None if that has no interior."""
    piece: Cell | None = cell
    for normal in other.walls():
        if piece is None:
            return None
        piece = piece.clip(np.asarray(normal))
    return piece
