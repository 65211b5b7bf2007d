"""The environment's settings: read once, checked together, documented one by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from emorl.errors import SettingsError
from emorl.settings import SECRETS, VARIABLES, Settings, settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
READERS = {
    "emorl/settings.py",
    "emorl/cli.py",  # sets one for a library
    "emorl/ui/__init__.py",  # sets three for libraries
    "emorl/models/sources.py",  # hands the environment on to pip
}


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_variables_every_setting_has_its_default() -> None:
    found = settings()
    assert (found.base, found.models, found.contacts, found.database_url) == (None,) * 4
    assert (found.data, found.country, found.admins, found.zerogpu) == (Path("var"), (), frozenset(), False)
    assert found.cache_folder == Path.home() / ".cache" / "emorl"
    for name in ("GENERATE", "MAP", "RATE", "REGISTER"):
        most = getattr(found, VARIABLES[f"EMORL_{name}_PER_MINUTE"])
        assert f"| `EMORL_{name}_PER_MINUTE` | {most} |" in PAGE


def test_variables_are_read_in_any_usual_spelling_and_empty_ones_count_as_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "EMORL_BASE": str(tmp_path),
        "EMORL_CACHE": "~/models",
        "EMORL_COUNTRY": "uk, nz,",
        "EMORL_ADMINS": "Ada, grace",
        "EMORL_SCORERS": "my_scorers, package.module",
        "EMORL_JOURNAL_DATASET": "me/ratings",
        "HF_TOKEN": "hf_secret",
        "SPACES_ZERO_GPU": "True",
        "EMORL_GENERATE_PER_MINUTE": " 0 ",
        "EMORL_RATE_PER_MINUTE": "1000",
        "EMORL_MODELS": "",
    }.items():
        monkeypatch.setenv(name, value)
    found = settings()
    assert (found.base, found.models, found.cache_folder) == (tmp_path, None, Path.home() / "models")
    assert (found.country, found.admins) == (("GB", "NZ"), frozenset({"ada", "grace"}))
    assert found.journal_dataset == "me/ratings" and found.zerogpu
    assert (found.generate_per_minute, found.rate_per_minute, found.register_per_minute) == (0, 1000, 30)
    assert found.scorers == {"my_scorers", "package.module"}
    assert found.hub_token is not None and found.hub_token.get_secret_value() == "hf_secret"
    assert "hf_secret" not in repr(found)


def test_it_is_frozen_and_read_again_only_when_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings()
    assert settings() is first
    with pytest.raises(ValidationError):
        first.data = Path("elsewhere")
    monkeypatch.setenv("EMORL_DATA", "elsewhere")
    assert settings().data == Path("elsewhere")


def test_all_faults_are_reported_at_once_and_secrets_never(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad = {
        "EMORL_BASE": str(tmp_path / "nowhere"),
        "EMORL_MODELS": str(tmp_path / "none"),
        "EMORL_CONTACTS": str(tmp_path),
        "EMORL_RATING_ITEMS": str(tmp_path / "none.jsonl"),
        "EMORL_COUNTRY": "GB, Ireland",
        "DATABASE_URL": "mysql://me:secret@host/ratings",
        "EMORL_JOURNAL_DATASET": "ratings",
        "EMORL_SESSION_SECRET": "secret" * 5,
        "EMORL_GENERATE_PER_MINUTE": "1001",
        "EMORL_MAP_PER_MINUTE": "1e3",
        "EMORL_RATE_PER_MINUTE": "-1",
        "EMORL_REGISTER_PER_MINUTE": "some",
    }
    for name, value in bad.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings()
    said = str(caught.value)
    assert "\n" not in said and "secret" not in said
    for name, value in bad.items():
        got = name if name in SECRETS else f"{name}={value}"
        assert re.search(f"Got {re.escape(got)}: expected [^;]+; correct it or unset it[.]", said), name


def test_a_journal_needs_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_JOURNAL_DATASET", "me/ratings")
    with pytest.raises(SettingsError, match="Got HF_TOKEN unset: expected both or neither of it and EMORL_JOURNAL_"):
        settings()


def test_the_page_has_a_row_for_each_variable_in_the_words_of_the_class() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)`( \(secret\))? \| .+ \| (.+) \|$", PAGE.split("## Read by libraries")[0], re.M)
    assert {name: text for name, _, text in rows} == {
        name: Settings.model_fields[field].description for name, field in VARIABLES.items()
    }
    assert {name for name, secret, _ in rows if secret} == set(SECRETS)


def test_no_other_module_reads_the_environment() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in [ROOT / "app.py", *(ROOT / "emorl").rglob("*.py")]
        if re.search(r"\b(os\.environ|getenv)\b", path.read_text(encoding="utf-8"))
    }
    assert found == READERS


def test_data_files_are_found_in_one_place() -> None:
    for path in (*(ROOT / "emorl").rglob("*.py"), *(ROOT / "training").rglob("*.py")):
        if path.name != "resources.py":
            assert not re.search(r"parents\[\d", path.read_text(encoding="utf-8")), path
