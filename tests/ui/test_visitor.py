"""Which address a request comes from: the connection's, or on a Space the one that its proxy has added."""

from __future__ import annotations

import anyio.to_thread
import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from emorl.ui.middleware import Middleware
from emorl.ui.visitor import address, note_address


@pytest.mark.parametrize(
    ("forwarded", "behind_proxy", "expected"),
    [
        ((), False, "192.0.2.1"),
        (("203.0.113.9",), False, "192.0.2.1"),  # anybody can send the header
        ((), True, "192.0.2.1"),
        (("203.0.113.9",), True, "203.0.113.9"),
        (("10.0.0.1, 203.0.113.9",), True, "203.0.113.9"),  # what stands before may be made up
        (("10.0.0.1", "203.0.113.9 , "), True, "203.0.113.9"),
    ],
)
def test_the_address_is_that_of_the_last_hop_that_we_trust(
    forwarded: tuple[str, ...], behind_proxy: bool, expected: str
) -> None:
    headers = Headers(raw=[(b"x-forwarded-for", value.encode()) for value in forwarded])
    note_address({"type": "http", "client": ("192.0.2.1", 1234)}, headers, behind_proxy)
    assert address() == expected


def test_a_connection_without_an_address_has_none() -> None:
    note_address({"type": "http", "client": None}, Headers(), False)
    assert address() == ""


def test_what_answers_a_request_in_another_thread_knows_its_address() -> None:
    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(await anyio.to_thread.run_sync(address))(scope, receive, send)

    client = TestClient(Middleware(inside), client=("192.0.2.7", 1234))
    assert client.get("/").text == "192.0.2.7"
    assert address() != "192.0.2.7"  # nor does anything else take it for its own
