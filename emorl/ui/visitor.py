"""Which address the request comes from that is being answered, for what slows down one visitor and not the others.

Left out: who the visitor is. The address is kept in memory only, and nowhere written down.
"""

from __future__ import annotations

from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from gradio import Request
from gradio.context import LocalContext

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import Scope

KEY = "emorl.address"
"""Of the address in a request's scope."""

NETWORK_BITS = 64
"""Of an IPv6 address: what a provider gives to one customer, who may choose the other half of it."""

_address: ContextVar[str] = ContextVar("address", default="")


def note_address(scope: Scope, headers: Headers, behind_proxy: bool) -> None:
    """Remember where a request comes from while it is answered, and while its event waits in Gradio's queue.

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
    scope[KEY] = found
    _address.set(found)


def address() -> str:
    """The address that is being answered; empty outside a request."""
    # An event of the queue runs in a task that began with another request, so what Gradio says of it comes first.
    found = LocalContext.request.get(None)
    asked = found.request if isinstance(found, Request) else found  # for a widget's function it is the request itself
    return _address.get() if asked is None else str(asked.scope.get(KEY, ""))


def visitor() -> str:
    """Whose address that is: the address itself, or the /64 network of an IPv6 address; empty outside a request.

    Example:
        >>> visitor()
        ''
    """
    return network_of(address())


def network_of(found: str) -> str:
    """The address, or the /64 network of an IPv6 address, all of which one visitor may have.

    Example:
        >>> network_of("192.0.2.1"), network_of("2001:db8::17"), network_of("::ffff:192.0.2.1")
        ('192.0.2.1', '2001:db8::/64', '192.0.2.1')
    """
    try:
        known = ip_address(found.partition("%")[0])  # without the zone of a local address
    except ValueError:
        return found
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((known, NETWORK_BITS), strict=False))
