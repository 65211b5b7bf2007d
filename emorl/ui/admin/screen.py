"""A screen behind the log-in: every function but `enter` asks for a session first.

Gradio's private functions can be called by anyone who knows the address, so the server checks each call: a random token
that a right password gives and that ends after an hour, or a sign-in (`sign_in.py`). All screens share one gate, so who
is in at one is in at all. Left out: roles; whoever is in may do everything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import gradio as gr

from emorl.errors import EmorlError
from emorl.settings import settings
from emorl.ui.admin import strings
from emorl.ui.admin.gate import Gate
from emorl.ui.admin.payload import Closed, Error, Session
from emorl.ui.admin.sign_in import AdminGate, guarded
from emorl.ui.payload import Json, as_form, to_page
from emorl.ui.visitor import address
from emorl.ui.widgets import widget

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

log = logging.getLogger(__name__)
Form = Mapping[str, object]


def password() -> str:
    """The password of these screens; empty where there is none."""
    return settings().results_password.get_secret_value()


class AdminScreen:
    """The server side of such a screen.

    Attributes:
        FUNCTIONS: names of those that the page may call beside `enter`.
    """

    FUNCTIONS: ClassVar[tuple[str, ...]] = ("leave",)

    def __init__(self, gate: Gate) -> None:
        """Args: the gate, shared with the others."""
        self._gate = gate

    def enter(self, tried: object = None) -> Json:
        """Open a session."""
        return self._guard(lambda: Session(self._gate.enter(tried, address())))

    def leave(self, form: object = None) -> Json:
        """End a session."""

        def close(data: Form) -> Closed:
            self._gate.leave(data["session"])
            return Closed()

        return self._open(form, close)

    def _open(self, form: object, act: Callable[[Form], DataclassInstance]) -> Json:
        def checked() -> DataclassInstance:
            data = as_form(form)
            self._gate.check(data.get("session"))
            return act(data)

        return self._guard(checked)

    def _guard(self, act: Callable[[], DataclassInstance]) -> Json:
        try:
            return to_page(act())
        except EmorlError as error:
            return to_page(self._refused(error))
        except Exception:  # the page gets one line, the log the traceback
            log.exception("a screen behind the log-in failed")
            return to_page(Error(strings.ERRORS["unexpected"]))

    def _refused(self, error: EmorlError) -> DataclassInstance:
        return Error(error.shown)


def admin_widget(name: str, screen: AdminScreen, text: Mapping[str, object], **more: object) -> gr.HTML:
    """The widget of such a screen in the open `gr.Blocks`, with all that its page may call.

    Args:
        name: Of the widget.
        screen: Its server side.
        text: Its English text.
        more: Further constants for the page.
    """
    signed = isinstance(screen._gate, AdminGate)
    functions: Sequence[Callable[..., object]] = [getattr(screen, one) for one in screen.FUNCTIONS]
    if signed:
        functions = [guarded(act) for act in functions]  # type: ignore[arg-type]
    words = {**strings.LOGIN, **({"login_hint": strings.SIGN_IN["hint"]} if signed else {}), **text}
    return widget(
        name,
        text=words,
        settings={"signed": signed, **more},
        functions=functions if signed else [screen.enter, *functions],
    )
