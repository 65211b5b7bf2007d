"""Who can help in a crisis, by country (`data/safety/contacts.json`).

Every entry says where it comes from; all must be checked before the app is deployed. The app shows everything
unless `EMORL_COUNTRY` names one country or several ("GB, IE"); a deployer's own list, in the same form, is named in
`EMORL_CONTACTS` and replaces this one. Left out: finding out where somebody is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emorl.errors import CareDataError
from emorl.resources import data_path
from emorl.safety.phrases import KINDS
from emorl.settings import ALIASES, settings

SHIPPED = data_path("safety", "contacts.json")
INTERNATIONAL = "INT"
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
        kinds: kinds of crisis that it is for (`phrases.KINDS`); for everybody if there are none.
    """

    country: str
    name: str
    phone: str
    url: str
    note: str
    source: str
    kinds: tuple[str, ...] = ()


def contacts_line(contacts: Iterable[Contact]) -> str:
    """Contacts as one line of text: name, country, number or else address."""
    return "; ".join(f"{one.name} ({one.country}): {one.phone or one.url}" for one in contacts)


def crisis_contacts(country: str | None = None, kinds: Collection[str] = ()) -> tuple[Contact, ...]:
    """Services for a country and those for everywhere; all of them without a country.

    Without `country` the environment's `EMORL_COUNTRY` counts, if it is set.

    Args:
        country: ISO 3166 codes of two letters ("UK" is understood) in any case, separated by commas. An unknown one
            gives the services for everywhere.
        kinds: Kinds of crisis, whose own services come first; without any, only those for everybody.

    Raises:
        CareDataError: the contact list is missing or broken.
    """
    every = contact_list(settings().contacts or SHIPPED)
    own = [contact for contact in every if set(contact.kinds) & set(kinds)]
    contacts = (*own, *(contact for contact in every if not contact.kinds))
    named = [code.strip() for code in country.upper().split(",")] if country else settings().country
    codes = {ALIASES.get(code, code) for code in named if code}
    if not codes:
        return contacts
    wanted = codes | {INTERNATIONAL} | ({"EU"} if codes & _EU else set())
    return tuple(contact for contact in contacts if contact.country in wanted)


@cache
def contact_list(path: Path = SHIPPED) -> tuple[Contact, ...]:
    """Read a contact list; read once.

    Raises:
        CareDataError: the file is missing, not JSON, empty, or an entry lacks a field.
    """
    remedy = "restore the file from the repository"
    if path != SHIPPED:
        remedy = "correct the file, or unset EMORL_CONTACTS to use the list that is shipped"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        contacts = tuple(Contact(**{**entry, "kinds": tuple(entry.get("kinds", ()))}) for entry in content["contacts"])
        if not contacts:
            raise ValueError("no contacts")
        for contact in contacts:
            if not contact.source or not contact.url.startswith("https://"):
                raise ValueError(f"{contact.name}: source or url")
            if unknown := set(contact.kinds) - set(KINDS):
                raise ValueError(f"{contact.name}: kinds {', '.join(sorted(unknown))}")
        if not any(contact.country == INTERNATIONAL and not contact.kinds for contact in contacts):
            raise ValueError("no contact for everywhere, country INT")  # nobody may be left without any
    except OSError as fault:
        raise CareDataError.of(
            f"{path}, which cannot be read ({fault.strerror})", "a list of contacts", remedy
        ) from fault
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise CareDataError.at(
            str(path),
            f"an entry that cannot be used ({fault})",
            "country, name, phone, url (https), note and source",
            remedy,
        ) from fault
    return contacts
