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
from emorl.ratings.storage.deletion import Deleted, drop_text_without_consent, forget_rater, purge_old
from emorl.ratings.storage.journal import Journal, rating_line
from emorl.ratings.storage.record import FORM_VERSION, NewRating, StoredRating, check, fingerprint
from emorl.ratings.storage.schema import Generation, Judgement, Rater, Rating

_TRIES = 8  # two submits at once can want the same revision number


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
            raise RatingError(
                f"no ratings database at {file}; expected one that the app has written; "
                "rate a reflection first, or set DATABASE_URL or EMORL_DATA"
            )
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))  # for this account's eyes only
        except OSError as fault:
            raise RatingError(
                f"cannot create {file} ({fault.strerror}); expected a writable folder; set EMORL_DATA"
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
        """One short transaction; what the driver says becomes one line, except IntegrityError."""
        with one_line(self.engine.url), self._begin() as session:
            yield session

    def write_down(self, line: dict[str, object]) -> None:
        """Append one line to the journal, if there is one.

        Raises:
            RatingError: the journal cannot be written; submitting again writes it.
        """
        if self.journal is not None:
            self.journal.append(line)

    def add(self, record: NewRating) -> int:
        """Store a rating and return its id; a token that is already stored returns the id it got then.

        A second rating of the same reflection by the same rater becomes the next revision.

        Raises:
            RatingError: the rating is not valid, its token belongs to another rater, or it cannot be written.
        """
        check(record)
        for attempt in range(_TRIES):
            try:
                with self.transaction() as session:
                    number = _insert(session, record)
                self.write_down(rating_line(record))  # a repeated submit writes it again, which replay ignores
                return number
            except IntegrityError as fault:
                if attempt == _TRIES - 1:
                    reason = " ".join(str(fault.orig).split())
                    raise RatingError(f"the rating could not be stored ({reason}); try again") from fault
        raise AssertionError("unreachable")

    def count(self, revisions: bool = False) -> int:
        """Number of ratings: the newest revision of each, or with `revisions` every one ever submitted."""
        return len(self.all(revisions))

    def all(self, revisions: bool = False) -> tuple[StoredRating, ...]:
        """Every rating in the order of submission: newest revisions, or with `revisions` all of them."""
        query = select(Rating).options(joinedload(Rating.generation)).order_by(Rating.id)
        with self.transaction() as session:
            rows = [_stored(row) for row in session.scalars(query)]
        if revisions:
            return tuple(rows)
        newest: dict[tuple[int, str, int], int] = {}
        for row in rows:
            key = (row.generation_id, row.given.rater, row.schema_version)
            newest[key] = max(newest.get(key, 0), row.revision)
        return tuple(
            row for row in rows if newest[row.generation_id, row.given.rater, row.schema_version] == row.revision
        )

    def state(self) -> tuple[object, ...]:
        """Changes whenever a rating or an answer of the queue is added, taken back or deleted; cheap to ask."""
        ratings = select(func.count(), func.max(Rating.id), func.max(Rating.submitted_at)).select_from(Rating)
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
        self.write_down({"event": "forget", "rater": rater})
        return deleted

    def purge(self, older_than_days: float) -> Deleted:
        """Delete what was submitted, sent or drafted more than this many days ago; returns what went.

        Raises:
            RatingError: the number of days is negative or too large.
        """
        try:
            oldest = datetime.now(UTC) - timedelta(days=older_than_days)
        except (OverflowError, ValueError):
            raise RatingError(f"got {older_than_days} days, expected a number from 0 to about 700000") from None
        if older_than_days < 0:
            raise RatingError(f"got {older_than_days:g} days, expected 0 or more")
        return self.purge_before(oldest)

    def purge_before(self, oldest: datetime) -> Deleted:
        """Delete what is older than a moment (aware), and what only that kept; returns what went."""
        with self.transaction() as session:
            deleted = purge_old(session, oldest)
        self._overwrite()
        self.write_down({"event": "purge", "before": oldest.isoformat()})
        return deleted

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _overwrite(self) -> None:
        if self.engine.dialect.name == "sqlite":  # old pages must not survive in the write-ahead log
            with one_line(self.engine.url), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _insert(session: Session, record: NewRating) -> int:
    known = session.scalar(select(Rating).where(Rating.client_token == record.client_token))
    if known is not None:
        if known.rater_id != record.rater:
            raise RatingError("client_token: got one that another rater has used, expected a new random id")
        return known.id
    if session.get(Rater, record.rater, with_for_update=True) is None:  # PostgreSQL: one submit at a time
        session.add(Rater(id=record.rater, created_at=record.submitted_at))
    mark = fingerprint(record)
    generation = session.scalar(select(Generation).where(Generation.fingerprint == mark).with_for_update())
    if generation is None:
        generation = Generation(
            fingerprint=mark,
            statement_sha256=record.statement_sha256,
            statement=None,
            reflection=record.reflection,
            base_reflection=record.base_reflection,
            weights=dict(record.weights),
            strength=record.strength,
            temperature=record.temperature,
            seed=record.seed,
            model=dict(record.model),
            scores=dict(record.scores),
            app_version=record.app_version,
            created_at=record.shown_at,
        )
        session.add(generation)
        session.flush()
    before = session.scalar(
        select(func.max(Rating.revision)).where(
            Rating.generation_id == generation.id,
            Rating.rater_id == record.rater,
            Rating.schema_version == FORM_VERSION,
        )
    )
    rating = Rating(
        generation_id=generation.id,
        rater_id=record.rater,
        schema_version=FORM_VERSION,
        revision=(before or 0) + 1,
        depth=record.depth,
        empathy=record.empathy,
        fluency=record.fluency,
        would_say=record.would_say,
        comment=record.comment or None,
        consent=record.statement is not None,
        edited=record.edited,
        shown_at=record.shown_at,
        submitted_at=record.submitted_at,
        client_token=record.client_token,
    )
    session.add(rating)
    if record.statement is not None:
        generation.statement = record.statement
    session.flush()
    drop_text_without_consent(session, generation)
    return rating.id


def _stored(row: Rating) -> StoredRating:
    shown = row.generation
    given = NewRating(
        rater=row.rater_id,
        client_token=row.client_token,
        statement=shown.statement,
        statement_sha256=shown.statement_sha256,
        reflection=shown.reflection,
        base_reflection=shown.base_reflection,
        weights=shown.weights,
        strength=shown.strength,
        temperature=shown.temperature,
        seed=shown.seed,
        model=shown.model,
        scores=shown.scores,
        app_version=shown.app_version,
        depth=row.depth,
        empathy=row.empathy,
        fluency=row.fluency,
        would_say=row.would_say,
        comment=row.comment,
        shown_at=row.shown_at,
        submitted_at=row.submitted_at,
        edited=row.edited,
    )
    return StoredRating(row.id, row.generation_id, row.schema_version, row.revision, given)
