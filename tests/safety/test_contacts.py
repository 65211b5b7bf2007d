from __future__ import annotations

from pathlib import Path

import pytest

from emorl.errors import CareDataError
from emorl.safety import crisis_contacts
from emorl.safety.contacts import contact_list


def test_all_without_a_country() -> None:
    countries = {contact.country for contact in crisis_contacts()}
    assert countries == {"US", "GB", "IE", "EU", "CA", "AU", "NZ", "INT"}


@pytest.mark.parametrize(
    ("country", "phone"),
    [("US", "988"), ("uk", "116 123"), ("GB", "116 123"), ("IE", "116 123"), ("CA", "988"), ("AU", "13 11 14"),
     ("nz ", "1737"), ("FR", "112"), ("ie", "112")],
)  # fmt: skip
def test_a_country_and_everywhere(country: str, phone: str) -> None:
    found = crisis_contacts(country)
    assert phone in [contact.phone for contact in found]
    assert found[-1].country == "INT"


def test_the_setting_chooses_the_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_COUNTRY", "ie")
    assert {contact.country for contact in crisis_contacts()} == {"IE", "EU", "INT"}
    assert "US" in {contact.country for contact in crisis_contacts("US")}  # an argument wins
    monkeypatch.setenv("EMORL_COUNTRY", " ")
    assert len(crisis_contacts()) == len(contact_list())


def test_an_unknown_country_still_gets_help() -> None:
    assert [contact.url for contact in crisis_contacts("XX")] == ["https://findahelpline.com"]


def test_every_entry_has_a_source_to_check() -> None:
    for contact in crisis_contacts():
        assert "check before deploying" in contact.source
        assert contact.url.startswith("https://")
        assert contact.name
        assert contact.note


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"contacts": []}', '{"contacts": [{"name": "x"}]}',
     '{"contacts": [{"country": "US", "name": "x", "phone": "1", "url": "http://x", "note": "", "source": "y"}]}'],
)  # fmt: skip
def test_a_broken_list_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "contacts.json").write_text(content)
    with pytest.raises(CareDataError, match="restore") as caught:
        contact_list(tmp_path / "contacts.json")
    assert "\n" not in str(caught.value)
