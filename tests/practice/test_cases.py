"""The library of practice cases: its file, its spread, and the order in which cases come."""

from __future__ import annotations

import json
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest

from emorl.errors import CorpusError
from emorl.practice import STAGES, load_cases, next_case, topics
from emorl.practice.cases import matching, read_cases
from emorl.reflecting.contract import refuse_crisis
from emorl.resources import data_path
from emorl.safety import check_reply, personal_data, reply_matches, sympathy
from emorl.scoring.metrics import copy_rate

CASES = load_cases()
ROW = {
    "id": "sleep-9",
    "topic": "sleep",
    "stage": "action",
    "difficulty": 2,
    "statement": "I lie awake.",
    "simple": "You lie awake.",
    "complex": "Your nights are long.",
}


def test_there_are_enough_and_they_are_spread():
    assert len(CASES) >= 60 and len({case.id for case in CASES}) == len(CASES)
    by_topic = Counter(case.topic for case in CASES)
    assert len(by_topic) >= 12 and max(by_topic.values()) <= 6
    by_stage = Counter(case.stage for case in CASES)
    assert set(by_stage) == set(STAGES) and min(by_stage.values()) >= 8
    by_difficulty = Counter(case.difficulty for case in CASES)
    assert set(by_difficulty) == {1, 2, 3} and min(by_difficulty.values()) >= 12
    assert all(case.id.startswith(f"{case.topic}-") for case in CASES)


def test_the_page_about_the_data_counts_them():
    page = data_path("README.md").read_text(encoding="utf-8")
    assert f"| `practice_cases.jsonl` | {len(CASES)} invented cases" in page
    assert f"{len(topics(CASES))} topics" in page


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_something_to_practise_with(case):
    assert 20 <= len(case.statement.split()) <= 80
    refuse_crisis(case.statement)  # no crisis language, not too long, English
    for text in (case.statement, case.simple, case.complex):
        assert not personal_data(text)
        assert "  " not in text and text == text.strip() and text[-1] in ".!?"
    for reply in (case.simple, case.complex):
        assert 6 <= len(reply.split()) <= 30
        assert "?" not in reply and check_reply(case.statement, reply) == ()
        assert sympathy(reply) is None and not reply_matches(reply)
        assert copy_rate(case.statement, reply) <= 0.5
    assert copy_rate(case.statement, case.complex) <= 0.35


def test_no_two_are_alike():
    for a, b in combinations(CASES, 2):
        first, second = a.statement.lower().split(), b.statement.lower().split()
        shared = sum(block.size for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks())
        assert shared / min(len(first), len(second)) < 0.4, (a.id, b.id)
    for kind in ("simple", "complex"):
        openings = Counter(" ".join(getattr(case, kind).split()[:2]) for case in CASES)
        assert max(openings.values()) <= 0.15 * len(CASES), openings.most_common(3)


def test_filters_leave_what_was_asked_for():
    assert matching(CASES) == CASES
    found = matching(CASES, "sleep", "action", 2)
    assert {(case.topic, case.stage, case.difficulty) for case in found} == {("sleep", "action", 2)}
    assert matching(CASES, "no such topic") == ()


def test_every_case_comes_once_before_any_comes_again_and_topics_change():
    seen: list[str] = []
    for _ in CASES:
        found = next_case(CASES, seen, seen[-1] if seen else "")
        assert found is not None
        seen.append(found.id)
    assert sorted(seen) == sorted(case.id for case in CASES)
    by_id = {case.id: case.topic for case in CASES}
    same = sum(by_id[a] == by_id[b] for a, b in zip(seen, seen[1:], strict=False))
    assert same == 0
    assert [by_id[one] for one in seen[:16]] == list(topics(CASES))  # every topic before any comes again
    again = next_case(CASES, seen, seen[-1])
    assert again is not None and again.id != seen[-1]


def test_without_cases_there_is_none_and_a_lone_one_comes_again():
    assert next_case([], []) is None
    assert next_case(CASES[:1], [CASES[0].id], CASES[0].id) == CASES[0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{"], "cases.jsonl:1: got no JSON object"),
        (["[]"], "got no JSON object"),
        ([json.dumps({**ROW, "more": 1})], "got the fields complex"),
        ([json.dumps({**ROW, "simple": " "})], "an empty field"),
        ([json.dumps({**ROW, "stage": "relapse"})], "the stage 'relapse'"),
        ([json.dumps({**ROW, "difficulty": 4})], "the difficulty 4"),
        ([json.dumps(ROW)] * 2, "cases.jsonl:2: got the id sleep-9 a second time"),
    ],
)
def test_a_broken_file_is_refused_by_line(lines, said, tmp_path: Path):
    (tmp_path / "cases.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(CorpusError, match=said):
        read_cases(tmp_path / "cases.jsonl")
