"""What every answer gets on its way out: security headers, the page's own policy, and an honest status.

The policy lets the page run its own scripts only: files of this app, and the scripts inside the page, each by its hash,
so that no other can be put in. Gradio makes functions of texts (`new Function`), so `unsafe-eval` has to be allowed.
Styles may be inside the page. Nothing comes from another host, and nothing is sent there.

Gradio answers a call without the queue with 500 whatever was wrong. Where the cause is what the caller sent, which the
one line in the answer says, the status is 400. Left out: answers that are no page and no such call pass as they come.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SPACE_FRAMERS = "https://huggingface.co https://*.huggingface.co https://*.hf.space"
RULES = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval'{scripts}",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'none'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors {framers}",
)
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_CALL = re.compile(r"/gradio_api/(?:run|api)/[^/]+/?")
_OURS = "log has the details"
"""In the messages for what is nobody's mistake but the app's."""


def headers_for(on_a_space: bool) -> dict[str, str]:
    """The headers of every answer; on a Space the hub may show the page in a frame."""
    if on_a_space:
        return HEADERS
    return {**HEADERS, "X-Frame-Options": "SAMEORIGIN"}


def policy(on_a_space: bool, scripts: Iterable[str] = ()) -> str:
    """The policy for content.

    Args:
        on_a_space: The hub may show the page in a frame.
        scripts: Hashes of scripts inside the page.
    """
    framers = SPACE_FRAMERS if on_a_space else "'self'"
    allowed = "".join(f" 'sha256-{one}'" for one in scripts)
    return "; ".join(RULES).format(scripts=allowed, framers=framers)


def script_hash(source: bytes) -> str:
    """What a policy calls a script inside the page.

    Example:
        >>> script_hash(b"")
        '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return base64.b64encode(hashlib.sha256(source).digest()).decode("ascii")


def scripts_in(page: bytes) -> list[str]:
    """The hashes of the scripts inside a page.

    Example:
        >>> scripts_in(b'<script></script><script src="a.js"></script>')
        ['47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']
    """
    return [script_hash(source) for source in _INLINE.findall(page)]


class Answering:
    """A `send` for one request that does all this."""

    def __init__(self, send: Send, path: str, headers: Mapping[str, str], on_a_space: bool, own: Iterable[str]) -> None:
        """Send on to `send`.

        Args:
            send: Of the server.
            path: Of the request.
            headers: For every answer.
            on_a_space: Whether the app runs on a Space.
            own: Hashes of the scripts that Gradio puts into the page in the browser.
        """
        self.begun = False
        self._send, self._path, self._headers, self._on_a_space, self._own = send, path, headers, on_a_space, [*own]
        self._start: Message | None = None  # held back until the whole answer is known
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Send one message, or hold it back."""
        if message["type"] == "http.response.start":
            self.begun = True
            if self._is_page(message) or (message["status"] == 500 and _CALL.fullmatch(self._path)):
                self._start = message
                return
            self._finish(message, [])
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            start, self._start = self._start, None
            if self._is_page(start):
                self._finish(start, scripts_in(self._body))
            else:
                start["status"] = 400 if _is_callers(self._body) else 500
                self._finish(start, [])
            await self._send(start)
            message = {**message, "body": self._body}
        await self._send(message)

    def _is_page(self, start: Message) -> bool:
        kind = Headers(raw=start.get("headers", ())).get("content-type", "")
        return self._path in ("", "/") and kind.startswith("text/html")

    def _finish(self, start: Message, scripts: Iterable[str]) -> None:
        allowed = [*scripts, *self._own] if self._is_page(start) else []
        headers = MutableHeaders(scope=start)
        headers.update(self._headers)
        headers["Content-Security-Policy"] = policy(self._on_a_space, allowed)


def _is_callers(body: bytes) -> bool:
    """Whether an answer says in one line what the caller did wrong."""
    try:
        given = json.loads(body)
    except ValueError:
        return False
    said = given.get("error") if isinstance(given, dict) else None
    return isinstance(said, str) and _OURS not in said
