"""Crisis contacts as the page shows them: banner, crisis notice, About."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emorl.safety.contacts import Contact


@dataclass(frozen=True)
class ContactPayload:
    """One service.

    Attributes:
        country: ISO 3166 code of two letters, EU, or INT for everywhere.
        name: What it is called.
        phone: Number to call, or what to text to which number; may be empty.
        url: Its own address, which begins with https; else empty.
        note: Cost, hours, emergency number; may be empty.
    """

    country: str
    name: str
    phone: str
    url: str
    note: str


def contact_payloads(contacts: Iterable[Contact]) -> tuple[ContactPayload, ...]:
    """Contacts for the page; only web addresses that begin with https are passed on."""
    return tuple(
        ContactPayload(one.country, one.name, one.phone, one.url if one.url.startswith("https://") else "", one.note)
        for one in contacts
    )
