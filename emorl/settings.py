"""Every environment variable that `emorl` reads: one frozen object, checked as a whole.

`settings()` gives what the environment says now. Faults are reported all at once, in one line: what was got, what was
expected, what to do. An empty variable counts as unset. docs/settings.md has a row for each, which a test holds to
this class. Left out: variables that only libraries read (`GRADIO_SERVER_PORT`, `HF_HUB_OFFLINE` and others), and what
is inside the files that are named here, which is checked where they are read.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from emorl.errors import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ALIASES = {"UK": "GB", "USA": "US"}
DATASET = re.compile(r"[\w.-]+/[\w.-]+")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
MIN_SECRET = 32
"""Characters of a secret that signs: nobody may find it by trying."""

MAX_PER_MINUTE = 1000
"""Of a visitor's acts, whose moments are kept in memory."""

DEVICES = ("cpu", "cuda", "auto")
"""What computes; `auto` is CUDA where there is any."""

DATABASE = re.compile(r"(sqlite|postgres|postgresql)(\+\w+)?:.*")


def _there(path: Path) -> Path:
    if not path.exists():
        raise ValueError("expected a file or folder that is there")
    return path


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError("expected a file that is there")
    return path


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError("expected a folder that is there")
    return path


def _countries(text: object) -> tuple[str, ...]:
    codes = [code.strip().upper() for code in str(text).split(",") if code.strip()]
    if wrong := [code for code in codes if not re.fullmatch("[A-Z]{2,3}", code)]:
        raise ValueError(f"expected countries such as GB, or GB, IE, not {', '.join(wrong)}")
    return tuple(ALIASES.get(code, code) for code in codes)


def _names(text: object) -> frozenset[str]:
    return frozenset(name.lower() for name in str(text).replace(",", " ").split())


def _home(path: object) -> Path:
    return Path(str(path).strip()).expanduser()


def _per_minute(text: object) -> int:
    digits = str(text).strip()
    if not re.fullmatch("[0-9]{1,6}", digits) or int(digits) > MAX_PER_MINUTE:
        raise ValueError(f"expected a whole number from 0, which is no limit, to {MAX_PER_MINUTE}")
    return int(digits)


def _device(text: object) -> str:
    name = str(text).strip().lower()
    if name not in DEVICES:
        raise ValueError(f"expected {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")
    return name


def _modules(text: object) -> frozenset[str]:
    names = str(text).replace(",", " ").split()
    if wrong := [name for name in names if not MODULE.fullmatch(name)]:
        raise ValueError(f"expected modules such as my_scorers or package.module, not {', '.join(wrong)}")
    return frozenset(names)


Home = BeforeValidator(_home)
PerMinute = Annotated[int, BeforeValidator(_per_minute)]


class Settings(BaseSettings):
    """What the environment says; each field names its variable and what it is for."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, case_sensitive=True, validate_default=False)

    base: Annotated[Path | None, Home, AfterValidator(_there)] = Field(
        default=None,
        validation_alias="EMORL_BASE",
        description="a base model of your own: its GGUF file, or a ready folder; put a new one beside it, as the file "
        "must not be written over while the app runs",
    )
    cache: Annotated[Path | None, Home] = Field(
        default=None, validation_alias="EMORL_CACHE", description="where the prepared base model is kept"
    )
    xdg_cache: Annotated[Path, Home] = Field(
        default=Path("~/.cache").expanduser(),
        validation_alias="XDG_CACHE_HOME",
        description="the user's cache folder, where `EMORL_CACHE` is unset",
    )
    models: Annotated[Path | None, Home, AfterValidator(_folder)] = Field(
        default=None,
        validation_alias="EMORL_MODELS",
        description="a models folder of your own: adapters, scorers, manifest",
    )
    scorers: Annotated[frozenset[str], NoDecode, BeforeValidator(_modules)] = Field(
        default=frozenset(),
        validation_alias="EMORL_SCORERS",
        description="modules of your own whose functions a manifest may name as scorers: `my_scorers`",
    )
    device: Annotated[str, BeforeValidator(_device)] = Field(
        default="cpu",
        validation_alias="EMORL_DEVICE",
        description="what computes: `cpu`, `cuda`, or `auto`, which is CUDA where PyTorch finds any",
    )
    data: Annotated[Path, Home] = Field(
        default=Path("var"), validation_alias="EMORL_DATA", description="folder of the ratings database and its journal"
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="a ratings database elsewhere: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`",
    )
    rating_items: Annotated[Path | None, Home, AfterValidator(_file)] = Field(
        default=None, validation_alias="EMORL_RATING_ITEMS", description="a file with the items of the Rate screen"
    )
    journal_dataset: str | None = Field(
        default=None,
        validation_alias="EMORL_JOURNAL_DATASET",
        description="`owner/name` of a private dataset that keeps the ratings; needs `HF_TOKEN`",
    )
    hub_token: SecretStr | None = Field(
        default=None,
        validation_alias="HF_TOKEN",
        validate_default=True,
        description="a token that may write that dataset; unused without one",
    )
    country: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_countries)] = Field(
        default=(),
        validation_alias="EMORL_COUNTRY",
        description="crisis contacts of these countries only: `GB` or `GB, IE`",
    )
    contacts: Annotated[Path | None, Home, AfterValidator(_file)] = Field(
        default=None, validation_alias="EMORL_CONTACTS", description="a list of crisis contacts of your own"
    )
    results_password: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="EMORL_RESULTS_PASSWORD",
        description="opens the Results and the Study screen",
    )
    session_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="EMORL_SESSION_SECRET",
        description="a random text of 32 characters or more that several processes share, so that who is in at one is "
        "in at all",
    )
    admins: Annotated[frozenset[str], NoDecode, BeforeValidator(_names)] = Field(
        default=frozenset(),
        validation_alias="EMORL_ADMINS",
        description="hub user names that may open Results and Study on a Space: `ada, grace`",
    )
    generate_per_minute: PerMinute = Field(
        default=120,
        validation_alias="EMORL_GENERATE_PER_MINUTE",
        description="times that one visitor may let the models write in a minute; `0` for no limit",
    )
    map_per_minute: PerMinute = Field(
        default=120,
        validation_alias="EMORL_MAP_PER_MINUTE",
        description="maps that one visitor may have drawn in a minute, those of reflections included; `0` for no limit",
    )
    rate_per_minute: PerMinute = Field(
        default=240,
        validation_alias="EMORL_RATE_PER_MINUTE",
        description="ratings, answers and sent texts that one visitor may store in a minute; `0` for no limit",
    )
    register_per_minute: PerMinute = Field(
        default=30,
        validation_alias="EMORL_REGISTER_PER_MINUTE",
        description="new rater ids from one visitor in a minute; `0` for no limit",
    )
    oauth_client_id: str = Field(
        default="",
        validation_alias="OAUTH_CLIENT_ID",
        description="set by a Space with `hf_oauth: true`, for signing in",
    )
    oauth_client_secret: SecretStr = Field(
        default=SecretStr(""), validation_alias="OAUTH_CLIENT_SECRET", description="the same; signs the session cookie"
    )
    oauth_scopes: str = Field(default="", validation_alias="OAUTH_SCOPES", description="the same")
    openid_provider: str = Field(default="", validation_alias="OPENID_PROVIDER_URL", description="the same")
    zerogpu: Annotated[bool, BeforeValidator(lambda text: str(text).lower() in ("1", "t", "true"))] = Field(
        default=False, validation_alias="SPACES_ZERO_GPU", description="set by a ZeroGPU Space"
    )

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not DATABASE.fullmatch(url.get_secret_value()):
            raise ValueError("expected sqlite:///FILE or postgresql://USER@HOST/NAME")
        return url

    @field_validator("session_secret")
    @classmethod
    def _long(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"expected at least {MIN_SECRET} characters, such as `openssl rand -hex 32` prints")
        return secret

    @field_validator("journal_dataset")
    @classmethod
    def _dataset(cls, name: str | None) -> str | None:
        if name is not None and not DATASET.fullmatch(name):
            raise ValueError("expected owner/name of a private dataset")
        return name

    @field_validator("hub_token")
    @classmethod
    def _token(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if token is None and info.data.get("journal_dataset"):
            raise ValueError("expected both or neither of it and EMORL_JOURNAL_DATASET")
        return token

    @property
    def cache_folder(self) -> Path:
        """Where the prepared base model is kept: `$EMORL_CACHE`, else `emorl` in the user's cache folder."""
        return self.cache or self.xdg_cache / "emorl"


VARIABLES: dict[str, str] = {str(field.validation_alias): name for name, field in Settings.model_fields.items()}
"""Environment variable to field."""

SECRETS = ("DATABASE_URL", "HF_TOKEN", "EMORL_RESULTS_PASSWORD", "EMORL_SESSION_SECRET", "OAUTH_CLIENT_SECRET")
"""Variables whose value no message repeats."""


def settings() -> Settings:
    """What the environment says now; checked again only when one of the variables has changed.

    Raises:
        SettingsError: One or more variables cannot be used; the message lists all of them.
    """
    return _read(tuple(os.environ.get(name) for name in VARIABLES))


@lru_cache(maxsize=16)
def _read(_values: tuple[str | None, ...]) -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(" ".join(_fault(fault) for fault in error.errors())) from None


def _fault(fault: ErrorDetails) -> str:
    location = str(fault["loc"][0])  # the field where the variable is unset
    name = next((variable for variable, field in VARIABLES.items() if field == location), location)
    given = os.environ.get(name)
    got = f"{name} unset" if not given else name if name in SECRETS else f"{name}={given}"
    expected = fault["msg"].removeprefix("Value error, ")
    return f"Got {got}: {expected}; {'set it' if not given else 'correct it or unset it'}."
