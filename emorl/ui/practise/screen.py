"""The Practise screen: the person writes a reflection first, then gets feedback and something to compare with.

A case comes from the library without its examples; they are sent with the feedback. For a statement of one's own the
models write several reflections and the best two are shown. The checks before reading are those of every screen, and
they look at the person's reflection as well. The server keeps nothing: the visit is the page's. Left out: the words of
the feedback (`words`) and the sheet (`sheet`).
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr

from emorl.errors import EmorlError, StatementError
from emorl.models.template import MAX_STATEMENT, check_size
from emorl.practice import STAGES, Case, load_cases, next_case, topics
from emorl.practice.cases import DIFFICULTIES, matching
from emorl.safety import crisis_contacts, crisis_kinds, reply_matches
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Failed, Json, Part, as_form, to_page
from emorl.ui.practise import strings
from emorl.ui.practise.payload import Compared, NextCase, Read, case_payload, reading_of, word_payloads
from emorl.ui.practise.sheet import as_csv, as_pdf, read_tries
from emorl.ui.streaming import streamed
from emorl.ui.widgets import QUIET, widget
from emorl.ui.widgets.contacts import contact_payloads
from emorl.ui.writing import strings as shared
from emorl.ui.writing.guard import guarded, say_unavailable, writing_limits
from emorl.ui.writing.mixer import preset
from emorl.ui.writing.payload import Crisis, Waiting

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)
WRITTEN, SHOWN = 8, 2
"""Reflections that the models write for a statement of one's own, and how many are shown."""


class PractiseScreen:
    """The screen's server side; one object serves all users and keeps nothing."""

    def __init__(self, loader: ModelLoader) -> None:
        self.loader = loader

    def case(self, asked: object = None) -> Json:
        """The next case for the filters and the ids seen that a page sends."""
        form = as_form(asked)
        cases = load_cases()
        difficulty = {str(one): one for one in DIFFICULTIES}.get(str(form.get("difficulty")), 0)
        found = matching(cases, _text(form, "topic"), _text(form, "stage"), difficulty)
        given = form.get("seen")
        seen = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
        case = next_case(found, seen, seen[-1] if seen else "")
        return to_page(NextCase(case_payload(case) if case else None))

    def sheet(self, asked: object = None) -> Json:
        """A visit's sheet as a file: its name, its type, and its bytes in base64; or why there is none."""
        form = as_form(asked)
        tries = read_tries(form.get("tries"))
        if not tries:
            return {"error": strings.SHEET["nothing"]}
        day, texts = date.today(), form.get("texts") is not False
        name = f"practice-{day.isoformat()}"
        if form.get("kind") == "pdf":
            made, name, kind = as_pdf(tries, texts, day), f"{name}.pdf", "application/pdf"
        else:
            made, name, kind = as_csv(tries, texts), f"{name}.csv", "text/csv"
        return {"name": name, "type": kind, "data": base64.b64encode(made).decode("ascii")}

    def read(self, event: gr.EventData) -> Iterator[Json]:
        """Feedback on what a page sends; each step says which of its questions it answers."""
        form = as_form(event._data)
        for step in self.steps(form):
            yield {**to_page(step), "ask": form.get("ask")}

    def steps(self, form: Mapping[str, object]) -> Iterator[Read | Crisis | Waiting | Failed]:
        """What to show, one after the other."""
        case = next((one for one in load_cases() if one.id == form.get("case")), None)
        statement = case.statement if case else _text(form, "statement")
        own = _text(form, "reply")
        confirmed = form.get("confirmed") is True and form.get("about") == f"{statement}\n\n{own}"
        try:
            kinds = crisis_kinds(check_size(own, "reflection"))
            if (kinds or reply_matches(own)) and not confirmed:
                yield Crisis(contact_payloads(crisis_contacts(kinds=kinds) if kinds else crisis_contacts()))
                return
        except StatementError as error:
            yield Failed(error.shown)
            return
        wanted = case is None and form.get("compare") is True
        yield from guarded(self.loader, statement, confirmed, partial(_feedback, own, case, wanted))


def _feedback(own: str, case: Case | None, wanted: bool, reflector: Reflector, text: str, keep: bool) -> Iterator[Read]:
    """Read the person's reflection, then let the models write some to compare with, if they are wanted."""
    first, *others = reflector.appraise(text, own, [case.simple, case.complex] if case else [])
    sources = ("simple", "complex")
    shown = Read(
        reading_of(first),
        word_payloads(first),
        tuple(Part(one.name, one.label) for one in reflector.objectives),
        tuple(Compared(source, reading_of(one)) for source, one in zip(sources, others, strict=False)),  # type: ignore[arg-type]
        pending=wanted,
    )
    yield shown
    if wanted:
        yield replace(shown, candidates=_candidates(reflector, text), pending=False)


def _candidates(reflector: Reflector, text: str) -> tuple[Compared, ...]:
    """The best of several that the models write; none where they write nothing that may be shown."""
    from emorl.reflecting.appraise import appraisal  # it needs torch, which the page is up without
    from emorl.reflecting.reflection import ReplyScores

    try:
        best = reflector.best_of(text, WRITTEN, reflector.setting(preset(reflector)), explain=False)
    except EmorlError:
        log.warning("no reflections to compare with", exc_info=True)
        return ()
    return tuple(
        Compared(
            "model",
            reading_of(appraisal(text, one.reflection, ReplyScores(one.scores, one.faithfulness, one.would_say))),
        )
        for one in best.candidates[:SHOWN]
    )


def _text(form: Mapping[str, object], name: str) -> str:
    found = form.get(name)
    return found if isinstance(found, str) else ""


def practise_screen(loader: ModelLoader, at_once: int) -> PractiseScreen:
    """Add the screen's widget and event to the open `gr.Tab`."""
    screen = PractiseScreen(loader)
    cases = load_cases()
    with gr.Column(elem_id="practise"):
        result = widget(
            "practise",
            text={**shared.WRITTEN, **strings.PRACTISE, "crisis": strings.CRISIS},
            settings={
                "max": MAX_STATEMENT,
                "topics": topics(cases),
                "stages": STAGES,
                "difficulties": [str(one) for one in DIFFICULTIES],
            },
            functions=[screen.case, screen.sheet],
        )
    limits = writing_limits(at_once)
    reading = result.submit(streamed(screen.read), None, result, trigger_mode="multiple", **limits, **QUIET)
    say_unavailable(reading, result)
    return screen
