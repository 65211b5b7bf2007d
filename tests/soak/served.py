"""`python app.py` with toy models, which also answers how it is: run by its path, in the folder of the app's sources.

    python -P tests/soak/served.py scripted|tiny ANSWERS

`scripted` puts a reflector without a model in place of the real one; `tiny` is the app as it is, whose environment
names tiny models. Each line on standard input asks; the answer, which begins with that line, is put into the file
ANSWERS. Nothing but the app is imported before it, as the sources may be those of an older version.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet


def followed(kind: Any) -> WeakSet[Any]:
    """All objects of a class from now on, for as long as somebody holds them."""
    alive: WeakSet[Any] = WeakSet()
    begin = kind.__init__

    def begin_and_note(self: Any, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        alive.add(self)

    kind.__init__ = begin_and_note
    return alive


class Alive:
    """What the engine and the page hold; of the tiny models only."""

    def __init__(self) -> None:
        from emorl.ensemble.decoder import ContinuousBatch
        from emorl.ensemble.scheduler import Job
        from emorl.ui.cache import ReflectionCache

        self.batches, self.jobs, self.caches = followed(ContinuousBatch), followed(Job), followed(ReflectionCache)

    def counted(self) -> dict[str, int]:
        """Rows that are being written, requests, and finished reflections."""
        rows = sum(len(batch.sequences) for batch in list(self.batches))
        return {"rows": rows, "jobs": len(self.jobs), "kept": sum(map(len, list(self.caches)))}


def about(app: Any, alive: Alive | None) -> dict[str, Any]:
    """Memory after everything that is free was given back, sessions, and what is still being written."""
    if app.loader.state == "loading":  # it has the processor to itself
        return {"models": "loading"}
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    found = {"models": app.loader.state, "rss_mb": pages * os.sysconf("SC_PAGE_SIZE") / 2**20}
    found |= {"threads": threading.active_count(), "sessions": len(app.demo.state_holder.session_data)}
    return found | ({} if alive is None else alive.counted())


def answer(app: Any, alive: Alive | None, answers: Path) -> None:
    """Answer each line of standard input."""
    for line in sys.stdin:
        made = answers.with_suffix(".new")
        made.write_text(f"{line.strip()}\n{json.dumps(about(app, alive))}", encoding="utf-8")
        made.replace(answers)


def main(kind: str, answers: Path) -> int:
    """The app's exit code."""
    alive = Alive() if kind == "tiny" else None
    import app

    if kind == "scripted":

        def load() -> Any:
            from tests.ui.scripted import ScriptedReflector

            return ScriptedReflector()

        app.loader._load = load
    threading.Thread(target=answer, args=(app, alive, answers), daemon=True).start()
    return app.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
