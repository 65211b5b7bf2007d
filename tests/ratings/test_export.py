"""Exports of both kinds: one table, exact JSON lines, harmless cells, comments only when asked."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side
from emorl.ratings.export.tables import harmless, records, write_csv, write_jsonl
from tests.ratings.conftest import Judge, MakeRating, call, one_line

MIX = Side("=cmd()", "empathy 100 %", {"empathy": 1.0}, {"seed": 3})
PAIR = Item("I am tired.", MIX, Side("You are tired.", "by hand"), gold={"choice": "first"}, source="compare")


@pytest.fixture
def both(store: RatingStore, make: MakeRating) -> RatingStore:
    """One rating; an answer that was taken back, and the one after it."""
    store.add(make(comment="a remark"))
    queue = RatingQueue(store, (), random.Random(1))
    queue.send("rater-a", PAIR)
    queue.consent("rater-a")
    for choice in ("tie", "first"):
        task = queue.next("rater-a")
        assert task is not None
        answer = Answer(choice=choice, flags=("parroting", "off_topic"), comment="@secret")
        queue.submit("rater-a", task.assignment, task.token, answer)
        if choice == "tie":
            queue.undo("rater-a")
    return store


def test_all_kinds_in_one_table(both: RatingStore, url: str) -> None:
    first, second = csv.DictReader(io.StringIO(call("export", "--db", url).stdout))
    assert (first["kind"], first["choice"], first["weight_empathy"]) == ("rating", "", "0.3")
    assert (second["kind"], second["choice"], second["weight_empathy"]) == ("answer", "first", "")
    assert second["first_text"] == "'=cmd()"
    assert (second["revision"], second["withdrawn"], second["blind"]) == ("2", "False", "True")
    assert json.loads(second["flags"]) == ["parroting", "off_topic"]
    assert json.loads(second["first_weights"]) == {"empathy": 1.0} and second["second_weights"] == ""
    assert "comment" not in first and "token" not in first


def test_what_is_exported_can_be_chosen(both: RatingStore, url: str) -> None:
    def kinds(*options: str) -> list[str]:
        lines = call("export", "--format", "jsonl", *options, "--db", url).stdout.splitlines()
        return [json.loads(line)["kind"] for line in lines]

    assert kinds() == kinds("--what", "all") == ["rating", "answer"]
    assert kinds("--what", "ratings") == ["rating"]
    assert kinds("--what", "queue") == ["answer"]
    assert kinds("--what", "queue", "--revisions") == ["answer", "answer"]
    wrong = call("export", "--what", "drafts", "--db", url)
    assert wrong.exit_code == 2 and wrong.stdout == ""


def test_answers_are_exact_in_json(both: RatingStore, url: str) -> None:
    text = call("export", "--format", "jsonl", "--what", "queue", "--comments", "--db", url).stdout
    row = json.loads(text)
    (judged,) = RatingQueue(both, ()).judgements()
    assert row["item"] == PAIR.key and row["gold"] == {"choice": "first"} and row["source"] == "compare"
    assert (row["first_text"], row["first_setting"], row["first_weights"]) == (MIX.text, MIX.setting, MIX.weights)
    assert (row["first_details"], row["second_details"], row["second_weights"]) == ({"seed": 3}, {}, None)
    assert (row["comment"], row["choice"], row["skip"], row["statement"]) == ("@secret", "first", None, "I am tired.")
    assert row["shown_at"] == judged.shown_at.isoformat()
    assert "@secret" not in call("export", "--what", "queue", "--db", url).stdout


def test_a_single_reflection_has_no_second(judge: Judge) -> None:
    (row,) = records([], [judge()])
    assert row["second_text"] is row["second_setting"] is row["second_weights"] is row["second_details"] is None
    assert (row["depth"], row["empathy"], row["gold"]) == ("simple", 1, None)


def test_xlsx_and_parquet_have_the_csvs_columns_types_and_a_codebook(
    both: RatingStore, url: str, tmp_path: Path
) -> None:
    options = ("--revisions", "--comments", "--training")
    columns = call("export", *options, "--db", url).stdout.splitlines()[0].split(",")
    for ending in ("xlsx", "parquet"):
        result = call("export", *options, "--format", ending, "--out", str(tmp_path / f"all.{ending}"), "--db", url)
        assert result.exit_code == 0 and "1 ratings and 2 queue answers" in result.stderr and result.stdout == ""
    answers, meanings = (list(sheet.values) for sheet in openpyxl.load_workbook(tmp_path / "all.xlsx").worksheets)
    assert list(answers[0]) == columns == [entry[0] for entry in meanings[1:]]
    assert all(entry[1] for entry in meanings[1:])
    sheet = dict(zip(columns, answers[2], strict=True))
    assert (sheet["kind"], sheet["first_text"], sheet["comment"]) == ("answer", "'=cmd()", "'@secret")
    table = parquet.read_table(tmp_path / "all.parquet")
    rating, taken_back, answer = table.to_pylist()
    assert table.column_names == columns and b"of a rating" in table.schema.field("weight_empathy").metadata[b"meaning"]
    assert (rating["weight_empathy"], rating["strength"], rating["seed"], rating["choice"]) == (0.3, 1.0, 0, None)
    assert (answer["first_text"], answer["blind"], answer["weight_empathy"]) == ("=cmd()", True, None)
    assert taken_back["withdrawn"] and json.loads(rating["model"])["base_sha256"] == "ab" * 32


@pytest.mark.parametrize(("ending", "library"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
def test_a_table_that_cannot_be_written_is_one_line(
    both: RatingStore, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, library: str
) -> None:
    assert f"Got {ending} without a file" in one_line(call("export", "--format", ending, "--db", url))
    monkeypatch.setitem(sys.modules, library, None)
    out = tmp_path / "table"
    said = one_line(call("export", "--format", ending, "--out", str(out), "--db", url))
    assert "install it with pip install 'emorl[export]', or take CSV" in said and not out.exists()


def test_an_empty_table_is_a_header(store: RatingStore, url: str, tmp_path: Path) -> None:
    out = tmp_path / "none.parquet"
    assert call("export", "--format", "parquet", "--out", str(out), "--db", url).exit_code == 0
    assert parquet.read_table(out).column_names == ["kind", "id", "revision"]


def test_columns_of_objectives_come_last_and_sorted() -> None:
    out = io.StringIO()
    write_csv(
        [
            {"kind": "rating", "id": 1, "revision": 1, "weights": {"warmth": 0.5, "empathy": 0.5}, "rater": "a"},
            {"kind": "rating", "id": 2, "revision": 1, "weights": {"fluency": 1.0}, "rater": "b", "more": [1]},
        ],
        out,
    )
    assert out.getvalue().splitlines() == [
        "kind,id,revision,rater,more,weight_empathy,weight_fluency,weight_warmth",
        "rating,1,1,a,,0.5,,0.5",
        "rating,2,1,b,[1],,1.0,",
    ]


def test_lines_stay_lines() -> None:
    out = io.StringIO()
    write_jsonl([{"text": "two\nlines, naïve\u2028🙂"}], out)
    assert out.getvalue().count("\n") == 1
    assert json.loads(out.getvalue()) == {"text": "two\nlines, naïve\u2028🙂"}
    with pytest.raises(ValueError):
        write_jsonl([{"number": float("nan")}], out)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_formula_cells_are_made_harmless(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "plain", "a=1", "'quoted", -1, 0.5, None])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == cell


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines
@given(st.text(max_size=20))
def test_no_cell_starts_a_formula(cell: str) -> None:
    assert harmless(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
    assert harmless(cell).removeprefix("'") == cell.removeprefix("'")
