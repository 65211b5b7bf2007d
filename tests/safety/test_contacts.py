from __future__ import annotations

import json
from pathlib import Path

import pytest

from emorl.errors import CareDataError, SettingsError
from emorl.safety import contacts_line, crisis_contacts
from emorl.safety.contacts import contact_list


def test_all_without_a_country() -> None:
    countries = {contact.country for contact in crisis_contacts()}
    assert countries == {"US", "GB", "IE", "EU", "CA", "AU", "NZ", "INT"}


@pytest.mark.parametrize(
    ("country", "phone"),
    [
        ("US", "988"),
        ("uk", "116 123"),
        ("GB", "116 123"),
        ("IE", "116 123"),
        ("CA", "988"),
        ("AU", "13 11 14"),
        ("nz ", "1737"),
        ("FR", "112"),
        ("ie", "112"),
    ],
)
def test_a_country_and_everywhere(country: str, phone: str) -> None:
    found = crisis_contacts(country)
    assert phone in [contact.phone for contact in found]
    assert found[-1].country == "INT"


def test_a_line_keeps_names_and_numbers_apart() -> None:
    line = contacts_line(crisis_contacts("us"))
    assert line.startswith("988 Suicide & Crisis Lifeline (US): 988; Crisis Text Line (US): Text HOME to 741741; ")
    assert line.endswith("Find A Helpline (INT): https://findahelpline.com")


def test_the_setting_chooses_the_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_COUNTRY", "ie")
    assert {contact.country for contact in crisis_contacts()} == {"IE", "EU", "INT"}
    assert "US" in {contact.country for contact in crisis_contacts("US")}  # an argument wins
    monkeypatch.setenv("EMORL_COUNTRY", " ")
    assert crisis_contacts() == tuple(contact for contact in contact_list() if not contact.kinds)


@pytest.mark.parametrize("kind", ["overdose", "eating_disorder", "harm_to_others", "harm_to_children", "abuse"])
def test_a_kind_has_contacts_of_its_own_before_those_for_everybody(kind: str) -> None:
    found = crisis_contacts(kinds={kind})
    own = [contact for contact in found if contact.kinds]
    assert own and all(kind in contact.kinds for contact in own)
    assert found == (*own, *crisis_contacts())
    assert {contact.country for contact in crisis_contacts("GB", {kind})} == {"GB", "INT"}


def test_an_unknown_kind_in_a_list_of_ones_own_is_one_line(tmp_path: Path) -> None:
    path = own_list(tmp_path, "INT")
    path.write_text(path.read_text().replace('"country"', '"kinds": ["mood"], "country"', 1))
    with pytest.raises(CareDataError, match="kinds mood"):
        contact_list(path)


def test_several_countries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_COUNTRY", "uk, nz,")
    assert {contact.country for contact in crisis_contacts()} == {"GB", "NZ", "INT"}


def own_list(folder: Path, *countries: str) -> Path:
    entry = {"name": "Line", "phone": "01", "url": "https://example.org", "note": "", "source": "called, 1 May"}
    path = folder / "own.json"
    path.write_text(json.dumps({"contacts": [{"country": country, **entry} for country in countries]}))
    return path


def test_a_list_of_ones_own_takes_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EMORL_COUNTRY", raising=False)
    monkeypatch.setenv("EMORL_CONTACTS", str(own_list(tmp_path, "FR", "DE", "INT")))
    assert [contact.country for contact in crisis_contacts()] == ["FR", "DE", "INT"]
    assert [contact.country for contact in crisis_contacts("de")] == ["DE", "INT"]
    monkeypatch.setenv("EMORL_CONTACTS", str(tmp_path / "none.json"))
    with pytest.raises(SettingsError, match="EMORL_CONTACTS=.*none.json: expected a file that is there"):
        crisis_contacts()
    with pytest.raises(CareDataError, match="none.json, which cannot be read .*unset EMORL_CONTACTS"):
        contact_list(tmp_path / "none.json")


def test_a_list_without_help_for_everywhere_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMORL_CONTACTS", str(own_list(tmp_path, "FR")))
    with pytest.raises(CareDataError, match="country INT.*EMORL_CONTACTS"):
        crisis_contacts("DE")


def test_the_readme_says_where_to_check_every_number() -> None:
    readme = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in readme if line.startswith("| ")]
    for contact in contact_list():
        row = [contact.country, contact.name, contact.phone or "none, a directory", f"<{contact.url}>"]
        assert row in rows, contact.name


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
    [
        "",
        "[]",
        '{"contacts": []}',
        '{"contacts": [{"name": "x"}]}',
        '{"contacts": [{"country": "US", "name": "x", "phone": "1", "url": "http://x", "note": "", "source": "y"}]}',
    ],
)
def test_a_broken_list_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "contacts.json").write_text(content)
    with pytest.raises(CareDataError, match="correct the file") as caught:
        contact_list(tmp_path / "contacts.json")
    assert "\n" not in str(caught.value)
