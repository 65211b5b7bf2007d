"""The log-in on a Hugging Face Space for people who sign in there: `hf_oauth` and a list of user names.

Where `EMORL_RESULTS_PASSWORD` is set, the password counts and this is not used. Otherwise it needs all of: a Space, the
four variables that `hf_oauth: true` in the README's front matter gives it, and `EMORL_ADMINS` ("ada, grace"). Every
call is checked on the server: who is signed in comes from the session cookie, which is signed with the Space's client
secret, and must be on the list at that moment. Nothing the page sends can stand in for it.

Left out: sign-in anywhere else (Gradio imitates it there with the account of the machine), roles, organisations.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import gradio as gr
from gradio.utils import get_space

from emorl.errors import RatingError
from emorl.settings import settings
from emorl.ui.admin import strings
from emorl.ui.admin.gate import Gate
from emorl.ui.admin.payload import Error
from emorl.ui.payload import Json, as_form, to_page

VARIABLES = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
PACKAGES = ("authlib", "itsdangerous")


def installed(package: str) -> bool:
    """Whether a package can be imported."""
    return importlib.util.find_spec(package) is not None


def sign_in_offered() -> bool:
    """Whether people may sign in here.

    Raises:
        RatingError: `EMORL_ADMINS` is set on a Space that cannot sign anybody in.
    """
    if not settings().admins or get_space() is None:
        return False
    found = settings()
    given = (found.oauth_client_id, found.oauth_client_secret, found.oauth_scopes, found.openid_provider)
    if missing := [name for name, value in zip(VARIABLES, given, strict=True) if not value]:
        raise RatingError(strings.SIGN_IN_ERRORS["variables"].format(names=", ".join(missing)))
    if not all(installed(name) for name in PACKAGES):
        raise RatingError(strings.SIGN_IN_ERRORS["package"])
    return True


class Admitted:
    """What only the server can hand to `AdminGate`: JSON from a browser never becomes one."""


class AdminGate(Gate):
    """Opens for `Admitted` alone; there is no password and no token."""

    def __init__(self) -> None:
        """No secret is kept."""

    def enter(self, tried: object, address: str = "") -> str:
        """Refuse: signing in is the only way.

        Raises:
            RatingError: always.
        """
        raise RatingError(strings.SIGN_IN_ERRORS["refused"])

    def check(self, token: object) -> None:
        """Refuse what the server has not admitted in this very call.

        Raises:
            RatingError: it has not.
        """
        if not isinstance(token, Admitted):
            raise RatingError(strings.SIGN_IN_ERRORS["refused"])

    def leave(self, token: object) -> None:
        """Nothing to end: signing out is the hub's business."""


def guarded(act: Callable[[object], Json]) -> Callable[..., Json]:
    """A server function around one of the screen's; Gradio fills in the profile from the signed session."""

    def call(form: object = None, profile: gr.OAuthProfile | None = None) -> Json:
        if profile is None:
            return to_page(Error(strings.SIGN_IN_ERRORS["signed_out"]))
        if str(profile.username).lower() not in settings().admins:
            return to_page(Error(strings.SIGN_IN_ERRORS["not_listed"].format(name=profile.username)))
        return act({**as_form(form), "session": Admitted()})

    call.__name__ = act.__name__
    return call


def sign_in_button(name: str) -> None:
    """Add the button that signs in, or out, to the open `gr.Blocks`; `name` is the element's id."""
    gr.LoginButton(strings.SIGN_IN["sign_in"], strings.SIGN_IN["sign_out"], elem_id=name, size="md")
