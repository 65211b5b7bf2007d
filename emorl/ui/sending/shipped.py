"""Writes the replies of the shipped models for the shared rating items: `python -m emorl.ui.sending.shipped`.

They go into `data/rating_replies.jsonl`, with all that it takes to write each again and under the names that a
counsellor's own settings have. Run it when the models have changed, then `python -m emorl.ratings.queue.make_items`.
Left out: the best of several, and sampling.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from emorl.ratings import Side
from emorl.ratings.queue.make_items import REPLIES_FILE, read_records, wanted_replies
from emorl.ratings.storage.fields import to_json
from emorl.reflecting.reflection import Reflection
from emorl.reflecting.reflector import Reflector
from emorl.ui.cache import ReflectionCache
from emorl.ui.sending.item import item_from_reflections


def shipped_replies(reflector: Reflector) -> Iterator[tuple[str, str, Side]]:
    """Statement, preset and reply, for every reply that the items need."""
    cache = ReflectionCache()
    for statement, preset in dict.fromkeys(wanted_replies(read_records())):
        *_, written = reflector.stream(statement, reflector.setting(reflector.presets[preset]), explain=False)
        assert isinstance(written, Reflection)
        held = cache.get(cache.put(written))
        assert held is not None
        yield statement, preset, item_from_reflections(held).first


def main(path: Path = REPLIES_FILE) -> int:
    """Write the file, one reply a line."""
    reflector = Reflector.load(dtype="float32", progress=True)  # in float32 each can be written again to the letter
    lines = [
        json.dumps({"statement": statement, "preset": preset, "side": to_json(side)}, ensure_ascii=False) + "\n"
        for statement, preset, side in shipped_replies(reflector)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
