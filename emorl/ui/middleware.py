"""What every request meets before Gradio sees it: which addresses exist, who may ask, and how much may be sent.

Gradio 6 serves more than this app uses: uploads, a relay for files of other hosts, recordings, monitoring, an editor.
Only what the page and the public functions need is let through; the rest is not found. A browser says which site a
request comes from (`Sec-Fetch-Site`, `Origin`): what another site sends is refused, so that it cannot act with
somebody's cookie. Programs say neither and are let through. A body is JSON of at most `MAX_BODY` bytes, without NaN and
infinity, and means a function that the page has (`known.py`). What answers get on their way out is in `answering.py`.

Left out: how often somebody may ask (`limits.py`), and what is in a body, which the functions check themselves; but a
call of a public function in raw HTTP must name its arguments rightly.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from gradio.routes import App
from gradio.utils import get_space
from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emorl.errors import OptionError
from emorl.ui.answering import Answering, headers_for, script_hash
from emorl.ui.api.arguments import PARAMETERS, check_named, check_ordered
from emorl.ui.known import Unknown, check_known
from emorl.ui.visitor import note_address

log = logging.getLogger(__name__)

MAX_BODY = 100_000
"""Bytes of a request's body."""

MAX_DEPTH = 32
"""Objects and lists inside one another."""

UNREADABLE = "Got a body that cannot be read: expected JSON with finite numbers."
API = "/gradio_api"
_NAME = r"[\w.-]+"
PAGES = re.compile(
    r"/?|/(?:theme\.css|favicon\.ico|robots\.txt|manifest\.json|logout/?)|/(?:static|assets|svelte)/.+"
    r"|/login/(?:huggingface|callback)/?|/gradio_api/theme\.css"
)
"""What anybody may read or link to."""

ASKED = re.compile(
    rf"/config/?|{API}/(?:info/?|openapi\.json|startup-events|app_id/?|user/?|login_check/?|queue/(?:data|status)"
    rf"|heartbeat/{_NAME}|call/(?:v2/)?{_NAME}/{_NAME})"
)
SENT = re.compile(
    rf"{API}/(?:queue/join|cancel|reset/?|component_server/?|(?:run|api)/{_NAME}/?|call/(?:v2/)?{_NAME}/?)"
)

CALLED = re.compile(rf"{API}/(call/v2|call|run|api)/({_NAME})/?")
_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")
_UNPAIRED = re.compile("[\ud800-\udfff]")  # a pair is one character by now
NOT_SERVED = "This app does not serve that."

_PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """A request that is not let through.

    Attributes:
        status: Of HTTP.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Middleware:
    """Stands around Gradio's app; it keeps nothing of a request."""

    def __init__(self, app: ASGIApp, scripts: Sequence[str] = ()) -> None:
        """Stand around an app.

        Args:
            app: The app inside.
            scripts: That the page puts into itself.
        """
        self.app = app
        self.on_a_space = get_space() is not None  # there the hub shows the page in a frame
        self.headers = headers_for(self.on_a_space)
        self.scripts = [script_hash(script.encode()) for script in scripts]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with one line."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        answering = Answering(send, get_route_path(scope), self.headers, self.on_a_space, self.scripts)
        headers = Headers(scope=scope)
        note_address(scope, headers, self.on_a_space)
        try:
            check_address(scope["method"], get_route_path(scope), headers)
            if scope["method"] == "POST":
                body = plain_json(await read_body(headers, receive))
                check_call(get_route_path(scope), body, scope.get("app"))
                receive = _again(body, receive)
        except Refused as refused:
            answer = JSONResponse({"detail": str(refused)}, refused.status)
            await answer(scope, receive, answering)
            return
        try:
            await self.app(scope, receive, answering)
        except Exception as fault:  # the visitor gets one line, the log the traceback
            if answering.begun and isinstance(fault.__cause__, HTTPException):
                # A stream of an event or a session that there is not: Gradio has said so in it, and then fails.
                await answering({"type": "http.response.body", "body": b"", "more_body": False})
                return
            if answering.begun:
                raise
            log.exception("answering a request failed")
            answer = JSONResponse({"detail": "Something went wrong. The app's log has the details."}, 500)
            await answer(scope, receive, answering)


def check_address(method: str, path: str, headers: Headers) -> None:
    """Let a request pass only to what the app uses, and from another site only to pages.

    Raises:
        Refused: It may not pass.
    """
    reading = method in ("GET", "HEAD")
    if reading and PAGES.fullmatch(path):
        return
    if not (ASKED.fullmatch(path) if reading else method == "POST" and SENT.fullmatch(path)):
        raise Refused(404, NOT_SERVED)
    if is_foreign(headers):
        raise Refused(403, "This app answers its own page and programs, not the pages of other sites.")


def is_foreign(headers: Headers) -> bool:
    """Whether a browser sent the request for the page of another site.

    A proxy that changes `Host` may say the real one in `X-Forwarded-Host`. That counts only where the browser itself
    says that the site is the same, because another site's script can set it.
    """
    sites = headers.getlist("sec-fetch-site")
    if any(site.strip().lower() not in ("same-origin", "none") for site in sites):
        return True
    own = headers.getlist("host")
    if "same-origin" in sites:
        own += [host.strip() for value in headers.getlist("x-forwarded-host") for host in value.split(",")]
    return any(not _is_one_of(origin, own) for origin in headers.getlist("origin"))


def _is_one_of(origin: str, hosts: Iterable[str]) -> bool:
    try:
        found = urlsplit(origin)
        port = found.port or _PORTS[found.scheme]
        named = [urlsplit(f"//{host}") for host in hosts]
        return any((one.hostname, one.port or _PORTS[found.scheme]) == (found.hostname, port) for one in named)
    except (ValueError, KeyError):  # "null", or no address at all
        return False


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The body of a request.

    Raises:
        Refused: It is too long, or is said to be anything but JSON.
    """
    too_long = Refused(413, f"Got a request of more than {MAX_BODY} bytes: expected less; shorten it.")
    said = headers.get("content-length", "0")
    if not said.isdecimal() or len(said) > 12 or int(said) > MAX_BODY:
        raise too_long
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(400, "The request ended early.")
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise too_long
        more = message.get("more_body", False)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        raise Refused(415, "Got another kind of content: expected application/json; files are not taken.")
    return bytes(body)


def plain_json(body: bytes) -> bytes:
    """A body, if it is JSON that every part of the app can read.

    A script can send half of a character (an unpaired surrogate), which no answer and no database can hold. It becomes
    U+FFFD, as a browser's `toWellFormed` would make it.

    Raises:
        Refused: It is not JSON, holds NaN or infinity, or is nested too deeply.
    """
    if not body:
        return body
    try:
        whole = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
        level = [whole]
    except (ValueError, RecursionError) as fault:
        raise Refused(400, UNREADABLE) from fault
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            break
    else:
        raise Refused(400, f"Got JSON nested more than {MAX_DEPTH} deep: expected less.")
    if not _ESCAPED.search(body):
        return body
    return _UNPAIRED.sub("\ufffd", json.dumps(whole, ensure_ascii=False)).encode()


def check_call(path: str, body: bytes, app: object = None) -> None:
    """Let a call pass only if there is such a function, and with arguments that it takes.

    Args:
        path: Of the request.
        body: Of the request.
        app: Gradio's, which knows the page's functions; without it, only those for programs are checked.

    Raises:
        Refused: There is no such function, or an argument is unknown or missing.
    """
    given, found = json.loads(body or b"null"), CALLED.fullmatch(path)
    how, name = found.groups() if found is not None else ("", "")
    try:
        if how == "call/v2":
            if name not in PARAMETERS:
                raise Refused(404, NOT_SERVED)
            check_named(name, given)
        elif name in PARAMETERS and isinstance(given, dict):
            check_ordered(name, given.get("data"))
        if isinstance(app, App):
            check_known(app.get_blocks(), path, given)
    except Unknown as error:
        raise Refused(404, error.shown) from error
    except OptionError as error:
        raise Refused(400, error.shown) from error


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_constant(name: str) -> None:
    raise Refused(400, UNREADABLE)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Refused(400, UNREADABLE)
    return value


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more, and then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
