"""The shipped models get all processors that no other test needs; the tiny model's tests take one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from emorl.heap import give_back
from emorl.reflecting.reflector import Reflector
from tests.conftest import PROCESSORS


@pytest.fixture(autouse=True, scope="package")
def all_processors() -> Iterator[None]:
    """As many threads as there are processors, for this folder only."""
    before = torch.get_num_threads()
    torch.set_num_threads(PROCESSORS)
    yield
    torch.set_num_threads(before)


def emptied(reflector: Reflector) -> None:
    """Let go of everything, weights too: a scheduler's thread waits for requests for ever, and holds its ensemble."""
    for part in (reflector.writer.decoder.backbone, reflector.writer.decoder.lora):
        vars(part).clear()
    vars(reflector).clear()
    give_back()
