"""`cancelling.js` in Chromium, before a server whose answers come when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from emorl.ui.bundle import FOLDER, bundle

SERVER = """
const settle = () => new Promise((resume) => setTimeout(resume));
const sent = [], open = [], answered = [];
const fetch = cancelling.inStep((url, options) => {
  sent.push([url.replace("/gradio_api/", ""), options.body ? JSON.parse(options.body) : null]);
  return new Promise((answer, fail) => open.push({ answer, fail }));
});
window.post = (path, body) => {
  const options = { method: "POST", body: JSON.stringify(body) };
  fetch("/gradio_api/" + path, options).then((found) => answered.push([path, found.status]), () => {});
  return settle();
};
window.get = (url) => {
  fetch(url, {});
  return settle();
};
window.answer = (index, body, status = 200) => {
  const found = { status, clone: () => found, json: async () => body }; // read at once, unlike a Response
  open[index].answer(found);
  return settle();
};
window.fail = (index) => {
  open[index].fail(new TypeError("no connection"));
  return settle();
};
window.seen = () => ({ sent, answered });
"""
JOIN, CANCEL = "queue/join?", "cancel"


class Server:
    """What a page has sent, and the answers to it by the order of sending."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def post(self, path: str, **body: Any) -> None:
        self.page.evaluate("([path, body]) => post(path, body)", [path, body])

    def answer(self, index: int, status: int = 200, **body: Any) -> None:
        self.page.evaluate("([index, body, status]) => answer(index, body, status)", [index, body, status])

    @property
    def sent(self) -> list[Any]:
        return self.page.evaluate("seen().sent")

    @property
    def answered(self) -> list[Any]:
        return self.page.evaluate("seen().answered")


@pytest.fixture
def server(browser: Browser) -> Iterator[Server]:
    page = browser.new_page()
    page.add_script_tag(content=bundle(FOLDER / "cancelling.js", "cancelling"))
    page.add_script_tag(content=SERVER)
    yield Server(page)
    page.close()


def test_a_cancel_before_the_id_is_known_waits_for_it(server: Server) -> None:
    server.post(JOIN, fn_index=5, data=[])
    server.post(CANCEL, fn_index=5, session_hash="s", event_id=None)
    assert [path for path, _ in server.sent] == [JOIN] and server.answered == []
    server.answer(0, event_id="one")
    assert server.sent[1:] == [[CANCEL, {"fn_index": 5, "session_hash": "s", "event_id": "one"}]]
    server.answer(1)
    assert server.answered == [[JOIN, 200], [CANCEL, 200]]


def test_a_cancel_with_its_id_goes_at_once(server: Server) -> None:
    server.post(CANCEL, fn_index=5, session_hash="s", event_id="one")
    assert server.sent == [[CANCEL, {"fn_index": 5, "session_hash": "s", "event_id": "one"}]]


def test_the_next_run_of_an_event_waits_for_the_answers_to_its_cancels_and_others_do_not(server: Server) -> None:
    server.post(JOIN, fn_index=5)
    server.answer(0, event_id="one")
    server.post(CANCEL, fn_index=5, event_id="one")
    server.post(CANCEL, fn_index=5, event_id="one")
    server.post(JOIN, fn_index=5)
    server.post(JOIN, fn_index=6)
    assert server.sent[3:] == [[JOIN, {"fn_index": 6}]]
    server.answer(2)
    assert len(server.sent) == 4
    server.answer(1)
    assert server.sent[4:] == [[JOIN, {"fn_index": 5}]]
    server.post(CANCEL, fn_index=5, event_id=None)  # of the run that has just begun
    server.answer(4, event_id="two")
    assert server.sent[5:] == [[CANCEL, {"fn_index": 5, "event_id": "two"}]]


@pytest.mark.parametrize("how", ["refused", "not reached"])
def test_a_run_that_never_began_needs_no_cancel(server: Server, how: str) -> None:
    server.post(JOIN, fn_index=5)
    server.post(CANCEL, fn_index=5, event_id=None)
    if how == "refused":
        server.answer(0, 503, detail="busy")
    else:
        server.page.evaluate("fail(0)")
    assert [path for path, _ in server.sent] == [JOIN] and [CANCEL, 200] in server.answered
    server.post(CANCEL, fn_index=7, event_id=None)  # nothing of that event was ever begun
    assert len(server.sent) == 1 and server.answered.count([CANCEL, 200]) == 2


def test_a_cancel_that_does_not_reach_the_server_holds_nothing_up(server: Server) -> None:
    server.post(CANCEL, fn_index=5, event_id="one")
    server.post(JOIN, fn_index=5)
    assert len(server.sent) == 1
    server.page.evaluate("fail(0)")
    assert server.sent[1:] == [[JOIN, {"fn_index": 5}]]


def test_everything_else_passes_untouched_but_a_reset_of_nothing(server: Server) -> None:
    server.post("reset", event_id=None)
    assert server.sent == [] and server.answered == [["reset", 200]]
    server.post("reset", event_id="one")
    server.post("component_server", fn_name="cancel", data=1)
    server.page.evaluate("get('/gradio_api/queue/data?session_hash=s')")
    assert server.sent == [
        ["reset", {"event_id": "one"}],
        ["component_server", {"fn_name": "cancel", "data": 1}],
        ["queue/data?session_hash=s", None],
    ]
