"""Blind reading: sheets that tell nothing, keys, answers, shares with intervals, and agreement, worked out by hand."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from emorl.errors import CorpusError, WeightError
from tests.training.texts import NOUNS, corpora_with, own, ranked, write_jsonl
from training.__main__ import app, run
from training.data import warmstart_examples
from training.reading.replies import items, unseen_statements
from training.reading.sheet import (
    QUESTIONS,
    Item,
    KeyEntry,
    Share,
    agreement,
    read_answers,
    read_key,
    score_reading,
    share,
    table,
    write_sheet,
)
from training.stages.statements import partition

ITEMS = [
    Item("I sold it.", "own", {"person": "You sold it.", "base": "Sell it!", "ours": " You sold it. "}),
    Item("He left.", "pair", {"person": "You miss him.", "base": "Why?", "ours": "He is gone."}),
]
KEY = {
    "1": KeyEntry("own", ("person", "ours")),
    "2": KeyEntry("own", ("base",)),
    "3": KeyEntry("own", ("base",)),
    "4": KeyEntry("pair", ("ours",)),
}


def answer(number: int, *yes: str, **over: Any) -> dict[str, Any]:
    """A line of answers: yes to the named questions, no to the others."""
    return {"id": number, **{q: q in yes for q in QUESTIONS}, **over}


ANSWERS = [answer(1, *QUESTIONS), answer(2, "reflects"), answer(3, "reflects", "faithful"), answer(4)]


# ---------------------------------------------------------------- sheet and key


def test_a_sheet_names_nobody_and_has_equal_replies_once(tmp_path: Path) -> None:
    assert write_sheet(ITEMS, tmp_path / "new" / "folder", seed=3) == 5
    lines = [json.loads(line) for line in (tmp_path / "new/folder/sheet.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3, 4, 5] and all(
        set(line) == {"id", "statement", "reply"} for line in lines
    )
    key = read_key(tmp_path / "new/folder/key.json")
    found = {(line["statement"], line["reply"]): key[str(line["id"])] for line in lines}
    assert found == {
        ("I sold it.", "You sold it."): KeyEntry("own", ("person", "ours")),
        ("I sold it.", "Sell it!"): KeyEntry("own", ("base",)),
        ("He left.", "You miss him."): KeyEntry("pair", ("person",)),
        ("He left.", "Why?"): KeyEntry("pair", ("base",)),
        ("He left.", "He is gone."): KeyEntry("pair", ("ours",)),
    }


def test_the_order_is_shuffled_by_the_seed(tmp_path: Path) -> None:
    many = [Item(f"s{n}", "own", {"a": f"r{n}"}) for n in range(20)]
    texts = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_sheet(many, tmp_path / folder, seed)
        texts.append((tmp_path / folder / "sheet.jsonl").read_text())
    assert texts[0] == texts[1] != texts[2]
    first = [json.loads(line)["statement"] for line in texts[0].splitlines()]
    assert sorted(first) == sorted(item.statement for item in many) and first != [item.statement for item in many]


@pytest.mark.parametrize("text", [None, "{", "[1]", '{"1": {"group": "own"}}', '{"1": 2}', '{"1": {"methods": []}}'])
def test_what_is_no_key(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "key.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CorpusError, match=r"key\.json: got no readable key .*; name that file"):
        read_key(path)


# ---------------------------------------------------------------- answers


def test_answers_may_be_words_or_digits(tmp_path: Path) -> None:
    rows = [*ANSWERS[:3], answer(4) | dict(zip(QUESTIONS, (1, "0", "True", False), strict=True))]
    found = read_answers(write_jsonl(tmp_path / "a.jsonl", rows), KEY)
    assert found["4"] == {"faithful": True, "reflects": False, "wellformed": True, "would_say": False}
    assert found["2"] == {"faithful": False, "reflects": True, "wellformed": False, "would_say": False}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ANSWERS, answer(5)], r":5: got id 5, expected each id of the sheet once; compare with sheet"),
        ([*ANSWERS, answer(2)], r":5: got id 2, expected each id of the sheet once"),
        (ANSWERS[:2], r": got no answer for 2 rows \(first: 3\), expected all 4; read those too"),
        ([answer(1, faithful="perhaps")], r":1: got faithful = 'perhaps', expected one of 0, 1, false, true"),
        ([answer(1, would_say=None)], r":1: got would_say = None, expected one of"),
        ([{"id": 1, "faithful": 1}], r":1: got no reflects, wellformed, would_say, expected the keys id, faithful"),
    ],
)
def test_faults_of_answers(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(CorpusError, match=r"a\.jsonl" + message):
        read_answers(write_jsonl(tmp_path / "a.jsonl", rows), KEY)


# ---------------------------------------------------------------- shares and agreement


@pytest.mark.parametrize(
    ("yes", "count", "mean", "low", "high"),
    [
        (3, 4, 0.75, 0.3006, 0.9544),
        (0, 5, 0.0, 0.0, 0.4345),  # z^2 / (n + z^2) = 3.8415 / 8.8415
        (5, 5, 1.0, 0.5655, 1.0),
        (1.5, 3, 0.5, 0.1253, 0.8747),  # two readers differ on a row; symmetrical about the middle
        (50, 100, 0.5, 0.4038, 0.5962),
    ],
)
def test_wilson_intervals(yes: float, count: int, mean: float, low: float, high: float) -> None:
    found = share(yes, count)
    assert (found.mean, found.low, found.high) == pytest.approx((mean, low, high), abs=5e-5)
    assert found.count == count and 0 <= found.low <= found.mean <= found.high <= 1


def as_read(rows: list[dict[str, Any]]) -> dict[str, dict[str, bool]]:
    return {str(row["id"]): {q: row[q] for q in QUESTIONS} for row in rows}


def means(scores: dict[str, dict[str, dict[str, Share]]]) -> dict[str, dict[str, list[float]]]:
    return {g: {m: [s.mean for s in row.values()] for m, row in methods.items()} for g, methods in scores.items()}


def test_shares_of_one_reader_by_hand() -> None:
    scores = score_reading(KEY, [as_read(ANSWERS)])
    assert means(scores) == {
        "own": {"person": [1, 1, 1, 1], "ours": [1, 1, 1, 1], "base": [0.5, 1, 0, 0]},
        "pair": {"ours": [0, 0, 0, 0]},
    }
    assert scores["own"]["base"]["faithful"].count == 2


def test_two_readers_count_with_their_mean_and_the_rows_do_not_double() -> None:
    second = [answer(1, "faithful"), answer(2, "faithful"), answer(3, "faithful"), answer(4, *QUESTIONS)]
    scores = score_reading(KEY, [as_read(ANSWERS), as_read(second)])
    assert means(scores) == {
        "own": {"person": [1, 0.5, 0.5, 0.5], "ours": [1, 0.5, 0.5, 0.5], "base": [0.75, 0.5, 0, 0]},
        "pair": {"ours": [0.5, 0.5, 0.5, 0.5]},
    }
    assert scores["own"]["base"]["faithful"] == share(1.5, 2)


def test_kappa_by_hand() -> None:
    first = [answer(1, "faithful", "reflects"), answer(2, "faithful"), answer(3, "would_say"), answer(4)]
    second = [answer(1, "faithful", "reflects"), answer(2), answer(3), answer(4, "would_say")]
    kappas = agreement([as_read(first), as_read(second)])
    assert kappas == pytest.approx(
        {
            "faithful": 0.5,  # agreed 3/4; by chance 1/2 * 1/4 + 1/2 * 3/4 = 1/2
            "reflects": 1.0,
            "wellformed": 1.0,  # no throughout, by both
            "would_say": -1 / 3,  # agreed 1/2; by chance 1/16 + 9/16 = 5/8
        }
    )


def test_the_table_has_a_part_for_each_group() -> None:
    head = ["| written by | rows | faithful | reflects | wellformed | would_say |", "|---|---|---|---|---|---|"]
    lines = table({"own": {"ours": dict.fromkeys(QUESTIONS, Share(0.5, 0.125, 0.875, 3))}, "pair": {}}).splitlines()
    cell = "0.50 (0.12 to 0.88)"
    assert lines == [
        "**own**",
        "",
        *head,
        f"| ours | 3 | {cell} | {cell} | {cell} | {cell} |",
        "",
        "**pair**",
        "",
        *head,
    ]


# ---------------------------------------------------------------- what is read


SPLITS_OF = ["train"] * 3 + ["validation"] * 6 + ["test"] * 6
CORPORA = corpora_with(
    [own(n, s) for n, s in zip(NOUNS, SPLITS_OF, strict=True)],
    [ranked(n, s) for n, s in zip(NOUNS, SPLITS_OF, strict=True)],
)


def test_unseen_statements_are_of_closed_splits_with_a_persons_reply() -> None:
    rows = unseen_statements(CORPORA, 100)
    assert [group for group, _, _ in rows] == ["own"] * 6 + ["pair"] * 6
    replies = {o.statement: o.replies for o in CORPORA.own if o.split == "test"}
    replies |= {p.prompt: p.high for p in CORPORA.pair if p.split == "validation"}
    assert all(person in replies[statement] for _, statement, person in rows)
    assert {p.prompt for p in CORPORA.pair if p.split == "validation"} == {s for g, s, _ in rows if g == "pair"}
    assert unseen_statements(CORPORA, 100) == rows != unseen_statements(CORPORA, 100, seed=1)
    assert unseen_statements(CORPORA, 2) == rows[:2] + rows[6:8]
    first = rows[6][1]
    assert first not in [s for _, s, _ in unseen_statements(CORPORA, 100, taken={first})]


def test_statements_too_short_or_too_long_are_left_out() -> None:
    short, long = (replace(own("kite", "test"), statement=text) for text in ("I am tired.", "a " * 301))
    assert unseen_statements(corpora_with([short, long]), 10) == []
    assert warmstart_examples(corpora_with([short]), "test")


class Fake:
    """A reflector that writes its name, the weights and the kind of reply."""

    def __init__(self, name: str, **presets: dict[str, float]) -> None:
        self.name, self.presets = name, presets
        self.asked: list[int] = []

    def setting(self, weights: dict[str, float]) -> dict[str, float]:
        return weights

    def reflect(self, statement: str, weights: dict[str, float], explain: bool = True) -> SimpleNamespace:
        assert not explain
        return SimpleNamespace(base_reflection="" if "He" in statement else "base", reflection=f"{self.name} {weights}")

    def best_of(self, statement: str, count: int, weights: dict[str, float], explain: bool = True) -> SimpleNamespace:
        self.asked.append(count)
        return SimpleNamespace(reflection=f"best {weights}")


ROWS = [("own", "I sold it.", "You sold it."), ("pair", "He left.", "You miss him.")]


def test_every_method_writes_and_an_empty_reply_is_left_out() -> None:
    new, old = Fake("new", warm={"a": 1.0}), Fake("old", balanced={"b": 2.0})
    first, second = items(ROWS, new, "warm", 8, old)  # type: ignore[arg-type]
    assert first == Item(
        "I sold it.",
        "own",
        {
            "person": "You sold it.",
            "base": "base",
            "warm": "new {'a': 1.0}",
            "warm, best of 8": "best {'a': 1.0}",
            "earlier models": "old {'b': 2.0}",
        },
    )
    assert list(second.replies) == ["person", "warm", "warm, best of 8", "earlier models"] and new.asked == [8, 8]
    plain = list(items(ROWS, new, "warm", 1))  # type: ignore[arg-type]
    assert [list(item.replies) for item in plain] == [["person", "base", "warm"], ["person", "warm"]]


@pytest.mark.parametrize(("preset", "old"), [("loud", Fake("o", balanced={})), ("warm", Fake("o", plain={}))])
def test_an_unknown_preset_is_one_line(preset: str, old: Fake) -> None:
    with pytest.raises(WeightError, match="Got the preset '(loud|balanced)': expected one of (warm|plain); check"):
        next(items(ROWS, Fake("new", warm={}), preset, 1, old))  # type: ignore[arg-type]


# ---------------------------------------------------------------- the commands


def test_score_prints_the_table_and_the_agreement_of_two(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({n: {"group": e.group, "methods": e.methods} for n, e in KEY.items()}))
    one = write_jsonl(tmp_path / "one.jsonl", ANSWERS)
    two = write_jsonl(tmp_path / "two.jsonl", [*ANSWERS[:3], answer(4, "would_say")])
    result = CliRunner().invoke(app, ["reading", "score", str(one), "--key", str(key)])
    assert result.exit_code == 0 and "| base | 2 | 0.50 (0.09 to 0.91) | 1.00 (0.34 to 1.00) |" in result.output
    assert "kappa" not in result.output
    result = CliRunner().invoke(app, ["reading", "score", str(one), str(two), "--key", str(key)])
    assert result.output.splitlines()[-4:] == [
        "kappa faithful: 1.00",
        "kappa reflects: 1.00",
        "kappa wellformed: 1.00",
        "kappa would_say: 0.50",
    ]


def test_score_of_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path, monkeypatch, capsys) -> None:
    key = tmp_path / "key.json"
    for text in (None, "{}"):  # no key, then no answers
        if text:
            key.write_text(text)
        monkeypatch.setattr(sys, "argv", ["t", "reading", "score", str(tmp_path / "none.jsonl"), "--key", str(key)])
        with pytest.raises(SystemExit) as stop:
            run()
        assert stop.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_make_writes_sheet_and_key_without_what_runs_were_chosen_by(tmp_path: Path, monkeypatch) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        "models: trained\nsearch: {prompts: 2}\nobjectives:\n  reflection: {validation: 3}\n"
        "  empathy: {validation: 1}\n"
    )
    folders: list[tuple[Path, bool]] = []
    seen: list[Path | None] = []

    def opened(folder: Path, scored: bool = True) -> Fake:
        folders.append((folder, scored))
        return Fake(folder.name, balanced={"a": 1.0})

    def loaded(settings: Any) -> Any:
        seen.append(settings.corpora)
        return CORPORA

    monkeypatch.setattr("training.reading.replies.open_reflector", opened)
    monkeypatch.setattr("training.stages.statements.corpora_of", loaded)
    out = tmp_path / "sheet"
    command = ["reading", "make", "--config", str(config), "--out", str(out)]
    result = CliRunner().invoke(app, [*command, "--earlier", "before", "--corpora", "texts", "--best-of", "3"])
    assert result.exit_code == 0, result.output
    assert folders == [(Path("before"), False), (Path("trained"), True)] and seen == [Path("texts")]
    validation, search, _ = partition(CORPORA, 3, 2)
    statements = {json.loads(line)["statement"] for line in (out / "sheet.jsonl").read_text().splitlines()}
    closed = {o.statement for o in CORPORA.own if o.split == "test"}
    assert closed <= statements and not statements & {*validation, *search}
    key = read_key(out / "key.json")
    assert result.output == f"{len(key)} rows on {len(statements)} statements in {out}\n"
    assert {m for entry in key.values() for m in entry.methods} == {
        "person",
        "base",
        "balanced",
        "balanced, best of 3",
        "earlier models",
    }
    folders.clear()
    CliRunner().invoke(app, [*command, "--models", "others", "--statements", "1"])
    assert (
        folders == [(Path("others"), True)]
        and len({json.loads(line)["statement"] for line in (out / "sheet.jsonl").read_text().splitlines()}) == 2
    )
    assert CliRunner().invoke(app, [*command, "--statements", "0"]).exit_code == 2
