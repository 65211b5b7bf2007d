"""Opening, writing and reading the ratings database.

Every method opens one short transaction and closes it: nothing holds a session while a model writes.

Left out: accounts and permissions. Whoever can read the file can read the ratings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, sessionmaker

from emorl.errors import RatingError
from emorl.ratings.storage import migrations
from emorl.ratings.storage.connection import database_url, make_engine, one_line, sqlite_file
from emorl.ratings.storage.deletion import Deleted, forget_rater, purge_old
from emorl.ratings.storage.events import Event, OldDeleted, RaterForgotten
from emorl.ratings.storage.journal import Journal
from emorl.ratings.storage.record import NewRating, StoredJudgement, StoredRating, check_rating
from emorl.ratings.storage.rows import insert_rating, judgement_of, rating_of, select_judgements
from emorl.ratings.storage.schema import Judgement, Rating

MAX_TRIES = 8  # two submits at once can want the same revision number


def open_store(url: str | None = None, must_exist: bool = False) -> RatingStore:
    """Open the ratings database and bring it to the newest revision.

    Args:
        url: see `database_url`.
        must_exist: refuse to create a missing SQLite file (for commands that only read or delete).

    Raises:
        RatingError: the file is missing, not a database, not writable, newer than this version; the driver is
            not installed; the server does not answer.
    """
    where = database_url(url)
    file = sqlite_file(where)
    if file is not None and not file.exists():
        if must_exist:
            raise RatingError.of(
                f"no ratings database at {file}",
                "one that the app has written",
                "rate a reflection first, or set DATABASE_URL or EMORL_DATA",
            )
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))  # for this account's eyes only
        except OSError as fault:
            raise RatingError.of(
                f"{file}, which cannot be created ({fault.strerror})", "a writable folder", "set EMORL_DATA"
            ) from fault
    store = RatingStore(make_engine(where))
    with one_line(where):
        migrations.upgrade(store.engine)
    return store


class RatingStore:
    """Ratings in one database; methods may be called from any thread.

    Attributes:
        engine: the database.
        journal: where every change is also written down, or None.
    """

    def __init__(self, engine: Engine) -> None:
        """Use an engine whose database is at the newest revision; `open_store` is the usual way."""
        self.engine = engine
        self.journal: Journal | None = None
        self._begin = sessionmaker(engine).begin

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One short transaction; an error of the driver becomes one line, except IntegrityError."""
        with one_line(self.engine.url), self._begin() as session:
            yield session

    def record_event(self, event: Event) -> None:
        """Append an event to the journal, if there is one.

        Raises:
            RatingError: the journal cannot be written; submitting again writes it.
        """
        if self.journal is not None:
            self.journal.append(event)

    def add(self, record: NewRating) -> int:
        """Store a rating and return its id; a token that is already stored returns the id it got then.

        A second rating of the same reflection by the same rater becomes the next revision.

        Raises:
            RatingError: the rating is not valid, its token belongs to another rater, or it cannot be written.
        """
        check_rating(record)
        for attempt in range(MAX_TRIES):
            try:
                with self.transaction() as session:
                    number = _known_submit(session, record) or insert_rating(session, record)
                self.record_event(record)  # a repeated submit writes it again, which a restore ignores
                return number
            except IntegrityError as fault:
                if attempt == MAX_TRIES - 1:
                    reason = " ".join(str(fault.orig).split())
                    raise RatingError.of(
                        f"a rating that could not be stored ({reason})", "room for it", "try again"
                    ) from fault
        raise AssertionError("unreachable")

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
        """Delete a rater, all they rated and all they sent; returns what went."""
        with self.transaction() as session:
            deleted = forget_rater(session, rater)
        self._overwrite()
        self.record_event(RaterForgotten(rater))
        return deleted

    def purge(self, older_than_days: float) -> Deleted:
        """Delete what was submitted, sent or drafted more than this many days ago; returns what went.

        Raises:
            RatingError: the number of days is negative or too large.
        """
        try:
            oldest = datetime.now(UTC) - timedelta(days=older_than_days)
        except (OverflowError, ValueError):
            raise RatingError.of(f"{older_than_days} days", "a number from 0 to about 700000", "name fewer") from None
        if older_than_days < 0:
            raise RatingError.of(f"{older_than_days:g} days", "0 or more", "name the age in days")
        return self.purge_before(oldest)

    def purge_before(self, oldest: datetime) -> Deleted:
        """Delete what is older than a moment (aware), and what is no longer needed then; returns what went."""
        with self.transaction() as session:
            deleted = purge_old(session, oldest)
        self._overwrite()
        self.record_event(OldDeleted(oldest))
        return deleted

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _overwrite(self) -> None:
        if self.engine.dialect.name == "sqlite":  # old pages must not survive in the write-ahead log
            with one_line(self.engine.url), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


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
