"""The detector on our own written cases (`emorl/safety/report.py` says what each part is worth), and its notation."""

from __future__ import annotations

import json
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.errors import CareDataError
from emorl.resources import data_path
from emorl.safety import crisis_kinds, crisis_matches
from emorl.safety.crisis import OVERLAP, PIECE, find
from emorl.safety.phrases import compile_pattern, inflected, phrase_list
from emorl.safety.readings import normalise, one_slip, readings
from emorl.safety.report import OWN, PARTS, main, measure, own_statements, read_cases

CASES = read_cases()


# As measured on version 5 of the list: fewer found or more alarms than that fail.
@pytest.mark.parametrize(
    ("part", "least_found", "most_alarms"),
    [("tuned", 221, 2), ("held_out", 107, 0), ("indirect", 104, 1), ("indirect_held", 82, 4), ("oblique", 20, 2)],
)
def test_recall_and_false_alarms(
    part: str, least_found: int, most_alarms: int, capsys: pytest.CaptureFixture[str]
) -> None:
    result = measure(part, CASES)
    with capsys.disabled():
        print(
            f"\ncrisis phrases, {part}: recall {result.found}/{result.crises} = {result.recall:.2f}, "
            f"false alarms {result.alarms}/{result.benign} = {result.false_alarm_rate:.2f}"
        )
    assert result.found >= least_found
    assert result.alarms <= most_alarms


def test_the_report_prints_every_part_and_every_miss(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["report", "--misses"])
    main()
    printed = capsys.readouterr().out
    for part in PARTS:
        result = measure(part, CASES)
        assert f"recall {result.found}/{result.crises}" in printed
        assert all(case.text in printed for case in result.wrong)
    for name in OWN:
        assert f"/{len(own_statements(name))} = " in printed


def test_there_are_enough_cases_and_none_twice() -> None:
    texts = [case.text for case in CASES]
    assert len(texts) == len(set(texts)) >= 150
    assert {case.part for case in CASES} == set(PARTS)
    for part in PARTS:
        categories = {case.category for case in CASES if case.part == part}
        assert categories >= {"idiom", "third_person", "history", "negation", "misspelt", "trap"}


def test_broken_cases_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(CareDataError, match="restore"):
        read_cases(tmp_path / "cases.jsonl")


@pytest.mark.parametrize(("name", "most"), [("reflections.jsonl", 13), ("examples.json", 0)])
def test_our_own_statements_raise_few_alarms(name: str, most: int) -> None:
    alarms = [text for text in own_statements(name) if crisis_matches(text)]
    assert len(alarms) <= most, alarms


def test_own_statements_that_cannot_be_read_are_an_error() -> None:
    with pytest.raises(CareDataError, match="restore"):
        own_statements("missing.jsonl")


def test_the_parts_of_indirect_speech_follow_from_the_text() -> None:
    indirect = [case for case in CASES if case.part.startswith("indirect")]
    assert len([case for case in indirect if case.crisis]) >= 120 <= len([case for case in indirect if not case.crisis])
    assert all((case.part == "indirect_held") == (sha256(case.text.encode()).digest()[0] % 2 == 1) for case in indirect)


def test_a_statement_takes_milliseconds() -> None:
    statements = own_statements("reflections.jsonl")[:300]
    start = time.process_time()
    for text in statements:
        crisis_matches(text)
    assert time.process_time() - start < 0.02 * len(statements)  # measured: about 1 ms each


@pytest.mark.parametrize(
    "text",
    [
        "I'm having the operation on Friday and I'm scared of not waking up.",
        "I hate living off his money.",
        "He shouts at six and it's dead quiet the rest of the time.",
        "She dragged me here.",
        "I put my hand over my mouth.",
        # in version 3 each of these raised one
        "I told her I love her, and then I went to bed, and I lie there until I fall asleep.",
        "I hope this is the last one, I really do.",
        "I know I can stop whenever I want.",
        "I'd like to know what brings it on.",
        "I don't want to go on lying to her.",
        "I don't want to hurt my daughter by saying it.",
        "Another leaflet, and I don't see the point.",
        "I've made my peace with it, and I'm calm about it now.",
        "My husband says I stop breathing in my sleep.",
        "I've a needle in my stomach twice a day.",
        "I had a glass in my hand the whole evening.",
        "I've been wanting to cut my hours.",
        "She asked how many, and I said it depends.",
        "I know how to do it, I just don't.",
        "My neighbour takes a whole bottle of whisky.",
        "The landlord locked me out with my bags on the street.",
        "My daughter is coming to collect me now.",
        "He writes to me, and that helps.",
    ],
)
def test_plain_statements_raise_no_alarm(text: str) -> None:
    assert not crisis_matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "I've worked out how to do it.",
        "I nearly went through with it last week.",
        "I've picked a day.",
        "I don't want to go on.",
        "I want to hurt him.",
        "I've been hiding my tablets in the wardrobe.",
        "I took a whole packet of tablets.",
        "I take more of the tablets than I should.",
        "I've made my peace with God and I'm ready.",
        "I feel strangely calm since I decided.",
        "I could just drive off the road.",
        "I pressed the iron against my hand.",
        "The voices tell me to jump.",
        "He gets angry if I say not tonight.",
        "They'd cry for a week but then they'd be free.",
    ],
)
def test_what_stands_beside_an_exception_raises_the_alarm(text: str) -> None:
    assert crisis_matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "I WANT TO KILL MYSELF",
        "I want to kill\n\n  myself",
        "I want to k i l l  m y s e l f",
        "s.u.i.c.i.d.e is on my mind",
        "I want to ki\u200bll myself",
        "I don\u2019t want to be alive anymore",
        "\uff49 want to \uff4b\uff49\uff4c\uff4c myself",
        "killlll myself",
        "k!ll myself",
        "I self-harmed",
    ],
)
def test_disguises(text: str) -> None:
    assert crisis_matches(text)


def test_what_comes_back() -> None:
    assert crisis_matches("I want to die. I cut myself. I want to die.") == ("want to die", "cut myself")
    assert {match.kind for match in find("I want to die and he hits me", phrase_list())} == {"suicide", "abuse"}
    assert crisis_matches("") == ()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("suicide", "I want to die."),
        ("self_harm", "I cut myself last night."),
        ("overdose", "I took an overdose on Sunday."),
        ("overdose", "I swallowed the whole packet of tablets."),
        ("eating_disorder", "I make myself sick after every meal."),
        ("eating_disorder", "The bulimia is back."),
        ("eating_disorder", "I binge at night and then I purge."),
        ("eating_disorder", "I haven't eaten anything for five days."),
        ("eating_disorder", "I put two fingers down my throat."),
        ("harm_to_others", "I keep thinking about stabbing him."),
        ("harm_to_children", "The baby won't stop and last night I held the pillow over her for a second."),
        ("harm_to_children", "I shook the baby."),
        ("harm_to_children", "I have these images of drowning my son in the bath."),
        ("harm_to_children", "I'm scared I'll hurt the baby."),
        ("abuse", "He hits me when he drinks."),
        ("abuse", "My uncle raped me."),
    ],
)
def test_kinds(kind: str, text: str) -> None:
    assert kind in {match.kind for match in find(text, phrase_list())}


@pytest.mark.parametrize(
    "text",
    [
        "I've had an overdose of Netflix this week.",
        "He took his own life lessons from his dad.",
        "I'm done with life insurance calls.",
        "He held the pillow for her while she signed.",
        "I shook him by the hand.",
        "The smell of it made me sick.",
        "We purged the old files.",
        "I haven't eaten meat for five years.",
        "I drop the kids off and shake the crumbs out.",
        "I'm scared of dropping my son off on his first day.",
    ],
)
def test_what_only_sounds_like_a_kind_raises_no_alarm(text: str) -> None:
    assert not crisis_matches(text)


def test_a_benign_match_excuses_only_what_ends_inside_it() -> None:
    assert not crisis_matches("We watched Suicide Squad.")
    assert crisis_matches("We watched Suicide Squad and I thought about suicide.")


def test_a_denial_counts_only_where_it_leads_up_to_the_phrase() -> None:
    assert not crisis_matches("I have never had any thoughts of suicide.")
    assert crisis_matches("I have never told anyone. I have thoughts of suicide.")
    assert crisis_matches("I've never told anyone I tried to kill myself.")
    assert crisis_matches("I'm not suicidal, I just don't want to exist.")


def test_words_are_repaired() -> None:
    assert normalise("  I\u2019M   SOOO\ttired ", phrase_list()) == "im so tired"
    assert readings("I cnt, myslef. OK", phrase_list()) == (" i cant , myself . ok .", " i cant myself ok .")


@pytest.mark.parametrize("token", ["sucide", "suiicide", "suicied", "suicidd", "suicides"])
def test_one_slip(token: str) -> None:
    assert one_slip(token, "suicide")


@pytest.mark.parametrize("token", ["suicide", "decide", "subside", "", "s", "cuicide"])
def test_not_one_slip(token: str) -> None:
    assert not one_slip(token, "suicide")


@given(st.text("abc", min_size=1, max_size=6), st.integers(0, 5), st.sampled_from("xyz"))
def test_any_changed_letter_but_the_first_is_one_slip(word: str, place: int, letter: str) -> None:
    place = 1 + place % max(1, len(word))
    changed = word[:place] + letter + word[place + 1 :]
    assert one_slip(changed, word)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("want die", " i want die .", " i want to die ."),
        ("want ~1 die", " want to die .", " want to just die ."),
        ("want ~ die", " want , to die .", " want . die ."),
        ("cut my own? arm", " cut my arm .", " cut arm ."),
        ("carry_on #", " carry on , i .", " carry on with it ."),
        ("living !in|at_the", " living .", " living at the sea ."),
        ("kill+ @self", " killing herself .", " killer herself ."),
        ("suicid* ## ", " suicidal 30 .", " suicidal 3 ."),
    ],
)
def test_notation(pattern: str, yes: str, no: str) -> None:
    compiled = compile_pattern(pattern, {"self": "myself|herself"})
    assert compiled.search(yes) and not compiled.search(no)


def test_inflection() -> None:
    assert {"stab", "stabs", "stabbed", "stabbing"} <= inflected("stab")
    assert {"drive", "drives", "driving"} <= inflected("drive")
    assert {"tries", "tried", "trying"} <= inflected("try")


def test_every_entry_says_why_and_names_are_unique() -> None:
    content = json.loads(data_path("safety", "crisis_phrases.json").read_text("utf-8"))
    entries = content["rules"] + content["benign"]
    assert all(len(entry["why"]) > 5 for entry in entries)
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert content["version"] >= 6
    assert f"Version {content['version']}" in data_path("README.md").read_text("utf-8")  # its changelog


@pytest.mark.parametrize("before", [0, PIECE - OVERLAP - 5, PIECE - 5, PIECE + 5, 3 * PIECE])
def test_a_long_text_is_read_to_its_end(before: int) -> None:
    filler = ("The bus was late again. " * 1000)[:before]
    phrase = " I want to kill myself. "
    assert crisis_kinds(filler + phrase + filler) == crisis_kinds(phrase) != frozenset()
    assert crisis_kinds(filler) == frozenset()


@pytest.mark.parametrize("unit", ["a", "i ", "to ", "my own ", "dont want to ", "want to just really ", "k i ", "("])
def test_long_input_does_not_hang(unit: str) -> None:
    phrase_list()
    start = time.process_time()
    crisis_matches((unit * 600)[:600])
    assert time.process_time() - start < 2


ENTRY = (
    '{"version": 1, "denial": {"words": "not", "between": "i"}, "words": {}, "spellings": {}, "keywords": [], '
    '"strong": [], '
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "phrases.json, which cannot be read"),
        ("{", "which cannot be read .*expected JSON"),
        ("[]", "cannot be used"),
        ('{"version": 1}', "KeyError: 'words'"),
        (ENTRY + '"benign": [], "rules": [{"id": "x", "kind": "suicide", "why": "y", "patterns": []}]}', "why or pat"),
        (ENTRY + '"benign": [], "rules": [{"id": "x", "kind": "suicide", "why": "y", "patterns": [""]}]}', "an empty"),
        (ENTRY + '"benign": [], "rules": [{"id": "x", "kind": "mood", "why": "y", "patterns": ["a"]}]}', "x: kind"),
        (ENTRY + '"benign": [], "rules": [{"id": "x", "kind": "abuse", "why": "y", "patterns": ["@gone"]}]}', "gone"),
    ],
)
def test_a_broken_list_is_an_error_never_an_empty_list(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "phrases.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CareDataError, match=message) as caught:
        phrase_list(path)
    assert "\n" not in str(caught.value)
