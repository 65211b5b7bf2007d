"""Deleting by command: the queue goes too, and no restart brings anything back. Own versions and consent."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emorl.errors import RatingError
from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side, load_items, open_kept_store
from emorl.ratings.export import hub
from emorl.ratings.storage.deletion import Deleted
from emorl.ratings.storage.events import write_event
from emorl.ratings.storage.journal import read_lines
from emorl.ratings.storage.restore import restore
from emorl.ratings.storage.row_counts import count_rows
from tests.ratings.conftest import MakeRating, Restart, call

ITEMS = load_items()
OWN = Item("A private statement.", Side("You keep it.", "empathy 100 %", {"empathy": 1.0}), source="reflect")
WORDS = "So you carry it about with you."


def use(queue: RatingQueue, rater: str) -> None:
    """Send an item, agree, answer one, take it back, answer it again, leave a draft on the next."""
    queue.send(rater, replace(OWN, statement=f"A private statement of {rater}."))
    queue.consent(rater)
    for _ in range(2):
        task = queue.next(rater)
        assert task is not None
        rubric = Answer(None, "simple", 1, 2, "yes")
        answer = Answer(choice="tie") if task.item.is_pair else rubric
        queue.submit(rater, task.assignment, task.token, replace(answer, comment=f"remark of {rater}"))
        if task.token.endswith("-1"):
            queue.undo(rater)
    upcoming = queue.next(rater)
    assert upcoming is not None
    queue.save_draft(rater, upcoming.assignment, {"comment": f"draft of {rater}"})


def everything(store: RatingStore) -> str:
    """The text of every row in the database."""
    with store.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        rows = [row for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
    return json.dumps([list(map(str, row)) for row in rows])


# What a deletion takes


def test_forget_takes_all_of_one_rater_and_nothing_of_another(store: RatingStore, make: MakeRating, url: str) -> None:
    queue = RatingQueue(store, ITEMS, random.Random(1))
    for rater in ("rater-a", "rater-b"):
        store.add(make(rater=rater, comment=f"words of {rater}"))
        use(queue, rater)
    before = count_rows(store)
    assert (before.raters, before.agreed, before.sent_items, before.drafts, before.withdrawn) == (2, 2, 2, 2, 2)
    said = call("forget", "rater-a", "--db", url).stdout
    assert said == ("deleted: 1 ratings, 2 queue answers (revisions counted), 1 drafts, 1 sent items and 1 raters\n")
    left = everything(store)
    assert "rater-a" not in left
    assert all(f"{what} of rater-b" in left for what in ("words", "remark", "draft", "A private statement"))
    after = count_rows(store)
    assert (after.raters, after.agreed, after.sent_items, after.drafts) == (1, 1, 1, 1)
    assert after.places == before.places / 2 and after.shared_items == before.shared_items == len(ITEMS)


def test_a_rater_who_has_only_agreed_or_sent_can_be_forgotten(store: RatingStore, url: str) -> None:
    queue = RatingQueue(store, ITEMS, random.Random(1))
    queue.consent("rater-a")
    queue.send("rater-b", OWN)
    assert "0 sent items and 1 raters" in call("forget", "rater-a", "--db", url).stdout
    assert "1 sent items and 1 raters" in call("forget", "rater-b", "--db", url).stdout
    assert count_rows(store).places == count_rows(store).raters == count_rows(store).sent_items == 0


def test_purge_goes_by_age(store: RatingStore, url: str) -> None:
    queue = RatingQueue(store, ITEMS, random.Random(1))
    for rater in ("rater-old", "rater-new"):
        use(queue, rater)
    with store.engine.begin() as connection:  # ten days pass for one of them
        ago = (datetime.now(UTC) - timedelta(days=10)).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.exec_driver_sql(f"UPDATE assignment SET shown_at = '{ago}' WHERE rater_id = 'rater-old'")
        connection.exec_driver_sql(f"UPDATE item SET created_at = '{ago}' WHERE owner_id = 'rater-old'")
        connection.exec_driver_sql(
            f"UPDATE judgement SET submitted_at = '{ago}' WHERE assignment_id IN "
            "(SELECT id FROM assignment WHERE rater_id = 'rater-old')"
        )
    said = call("purge", "--older-than", "5", "--db", url).stdout
    assert said == ("deleted: 0 ratings, 2 queue answers (revisions counted), 1 drafts, 1 sent items and 0 raters\n")
    left = everything(store)
    for what in ("remark", "draft", "A private statement"):
        assert f"{what} of rater-old" not in left and f"{what} of rater-new" in left
    assert queue.agreed("rater-old") and queue.next("rater-old") is not None  # may go on
    assert not call("purge", "--older-than", "5", "--db", url).exception
    assert Deleted() == store.purge(5) and not Deleted()


# No restart brings it back


@pytest.mark.parametrize("way", ["by the running app", "by the command itself"])
def test_a_deletion_by_command_outlives_the_disk(
    way: str, restart: Restart, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, queue = restart()
    for rater in ("rater-a", "rater-b"):
        store.add(make(rater=rater, statement="A private statement.", edited=WORDS))
        use(queue, rater)
    if way == "by the command itself":
        far = type("Far", (), {"push": lambda _, file: shutil.copy(file, tmp_path / "hub")})
        monkeypatch.setattr(hub, "configured_hub", far)
    assert call("forget", "rater-a").exit_code == 0
    lines = [line for line in read_lines((tmp_path / "hub").glob("*.jsonl")) if line["event"] == "forget"]
    assert len(lines) == (way == "by the command itself")
    monkeypatch.undo()
    monkeypatch.setenv("EMORL_DATA", str(tmp_path / "disk"))
    store, queue = restart()  # pushes what the app had, wipes the disk
    assert "rater-a" not in everything(store)
    assert [row.given.rater for row in store.all()] == ["rater-b"]
    assert {row.rater for row in queue.judgements(withdrawn=True)} == {"rater-b"}
    assert not queue.agreed("rater-a") and queue.agreed("rater-b")
    assert call("purge", "--older-than", "0").exit_code == 0
    store, queue = restart()
    assert (store.all(), queue.judgements(withdrawn=True)) == ((), ())
    assert count_rows(store).sent_items == 0
    assert not any(words in everything(store) for words in ("remark", WORDS, "private"))


def test_what_was_never_pushed_is_played_from_this_disk(
    tmp_path: Path, make: MakeRating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app crashed before a push, its database went, the command had deleted meanwhile."""
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    empty = type("Empty", (), {"fetch": lambda *_: [], "keep": lambda *_: None})
    store = open_kept_store(hub=empty())
    for rater in ("rater-a", "rater-b"):
        store.add(make(rater=rater))
    store.close()
    assert call("forget", "rater-a").exit_code == 0
    assert len(list((tmp_path / "journal").glob("*.jsonl"))) == 2
    for file in tmp_path.glob("ratings.db*"):
        file.unlink()
    assert [row.given.rater for row in open_kept_store(hub=empty()).all()] == ["rater-b"]


def test_a_push_that_fails_is_one_line_and_the_deletion_stays_in_the_journal(
    url: str, store: RatingStore, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    for name, value in {"EMORL_JOURNAL_DATASET": "me/ratings", "HF_TOKEN": "hf_secret", "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    store.add(make())
    result = call("forget", "rater-a", "--db", url)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "a restore would bring back what was deleted" in result.stderr and "run the command again" in result.stderr
    assert "hf_secret" not in result.stderr
    (line,) = read_lines((tmp_path / "journal").glob("*.jsonl"))
    assert (line["event"], line["rater"]) == ("forget", "rater-a")
    pushed: list[str] = []
    monkeypatch.setattr(hub.HubDataset, "push", lambda _, file: pushed.append(file.read_text()))
    again = call("forget", "rater-a", "--db", url)  # nothing left here, pushed all the same
    assert again.exit_code == 2 and "Got rater 'rater-a'" in again.stderr
    assert json.loads(pushed[0].splitlines()[-1])["event"] == "forget"


def test_half_a_journal_setting_is_one_line(url: str, store: RatingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_JOURNAL_DATASET", "me/ratings")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    result = call("purge", "--older-than", "1", "--db", url)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "expected both or neither" in result.stderr


def test_without_a_journal_none_is_begun(
    url: str, store: RatingStore, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    store.add(make())
    assert call("forget", "rater-a", "--db", url).exit_code == 0
    assert not (tmp_path / "journal").exists()


# Own versions


def test_an_own_version_is_kept_with_consent_and_exported(store: RatingStore, make: MakeRating, url: str) -> None:
    store.add(make(statement="Words.", edited=WORDS))
    (stored,) = store.all()
    assert stored.given.edited == WORDS
    row = json.loads(call("export", "--format", "jsonl", "--db", url).stdout)
    assert (row["edited"], row["statement"]) == (WORDS, "Words.")
    assert call("export", "--what", "ratings", "--db", url).stdout.count(WORDS) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edited": WORDS}, "an own version without the statement"),
        ({"edited": "", "statement": "x"}, "text that is not empty"),
        ({"edited": "x" * 8001, "statement": "x"}, "got 8001 characters"),
        ({"edited": "a\x00", "statement": "x"}, "NUL"),
        ({"edited": 7, "statement": "x"}, "got 7, expected text"),
    ],
)
def test_own_versions_that_cannot_be_kept_are_refused(
    store: RatingStore, make: MakeRating, change: dict[str, object], message: str
) -> None:
    with pytest.raises(RatingError, match=message):
        store.add(make(**change))
    assert store.count() == 0


def test_taking_the_consent_back_takes_the_version_out_of_every_revision(store: RatingStore, make: MakeRating) -> None:
    statement = "I keep putting the letter back in the drawer, and every day it gets heavier."  # as in `make`
    store.add(make(statement=statement, edited=WORDS))
    store.add(make(rater="rater-b", statement=statement, edited="Mine."))
    store.add(make(empathy=0))  # rater-a, without consent now
    assert [row.given.edited for row in store.all(revisions=True)] == [None, "Mine.", None]
    assert {row.given.statement for row in store.all()} == {statement}  # rater-b still agrees
    assert "Mine." in everything(store) and WORDS not in everything(store)


def test_own_versions_come_back_from_the_journal(restart: Restart, make: MakeRating, tmp_path: Path) -> None:
    store, _ = restart()
    store.add(make(statement="Words.", edited=WORDS))
    store, _ = restart()
    assert [row.given.edited for row in store.all()] == [WORDS]


def test_a_journal_of_before_own_versions_is_still_played(store: RatingStore, make: MakeRating, tmp_path: Path) -> None:
    old = write_event(make(statement="Words."), datetime.now(UTC))
    del old["edited"]
    journal = tmp_path / "old.jsonl"
    journal.write_text(json.dumps(old) + "\n")
    assert restore(store, [journal]) == (1, 0)
    assert store.all()[0].given.edited is None
