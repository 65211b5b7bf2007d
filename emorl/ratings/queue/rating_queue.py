"""The rating queue: which item a rater sees next, drafts, answers, undo, reveal.

A rater's queue is laid out once, in an order of its own, with the side on the left drawn for each item; a tenth of
the items come a second time, at least `layout.GAP` places later, and nothing tells those (or items with a known answer)
from the others. Items that the rater sends later join at the end. Answers are only ever added: undo marks
one as withdrawn, and the next is a new revision.

Left out: more than one rater's view on progress, and deadlines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from emorl.errors import RatingError
from emorl.ratings.queue.order import ensure_items, lay_out, rater_row
from emorl.ratings.storage.item import Item, check_item
from emorl.ratings.storage.judgement import QUEUE_VERSION, Answer, StoredJudgement, check_answer
from emorl.ratings.storage.schema import Assignment, Judgement, Rater
from emorl.ratings.storage.store import RatingStore

CONSENT_VERSION = 1
_RATER = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Task:
    """What a rater is to judge now.

    Attributes:
        assignment: number of the place in the queue.
        token: id of the submit that is expected; the same token stores once.
        item: what to judge.
        flipped: whether the item's second side goes on the left.
        draft: the form as it was last saved, or empty.
        done: items answered or skipped so far.
        total: items in this rater's queue.
        can_undo: whether there is an answer to take back.
    """

    assignment: int
    token: str
    item: Item
    flipped: bool
    draft: Mapping[str, Any]
    done: int
    total: int
    can_undo: bool


class RatingQueue:
    """The queues of all raters in one store; methods may be called from any thread."""

    def __init__(self, store: RatingStore, items: Sequence[Item], rng: random.Random | None = None) -> None:
        """Use shared items from `load_items`; `rng` draws orders and sides (the system's randomness by default)."""
        self.store = store
        self._items = tuple(items)
        self._rng = rng or random.SystemRandom()

    def consent(self, rater: str) -> None:
        """Note that a rater agreed to the notice, and lay out their queue. Calling it again changes nothing.

        Raises:
            RatingError: the id is none, or the database cannot be written.
        """
        if not isinstance(rater, str) or not _RATER.fullmatch(rater):
            raise RatingError(f"rater: got {rater!r:.60}, expected 1 to 64 letters, digits, '-' or '_'")
        with self.store.transaction() as session:
            row = rater_row(session, rater)
            if row.consent_version != CONSENT_VERSION:
                row.consent_version, row.consent_at = CONSENT_VERSION, datetime.now(UTC)
        self.store.write_down({"event": "consent", "rater": rater, "version": CONSENT_VERSION})
        lay_out(self.store, rater, self._items, self._rng)

    def agreed(self, rater: str) -> bool:
        """Whether a rater has agreed to the present notice."""
        with self.store.transaction() as session:
            row = session.get(Rater, rater)
            return row is not None and row.consent_version == CONSENT_VERSION

    def send(self, rater: str, item: Item) -> None:
        """Put an item of a rater's own (from Reflect or Compare) at the end of their queue; equal ones once.

        The statement is stored with it: ask before you call this.

        Raises:
            RatingError: the item is not valid.
        """
        check_item(item)
        with self.store.transaction() as session:
            rater_row(session, rater)
        ensure_items(self.store, [(item, rater)])
        self.store.write_down({"event": "item", "rater": rater, "item": item.as_dict()})
        if self.agreed(rater):
            lay_out(self.store, rater, self._items, self._rng)

    def next(self, rater: str) -> Task | None:
        """The first item without an answer; None if all are answered or the rater has not agreed."""
        if not self.agreed(rater):
            return None
        lay_out(self.store, rater, self._items, self._rng)
        with self.store.transaction() as session:
            rows = session.scalars(_queue_of(rater)).all()
            answered = _answered(session, rater)
            row = next((row for row in rows if row.id not in answered), None)
            if row is None:
                return None
            if row.shown_at is None:
                row.shown_at = datetime.now(UTC)
            return Task(
                assignment=row.id,
                token=_token(row, _revisions(session, row.id) + 1),
                item=Item.from_dict(row.item.content),
                flipped=row.flipped,
                draft=dict(row.draft or {}),
                done=len(answered),
                total=len(rows),
                can_undo=bool(answered),
            )

    def progress(self, rater: str) -> tuple[int, int]:
        """Items answered or skipped, and items in all."""
        with self.store.transaction() as session:
            total = session.scalar(select(func.count()).select_from(Assignment).where(Assignment.rater_id == rater))
            return len(_answered(session, rater)), int(total or 0)

    def save_draft(self, rater: str, assignment: int, draft: Mapping[str, Any]) -> None:
        """Keep a half-filled form; it is gone once the item is answered.

        Raises:
            RatingError: the place is not this rater's.
        """
        with self.store.transaction() as session:
            row = _own(session, rater, assignment)
            if row.id not in _answered(session, rater):
                row.draft = dict(draft)

    def submit(self, rater: str, assignment: int, token: str, answer: Answer) -> StoredJudgement:
        """Store an answer; the same answer under the same token again returns what is stored.

        Raises:
            RatingError: the answer is not valid, the place is another rater's, or it was answered otherwise in
                another window.
        """
        with self.store.transaction() as session:
            row = _own(session, rater, assignment)
            check_answer(answer, Item.from_dict(row.item.content).is_pair)
        try:
            stored = self._insert(rater, assignment, token, answer)
        except (IntegrityError, _Stale):  # the same submit, from another thread, may have been first
            try:
                stored = self._insert(rater, assignment, token, answer)
            except IntegrityError as fault:
                reason = " ".join(str(fault.orig).split())
                raise RatingError(f"the answer could not be stored ({reason}); please try again") from fault
        self.store.write_down(judgement_line(stored))
        return stored

    def undo(self, rater: str) -> Task | None:
        """Take the last answer back; its item comes next, with the form as it was. None if there is none."""
        with self.store.transaction() as session:
            last = session.scalar(
                _judgements()
                .where(Assignment.rater_id == rater, Judgement.withdrawn_at.is_(None))
                .order_by(Judgement.id.desc())
                .limit(1)
            )
            if last is None:
                return None
            last.withdrawn_at = datetime.now(UTC)
            last.assignment.draft = _as_draft(_answer(last))
            token = last.client_token
        self.store.write_down({"event": "withdraw", "token": token})
        return self.next(rater)

    def is_flipped(self, rater: str, assignment: int) -> bool:
        """Whether the item's second side stands on the left at this place.

        Raises:
            RatingError: the place is not this rater's.
        """
        with self.store.transaction() as session:
            return _own(session, rater, assignment).flipped

    def reveal(self, rater: str, token: str) -> StoredJudgement:
        """The judgement, for showing which setting wrote what; later answers on it are no longer blind.

        Raises:
            RatingError: this rater has submitted nothing under the token.
        """
        with self.store.transaction() as session:
            row = session.scalar(_judgements().where(Judgement.client_token == token, Assignment.rater_id == rater))
            if row is None:
                raise RatingError("got no answer under this id, expected one that was submitted; please rate it first")
            if row.revealed_at is None:
                row.revealed_at = datetime.now(UTC)
            stored = _stored(row)
        self.store.write_down({"event": "reveal", "token": token})
        return stored

    def judgements(self, withdrawn: bool = False) -> tuple[StoredJudgement, ...]:
        """Every judgement in the order of submission; with `withdrawn` also those taken back."""
        query = _judgements().order_by(Judgement.id)
        with self.store.transaction() as session:
            rows = [_stored(row) for row in session.scalars(query)]
        return tuple(row for row in rows if withdrawn or not row.withdrawn)

    def _insert(self, rater: str, assignment: int, token: str, answer: Answer) -> StoredJudgement:
        with self.store.transaction() as session:
            place = _own(session, rater, assignment, lock=True)
            known = session.scalar(_judgements().where(Judgement.client_token == token))
            if known is not None:
                if known.assignment_id != assignment or _answer(known) != answer or known.withdrawn_at is not None:
                    raise RatingError(
                        "this item was answered in another window, with another answer; expected one; "
                        "reload the page, then undo if you want to change it"
                    )
                return _stored(known)
            revision = _revisions(session, assignment) + 1
            if token != _token(place, revision) or assignment in _answered(session, rater):
                raise _Stale("this form is older than what is stored; expected the newest; please reload the page")
            row = Judgement(
                assignment=place,
                schema_version=QUEUE_VERSION,
                revision=revision,
                **{**asdict(answer), "flags": list(answer.flags)},
                blind=not _was_revealed(session, rater, place.item_id),
                shown_at=place.shown_at or datetime.now(UTC),
                submitted_at=datetime.now(UTC),
                client_token=token,
            )
            place.draft = None
            session.add(row)
            session.flush()
            return _stored(row)


class _Stale(RatingError):
    """The place has moved on since the form was shown."""


def judgement_line(stored: StoredJudgement) -> dict[str, object]:
    """The journal's line of one judgement; it holds the item too, so that it needs no other line."""
    times = {"shown_at": stored.shown_at.isoformat(), "submitted_at": stored.submitted_at.isoformat()}
    return {"event": "judgement", **asdict(stored), "item": stored.item.as_dict(), **times}


def _own(session: Session, rater: str, assignment: int, lock: bool = False) -> Assignment:
    query = select(Assignment).where(Assignment.id == assignment, Assignment.rater_id == rater)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise RatingError("got a place that is not in your queue, expected one that is; please reload the page")
    return row


def _queue_of(rater: str) -> Select[Assignment]:
    return (
        select(Assignment)
        .options(joinedload(Assignment.item))
        .where(Assignment.rater_id == rater)
        .order_by(Assignment.place)
    )


def _judgements() -> Select[Judgement]:
    return (
        select(Judgement)
        .join(Judgement.assignment)
        .options(joinedload(Judgement.assignment).joinedload(Assignment.item))
    )


def _answered(session: Session, rater: str) -> set[int]:
    query = select(Judgement.assignment_id).join(Judgement.assignment)
    return set(session.scalars(query.where(Assignment.rater_id == rater, Judgement.withdrawn_at.is_(None))))


def _revisions(session: Session, assignment: int) -> int:
    return session.scalar(select(func.max(Judgement.revision)).where(Judgement.assignment_id == assignment)) or 0


def _was_revealed(session: Session, rater: str, item: int) -> bool:
    query = select(Judgement.id).join(Judgement.assignment).where(Assignment.rater_id == rater)
    seen = query.where(Assignment.item_id == item, Judgement.revealed_at.is_not(None)).limit(1)
    return session.scalar(seen) is not None


def _token(place: Assignment, revision: int) -> str:
    return f"{place.mark}-{revision}"


def _answer(row: Judgement) -> Answer:
    fields = ("choice", "depth", "empathy", "fluency", "would_say", "skip", "comment")
    return Answer(**{name: getattr(row, name) for name in fields}, flags=tuple(row.flags))


def _as_draft(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if value not in (None, ()) and name != "skip"}


def _stored(row: Judgement) -> StoredJudgement:
    place = row.assignment
    return StoredJudgement(
        id=row.id,
        rater=place.rater_id,
        item=Item.from_dict(place.item.content),
        repeat=place.repeated,
        flipped=place.flipped,
        place=place.place,
        revision=row.revision,
        answer=_answer(row),
        blind=row.blind,
        withdrawn=row.withdrawn_at is not None,
        shown_at=row.shown_at,
        submitted_at=row.submitted_at,
        token=row.client_token,
    )
