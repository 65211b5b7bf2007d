"""Loads the reflector in the background, so that the page is up before the models are.

The thread is started once, by the app after the server listens or by the first page that asks. Left
out: loading again; a failed load stays failed until the app is restarted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from emorl.errors import EmorlError

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)


class ModelLoader:
    """A reflector that is loading, ready or failed.

    Attributes:
        state: "loading", "ready" or "failed".
        message: why the load failed, in one line that visitors may see; empty if it did not.
    """

    def __init__(self, load: Callable[[], Reflector]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._reflector: Reflector | None = None
        self.state = "loading"
        self.message = ""

    def start(self) -> None:
        """Start loading, unless that was done before."""
        with self._lock:
            if self._thread is None and self._reflector is None:
                self._thread = threading.Thread(target=self._run, name="load-models", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self._reflector = self._load()
        except EmorlError as error:
            self.message, self.state = error.shown, "failed"
            log.error("%s", error)
        except Exception as error:  # the thread's edge: anything else would be lost silently
            self.message, self.state = (
                f"{type(error).__name__}, see the app's log",
                "failed",
            )  # its text may say anything
            log.exception("loading the models failed")
        else:
            self.state = "ready"
            log.info("models loaded in %.1f s", time.monotonic() - began)

    def reflector(self) -> Reflector | None:
        """The reflector, or None while it is loading or after it failed."""
        return self._reflector

    @classmethod
    def ready(cls, reflector: Reflector) -> ModelLoader:
        """A loader around a reflector that is loaded already."""
        loader = cls(lambda: reflector)
        loader._reflector, loader.state = reflector, "ready"
        return loader
