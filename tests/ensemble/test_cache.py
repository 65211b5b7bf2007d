"""The cache keeps what was written, whoever moves, splits, joins or leaves."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from emorl.ensemble.cache import Cache, assign_slots


def filled(batch: int, slots: int = 4, rows: tuple[int, ...] = (1, 3)) -> Cache:
    """Sequence b holds b + 1 everywhere."""
    cache = Cache.empty(batch, slots, rows, 2, 5, torch.float32)
    for layer, count in enumerate(rows):
        values = torch.arange(1.0, batch + 1).repeat_interleave(count * slots)
        cache.write(layer, values[:, None, None].expand(-1, 4, 5), 0, slots)
    return cache


def stored(cache: Cache, layer: int, rows: int) -> list[float]:
    keys, values = cache.read(layer, cache.batch * rows, 4)
    assert bool((keys == values).all()) and bool((keys == keys[:, :1, :1, :1]).all())
    return keys[::rows, 0, 0, 0].tolist()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_sequences_move_to_where_they_are_reordered(order):
    with torch.inference_mode():
        cache = filled(5)
        copied = cache.copy(order, slots=6)
        cache.reorder(order)
        for layer, rows in ((0, 1), (1, 3)):
            assert stored(cache, layer, rows) == stored(copied, layer, rows) == [float(i + 1) for i in order]
    assert copied.slots == 6 and cache.slots == 4 and cache.batch == copied.batch == len(order)


def test_appending_keeps_both():
    with torch.inference_mode():
        cache = filled(2)
        cache.append(filled(3, slots=7))
        assert stored(cache, 1, 3) == [1.0, 2.0, 1.0, 2.0, 3.0]
    assert cache.slots == 7


def test_a_step_writes_each_sequence_at_its_own_position():
    with torch.inference_mode():
        cache = filled(3)
        cache.write(1, torch.full((9, 4, 5), 9.0), torch.tensor([0, 2, 3]), 1)
        keys, _ = cache.read(1, 9, 4)
        assert (keys[:, 0, :, 0] == 9).int().tolist() == [[1, 0, 0, 0]] * 3 + [[0, 0, 1, 0]] * 3 + [[0, 0, 0, 1]] * 3


@given(st.lists(st.integers(0, 8), max_size=12))
def test_as_few_sequences_move_as_possible(sources):
    order = assign_slots(sources)
    assert sorted(order) == list(range(len(sources)))
    moved = sum(sources[index] != slot for slot, index in enumerate(order))
    assert moved == len(sources) - len({slot for slot in sources if slot < len(sources)})
