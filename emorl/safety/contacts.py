"""Who can help in a crisis, by country (`data/safety/contacts.json`).

Every entry says where it comes from; all must be checked before the app is deployed. Left out: regional
services and finding out where somebody is. The app shows everything unless `EMORL_COUNTRY` names a country.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emorl.errors import CareDataError
from emorl.safety.phrases import DATA, read_json

INTERNATIONAL = "INT"
_ALIASES = {"UK": "GB", "USA": "US"}
_EU = frozenset("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split())


@dataclass(frozen=True)
class Contact:
    """One service.

    Attributes:
        country: ISO 3166 code of two letters, EU, or INT for everywhere.
        name: what it is called.
        phone: number to call, or what to text to which number; "" if there is only an address.
        url: its own address.
        note: cost, hours, emergency number.
        source: where the entry comes from.
    """

    country: str
    name: str
    phone: str
    url: str
    note: str
    source: str


def crisis_contacts(country: str | None = None) -> tuple[Contact, ...]:
    """Services for a country and those for everywhere; all of them without a country.

    Without `country` the environment's `EMORL_COUNTRY` counts, if it is set.

    Args:
        country: ISO 3166 code of two letters ("UK" is understood) in any case. An unknown one gives the
            services for everywhere.

    Raises:
        CareDataError: the contact list is missing or broken.
    """
    contacts = contact_list()
    country = country or os.environ.get("EMORL_COUNTRY", "").strip()
    if not country:
        return contacts
    code = country.strip().upper()
    wanted = {_ALIASES.get(code, code), INTERNATIONAL} | ({"EU"} if code in _EU else set())
    return tuple(contact for contact in contacts if contact.country in wanted)


@cache
def contact_list(path: Path = DATA / "contacts.json") -> tuple[Contact, ...]:
    """Read a contact list; read once.

    Raises:
        CareDataError: the file is missing, not JSON, empty, or an entry lacks a field.
    """
    content = read_json(path)
    try:
        contacts = tuple(Contact(**entry) for entry in content["contacts"])
        if not contacts:
            raise ValueError("no contacts")
        for contact in contacts:
            if not contact.source or not contact.url.startswith("https://"):
                raise ValueError(f"{contact.name}: source or url")
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise CareDataError(
            f"{path}: got an entry that cannot be used ({fault}), expected country, name, phone, url (https), note "
            "and source; restore the file from the repository"
        ) from fault
    return contacts
