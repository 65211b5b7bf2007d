"""Replies are checked before they are shown: what speaks of a crisis by itself is not, drafts included."""

from __future__ import annotations

from typing import Any

import pytest

from emorl.ensemble import Setting
from emorl.errors import CrisisError, LanguageError, ReplyError, StatementError
from emorl.reflecting.contract import NOT_SHOWN, may_be_shown, refuse_crisis, refuse_reply
from emorl.reflecting.reflector import Reflector

STATEMENT = "The bus was late again, and I gave up."
WEIGHTS = Setting((1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "reply",
    [
        "You want to kill yourself.",
        "You\u2019d be better off dead.",
        "Everyone would be better off without you.",
        "You don't want to be alive any more.",
    ],
)
def test_a_reply_that_speaks_of_a_crisis_by_itself_is_refused(reply: str) -> None:
    with pytest.raises(ReplyError, match="it is not shown"):
        refuse_reply(STATEMENT, ["You are tired of waiting.", reply])
    refuse_reply("I want to die.", [reply])  # confirmed as an exercise: the reply takes up what was said
    assert may_be_shown(STATEMENT, ["You are tired.", reply]) == {"You are tired."}


def test_ordinary_replies_pass() -> None:
    refuse_reply(STATEMENT, ["You are tired of waiting.", "You're dying for a bus that comes.", ""])


def test_nothing_of_such_a_reply_is_shown(reflector: Reflector, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(reflector.writer, "text", lambda tokens: "You want to die." if len(tokens) > 2 else "You")
    with pytest.raises(ReplyError):
        shown += reflector.stream(STATEMENT, WEIGHTS)
    with pytest.raises(ReplyError):
        reflector.best_of(STATEMENT, 3, WEIGHTS)


def test_of_several_candidates_those_are_left_out(reflector: Reflector, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = reflector.best_of(STATEMENT, 4, WEIGHTS)
    assert len(plain.candidates) > 1
    worst = plain.candidates[0].reflection
    text = reflector.writer.text
    monkeypatch.setattr("emorl.reflecting.contract.reply_matches", lambda reply: ("x",) if reply == worst else ())
    monkeypatch.setattr("emorl.reflecting.best_of.refuse_reply", lambda *_: None)
    found = reflector.best_of(STATEMENT, 4, WEIGHTS)
    assert worst not in [one.reflection for one in found.candidates] and text is not None


def test_replies_beside_the_one_asked_for_are_replaced(reflector: Reflector, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = reflector.reflect(STATEMENT, WEIGHTS)
    assert plain.base_reflection != plain.reflection
    base = plain.base_reflection
    monkeypatch.setattr("emorl.reflecting.contract.reply_matches", lambda reply: ("x",) if reply == base else ())
    assert reflector.reflect(STATEMENT, WEIGHTS).base_reflection == NOT_SHOWN
    monkeypatch.setattr("emorl.reflecting.contract.reply_matches", lambda reply: ("x",))
    for atlas in reflector.atlas(STATEMENT, max_steps=3):
        assert atlas is None or {region["reflection"] for region in atlas["regions"]} <= {NOT_SHOWN}


def test_what_is_refused_before_anything_is_written() -> None:
    with pytest.raises(CrisisError, match=r"Beat \(GB\): 0808"):
        refuse_crisis("I make myself sick after every meal.")
    with pytest.raises(CrisisError, match="116 123"):
        refuse_crisis("Ich will nicht mehr leben")
    with pytest.raises(LanguageError, match="English.*116 123"):
        refuse_crisis("Je suis tellement fatigu\u00e9e depuis que ma m\u00e8re est malade.")
    with pytest.raises(CrisisError):
        refuse_crisis("The bus was late again. " * 27 + "I want to kill myself.")
    with pytest.raises(StatementError, match="empty"):
        refuse_crisis(" ")
    refuse_crisis(STATEMENT)
