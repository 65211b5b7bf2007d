"""Writing and reading the ratings database, and deleting from it for good.

Every method opens one short transaction and closes it: nothing holds a session while a model writes.

Left out: opening it (`opening`), and accounts and permissions: whoever can read the file can read the ratings.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, joinedload, sessionmaker

from emorl.errors import RatingError
from emorl.ratings.storage.connection import one_line, sqlite_file
from emorl.ratings.storage.deletion import Deleted, delete_study, forget_rater, purge_old
from emorl.ratings.storage.events import Event, OldDeleted, RaterForgotten, StudyDeleted
from emorl.ratings.storage.journal import Journal
from emorl.ratings.storage.record import NewRating, StoredJudgement, StoredRating, check_rating, not_before_shown
from emorl.ratings.storage.reserve import Reserve
from emorl.ratings.storage.rows import insert_rating, judgement_of, rating_of, select_judgements
from emorl.ratings.storage.schema import Judgement, Rater, Rating

log = logging.getLogger(__name__)
R = TypeVar("R")
MAX_TRIES = 8
"""Two submits at once can want the same revision number."""

PAUSE_S = 0.02
"""Between two looks at whether the log can be emptied."""


class RatingStore:
    """Ratings in one database; methods may be called from any thread.

    Attributes:
        engine: the database.
        journal: where every change is also written down, or None.
    """

    def __init__(self, engine: Engine) -> None:
        """Use an engine whose database is at the newest revision; `opening.open_store` is the usual way."""
        self.engine = engine
        self.journal: Journal | None = None
        self._begin = sessionmaker(engine).begin
        file = sqlite_file(engine.url)
        self._reserve = Reserve(file) if file is not None else None

    @property
    def in_order(self) -> AbstractContextManager[object]:
        """To be held from a change to its line in the journal, so that the lines have the order of the changes.

        A rater who is forgotten between the two, by another thread or process, would come back at a restore otherwise.
        Never enter it within a transaction (see `turn`).

        Raises:
            RatingError: on entering, see `Turn.held`.
        """
        return nullcontext() if self.journal is None else self.journal.turn.held()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One short transaction; an error of the driver becomes one line, except IntegrityError."""
        with one_line(self.engine.url), self._begin() as session:
            yield session
        self.keep_reserve()

    def settled(self, failed: str, step: Callable[[], R]) -> R:
        """Do something again where another thread or process was first with the same row.

        Args:
            failed: what was got, if it is never done.
            step: one or more transactions, each of which may be done twice.

        Raises:
            RatingError: somebody else was first each time, or the row breaks a rule of the database.
        """
        for attempt in range(MAX_TRIES):
            try:
                return step()
            except IntegrityError as fault:
                if attempt == MAX_TRIES - 1:
                    reason = " ".join(str(fault.orig).split())
                    raise RatingError.of(f"{failed} ({reason})", "room for it", "please try again") from fault
        raise AssertionError("unreachable")

    def record_event(self, event: Event) -> None:
        """Append an event to the journal, if there is one.

        Raises:
            RatingError: the journal cannot be written; submitting again writes it.
        """
        if self.journal is not None:
            self.journal.append(event)

    def add(self, record: NewRating) -> int:
        """Store a rating and return its id; a token that is already stored returns the id it got then.

        A second rating of the same reflection by the same rater becomes the next revision. If a clock was set back, so
        that it was submitted before it was shown, both moments become the same.

        Raises:
            RatingError: the rating is not valid, its token belongs to another rater, or it cannot be written.
        """
        check_rating(record)
        record = not_before_shown(record)

        def store() -> int:
            with self.in_order:
                with self.transaction() as session:
                    number = _known_submit(session, record) or insert_rating(session, record)
                self.record_event(record)  # a repeated submit writes it again, which a restore ignores
            return number

        return self.settled("a rating that could not be stored", store)

    def knows(self, rater: str) -> bool:
        """Whether a rater has stored or sent anything, or agreed to the notice."""
        with self.transaction() as session:
            return session.get(Rater, rater) is not None

    def count(self, revisions: bool = False) -> int:
        """Number of ratings: the newest revision of each, or with `revisions` every one ever submitted."""
        return len(self.all(revisions))

    def all(self, revisions: bool = False) -> tuple[StoredRating, ...]:
        """Every rating in the order of submission: newest revisions, or with `revisions` all of them."""
        query = select(Rating).options(joinedload(Rating.generation)).order_by(Rating.id)
        with self.transaction() as session:
            rows = [rating_of(row) for row in session.scalars(query)]
        if revisions:
            return tuple(rows)
        rows.sort(key=lambda row: row.revision)
        newest = {(row.generation_id, row.given.rater, row.schema_version): row for row in rows}
        return tuple(sorted(newest.values(), key=lambda row: row.id))

    def judgements(self, withdrawn: bool = False) -> tuple[StoredJudgement, ...]:
        """Every judgement of the queue in the order of submission; with `withdrawn` also those taken back."""
        with self.transaction() as session:
            rows = [judgement_of(row) for row in session.scalars(select_judgements().order_by(Judgement.id))]
        return tuple(row for row in rows if withdrawn or not row.withdrawn)

    def state(self) -> tuple[object, ...]:
        """Changes whenever a rating or an answer of the queue is added, taken back or deleted; cheap to ask."""
        newest = func.max(Rating.__table__.c.submitted_at)
        ratings = select(func.count(), func.max(Rating.id), newest).select_from(Rating)
        answers = select(
            func.count(), func.max(Judgement.id), func.max(Judgement.submitted_at), func.count(Judgement.withdrawn_at)
        ).select_from(Judgement)
        with self.transaction() as session:
            return (*session.execute(ratings).one(), *session.execute(answers).one())

    def forget(self, rater: str) -> Deleted:
        """Delete a rater, all they rated and all they sent; returns what went.

        Raises:
            RatingError: it is not certain that no copy is left in the database, its log or a later restore.
        """
        return self._delete_for_good(lambda session: forget_rater(session, rater), RaterForgotten(rater))

    def purge(self, older_than_days: float) -> Deleted:
        """Delete what was submitted, sent or drafted more than this many days ago; returns what went.

        Raises:
            RatingError: the number of days is negative or too large, or see `forget`.
        """
        try:
            oldest = datetime.now(UTC) - timedelta(days=older_than_days)
        except (OverflowError, ValueError):
            raise RatingError.of(f"{older_than_days} days", "a number from 0 to about 700000", "name fewer") from None
        if older_than_days < 0:
            raise RatingError.of(f"{older_than_days:g} days", "0 or more", "name the age in days")
        return self._delete_for_good(lambda session: purge_old(session, oldest), OldDeleted(oldest))

    def delete_study(self, key: str) -> Deleted:
        """Delete a study with its statements, items, answers and raters; returns what went.

        Raises:
            RatingError: see `forget`.
        """
        return self._delete_for_good(lambda session: delete_study(session, key), StudyDeleted(key))

    def overwrite_deleted(self) -> None:
        """Leave no copy of anything deleted in an SQLite file or its log.

        Deleted rows are overwritten, but the pages of a table may hold older copies of rows that were moved, so every
        page is written anew and the log is emptied. A server's own files are out of reach.

        Raises:
            RatingError: another program holds the old state.
        """
        if self._reserve is None:
            return
        with one_line(self.engine.url), self.engine.connect() as opened:
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            _checkpoint(connection)  # makes room for the next step's log
            connection.exec_driver_sql("VACUUM")
            emptied = not _checkpoint(connection)
        if not emptied:
            raise RatingError.of(
                "rows deleted, but another program that reads the ratings still holds a copy in the database's log",
                "it to end within ten seconds",
                "end it, then run the command again",
            )

    def with_space(self, step: Callable[[], R]) -> R:
        """Do something; if it fails, and there is a reserve of disk space, give that up and do it again.

        Raises:
            RatingError: it failed for good.
        """
        try:
            return step()
        except RatingError as fault:
            by_system = isinstance(fault.__cause__, DBAPIError | OSError)
            if not by_system or self._reserve is None or not self._reserve.release():
                raise
            return step()

    def keep_reserve(self) -> None:
        """Make the reserve of disk space that deletions fall back on."""
        if self._reserve is not None:
            self._reserve.fill()

    def close(self) -> None:
        """Write the log into the database, so that its file alone is a backup, and give all connections back."""
        if self._reserve is not None:
            try:
                with one_line(self.engine.url), self.engine.connect() as connection:
                    _checkpoint(connection)
            except RatingError as fault:
                log.warning("%s", fault)
        self.engine.dispose()

    def _delete_for_good(self, delete: Callable[[Session], Deleted], event: Event) -> Deleted:
        def from_the_tables() -> Deleted:
            with self.transaction() as session:
                return delete(session)

        try:
            with self.in_order:
                deleted = self.with_space(from_the_tables)
                self.with_space(lambda: self.record_event(event))
            self.with_space(self.overwrite_deleted)
        finally:
            self.keep_reserve()
        return deleted


def _checkpoint(connection: Connection) -> bool:
    """Write the log into the database and empty it; returns whether something was in the way for too long.

    SQLite waits for readers, but not for another process that is writing the log into the database at this moment.
    """
    patience_ms = connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0
    deadline = time.monotonic() + patience_ms / 1000
    while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
        if time.monotonic() > deadline:
            return True
        time.sleep(PAUSE_S)
    return False


def _known_submit(session: Session, record: NewRating) -> int | None:
    """Number of the rating that has this token; None if there is none.

    Raises:
        RatingError: it is another rater's.
    """
    token = Rating.__table__.c.client_token
    known = session.scalar(select(Rating).where(token == record.client_token))
    if known is not None and known.rater_id != record.rater:
        raise RatingError.at("client_token", "one that another rater has used", "a new random id", "draw another")
    return None if known is None else known.id
