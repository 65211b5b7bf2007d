"""The texts and labels in data/: no fault, enough of every kind in every split, and what scorers draw from them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from emorl.models.template import MAX_STATEMENT
from training.data import (
    SPLITS,
    LabelledReply,
    load_corpora,
    load_hollow,
    load_judge_labels,
    load_labels,
    mentions_self_harm,
    rl_prompts,
)
from training.data.check import check_data, check_labels
from training.data.labels import HOLLOW_PATH, JUDGE_LABELS_PATH, LABELS_PATH, parts
from training.grades.combined import combined_groups
from training.grades.graded import Sources
from training.scorer_report import minimal_pairs
from training.scorers import GROUPS
from training.sources import sources_of

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def corpora():
    return load_corpora(None)


def test_the_check_finds_no_fault() -> None:
    assert [str(fault) for fault in check_data()] == []


BY_PEOPLE = ("minimal pair", "mended by a reader", "rewritten by a reader")


def counted(labels: Sequence[LabelledReply]) -> str:
    """What data/README.md must say of a file of labels."""
    written = Counter(label.source if label.source in BY_PEOPLE else "model" for label in labels)
    pairs = len({label.pair for label in labels if label.pair})
    assert written["minimal pair"] == 2 * pairs
    rewritten = f"{n:,} rewritten by a reader, " if (n := written["rewritten by a reader"]) else ""
    return (
        f"{written['model']:,} by our own models, {written['mended by a reader']:,} mended by a reader, {rewritten}"
        f"{2 * pairs:,} in {pairs:,} minimal pairs"
    )


def test_the_page_about_the_data_counts_what_is_in_the_files(corpora) -> None:
    rows = (LABELS_PATH.parent / "README.md").read_text(encoding="utf-8").splitlines()
    said = {row.split("|")[1].strip(): row.split("|")[2] for row in rows if row.startswith("| `")}
    spoken = sum(o.manner == "spoken" for o in corpora.own)
    own = (
        f" {len(corpora.own):,} invented client statements ({spoken:,} as people speak, {len(corpora.own) - spoken:,} "
    )
    assert said["`reflections.jsonl`"].startswith(own)
    assert said["`sympathy.jsonl`"].startswith(f" {len(load_hollow())} statements ")
    for files, labels in (
        ("`faithfulness.jsonl`, `faithfulness-2.jsonl`", load_labels()),
        ("`faithfulness-judge.jsonl`", load_judge_labels()),
    ):
        assert said[files].startswith(f" {len(labels):,} replies ")
        assert counted(labels) in said[files], counted(labels)


def test_statements_are_spoken_and_written_and_stay_in_their_splits(corpora) -> None:
    assert len(corpora.own) > 6000 and len({o.topic for o in corpora.own}) > 50
    assert {o.manner for o in corpora.own} == {"spoken", "written"}
    shares = Counter(o.split for o in corpora.own)
    assert [shares[s] / len(corpora.own) for s in SPLITS] == pytest.approx([0.85, 0.07, 0.08], abs=0.015)
    assert sum(bool(o.affirming) for o in corpora.own) > len(corpora.own) / 2


def test_statements_that_the_app_would_take_are_prompts(corpora) -> None:
    usable = [o.statement for o in corpora.own if len(o.statement) <= MAX_STATEMENT]
    assert len(usable) > 0.95 * len(corpora.own)
    assert not any(mentions_self_harm(prompt) for split in SPLITS for prompt in rl_prompts(corpora, split))


def test_labels_are_of_our_own_statements_and_of_both_kinds(corpora) -> None:
    labels, statements = load_labels(), {o.statement for o in corpora.own}
    assert {label.statement for label in labels} <= statements
    assert {label.faithful for label in labels if not label.pair} == {0, 1, 2}
    assert len(minimal_pairs(labels)) == len({label.pair for label in labels if label.pair}) > 0
    assert {p.statement for p in load_hollow()} <= statements


def test_the_judges_labels_have_no_fault_and_are_of_statements_that_nothing_else_was_read_to(corpora) -> None:
    judged, read = load_judge_labels(), load_labels()
    assert [str(fault) for fault in check_labels(judged, JUDGE_LABELS_PATH)] == []
    statements = {label.statement for label in judged}
    assert statements <= {o.statement for o in corpora.own}
    assert len(statements) > 600 and not statements & {label.statement for label in read}
    assert {label.faithful for label in judged if not label.pair} == {0, 1, 2} and len(minimal_pairs(judged)) > 200


@pytest.mark.parametrize(("role", "least"), [("ship", 1800), ("judge", 500)])
def test_a_shared_scorer_has_read_replies_of_its_own_to_learn_from(corpora, role: str, least: int) -> None:
    groups = combined_groups(sources_of(corpora, role), random.Random(1), unread_share=0.0)
    read = {label.statement for label in (load_labels() if role == "ship" else load_judge_labels())}
    assert len(groups) > least and {group[0].statement for group in groups} <= read


@pytest.mark.parametrize("name", list(GROUPS))
def test_there_is_enough_to_learn_every_objective_from(corpora, name: str) -> None:
    groups = GROUPS[name](sources_of(corpora, "ship"), random.Random(1))
    assert all(0 <= g.grade <= 1 and g.reply for group in groups for g in group)
    assert len({group[0].statement for group in groups}) == len(groups) > 5000


def test_our_own_reflections_are_never_drawn_as_false(corpora) -> None:
    true = {o.statement: o.replies for o in corpora.own}
    sources = Sources(corpora, (), (), "train")  # a reader may think less of a reflection than its writer
    for seed in range(2):
        for group in GROUPS["faithfulness"](sources, random.Random(seed)):
            assert all(g.reply not in true[g.statement] for g in group if g.grade < 1)


def test_files_lie_where_they_are_looked_for() -> None:
    root = Path(__file__).parents[2] / "data"
    assert (root / "faithfulness.jsonl", root / "sympathy.jsonl") == (LABELS_PATH, HOLLOW_PATH)
    assert root / "faithfulness-judge.jsonl" == JUDGE_LABELS_PATH
    assert parts(LABELS_PATH) == [LABELS_PATH, root / "faithfulness-2.jsonl"] and parts(JUDGE_LABELS_PATH) == [
        JUDGE_LABELS_PATH
    ]
    assert all(path.stat().st_size < 10_000_000 for path in root.rglob("*") if path.is_file())  # no clone pays for more
