"""Keeping the journal in a private dataset on the Hugging Face hub, where a host's own disk is wiped.

Only where both EMORL_JOURNAL_DATASET ("owner/name") and HF_TOKEN are set; otherwise there is no journal and
nothing is sent anywhere. Files are only ever added to, which is what `CommitScheduler` assumes; each process
writes one of its own, and so does a command that deletes. A dataset that is not private is refused. Whoever can
read the dataset can read all of it: ratings, comments, and texts that raters agreed to keep. Deleting ratings here
keeps them out of every later restore; to delete the words from the dataset too, delete its files and squash its
history.

Left out: databases elsewhere, for which DATABASE_URL is enough.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from emorl.errors import DamagedDatabase, RatingError
from emorl.ratings.storage.connection import database_url, default_file, sqlite_file
from emorl.ratings.storage.damage import is_ours, set_aside
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.journal import Journal
from emorl.ratings.storage.opening import open_store
from emorl.ratings.storage.restore import restore
from emorl.ratings.storage.store import RatingStore
from emorl.ratings.storage.turn import Turn
from emorl.settings import settings

if TYPE_CHECKING:
    from huggingface_hub import CommitScheduler, HfApi

log = logging.getLogger(__name__)
PUSH_INTERVAL_MINUTES = 2.0


class Hub(Protocol):
    """What the app asks of the place where journals are kept."""

    def fetch(self, folder: Path) -> list[Path]:
        """Bring all journals into a folder and return them."""

    def keep(self, folder: Path) -> None:
        """From now on push a folder's files as they grow."""

    def push(self, file: Path) -> None:
        """Push one finished file now."""

    def close(self) -> None:
        """Push what is left, then stop."""


class HubDataset:
    """A private dataset on the hub."""

    def __init__(self, dataset: str, token: str) -> None:
        """Name the dataset ("owner/name") and the token; nothing is asked of the hub yet."""
        self._dataset = dataset
        self._token = token
        self._scheduler: CommitScheduler | None = None

    def fetch(self, folder: Path) -> list[Path]:
        """Bring all journals into a folder; the dataset is created, private, if it is not there.

        Raises:
            RatingError: the hub cannot be reached or refuses, or the dataset is public.
        """
        api = self._private()
        try:
            found = api.snapshot_download(
                self._dataset, repo_type="dataset", allow_patterns="journal/*.jsonl", local_dir=folder
            )
        except Exception as fault:
            raise self._fault(fault) from fault
        return sorted(Path(found).glob("journal/*.jsonl"))

    def keep(self, folder: Path) -> None:
        """Push the folder's files every `PUSH_INTERVAL_MINUTES` minutes and when the process ends."""
        from huggingface_hub import CommitScheduler

        self._scheduler = CommitScheduler(
            repo_id=self._dataset,
            repo_type="dataset",
            private=True,
            folder_path=folder,
            path_in_repo="journal",
            allow_patterns="*.jsonl",
            every=PUSH_INTERVAL_MINUTES,
            token=self._token,
        )

    def push(self, file: Path) -> None:
        """Push one finished file now.

        Raises:
            RatingError: the hub cannot be reached or refuses, or the dataset is public.
        """
        api = self._private()
        try:
            api.upload_file(
                path_or_fileobj=file, path_in_repo=f"journal/{file.name}", repo_id=self._dataset, repo_type="dataset"
            )
        except Exception as fault:
            raise self._fault(fault) from fault

    def close(self) -> None:
        """Push what is left, then stop."""
        if self._scheduler is not None:
            self._scheduler.trigger().result()
            self._scheduler.stop()
            self._scheduler = None

    def _private(self) -> HfApi:
        """The hub's client, once the dataset is known to be there and private."""
        from huggingface_hub import HfApi

        api = HfApi(token=self._token)
        try:
            api.create_repo(self._dataset, repo_type="dataset", private=True, exist_ok=True)
            private = bool(api.dataset_info(self._dataset).private)
        except Exception as fault:  # the hub's client raises its own, the transport's and plain ones
            raise self._fault(fault) from fault
        if not private:
            raise RatingError.of(
                f"the dataset {self._dataset}, which is public",
                "a private one, because it holds what raters wrote",
                "make it private, or unset EMORL_JOURNAL_DATASET",
            )
        return api

    def _fault(self, fault: Exception) -> RatingError:
        reason = " ".join(str(fault).split()).replace(self._token, "***")[:200]
        return RatingError.of(
            f"the dataset {self._dataset}, which cannot be used ({type(fault).__name__}: {reason})",
            "one that HF_TOKEN may write",
            "check EMORL_JOURNAL_DATASET and HF_TOKEN, or unset them",
        )


def configured_hub() -> HubDataset | None:
    """The dataset that EMORL_JOURNAL_DATASET names, with HF_TOKEN; None unless both are set.

    Raises:
        SettingsError: the dataset is named without a token, so ratings would be lost without a word.
    """
    dataset, token = settings().journal_dataset, settings().hub_token
    return HubDataset(dataset, token.get_secret_value()) if dataset and token else None


def open_kept_store(url: str | None = None, hub: Hub | None = None, shared: Iterable[Item] = ()) -> RatingStore:
    """Open the ratings database; where a hub is configured, restore from it and keep a journal there.

    Args:
        url: see `open_store`.
        hub: where journals are kept; `configured_hub()` unless given.
        shared: the shared rating items (`load_items()`), to which journals refer.

    Raises:
        RatingError: the database or the hub cannot be used. No rating is taken then, because it would not be kept.
    """
    hub = hub or configured_hub()
    if hub is None:
        return _open_whole(url)
    folder = _folder()
    turn = Turn(folder)  # makes the folder: from here on, a deletion by command is journalled
    store = _open_whole(url)
    fetched = hub.fetch(_restored())
    with turn.held():  # a deletion by command is done before this and played here, or waits until this is done
        # What lies here may be newer than what was pushed: the last moments before a crash, a deletion by command.
        files = {file.name: file for file in (*fetched, *folder.glob("*.jsonl"))}
        played, failed = restore(store, files.values(), shared)
        log.info("ratings restored from %d journals: %d lines, %d left out", len(files), played, failed)
        store.journal = Journal(folder, files.values())
    hub.keep(folder)
    return store


@contextmanager
def open_for_deletion(url: str | None = None, hub: Hub | None = None) -> Iterator[RatingStore]:
    """An existing ratings database in which a deletion is journalled, so that no later restore undoes it.

    Where a hub is configured the deletion is pushed before the block ends. Where only the app's journal folder is
    there, it is written into that: the running app pushes it, and one that starts later plays it.

    Raises:
        RatingError: the database, the journal or the hub cannot be used.
    """
    store = open_store(url, must_exist=True)
    try:
        hub = hub or configured_hub()
        if hub is not None or _folder().is_dir():
            store.journal = Journal(_folder(), _restored().rglob("*.jsonl"))
        yield store
        if hub is not None and store.journal is not None and store.journal.file.exists():
            try:
                hub.push(store.journal.file)
            except RatingError as fault:
                raise RatingError.of(
                    f"a deletion that is done here but not yet pushed ({fault})",
                    "both, as a restore would bring back what was deleted",
                    "run the command again, or restart the app on this machine",
                ) from fault
    finally:
        store.close()


def _open_whole(url: str | None) -> RatingStore:
    """The store; a damaged file of ours is set aside first and what can be read of it written out."""
    try:
        return open_store(url)
    except DamagedDatabase:
        file = sqlite_file(database_url(url))
        if file is None or not (is_ours(file) or file.absolute() == default_file().absolute()):
            raise  # named by mistake: no database at all
        try:
            aside, rows, count = set_aside(file)
        except OSError as other:
            raise RatingError.of(
                f"a damaged {file} that cannot be set aside ({other.strerror})",
                "a writable folder",
                "put a backup in its place",
            ) from other
        log.warning(
            "%s is damaged: it was set aside as %s, the %d rows that can be read are in %s; a new database is begun",
            file,
            aside.name,
            count,
            rows.name,
        )
        return open_store(url)


def _folder() -> Path:
    return settings().data / "journal"


def _restored() -> Path:
    return settings().data / "journal-restored"
