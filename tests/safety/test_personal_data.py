from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emorl.resources import data_path
from emorl.safety import mask, personal_data
from emorl.safety.details import DETAILS as KINDS_OF_DETAILS

CASES = [json.loads(line) for line in data_path("safety", "personal_cases.jsonl").read_text("utf-8").splitlines()]

FOUND = [
    (
        "Write to me at jo.bloggs+x@mail.example.org, please.",
        "e-mail address",
        "jo.bloggs+x@mail.example.org",
    ),
    ("It's on https://example.org/me?a=1.", "web address", "https://example.org/me?a=1"),
    ("See www.example.org for it", "web address", "www.example.org"),
    ("Ring 020 7946 0958 after six", "phone number", "020 7946 0958"),
    ("My mobile is 07700 900123.", "phone number", "07700 900123"),
    ("Call +44 (0)20 7946 0958", "phone number", "+44 (0)20 7946 0958"),
    ("Call (555) 555-0134 tonight", "phone number", "(555) 555-0134"),
    ("or 555-0134", "phone number", "555-0134"),
    ("I was born on 3 May 1984 in the snow", "date of birth", "3 May 1984"),
    ("DOB: 03/05/84", "date of birth", "03/05/84"),
    ("my date of birth is May 3rd, 1984", "date of birth", "May 3rd, 1984"),
    ("It happened on 2019-03-04.", "date", "2019-03-04"),
    ("on 21/09/2019 he left", "date", "21/09/2019"),
    ("It is 943 476 5919 on the letter", "NHS number", "943 476 5919"),  # the data dictionary's own example
    ("NHS number 123 456 7890", "NHS number", "123 456 7890"),  # named, so the check digit does not matter
    ("My social is 123-45-6789", "social security number", "123-45-6789"),
    ("I live at SW1A 1AA now", "postcode", "SW1A 1AA"),
    ("moved to ec1a1bb", "postcode", "ec1a1bb"),
    ("Springfield, IL 62704", "postcode", "IL 62704"),
    ("card 4111 1111 1111 1111 was stolen", "long number", "4111 1111 1111 1111"),
    ("My name is Sarah Connor and I drink", "name", "Sarah Connor"),
    ("my name is sarah", "name", "sarah"),
    ("My name\u2019s O'Neill", "name", "O'Neill"),
    ("I'm called Dee", "name", "Dee"),
    ("My wife Sarah left in May.", "name", "Sarah"),
    ("My older brother, Tom Hale, rang.", "name", "Tom Hale"),
    ("I saw Dr Patel about it", "name", "Patel"),
    ("She was named Ingrid after her gran", "name", "Ingrid"),
    ("We moved to 12 Acacia Avenue then", "address", "12 Acacia Avenue"),
    ("14b, Old Mill Lane is damp", "address", "14b, Old Mill Lane"),
]
NOTHING = [
    "I smoke 20 a day and I'm 54.",
    "It cost 1,000,000 pounds, or 12.50 a week.",
    "My name is mud at work.",
    "My name is on the lease, and always was.",
    "I've called 3 times since 2019.",
    "I weigh 82.5 kg, down from 90.",
    "We meet at 10.30 or 11.15, 24/7 it feels like.",
    "He's my number 1, in 2020-21 we were apart.",
    "She said my name today for the first time in weeks.",
    "At school they call me names.",
    "Don't call me names, I said.",
    "He shouted my name Monday night.",
    "My mum Monday to Friday, my dad at weekends.",
    "I'm called in on my day off.",
    "It took 20 Minutes and 3 Buses.",
    "",
]


@pytest.mark.parametrize(("text", "kind", "words"), FOUND)
def test_found(text: str, kind: str, words: str) -> None:
    assert [(item.kind, item.text) for item in personal_data(text)] == [(kind, words)]
    (item,) = personal_data(text)
    assert text[item.start : item.end] == words


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_to_find(text: str) -> None:
    assert personal_data(text) == ()
    assert mask(text) == text


def test_recall_and_false_alarms_on_our_own_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """Measured on the cases that shaped the expressions: 58 of 60 found, 0 of 62 false; one more error fails."""
    finds = [(row, [(item.kind, item.text) for item in personal_data(row["text"])]) for row in CASES]
    personal = [row["text"] for row in CASES if row["kind"]]
    missed = [row["text"] for row, found in finds if row["kind"] and (row["kind"], row["words"]) not in found]
    false = [row["text"] for row, found in finds if not row["kind"] and found]
    assert len(personal) >= 60 <= len(CASES) - len(personal)
    with capsys.disabled():
        print(f"\npersonal data: {len(personal) - len(missed)} of {len(personal)} found, {len(false)} false")
    assert len(missed) <= 2, missed
    assert not false


def test_our_own_statements_raise_few() -> None:
    lines = data_path("reflections.jsonl").read_text("utf-8").splitlines()
    found = [items for line in lines if (items := personal_data(json.loads(line)["statement"]))]
    assert len(found) <= 6, found  # "calls me Mr", "my nephew Wednesdays" and the like: one in a thousand


DETAILS = [json.loads(line) for line in data_path("safety", "detail_cases.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("part", "personal", "benign", "found", "false"),
    [
        ("tuned", 69, 82, 69, 0),  # these shaped the expressions
        ("held_out", 34, 40, 30, 0),  # written before them, by the same author, and not read to change them
    ],
)
def test_recall_and_false_alarms_of_details(part: str, personal: int, benign: int, found: int, false: int) -> None:
    """Floors: a find counts if both its kind and its words are right. docs/limits-and-care.md has the same figures."""
    rows = [(row, personal_data(row["text"], details=True)) for row in DETAILS if row["part"] == part]
    missed = [
        row["text"]
        for row, finds in rows
        if row["kind"] and (row["kind"], row["words"]) not in [(one.kind, one.text) for one in finds]
    ]
    alarms = [row["text"] for row, finds in rows if not row["kind"] and finds]
    assert (sum(bool(row["kind"]) for row, _ in rows), sum(not row["kind"] for row, _ in rows)) == (personal, benign)
    assert personal - len(missed) >= found, missed
    assert len(alarms) <= false, alarms
    page = (data_path().parent / "docs" / "limits-and-care.md").read_text("utf-8")
    assert f"{found} of {personal} | {false} of {benign} |" in page


def test_every_kind_of_detail_has_cases_of_its_own() -> None:
    for kind in {name for name, _, _ in KINDS_OF_DETAILS}:
        parts = [row["part"] for row in DETAILS if row["kind"] == kind]
        assert parts.count("tuned") >= 12 and parts.count("held_out") >= 6, kind


def test_details_are_looked_for_only_where_they_are_asked_for() -> None:
    said = "I'm 54, I work at Tesco in Leeds, and my girl is at Oakfield Academy from 3 May."
    assert personal_data(said) == () and mask(said) == said
    assert mask(said, details=True) == (
        "I'm [age], I work at [employer] in [place], and my girl is at [school] from [date]."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Since the 4th of July, and the Fourth of July before that.",  # a holiday
        "I'm 250, or feel like it.",
        "We moved to New Zealand from South Korea, and she to New Jersey.",
        "In North Carolina, in the north, in South Africa.",
        "Outside Mum's house.",
        "I'm in Sundays only.",
    ],
)
def test_what_looks_like_a_detail_and_is_none(text: str) -> None:
    assert personal_data(text, details=True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Aa " * 30_000,
        "St " * 30_000,
        "work at " * 10_000,
        "in A" + "a" * 90_000,
        "twenty-" * 12_000,
        "1st of " * 12_000,
    ],
)
def test_details_take_linear_time(text: str) -> None:
    """A statement is cut long before; quadratic time would take minutes here."""
    assert isinstance(personal_data(text, details=True), tuple)


def test_mask_keeps_the_rest() -> None:
    text = "My name is Ann. Mail ann@example.org or ring 07700 900123, not before ten."
    assert mask(text) == "My name is [name]. Mail [e-mail address] or ring [phone number], not before ten."


@pytest.mark.parametrize("number", ["000-12-3456", "666-12-3456", "912-34-5678", "123-00-4567"])
def test_numbers_that_were_never_issued(number: str) -> None:
    assert "social security number" not in [item.kind for item in personal_data(number)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines
@given(st.text(alphabet="a1 @.-/+()N", max_size=60))
def test_spans_are_ordered_apart_and_masking_settles(text: str) -> None:
    found = personal_data(text)
    assert all(text[item.start : item.end] == item.text for item in found)
    assert all(left.end <= right.start for left, right in zip(found, found[1:], strict=False))
    assert all(item.text not in mask(text) or text.count(item.text) > 1 for item in found)
