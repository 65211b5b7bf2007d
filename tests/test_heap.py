"""Memory that was freed goes back to the system."""

from __future__ import annotations

import sys

import pytest
import torch

from emorl.heap import trim
from tests.benchmarks._measure import resident_mb


@pytest.mark.skipif(sys.platform != "linux", reason="the resident set is read from /proc")
def test_free_memory_among_what_is_held_goes_back() -> None:
    blocks = [torch.ones(16_384) for _ in range(4_000)]  # 64 kB each, 250 MB
    held = blocks[::8]
    blocks.clear()  # what is held stands between what is free
    before, _ = resident_mb()
    trim()
    after, _ = resident_mb()
    assert before - after > 100 and len(held) == 500
