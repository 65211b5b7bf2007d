"""Keys and values of the sequences being written, in memory that is kept from step to step.

A layer is one tensor (capacity, rows, 2, kv heads, slots, head width): keys and values side by side, the rows of a
sequence together, so the first n sequences are a view and a step writes in place. Sequences that end, split or change
places move alone; capacity doubles when it is used up.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch


class Cache:
    """Keys and values of B sequences.

    Attributes:
        batch: B.
        slots: Positions that fit.
    """

    def __init__(self, layers: list[torch.Tensor], batch: int) -> None:
        """Take over the tensors, each (capacity, rows, 2, kv heads, slots, head width), capacity at least B."""
        self._layers, self.batch = layers, batch

    @classmethod
    def empty(cls, batch: int, slots: int, rows: Sequence[int], kv_heads: int, width: int, dtype: torch.dtype) -> Cache:
        """Room for B sequences of `slots` positions; `rows` of each layer. Zeros, as 0 times garbage may be NaN."""
        return cls([torch.zeros(batch, r, 2, kv_heads, slots, width, dtype=dtype) for r in rows], batch)

    @property
    def slots(self) -> int:
        """Positions that fit."""
        return self._layers[0].shape[4]

    def write(self, layer: int, parts: torch.Tensor, at: torch.Tensor | int, steps: int) -> None:
        """Store keys and values of the first sequences.

        Args:
            layer: Layer number.
            parts: Keys, then values, (B * rows * T, 2 * kv heads, width).
            at: Position of the first token, (B,) or the same for all.
            steps: T; 1 where positions differ.
        """
        kept = self._layers[layer]
        _, rows, _, heads, _, width = kept.shape
        new = parts.view(-1, rows, steps, 2, heads, width)  # (B, rows, T, 2, heads, width)
        batch = new.shape[0]
        if isinstance(at, int):
            kept[:batch, :, :, :, at : at + steps] = new.permute(0, 1, 3, 4, 2, 5)
        else:
            kept[torch.arange(batch), :, :, :, at] = new[:, :, 0]

    def read(self, layer: int, count: int, span: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of the first `count` rows up to position `span`, each (count, kv heads, span, width)."""
        flat = self._layers[layer].flatten(0, 1)
        return flat[:count, 0, :, :span], flat[:count, 1, :, :span]

    def copy(self, sequences: Sequence[int], slots: int = 0) -> Cache:
        """A cache of its own for these sequences (repeats allowed), with room for at least `slots` positions."""
        which = torch.tensor(list(sequences), dtype=torch.long)
        made = Cache([layer[which] for layer in self._layers], len(which))
        made.reserve(len(which), slots)
        return made

    def place(self, order: Sequence[int]) -> None:
        """Make sequence i what order[i] was (repeats allowed); only those that move are copied."""
        self.reserve(len(order), 0)
        moved = [i for i, source in enumerate(order) if i != source]
        if moved:
            to, source = torch.tensor(moved), torch.tensor([order[i] for i in moved])
            for layer in self._layers:
                layer[to] = layer[source]
        self.batch = len(order)

    def join(self, other: Cache) -> None:
        """Put the sequences of another cache behind these."""
        self.reserve(self.batch + other.batch, other.slots)
        for mine, its in zip(self._layers, other._layers, strict=True):
            mine[self.batch : self.batch + other.batch, :, :, :, : other.slots] = its[: other.batch]
        self.batch += other.batch

    def reserve(self, batch: int, slots: int) -> None:
        """Room for at least so many sequences and positions; what is there stays."""
        capacity, room = self._layers[0].shape[0], self.slots
        if batch <= capacity and slots <= room:
            return
        capacity = capacity if batch <= capacity else max(batch, 2 * capacity)
        for index, old in enumerate(self._layers):
            new = old.new_zeros(capacity, *old.shape[1:4], max(slots, room), old.shape[5])
            new[: self.batch, :, :, :, :room] = old[: self.batch]
            self._layers[index] = new


def settle(kept: Sequence[int]) -> list[int]:
    """An order of `kept` (old places, repeats allowed) in which as few as possible move.

    Returns:
        A permutation p of range(len(kept)): new place i is taken by kept[p[i]].
    """
    at_home: dict[int, int] = {}
    for index, place in enumerate(kept):
        if place < len(kept):
            at_home.setdefault(place, index)
    staying = set(at_home.values())
    others = iter([index for index in range(len(kept)) if index not in staying])
    return [at_home[place] if place in at_home else next(others) for place in range(len(kept))]
