"""Output checks on our own written replies: what must raise a chip, and good reflections that must raise none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.resources import data_path
from emorl.safety.output import PARROT_WORDS, Chip, check_reply, longest_run, sympathy

STATEMENT = "I do everything for my mother and nobody ever asks how I am doing."

CHIPS = [
    ("You should talk to your sister about it.", "advice"),
    ("It sounds hard. Try to get some rest.", "advice"),
    ("You're worn out, and you need to set limits.", "advice"),
    ("Have you considered a carer?", "advice"),
    ("I would suggest asking for help.", "advice"),
    ("Take care of yourself first.", "advice"),
    ("It's important to rest.", "advice"),
    ("You feel alone. Talk to your doctor.", "advice"),
    ("How long has this been going on?", "question"),
    ("You feel unseen. Is that right?", "question"),
    ("You are suffering from depression.", "diagnosis"),
    ("This may be an anxiety disorder.", "diagnosis"),
    ("You have symptoms of burnout.", "diagnosis"),
    ("You do everything for your mother and nobody ever asks how you are doing.", "parroting"),
    ("I do everything for my mother and nobody ever asks how I am doing.", "parroting"),
    ("You feel alone with it all, and you feel alone with it all.", "repetition"),
    ("You are very very very tired.", "repetition"),
    ("I had the same with my own mother.", "first person"),
    ("We all go through this.", "first person"),
]
NO_CHIPS = [
    "You're carrying all of this alone, and you wish someone would notice.",
    "Nobody asks about you, and that stings.",
    "You feel you should be able to do it all.",
    "They keep telling you that you must do more.",
    "You try to be there for everyone and there is nothing left for you.",
    "I hear how much you carry.",
    "I'm so sorry, that sounds lonely.",
    "It sounds like you're everyone's carer and nobody's concern.",
    "On the one hand you want to help, and on the other you want to be seen.",
    "Your mother leans on you, and who you lean on is the question nobody asks.",
    "",
]


@pytest.mark.parametrize(("reply", "kind"), CHIPS)
def test_raised(reply: str, kind: str) -> None:
    assert kind in [chip.kind for chip in check_reply(STATEMENT, reply)]


@pytest.mark.parametrize("reply", NO_CHIPS)
def test_not_raised(reply: str) -> None:
    assert check_reply(STATEMENT, reply) == ()


CASES = [json.loads(line) for line in data_path("safety", "output_cases.jsonl").read_text("utf-8").splitlines()]


# Measured on the cases that shaped the checks: advice 24 of 24, question 20 of 21, diagnosis 21 of 21, repetition 19 of
# 20, first person 21 of 21, parroting 19 of 20, and no false alarm; one more error than that fails.
@pytest.mark.parametrize("check", ["advice", "question", "diagnosis", "repetition", "first person", "parroting"])
def test_precision_and_recall(check: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in CASES if row["check"] == check]
    hits = {row["reply"]: check in {c.kind for c in check_reply(row["statement"], row["reply"])} for row in rows}
    found = [row for row in rows if row["raised"] and hits[row["reply"]]]
    missed = [row["reply"] for row in rows if row["raised"] and not hits[row["reply"]]]
    false = [row["reply"] for row in rows if not row["raised"] and hits[row["reply"]]]
    assert len(found) + len(missed) >= 20 <= sum(not row["raised"] for row in rows)
    with capsys.disabled():
        print(f"\n{check}: {len(found)} found, {len(missed)} missed, {len(false)} false")
    assert len(missed) <= (check in ("question", "repetition", "parroting")), missed
    assert not false


def test_a_condition_the_client_named_is_no_diagnosis() -> None:
    assert check_reply("My depression is back.", "Your depression is back, and you dread it.") == ()


def test_a_short_echo_is_no_parroting() -> None:
    assert check_reply("I'm tired of doing it all alone.", "You're tired of doing it all alone.") == ()
    assert PARROT_WORDS > 7  # the echo above has seven words


@pytest.mark.parametrize(
    ("kind", "reply", "words"),
    [
        ("advice", "You\u2019re tired. You should rest.", "You should"),
        ("advice", "It\u2019s hard.  Don\u2019t  worry about Mum.", "Don\u2019t worry"),
        ("question", "You're worn out. Isn't that so,\nAnn?", "Isn't that so, Ann?"),
        ("diagnosis", "This is Alzheimer's, you fear.", "Alzheimer's"),
        (
            "parroting",
            "So: you do everything for your Mother, and nobody ever asks how YOU'RE doing.",
            "you do everything for your Mother, and nobody ever asks how",
        ),
        ("repetition", "You\u2019re all alone now, and you\u2019re all alone now.", "You\u2019re all alone now"),
        ("repetition", "You can't sleep at night. You can't sleep at night.", "You can't sleep at"),
        ("repetition", "It's hard. It's hard.", "It's hard"),
        (
            "repetition",
            "Part of you, part of you can't go, part of you, part of you can't go.",
            "Part of you, part of you can't go",
        ),
    ],
)
def test_the_words_are_told_as_they_stand_in_the_reply(kind: str, reply: str, words: str) -> None:
    assert Chip(kind, words) in check_reply(STATEMENT, reply)


def test_people_s_own_reflections_raise_few() -> None:
    lines = [json.loads(line) for line in data_path("reflections.jsonl").read_text("utf-8").splitlines()]
    raised = [(row["complex"], chips) for row in lines if (chips := check_reply(row["statement"], row["complex"]))]
    assert len(raised) <= 0.02 * len(lines), raised[:20]


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_longest_run_is_in_both_and_none_is_longer(left: list[str], right: list[str]) -> None:
    run = longest_run(left, right)

    def runs(words: list[str], size: int) -> set[tuple[str, ...]]:
        return {tuple(words[n : n + size]) for n in range(len(words) - size + 1)}

    assert tuple(run) in runs(left, len(run)) & runs(right, len(run))
    longer = len(run) + 1
    assert not runs(left, longer) & runs(right, longer)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_taken(statement: str, reply: str) -> None:
    for text in (reply, reply + statement + reply + " You\u2019d Better rest"):
        assert all(chip.words in " ".join(text.split()) for chip in check_reply(statement, text))


# Measured on the replies that shaped it: 155 of 220 hollow ones found, none of some 18,000 of our own marked.
def test_sympathy_with_nothing_behind_it_is_told_from_empathy() -> None:
    pairs = [json.loads(line) for line in data_path("sympathy.jsonl").read_text("utf-8").splitlines()]
    assert sum(sympathy(pair["hollow"]) is not None for pair in pairs) >= 154
    own = [json.loads(line) for line in data_path("reflections.jsonl").read_text("utf-8").splitlines()]
    own += [{"empathic": pair["empathic"]} for pair in pairs]
    texts = [row[kind] for row in own for kind in ("simple", "complex", "empathic") if kind in row]
    assert len(texts) > 18_000 and not [text for text in texts if sympathy(text)]


@pytest.mark.parametrize("reply", ["", "  ", "...", "I'm sorry, and you feel let down by him. You miss him."])
def test_no_sympathy(reply: str) -> None:
    assert sympathy(reply) is None


def test_sympathy_is_no_part_of_the_checks_of_every_reply() -> None:
    assert check_reply(STATEMENT, "I'm so sorry to hear that.") == ()
    assert sympathy("I'm so sorry to hear that.") == Chip("sympathy", "I'm so sorry to hear that.")
