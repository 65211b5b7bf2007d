"""What Gradio remembers of those who use the app: of a few sessions, and no values."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from emorl.ratings import RatingStore
from emorl.ui import build_demo, launch_settings
from emorl.ui.sessions import SESSIONS
from tests.browser.conftest import free_port
from tests.soak.crowd import HELD
from tests.ui.scripted import ScriptedReflector
from tests.ui.visiting import Visitor

STATEMENT = "I keep putting the letter back in the drawer."


@contextmanager
def served(reflector: ScriptedReflector, store: RatingStore) -> Iterator[tuple[gr.Blocks, Visitor]]:
    """The app, and somebody who uses it."""
    demo = build_demo(reflector, store)
    _, url, _ = demo.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, **launch_settings()
    )
    try:
        yield demo, Visitor(url, "203.0.113.9")
    finally:
        demo.close()


def values(demo: gr.Blocks) -> str:
    """All values that Gradio keeps of the components of all sessions."""
    states = demo.state_holder.session_data.values()
    assert states
    return repr([one["props"].get("value") for state in states for one in state.components])


def as_gradio_does(state: SessionState, component: int, value: Any) -> None:
    state.config_values.setdefault(component, {"props": {}})["props"]["value"] = value


def test_no_statement_and_no_reflection_stays_in_a_session(store: RatingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(ScriptedReflector(), store) as (demo, visitor):
        assert HELD.search(visitor.event("generate", [STATEMENT, {}, {}]))
        assert "event: complete" in visitor.called("stream", STATEMENT)
        assert STATEMENT not in values(demo) and "Part of you" not in values(demo)
        monkeypatch.setattr(SessionState, "_update_value_in_config", as_gradio_does)
        assert HELD.search(visitor.event("generate", [STATEMENT, {}, {}]))
        assert STATEMENT in values(demo) and "Part of you" in values(demo)  # so the test would see it


def test_what_nobody_fetches_is_kept_of_the_sessions_used_last(store: RatingStore) -> None:
    kept = build_demo(ScriptedReflector(), store)._queue.pending_messages_per_session
    for number in range(SESSIONS + 1):
        kept[str(number)] = asyncio.Queue()
        assert kept["0"].empty()
    assert len(kept) == SESSIONS and "0" in kept and "1" not in kept


def test_old_sessions_are_forgotten_and_answered_all_the_same(
    store: RatingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert launch_settings()["state_session_capacity"] == SESSIONS >= 128
    monkeypatch.setattr("emorl.ui.theme.SESSIONS", 2)
    reflector = ScriptedReflector(hold_after=3)
    with served(reflector, store) as (demo, visitor):
        kept = demo.state_holder.session_data
        session, _ = visitor.join("generate", [STATEMENT, {}, {}])
        lines = visitor.heard(session)
        while "process_generating" not in next(lines):
            pass
        visitor.stop("first", 1)
        deadline = time.monotonic() + 60
        while list(kept) != ["second", "third"]:  # until it is held, the reflection still uses its own
            assert time.monotonic() < deadline, list(kept)
            for other in ("second", "third"):
                visitor.stop(other, 1)
        reflector.go.set()
        assert HELD.search("\n".join(lines))
        assert list(kept) == ["third", session]
