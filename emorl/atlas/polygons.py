"""Cells: convex pieces of the simplex of shares, cut by hyperplanes on which two logits are equal.

Points are given in all K shares, so an affine function on the simplex is linear in them and is determined by its values
at the K corners. `Polygon` is for up to three objectives (a point, an interval or a convex polygon, vertices in order),
`Polytope` for four or more (the convex hull of its vertices, by scipy's Qhull). Areas are shares of the whole simplex.
Vertices have rounding errors of about 1e-15 and sum to 1 within that; a piece of area below `EMPTY` counts as none.
Left out: unions and cells with holes, which the atlas never needs.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from scipy.spatial import ConvexHull, QhullError

EMPTY = 1e-12
"""Area below which a piece has no interior. Borders are only known to about 1e-6 (float32 logits), so no region that
can be told from its neighbours is this small. Rounding alone produces pieces of 1e-16."""

MERGE = 1e-13
"""Vertices closer than this in every share are one."""


class Cell(Protocol):
    """A convex piece of the simplex with an interior."""

    @property
    def vertices(self) -> np.ndarray:
        """Corners in K shares, (N, K)."""

    @property
    def area(self) -> float:
        """Share of the simplex, 0 to 1."""

    def clip(self, normal: np.ndarray) -> Cell | None:
        """The part in which normal · w >= 0, or None if that has no interior; normal (K,)."""

    def walls(self) -> np.ndarray:
        """Normals of the half-spaces, normal · w >= 0, whose intersection with the simplex is the cell, (walls, K)."""

    def margin(self, point: np.ndarray) -> float:
        """Distance of a point of the simplex to the border, in the first K - 1 shares; negative outside."""


def simplex(objectives: int) -> Cell:
    """The whole simplex of K shares."""
    corners = np.eye(objectives)
    return Polygon(corners) if objectives <= 3 else Polytope(corners)


class Polygon:
    """A cell of one, two or three objectives; vertices in order around it."""

    def __init__(self, vertices: np.ndarray) -> None:
        """Vertices in order, (N, K)."""
        self.vertices = vertices
        plane = vertices[:, :-1]
        if plane.shape[1] == 0:
            self.area = 1.0
        elif plane.shape[1] == 1:
            self.area = float(np.ptp(plane))
        else:  # the shoelace formula; the simplex itself has area 1/2 in its first two shares
            following = np.roll(plane, -1, 0)
            self.area = abs(float((plane[:, 0] * following[:, 1] - plane[:, 1] * following[:, 0]).sum()))

    def clip(self, normal: np.ndarray) -> Polygon | None:
        """See `Cell.clip`; Sutherland and Hodgman's walk around the border.

        A crossing is computed by the same products on both sides of a cut, so neighbours share their vertices.
        """
        heights = (self.vertices @ normal).tolist()
        if min(heights) >= 0:
            return self
        if max(heights) <= 0:
            return None
        kept: list[np.ndarray] = []
        for index, height in enumerate(heights):
            here, following = self.vertices[index], (index + 1) % len(heights)
            if height >= 0:
                kept.append(here)
            if height * heights[following] < 0:
                kept.append(_crossing(here, height, self.vertices[following], heights[following]))
        around = [kept[i] for i in range(len(kept)) if np.abs(kept[i] - kept[i - 1]).max() > MERGE]
        if len(around) < self.vertices.shape[1]:
            return None
        piece = Polygon(np.array(around))
        return piece if piece.area > EMPTY else None

    def walls(self) -> np.ndarray:
        """See `Cell.walls`; a plane through the origin and an edge of the polygon."""
        if self.vertices.shape[1] == 1:
            return np.empty((0, 1))
        if self.vertices.shape[1] == 2:
            normals = self.vertices[:, ::-1] * [1, -1]
        else:
            normals = np.cross(self.vertices, np.roll(self.vertices, -1, 0))
        inside = self.vertices.mean(0)
        return np.array([normal if normal @ inside > 0 else -normal for normal in normals])

    def margin(self, point: np.ndarray) -> float:
        """See `Cell.margin`."""
        plane, at = self.vertices[:, :-1], np.asarray(point)[:-1]
        if plane.shape[1] == 0:
            return 1.0
        if plane.shape[1] == 1:
            return float(min(at[0] - plane.min(), plane.max() - at[0]))
        edges, away = np.roll(plane, -1, 0) - plane, at - plane
        cross = edges[:, 0] * away[:, 1] - edges[:, 1] * away[:, 0]
        turn = edges[:, 0] * np.roll(edges, -1, 0)[:, 1] - edges[:, 1] * np.roll(edges, -1, 0)[:, 0]
        return float((math.copysign(1.0, turn.sum()) * cross / np.linalg.norm(edges, axis=1)).min())


class Polytope:
    """A cell of four or more objectives: the convex hull of its vertices, which are in no particular order."""

    def __init__(self, points: np.ndarray) -> None:
        """Points whose convex hull it is, (N, K).

        Raises:
            QhullError: They span no volume.
        """
        hull = ConvexHull(points[:, :-1])
        self.vertices = points[hull.vertices]
        self.area = float(hull.volume) * math.factorial(points.shape[1] - 1)  # the simplex has volume 1 / (K - 1)!
        self._faces = hull.equations  # outward unit normal and offset of each face

    def clip(self, normal: np.ndarray) -> Polytope | None:
        """See `Cell.clip`.

        The part above the cut is the hull of the vertices above it and of the section. The section is the hull of the
        points where the segments from a vertex above to one below cross the cut. Most of these segments run through the
        interior: their crossings lie inside the section, and Qhull drops them.
        """
        heights = self.vertices @ normal
        if heights.min() >= 0:
            return self
        if heights.max() <= 0:
            return None
        above, below = np.flatnonzero(heights > 0), np.flatnonzero(heights < 0)
        crossings = [
            _crossing(self.vertices[i], heights[i], self.vertices[j], heights[j]) for i in above for j in below
        ]
        try:
            piece = Polytope(np.concatenate([self.vertices[heights >= 0], np.array(crossings)]))
        except QhullError:
            return None
        return piece if piece.area > EMPTY else None

    def walls(self) -> np.ndarray:
        """See `Cell.walls`; shares sum to 1, so an offset can be added to every share."""
        outward, offset = self._faces[:, :-1], self._faces[:, -1:]
        return np.hstack([-outward - offset, -offset])

    def margin(self, point: np.ndarray) -> float:
        """See `Cell.margin`."""
        return float(-(self._faces[:, :-1] @ np.asarray(point)[:-1] + self._faces[:, -1]).max())


def _crossing(a: np.ndarray, height_a: float, b: np.ndarray, height_b: float) -> np.ndarray:
    """Where the height is zero between a and b, whose heights have opposite signs."""
    if height_a < 0:  # always from above to below, so that both sides of a cut round the same way
        a, height_a, b, height_b = b, height_b, a, height_a
    return (height_a * b - height_b * a) / (height_a - height_b)
