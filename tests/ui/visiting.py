"""Somebody who uses a served app over HTTP, as the page and programs do, without a browser."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import httpx

WAIT_S = 300


def given(statement: str) -> list[Any]:
    """All arguments of a public function."""
    return [statement, None, 1.0, 0.0, 0, None]


class Visitor:
    """A visitor of a served app; requests from this machine may say whose they are, as a proxy's would."""

    def __init__(self, url: str, address: str, config: Any = None) -> None:
        """Args: the app's address, the visitor's own, and what the app says of its functions, if that is known."""
        self.web = httpx.Client(base_url=url, headers={"X-Forwarded-For": address}, timeout=WAIT_S)
        self.config = config or self.web.get("/config").json()

    def join(self, name: str, data: list[Any], event_data: Any = None, session: str = "") -> tuple[str, str]:
        """Send an event of a button or a form; returns the session, and the event's id."""
        session = session or f"{random.getrandbits(64):x}"
        sent = {"fn_index": self._number(name), "data": data, "event_data": event_data, "session_hash": session}
        answer = self.web.post("/gradio_api/queue/join", json=sent)
        answer.raise_for_status()
        return session, answer.json()["event_id"]

    def heard(self, session: str) -> Generator[str]:
        """The lines that a page of this session gets, until its event is done; closing it is a lost connection.

        What is streamed comes as a string in a string (`emorl.ui.streaming`); its quotation marks are plain here.
        """
        with self.web.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as answer:
            for line in answer.iter_lines():
                yield line.replace('\\"', '"')
                if "process_completed" in line:
                    return

    def event(self, name: str, data: list[Any], event_data: Any = None) -> str:
        """All that the page gets for an event of a button or a form."""
        session, _ = self.join(name, data, event_data)
        return "\n".join(self.heard(session))

    def cancel(self, name: str, session: str, event_id: str) -> None:
        """End an event, as leaving a page or a button does."""
        sent = {"session_hash": session, "fn_index": self._number(name), "event_id": event_id}
        self.web.post("/gradio_api/cancel", json=sent)

    def stop(self, session: str, run: int) -> None:
        """Press the page's Stop while this run is being written."""
        sent = {"data": [{"run": run}], "fn_index": self._number("stop"), "session_hash": session}
        self.web.post("/gradio_api/run/stop", json=sent).raise_for_status()

    def _number(self, name: str) -> int:
        return next(one["id"] for one in self.config["dependencies"] if one["api_name"] == name)

    def asked(self, widget: str, name: str, data: Any) -> Any:
        """What a widget's function answers."""
        (number,) = [
            one["id"] for one in self.config["components"] if one["props"].get("elem_id") == f"widget-{widget}"
        ]
        sent = {"component_id": number, "fn_name": name, "data": data, "session_hash": "s"}
        return self.web.post("/gradio_api/component_server", json=sent).json()

    def called(self, name: str, statement: str) -> str:
        """What a program gets by way of the queue."""
        joined = self.web.post(f"/gradio_api/call/{name}", json={"data": given(statement)}).json()
        return self.web.get(f"/gradio_api/call/{name}/{joined['event_id']}").text

    def run(self, name: str, statement: str) -> str:
        """What a program gets without the queue."""
        return self.web.post(f"/gradio_api/run/{name}", json={"data": given(statement)}).text
