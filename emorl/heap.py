"""Free memory goes back to the system: loading models and scoring replies leave a hundred megabytes free but held.

Left out: systems whose C library gives memory back by itself or cannot be asked (everything but glibc); nothing
happens there.
"""

from __future__ import annotations

import ctypes
import gc
import sys

_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


def give_back() -> None:
    """Collect what nobody holds any more, and return free memory to the system."""
    gc.collect()
    trim()


def trim() -> None:
    """Return free memory to the system (`malloc_trim` of glibc); takes some 5 ms."""
    if _TRIM is not None:
        _TRIM(0)
