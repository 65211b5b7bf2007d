"""The rating queue: which item a rater sees next, drafts, answers, undo, reveal.

A rater's queue is laid out once, in an order of its own, with the side on the left drawn for each item. A tenth of the
items come a second time, more than `order.MIN_GAP` places later, and nothing tells these, or items with a known answer,
from the others. Items that the rater sends later join at the end. Answers are only ever added: undo marks one as
withdrawn, and the next is a new revision.

A clock can be set back. So no moment of a rater's queue is stored as earlier than what went before: an item is never
shown before the last answer, and never answered before it is shown, or before a later item was that an undo led back
from.

Left out: reading the answers, which the store does, and deadlines.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from emorl.errors import RatingError
from emorl.ratings.queue.order import ensure_items, lay_out
from emorl.ratings.storage.columns import to_columns
from emorl.ratings.storage.events import ConsentGiven, ItemSent, JudgementWithdrawn, SettingsRevealed
from emorl.ratings.storage.fields import to_json
from emorl.ratings.storage.form import CONSENT_VERSION, QUEUE_VERSION, Answer, check_answer, check_marks
from emorl.ratings.storage.item import Item, check_item
from emorl.ratings.storage.kinds import Identifier
from emorl.ratings.storage.record import StoredJudgement, judgement_token
from emorl.ratings.storage.rows import answer_of, judgement_of, rater_row, select_judgements
from emorl.ratings.storage.schema import Assignment, Judgement, Rater
from emorl.ratings.storage.store import RatingStore

Draft = Mapping[str, object]
"""A form as far as it is filled in, in the words of the page that will ask for it again."""


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
    draft: Draft
    done: int
    total: int
    can_undo: bool


class StaleForm(RatingError):
    """The queue has moved on since the form was shown."""


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
            RatingError: the rater's id is not valid, or the database cannot be written.
        """
        Identifier().check("rater", rater)
        now = datetime.now(UTC)

        def note() -> None:
            with self.store.in_order:
                with self.store.transaction() as session:
                    row = rater_row(session, rater, now)
                    if row.consent_version != CONSENT_VERSION:
                        row.consent_version, row.consent_at = CONSENT_VERSION, now
                self.store.record_event(ConsentGiven(rater, CONSENT_VERSION))

        self.store.settled("a consent that could not be stored", note)
        self._lay_out(rater)

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

        def store() -> None:
            with self.store.in_order:
                with self.store.transaction() as session:
                    rater_row(session, rater, datetime.now(UTC))
                ensure_items(self.store, [item], rater)
                self.store.record_event(ItemSent(rater, item))

        self.store.settled("an item that could not be stored", store)
        if self.agreed(rater):
            self._lay_out(rater)

    def next(self, rater: str) -> Task | None:
        """The first item without an answer; None if all are answered or the rater has not agreed."""
        if not self.agreed(rater):
            return None
        self._lay_out(rater)
        with self.store.transaction() as session:
            rows = session.scalars(_queue_of(rater)).all()
            answered = _answered(session, rater)
            row = next((row for row in rows if row.id not in answered), None)
            if row is None:
                return None
            last = last_answer(session, rater)
            # After an undo, an item that was shown before the previous one was answered anew is shown once more.
            if row.shown_at is None or (last is not None and row.shown_at < last.submitted_at):
                now = datetime.now(UTC)
                row.shown_at = now if last is None else max(now, last.submitted_at)
            return Task(
                assignment=row.id,
                token=judgement_token(row.mark, _revisions(session, row.id) + 1),
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

    def save_draft(self, rater: str, assignment: int, draft: Draft) -> None:
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
            RatingError: the answer is not valid, the place is another rater's, or the item was answered differently in
                another window.
        """
        with self.store.transaction() as session:
            row = _own(session, rater, assignment)
            item = Item.from_dict(row.item.content)
            check_answer(answer, item.is_pair)
            check_marks(answer, [side.text for side in item.sides])
        with self.store.in_order:
            stored = self._insert_or_find(rater, assignment, token, answer)
            self.store.record_event(stored)
        return stored

    def undo(self, rater: str) -> Task | None:
        """Take the last answer back; its item comes next, with the form as it was. None if there is none."""
        with self.store.in_order:
            with self.store.transaction() as session:
                last = last_answer(session, rater)
                if last is None or not _still_there(session, last.assignment_id):
                    return None
                last.withdrawn_at = datetime.now(UTC)
                last.assignment.draft = as_draft(answer_of(last))
                token = last.client_token
            self.store.record_event(JudgementWithdrawn(token))
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
        with self.store.in_order:
            with self.store.transaction() as session:
                query = select_judgements().where(Judgement.client_token == token, Assignment.rater_id == rater)
                row = session.scalar(query)
                if row is None:
                    raise RatingError.of("no answer under this id", "one that was submitted", "please rate it first")
                if row.revealed_at is None:
                    row.revealed_at = datetime.now(UTC)
                stored = judgement_of(row)
            self.store.record_event(SettingsRevealed(token))
        return stored

    def judgements(self, withdrawn: bool = False) -> tuple[StoredJudgement, ...]:
        """What the store says; see `RatingStore.judgements`."""
        return self.store.judgements(withdrawn)

    def _lay_out(self, rater: str) -> None:
        lay_out(self.store, rater, self._items, self._rng)

    def _insert_or_find(self, rater: str, assignment: int, token: str, answer: Answer) -> StoredJudgement:
        try:
            return self._insert(rater, assignment, token, answer)
        except (IntegrityError, StaleForm):  # the same submit, from another process, may have been first
            try:
                return self._insert(rater, assignment, token, answer)
            except IntegrityError as fault:
                reason = " ".join(str(fault.orig).split())
                raise RatingError.of(
                    f"an answer that could not be stored ({reason})", "room for it", "please try again"
                ) from fault

    def _insert(self, rater: str, assignment: int, token: str, answer: Answer) -> StoredJudgement:
        with self.store.transaction() as session:
            place = _own(session, rater, assignment, lock=True)
            known = session.scalar(select_judgements().where(Judgement.client_token == token))
            if known is not None:
                if known.assignment_id != assignment or answer_of(known) != answer or known.withdrawn_at is not None:
                    raise RatingError.of(
                        "an answer that differs from the one given in another window",
                        "one answer",
                        "reload the page, then undo if you want to change it",
                    )
                return judgement_of(known)
            revision = _revisions(session, assignment) + 1
            if token != judgement_token(place.mark, revision) or assignment in _answered(session, rater):
                raise StaleForm.of("a form older than what is stored", "the newest", "please reload the page")
            now = datetime.now(UTC)
            shown_at = place.shown_at or now
            earliest = _after_what_is_shown(session, place) or shown_at
            row = Judgement(
                assignment=place,
                schema_version=QUEUE_VERSION,
                revision=revision,
                **to_columns(answer, Answer),
                blind=not _was_revealed(session, rater, place.item_id),
                shown_at=shown_at,
                submitted_at=max(now, shown_at, earliest),
                client_token=token,
            )
            place.draft = None
            session.add(row)
            session.flush()
            return judgement_of(row)


def _own(session: Session, rater: str, assignment: int, lock: bool = False) -> Assignment:
    query = select(Assignment).where(Assignment.id == assignment, Assignment.rater_id == rater)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise RatingError.of("a place that is not in your queue", "one that is", "please reload the page")
    return row


def _still_there(session: Session, assignment: int) -> bool:
    """Whether a place is there once nobody else changes it; its answers come after it, as in a deletion."""
    place = select(Assignment.id).where(Assignment.id == assignment)
    return session.scalar(place.with_for_update()) is not None


def _after_what_is_shown(session: Session, place: Assignment) -> datetime | None:
    """The first moment after every later place was shown, as places are before an undo; None if none was."""
    later = (Assignment.rater_id == place.rater_id, Assignment.place > place.place)
    shown = session.scalar(select(func.max(Assignment.shown_at)).where(*later))
    return None if shown is None else shown + timedelta(microseconds=1)


def _queue_of(rater: str) -> Select[Assignment]:
    return (
        select(Assignment)
        .options(joinedload(Assignment.item))
        .where(Assignment.rater_id == rater)
        .order_by(Assignment.place)
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


def last_answer(session: Session, rater: str) -> Judgement | None:
    """The row of the answer that a rater gave last and has not taken back; None if there is none."""
    answers = select_judgements().where(Assignment.rater_id == rater, Judgement.withdrawn_at.is_(None))
    return session.scalar(answers.order_by(Judgement.id.desc()).limit(1))


def as_draft(answer: Answer) -> dict[str, object]:
    """The form that an answer was given with, but for a reason to skip."""
    given = to_json(answer)
    return {name: value for name, value in given.items() if value not in (None, []) and name != "skip"}
