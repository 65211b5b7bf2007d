"""Keys and values of the sequences being written, in memory that is reused from step to step.

A layer is one tensor (capacity, rows, 2, kv heads, slots, head width): keys and values side by side, the rows of a
sequence together. So the first n sequences are a view, and a step writes in place. Only sequences that change slots are
copied. Capacity doubles when it is used up.
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
        """Use these tensors, each (capacity, rows, 2, kv heads, slots, head width) with a capacity of at least B."""
        self._layers, self.batch = layers, batch

    @classmethod
    def empty(
        cls,
        batch: int,
        slots: int,
        rows: Sequence[int],
        kv_heads: int,
        width: int,
        dtype: torch.dtype,
        device: torch.device | None = None,
    ) -> Cache:
        """Room for B sequences of `slots` positions; `rows` of each layer. Zeros, as 0 times garbage may be NaN."""
        shapes = [(batch, r, 2, kv_heads, slots, width) for r in rows]
        return cls([torch.zeros(shape, dtype=dtype, device=device) for shape in shapes], batch)

    @property
    def device(self) -> torch.device:
        """Where keys and values lie."""
        return self._layers[0].device

    @property
    def slots(self) -> int:
        """Positions that fit."""
        return self._layers[0].shape[4]

    def layer(self, index: int) -> torch.Tensor:
        """What is stored of one layer, (capacity, rows, 2, kv heads, slots, head width); the memory itself."""
        return self._layers[index]

    def write(self, layer: int, parts: torch.Tensor, start: torch.Tensor | int, steps: int) -> None:
        """Store keys and values of the first sequences.

        Args:
            layer: Layer number.
            parts: Keys, then values, (B * rows * T, 2 * kv heads, width).
            start: Position of the first token, (B,) or the same for all.
            steps: T; 1 where positions differ.
        """
        stored = self._layers[layer]
        _, rows, _, heads, _, width = stored.shape
        new = parts.view(-1, rows, steps, 2, heads, width)  # (B, rows, T, 2, heads, width)
        batch = new.shape[0]
        if isinstance(start, int):
            stored[:batch, :, :, :, start : start + steps] = new.permute(0, 1, 3, 4, 2, 5)
        else:
            stored[torch.arange(batch, device=stored.device), :, :, :, start] = new[:, :, 0]

    def read(self, layer: int, count: int, span: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of the first `count` rows up to position `span`, each (count, kv heads, span, width)."""
        flat = self._layers[layer].flatten(0, 1)
        return flat[:count, 0, :, :span], flat[:count, 1, :, :span]

    def copy(self, sequences: Sequence[int], slots: int = 0) -> Cache:
        """A separate cache of these sequences (repeats allowed), with room for at least `slots` positions."""
        chosen = torch.tensor(list(sequences), dtype=torch.long, device=self.device)
        made = Cache([layer[chosen] for layer in self._layers], len(chosen))
        made.reserve(len(chosen), slots)
        return made

    def reorder(self, sources: Sequence[int]) -> None:
        """Make sequence i what sequence sources[i] was (repeats allowed); only those that change are copied."""
        self.reserve(len(sources), 0)
        changed = [i for i, source in enumerate(sources) if i != source]
        if changed:
            to = torch.tensor(changed, device=self.device)
            source = torch.tensor([sources[i] for i in changed], device=self.device)
            for layer in self._layers:
                layer[to] = layer[source]
        self.batch = len(sources)

    def append(self, other: Cache) -> None:
        """Add the sequences of another cache after these."""
        self.reserve(self.batch + other.batch, other.slots)
        for mine, theirs in zip(self._layers, other._layers, strict=True):
            mine[self.batch : self.batch + other.batch, :, :, :, : other.slots] = theirs[: other.batch]
        self.batch += other.batch

    def reserve(self, batch: int, slots: int) -> None:
        """Make room for at least so many sequences and positions; what is stored stays."""
        capacity, room = self._layers[0].shape[0], self.slots
        if batch <= capacity and slots <= room:
            return
        capacity = capacity if batch <= capacity else max(batch, 2 * capacity)
        for index, old in enumerate(self._layers):
            new = old.new_zeros(capacity, *old.shape[1:4], max(slots, room), old.shape[5])
            new[: self.batch, :, :, :, :room] = old[: self.batch]
            self._layers[index] = new


def assign_slots(sources: Sequence[int]) -> list[int]:
    """Which sequence goes to which slot, so that as few as possible have to be copied.

    Args:
        sources: The present slot of every sequence that goes on; a slot whose sequence splits comes several times.

    Returns:
        A permutation p of range(len(sources)): slot i goes to the sequence at sources[p[i]].
    """
    staying: dict[int, int] = {}  # by slot
    for index, slot in enumerate(sources):
        if slot < len(sources):
            staying.setdefault(slot, index)
    moving = iter(sorted(set(range(len(sources))) - set(staying.values())))
    return [staying[slot] if slot in staying else next(moving) for slot in range(len(sources))]
