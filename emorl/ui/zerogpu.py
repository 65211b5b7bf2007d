"""What a ZeroGPU Space asks of an app that does not use its graphics processor.

The engine runs on processor cores: its weights are packed in the order in which they are read, one thread writes
everybody's reflections as one batch, and moved sliders are answered from caches in this process. ZeroGPU would run a
decorated function in a process of its own, where none of that exists, behind a queue and a daily quota for each
visitor; on the processor a reflection takes a few seconds. So nothing is written on the graphics processor. But such a
Space starts only if it finds a function for it: `declare` shows it one that nobody calls.

Left out: writing on a graphics processor.
"""

from __future__ import annotations

from collections.abc import Callable

from emorl.settings import settings


def declare() -> Callable[[], object] | None:
    """Show a ZeroGPU Space the function it looks for when it starts; does nothing anywhere else.

    Call it before the app is launched.

    Returns:
        The function as the Space sees it, or None where there is nothing to declare.
    """
    if not settings().zerogpu:
        return None
    try:
        import spaces
    except ImportError:  # not an image of ZeroGPU: nobody looks for a function
        return None
    declared: Callable[[], object] = spaces.GPU(duration=1)(unused)
    return declared


def unused() -> None:
    """Does nothing; declared, never called."""
