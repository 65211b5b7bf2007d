"""Which address the request comes from that is being answered, for what slows down one visitor and not the others.

Left out: who the visitor is. The address is kept in memory only, and nowhere written down.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import Scope

_address: ContextVar[str] = ContextVar("address", default="")


def note_address(scope: Scope, headers: Headers, behind_proxy: bool) -> None:
    """Remember where a request comes from while it is answered.

    Args:
        scope: Of the request.
        headers: Of the request.
        behind_proxy: Whether a proxy that we trust, as a Space's, adds the real address at the end of
            `X-Forwarded-For`; whatever stands before that, the visitor may have made up.
    """
    client = scope.get("client")
    found = str(client[0]) if client else ""
    if behind_proxy:
        forwarded = [part.strip() for value in headers.getlist("x-forwarded-for") for part in value.split(",")]
        found = next((part for part in reversed(forwarded) if part), found)
    _address.set(found)


def address() -> str:
    """The address that is being answered; empty outside a request."""
    return _address.get()
