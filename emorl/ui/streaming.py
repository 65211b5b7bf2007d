"""What is streamed to the page goes as one string.

Gradio sends the first step of a generator, and of each later one only what differs from the step before. Where lists
lie in lists and get shorter, its differences (`gradio.utils.diff`) name the wrong places, and the page puts together
what nobody sent. A string goes whole. The page reads it in `widgets/received.js`. Left out: the public functions, whose
steps are flat.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import wraps


def streamed(write: Callable[..., Iterator[object]]) -> Callable[..., Iterator[object]]:
    """A generator function for an event of the page, each of whose values goes as one string.

    Args:
        write: Yields a value for one component, or a tuple of them. What `gr.skip` makes goes as it is.
    """

    @wraps(write)
    def stream(*arguments: object, **named: object) -> Iterator[object]:
        with closing(write(*arguments, **named)) as steps:  # type: ignore[type-var]
            for step in steps:
                yield tuple(map(_whole, step)) if isinstance(step, tuple) else _whole(step)

    return stream


def _whole(value: object) -> object:
    is_ours = isinstance(value, dict) and "__type__" not in value
    return {"json": json.dumps(value, separators=(",", ":"))} if is_ours else value
