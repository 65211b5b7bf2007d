"""The journal and the restore, with a folder standing in for the hub: real files, no network."""

from __future__ import annotations

import inspect
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from emorl.errors import RatingError, SettingsError
from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side, load_items, open_kept_store
from emorl.ratings.export.hub import HubDataset, configured_hub
from emorl.ratings.storage.journal import Journal, read_lines
from emorl.ratings.storage.restore import restore
from tests.ratings.conftest import MakeRating, Restart

ITEMS = load_items()
RUBRIC = Answer(depth="simple", empathy=1, fluency=2, would_say="yes", comment="naïve 🙂\n=1+1", flags=("parroting",))


def give(queue: RatingQueue, rater: str, answer: Answer | None = None) -> str:
    task = queue.next(rater)
    assert task is not None
    given = answer or (Answer(choice="tie", comment="even") if task.item.is_pair else RUBRIC)
    return queue.submit(rater, task.assignment, task.token, given).token


def everything(store: RatingStore, queue: RatingQueue) -> list[Any]:
    ratings = [replace(row.given) for row in store.all(revisions=True)]
    judgements = [replace(row, id=0) for row in queue.judgements(withdrawn=True)]
    return [ratings, judgements, queue.progress("rater-a"), queue.progress("rater-b")]


def test_all_of_it_is_there_after_the_disk_was_wiped(restart: Restart, make: MakeRating) -> None:
    store, queue = restart()
    store.add(make(comment="first"))
    store.add(make(comment="changed", empathy=0, statement="I am tired."))
    own = Item("Mine.", Side("a", "empathy 100 %", {"empathy": 1.0}), Side("b", "base model", {"empathy": 0.0}))
    queue.send("rater-a", replace(own, source="compare"))
    for rater in ("rater-a", "rater-b"):
        queue.consent(rater)
        for _ in range(5):
            give(queue, rater)
    queue.reveal("rater-a", give(queue, "rater-a"))
    queue.undo("rater-a")
    give(queue, "rater-a", Answer(skip="other"))
    before = everything(store, queue)
    upcoming = [queue.next(rater) for rater in ("rater-a", "rater-b")]
    store, queue = restart()
    assert everything(store, queue) == before
    after = [queue.next(rater) for rater in ("rater-a", "rater-b")]
    same = ("token", "item", "flipped", "done", "total")
    assert [[getattr(t, n) for n in same] for t in after] == [[getattr(t, n) for n in same] for t in upcoming]
    give(queue, "rater-a")
    before = everything(store, queue)
    store, queue = restart()  # from two journals
    assert everything(store, queue) == before


def test_what_was_deleted_stays_deleted(restart: Restart, make: MakeRating) -> None:
    store, queue = restart()
    store.add(make(rater="rater-a"))
    store.add(make(rater="rater-b"))
    queue.consent("rater-a")
    give(queue, "rater-a")
    store.forget("rater-a")
    store, queue = restart()
    assert ([row.given.rater for row in store.all()], queue.judgements()) == (["rater-b"], ())
    store.purge(0)
    store, _ = restart()
    assert store.count() == 0


def test_playing_twice_changes_nothing_and_torn_or_strange_lines_are_left_out(
    store: RatingStore, make: MakeRating, tmp_path: Path
) -> None:
    queue = RatingQueue(store, ITEMS, random.Random(1))
    journal = store.journal = Journal(tmp_path / "journal")
    store.add(make())
    queue.consent("rater-a")
    give(queue, "rater-a")
    lines = len(list(read_lines([journal.file])))
    with journal.file.open("ab") as file:
        file.write(b'{"event": "judgement", "at": "2026-01-01T00:00:00+00:00"}\n')
        file.write(b'{"event": "dance", "at": "2026-01-01T00:00:00+00:00"}\n[1]\n\xff\xfe\n')
        file.write(b'{"event": "rating", "at": "2')  # torn
    before = everything(store, queue)
    size = journal.file.stat().st_size
    assert restore(store, [journal.file], ITEMS) == (lines, 2)
    assert restore(store, [journal.file, journal.file], ITEMS) == (2 * lines, 4)
    assert everything(store, queue) == before
    assert (store.journal, journal.file.stat().st_size) == (journal, size)  # a restore is not written down again


def test_a_journal_that_cannot_be_written_is_said_and_a_second_submit_writes_it(
    store: RatingStore, make: MakeRating, tmp_path: Path
) -> None:
    journal = store.journal = Journal(tmp_path / "journal")
    journal.file.mkdir()
    rating = make()
    with pytest.raises(RatingError, match="the journal .*, which cannot be written .*try again"):
        store.add(rating)
    journal.file.rmdir()
    store.add(rating)
    assert [line["client_token"] for line in read_lines([journal.file])] == [rating.client_token]
    assert store.count() == 1
    assert journal.file.stat().st_mode & 0o777 == 0o600
    (tmp_path / "taken").write_text("")
    with pytest.raises(RatingError, match="which cannot be created .*: expected a writable folder"):
        Journal(tmp_path / "taken" / "journal")


def test_items_that_are_gone_do_not_lose_their_judgements(tmp_path: Path, store: RatingStore, url: str) -> None:
    queue = RatingQueue(store, ITEMS, random.Random(1))
    store.journal = Journal(tmp_path / "journal")
    queue.consent("rater-a")
    give(queue, "rater-a")
    fresh = open_kept_store("sqlite://")
    assert restore(fresh, [store.journal.file], shared=()) == (3, 0)
    (restored,) = RatingQueue(fresh, ()).judgements()
    assert replace(restored, id=0) == replace(queue.judgements()[0], id=0)


def test_nothing_is_sent_or_written_without_both_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMORL_JOURNAL_DATASET", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    assert configured_hub() is None
    monkeypatch.setenv("HF_TOKEN", "hf_secret")  # alone, it is for other things
    store = open_kept_store()
    assert store.journal is None
    assert {file.name for file in tmp_path.iterdir()} <= {
        "ratings.db",
        "ratings.db-wal",
        "ratings.db-shm",
        "ratings.db-reserve",
    }
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setenv("EMORL_JOURNAL_DATASET", "me/ratings")
    with pytest.raises(SettingsError, match="both or neither"):
        open_kept_store()


def test_a_hub_that_cannot_be_reached_is_one_line_without_the_token(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("EMORL_JOURNAL_DATASET", "me/ratings")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub = configured_hub()
    assert isinstance(hub, HubDataset)
    with pytest.raises(RatingError, match="the dataset me/ratings, which cannot be used") as caught:
        hub.fetch(tmp_path)  # tests may not leave this host
    assert "hf_secret" not in str(caught.value) and "\n" not in str(caught.value)
    hub.close()  # nothing was started


def test_lines_of_several_files_come_in_the_order_of_their_moments(tmp_path: Path) -> None:
    moments = ["2026-01-01T00:00:03+00:00", "2026-01-01T00:00:01+00:00", "2026-01-01T00:00:02+00:00"]
    for number, at in enumerate(moments):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps({"at": at, "event": "x"}) + "\n")
    assert [line["at"] for line in read_lines(tmp_path.glob("*.jsonl"))] == sorted(moments)


class FakeHub:
    """What the hub's library would be asked, checked against its real signatures; no network."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, remote: Path, private: bool) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.stopped = 0
        real_api, real_scheduler = huggingface_hub.HfApi, huggingface_hub.CommitScheduler
        hub = self

        class Api:
            def __init__(self, token: str) -> None:
                self.token = token

            def create_repo(self, *arguments: Any, **named: Any) -> None:
                inspect.signature(real_api.create_repo).bind(self, *arguments, **named)
                hub.asked.append(("create", {"repo_id": arguments[0], "token": self.token, **named}))

            def dataset_info(self, dataset: str) -> Any:
                return SimpleNamespace(private=private)

            def snapshot_download(self, *arguments: Any, **named: Any) -> str:
                inspect.signature(real_api.snapshot_download).bind(self, *arguments, **named)
                hub.asked.append(("fetch", named))
                shutil.copytree(remote, named["local_dir"] / "journal", dirs_exist_ok=True)
                return str(named["local_dir"])

        class Scheduler:
            def __init__(self, **named: Any) -> None:
                inspect.signature(real_scheduler.__init__).bind(self, **named)
                hub.asked.append(("keep", named))

            def trigger(self) -> Any:
                hub.asked.append(("push", {}))
                return SimpleNamespace(result=lambda: None)

            def stop(self) -> None:
                hub.stopped += 1

        monkeypatch.setattr(huggingface_hub, "HfApi", Api)
        monkeypatch.setattr(huggingface_hub, "CommitScheduler", Scheduler)


def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EMORL_JOURNAL_DATASET", "me/ratings")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("EMORL_DATA", str(tmp_path / "disk"))
    (tmp_path / "remote").mkdir()
    return tmp_path / "remote"


def test_a_configured_dataset_is_private_fetched_and_pushed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: MakeRating, store: RatingStore
) -> None:
    remote = configured(monkeypatch, tmp_path)
    store.journal = Journal(remote)
    store.add(make(comment="before the restart"))
    asked = FakeHub(monkeypatch, remote, private=True)
    kept = open_kept_store()
    assert [row.given.comment for row in kept.all()] == ["before the restart"]
    (_, created), (_, fetched), (_, pushed) = asked.asked
    assert created == {
        "repo_id": "me/ratings",
        "token": "hf_secret",
        "repo_type": "dataset",
        "private": True,
        "exist_ok": True,
    }
    assert fetched["allow_patterns"] == "journal/*.jsonl"
    assert (pushed["repo_id"], pushed["repo_type"], pushed["private"]) == ("me/ratings", "dataset", True)
    assert (pushed["path_in_repo"], pushed["allow_patterns"], pushed["token"]) == ("journal", "*.jsonl", "hf_secret")
    assert kept.journal is not None and pushed["folder_path"] == kept.journal.folder
    kept.add(make(comment="after it"))
    assert [line["comment"] for line in read_lines([kept.journal.file])] == ["after it"]  # only what is new


def test_a_public_dataset_is_refused_and_nothing_is_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = FakeHub(monkeypatch, configured(monkeypatch, tmp_path), private=False)
    with pytest.raises(RatingError, match="me/ratings, which is public: expected a private one.*make it private"):
        open_kept_store()
    assert [name for name, _ in asked.asked] == ["create"]


def test_closing_pushes_what_is_left_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = FakeHub(monkeypatch, configured(monkeypatch, tmp_path), private=True)
    hub = configured_hub()
    assert hub is not None
    hub.close()  # nothing was started
    hub.keep(tmp_path)
    hub.close()
    hub.close()
    assert ([name for name, _ in asked.asked], asked.stopped) == (["keep", "push"], 1)
