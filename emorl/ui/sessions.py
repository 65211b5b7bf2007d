"""What Gradio remembers of a session: nothing that was typed or written, and of the last `SESSIONS` alone.

Gradio keeps the last value of each component of each session, statements and reflections among them, for as long as the
app runs. That is for its links into a page's state, which this app does not serve. It also keeps what a page has not
fetched yet, as of one that is gone. Left out: a component that was changed for a session, which Gradio keeps too; the
app changes values only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio.state_holder import SessionState
from gradio.utils import LRUCache

if TYPE_CHECKING:
    import gradio as gr

SESSIONS = 256
"""Of pages and programs together; beyond that, those used longest ago are forgotten.

Each takes 130 KB. There are far more than can wait and be written at once, because one that is forgotten while it is
used is made again at each step.
"""


class Unheard(LRUCache[str, Any]):
    """Messages for each session; Gradio's own forgets the session that came first, even if it is being used."""

    def __getitem__(self, session: str) -> Any:
        """The messages of a session, which has been used now."""
        self.move_to_end(session)
        return super().__getitem__(session)


def bound_sessions(demo: gr.Blocks) -> None:
    """Let Gradio keep no component's value, and messages of the last `SESSIONS` alone."""
    SessionState._update_value_in_config = _keep_nothing  # type: ignore[method-assign]
    demo._queue.pending_messages_per_session = Unheard(SESSIONS)


def _keep_nothing(self: SessionState, key: int, value: Any) -> None:
    """Gradio's method keeps a component's value."""
