"""The upper envelope: which token wins where in a cell, exactly, out of V linear functions.

With e_k = h_0 + s (h_k - h_0), the mixed state at shares w on the simplex is Σ_k w_k e_k. By linearity of the head,
every logit is L_v(w) = Σ_k w_k (W e_k)_v. So the K rows W e_k, the *corner logits*, determine everything. The winners
of a cell P are found in two steps:

1. **Shortlist.** A linear function has its minimum and maximum over P at vertices of P. Let the floor be the largest,
   over tokens, of their minima. Everywhere in P the winner's logit is at least the floor. So a token whose maximum is
   below the floor wins nowhere in P and is left out.
2. **Cut and repeat.** The contestants S are, at first, the winners at the vertices of P. The cell of i in S is P
   clipped by L_i >= L_j for all j in S. Any token that wins at a vertex of one of these cells and is not in S joins S,
   and all cells are cut again, until no vertex has a new winner.

**Nothing is missed.** The cells cover P, and on the cell C of i the largest of the contestants' logits is L_i. For any
token v, L_v - L_i is affine on C, so it has its maximum over the convex C at a vertex of C. If v exceeded L_i
somewhere in C, it would exceed it at a vertex, and that vertex would have a winner outside S. No vertex has, so L_i is
the largest of all V logits on all of C. S only grows and V is finite, so the loop ends.

**Ties.** On the border of two cells two logits are equal. There, on a set of measure zero, the decoder's argmax takes
the lowest id. Two tokens whose logits differ nowhere in P by more than `TIE` times the largest logit (because they have
equal rows in the head, for instance) cannot be told apart in float32: the lower id represents both.

**Forbidden tokens.** What the mask forbids after this prefix, it forbids all over P. Those tokens are left out of the
shortlist, and everything above is about the others.

**Rounding.** The corner logits come from the head in float32, with errors of about 1e-6 of the largest logit. So do the
decoder's, which it computes from mixed states. The two agree up to such errors, so a border may differ from the
decoder's by about 1e-5 nats divided by the slope of the two logits' difference. After the corner logits, everything is
float64. Left out: sampling, for which regions would have to be about probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from emorl.atlas.polygons import Cell

TIE = 2.0**-22
"""Relative difference of logits below which two tokens are one: two units in the last place of float32."""

SLACK = 1e-5
"""Relative slack of the shortlist, whose values are float32: it may be too long but never too short."""


def upper_envelope(cell: Cell, corner_logits: torch.Tensor, forbidden: Sequence[int] = ()) -> list[tuple[int, Cell]]:
    """Every token that wins somewhere in the cell, with the piece that it wins; pieces without interior are left out.

    Args:
        cell: P.
        corner_logits: Logits at the corners of the simplex, (K, V).
        forbidden: Tokens that may not win.
    """
    ids = _shortlist(cell, corner_logits, forbidden)
    if len(ids) == 1:
        return [(int(ids[0]), cell)]
    table = corner_logits[:, ids].double().numpy()  # (K, M)
    at_vertices = _values(cell.vertices, table)  # (N, M)
    tie = TIE * float(np.abs(at_vertices).max())
    distinct = np.ones(table.shape[1], dtype=bool)  # false for a token that a lower id represents
    cells: dict[int, Cell | None] = {}  # contestants by column; None where nothing is left of a cell
    new = _winners(at_vertices, distinct)
    while new:
        for token in new:
            if not distinct[token]:
                continue
            gap = np.abs(at_vertices - at_vertices[:, token : token + 1]).max(0)
            token, *equals = np.flatnonzero(distinct & (gap <= tie)).tolist()
            distinct[[other for other in equals if other not in cells]] = False
            if token in cells:
                continue
            piece: Cell | None = cell
            for other, remainder in cells.items():
                difference = table[:, token] - table[:, other]
                cells[other] = remainder and remainder.clip(-difference)
                piece = piece and piece.clip(difference)
            cells[token] = piece
        seen = np.concatenate([piece.vertices for piece in cells.values() if piece is not None])
        new = [token for token in _winners(_values(seen, table), distinct) if token not in cells]
    return [(int(ids[column]), piece) for column, piece in sorted(cells.items()) if piece is not None]


def _shortlist(cell: Cell, corner_logits: torch.Tensor, forbidden: Sequence[int]) -> torch.Tensor:
    """Ids, ascending, of the tokens that could win in the cell."""
    values = torch.from_numpy(cell.vertices).float() @ corner_logits  # (N, V)
    slack = SLACK * values.amax(0).abs().max()
    values[:, list(forbidden)] = -torch.inf
    floor = values.amin(0).max()
    return (values.amax(0) >= floor - slack).nonzero()[:, 0]


def _values(vertices: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Logits at the vertices, (N, M), summed in the same order for all tokens, so that equal columns stay equal."""
    total: np.ndarray = vertices[:, :1] * table[0]
    for k in range(1, len(table)):
        total = total + vertices[:, k : k + 1] * table[k]
    return total


def _winners(values: np.ndarray, distinct: np.ndarray) -> list[int]:
    """Columns that win at a vertex, each once, ascending; the lowest of equals."""
    return sorted(set(np.where(distinct, values, -np.inf).argmax(1).tolist()))
