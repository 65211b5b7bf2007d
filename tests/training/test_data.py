"""Corpora in the owners' formats, as tiny files of invented text: reading, faults, splits, selection."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emorl.errors import CorpusError
from emorl.own_split import split_by_text, words
from tests.training.texts import NOUNS, own_line, write_jsonl
from training.data import (
    SPLITS,
    Corpora,
    Exchange,
    load_corpora,
    mentions_self_harm,
    rl_prompts,
    warmstart_examples,
)
from training.data.annomi import clean_speech
from training.data.cli import data
from training.data.splits import near_groups, near_pairs, split_groups

PAIR_HEADER = ["prompt", "hq1", "hq2", "mq1", "lq1", "lq2", "lq3", "lq4", "lq5"]
ANNOMI_HEADER = [
    "mi_quality",
    "transcript_id",
    "video_title",
    "video_url",
    "topic",
    "utterance_id",
    "interlocutor",
    "timestamp",
    "utterance_text",
    "annotator_id",
    "therapist_input_exists",
    "therapist_input_subtype",
    "reflection_exists",
    "reflection_subtype",
    "question_exists",
    "question_subtype",
    "main_therapist_behaviour",
    "client_talk_type",
]
EPITOME_HEADER = ["sp_id", "rp_id", "seeker_post", "response_post", "level", "rationales"]
CLIENT = "My neighbour plays the drums all night and I never sleep."


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "reflections.jsonl"
    write_jsonl(
        path,
        [own_line(f"I keep losing my {noun} whenever the {NOUNS[i - 1]} is busy.") for i, noun in enumerate(NOUNS)],
    )
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "corpora"
    path.mkdir()
    return path


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def pair_row(noun: str, prompt: str | None = None) -> list[str]:
    prompt = prompt or f"{noun} {noun}s {noun}ish frighten me."
    return [
        prompt,
        f"You dread the {noun}.",
        f"The {noun} weighs on you.",
        f"It is the {noun}.",
        "Buy one.",
        "Why?",
        "ok",
        "no",
        "hm",
    ]


def annomi_row(
    number: int,
    who: str,
    text: str,
    behaviour: str = "n/a",
    subtype: str = "n/a",
    dialogue: str = "1",
    annotator: int = 1,
    **over: str,
) -> list[str]:
    row = dict.fromkeys(ANNOMI_HEADER, "n/a")
    row |= {"mi_quality": "high", "transcript_id": dialogue, "utterance_id": str(number), "interlocutor": who}
    row |= {"utterance_text": text, "main_therapist_behaviour": behaviour, "reflection_subtype": subtype}
    row |= {"annotator_id": str(annotator), "question_exists": "n/a" if who == "client" else "False"}
    return list((row | over).values())


def annomi(folder: Path, own: Path, *rows: list[str]) -> tuple[Exchange, ...]:
    write_csv(folder / "AnnoMI-full.csv", [ANNOMI_HEADER, *rows])
    return load_corpora(folder, own).annomi


def prepared_exchange(prompt: str, reply: str, **over: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "dialogue_id": "d1",
        "prompt": prompt,
        "response": reply,
        "label": "complex reflection",
        "quality": "high",
    }
    row |= {"has_question": False, "fragment": False, "inaudible": False, "split": "train"}
    return row | over


# ---------------------------------------------------------------- our own statements


def test_own_statements_alone(own: Path) -> None:
    corpora = load_corpora(None, own)
    assert len(corpora.own) == 15
    first = corpora.own[0]
    assert (first.topic, first.manner, first.affirming) == ("loss", "spoken", "")
    assert first.replies == (
        "Things keep going missing for you.",
        "Losing it again leaves you feeling out of control.",
        "It's frustrating to lose it just when you need it.",
    )
    assert [corpus.name for corpus in corpora.missing] == ["pair", "annomi", "epitome", "psych8k"]
    assert all(corpus.published and corpus.without for corpus in corpora.missing)


def test_own_split_does_not_move_when_lines_are_added(own: Path) -> None:
    before = {record.statement: record.split for record in load_corpora(None, own).own}
    lines = own.read_text().splitlines()
    own.write_text("\n".join([json.dumps(own_line("A wholly new line comes first.")), *reversed(lines)]))
    after = {record.statement: record.split for record in load_corpora(None, own, seed=99).own}
    assert before.items() <= after.items()


def test_own_split_shares_and_spelling() -> None:
    splits = [split_by_text(f"statement number {n}") for n in range(4000)]
    assert splits.count("train") / 4000 == pytest.approx(0.85, abs=0.02)
    assert splits.count("validation") / 4000 == pytest.approx(0.07, abs=0.015)
    assert splits.count("test") / 4000 == pytest.approx(0.08, abs=0.015)
    assert split_by_text("I'm  TIRED, today!") == split_by_text("i’m tired today")


def test_missing_and_empty_own_file_are_named(tmp_path: Path) -> None:
    absent = tmp_path / "none.jsonl"
    with pytest.raises(CorpusError, match=r"none\.jsonl: got no such file"):
        load_corpora(None, absent)
    absent.write_text("\n\n")
    with pytest.raises(CorpusError, match=r"none\.jsonl:1: got an empty file, expected"):
        load_corpora(None, absent)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", r":2: got broken JSON"),
        ("[1]", r":2: got \[1\], expected a JSON object"),
        ({"empathic": None}, r":2: got empathic = None, expected a text"),
        ({"statement": " "}, r":2: got an empty statement"),
        ({"simple": 7}, r":2: got simple = 7, expected a text"),
        ({"affirming": ""}, r":2: got an empty affirming, expected some text; fill it in or take the line out"),
        ({"manner": "sung"}, r":2: got manner = 'sung', expected one of spoken, written"),
        (
            '{"topic": "a", "statement": "b", "simple": "c", "complex": "d"}',
            r":2: got no empathic, manner, expected the keys topic, statement, simple, complex, empathic, manner",
        ),
    ],
)
def test_faults_of_an_own_line(own: Path, line: str | dict[str, Any], message: str) -> None:
    if isinstance(line, dict):
        line = json.dumps(own_line("A line with a fault.") | line)
    own.write_text(json.dumps(own_line("A good first line.")) + "\n" + line + "\n")
    with pytest.raises(CorpusError, match=message):
        load_corpora(None, own)


def test_own_file_that_is_not_utf8(own: Path) -> None:
    own.write_bytes(b'{"topic": "caf\xe9"}\n')
    with pytest.raises(CorpusError, match=r":1: got bytes that are not UTF-8"):
        load_corpora(None, own)


def test_no_such_folder(own: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere: got no such folder.*leave it out"):
        load_corpora(tmp_path / "nowhere", own)


# ---------------------------------------------------------------- PAIR


def test_pair_with_header(folder: Path, own: Path) -> None:
    rows = [pair_row(noun) for noun in NOUNS]
    rows[0][5] = ""  # a blank response is left out
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, *rows])
    corpora = load_corpora(folder, own)
    first = corpora.pair[0]
    assert len(corpora.pair) == 15
    assert first.high == ("You dread the garden.", "The garden weighs on you.")
    assert first.medium == ("It is the garden.",)
    assert first.low == ("Buy one.", "ok", "no", "hm")
    assert "pair" not in [corpus.name for corpus in corpora.missing]


def test_pair_without_header_has_a_topic(folder: Path, own: Path) -> None:
    write_csv(folder / "topic_clean_umich.csv", [[*pair_row(noun), "weather"] for noun in NOUNS])
    assert [group.prompt.split()[0] for group in load_corpora(folder, own).pair] == NOUNS


def test_pair_splits_do_not_depend_on_line_order(folder: Path, own: Path) -> None:
    rows = [pair_row(noun) for noun in NOUNS]
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, *rows])
    one = {group.prompt: group.split for group in load_corpora(folder, own).pair}
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, *reversed(rows)])
    other = {group.prompt: group.split for group in load_corpora(folder, own).pair}
    assert one == other
    assert set(one.values()) == set(SPLITS)


def test_near_duplicate_prompts_share_group_and_split(folder: Path, own: Path) -> None:
    twins = [f"I told the {noun} people twice that the fence is broken." for noun in NOUNS]
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, *(pair_row(n, p) for n, p in zip(NOUNS, twins, strict=True))])
    pair = load_corpora(folder, own).pair
    assert len({group.group for group in pair}) == 1
    assert len({group.split for group in pair}) == 1


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        ("pair_data.csv", [PAIR_HEADER[:-1], pair_row("kite")[:-1]], r":1: got a header without lq5"),
        ("pair_data.csv", [PAIR_HEADER], r":1: got no records"),
        ("pair_data.csv", [PAIR_HEADER, pair_row("kite"), ["only", "two"]], r":3: got 2 columns, expected 9"),
        ("pair_data.csv", [PAIR_HEADER, ["", *pair_row("kite")[1:]]], r":2: got an empty prompt"),
        (
            "pair_data.csv",
            [PAIR_HEADER, ["p", "", " ", "m", *"abcde"]],
            r":2: got 0 high and 5 low responses",
        ),
        ("topic_clean_umich.csv", [pair_row("kite")], r":1: got 9 columns, expected 10"),
        ("topic_clean_umich.csv", [[*PAIR_HEADER, "topic"], [*pair_row("kite"), "t"]], r":1: got a header"),
    ],
)
def test_faults_of_pair(folder: Path, own: Path, name: str, rows: list[list[str]], message: str) -> None:
    write_csv(folder / name, rows)
    with pytest.raises(CorpusError, match=name.replace(".", r"\.") + message):
        load_corpora(folder, own)


def test_fault_after_a_record_of_several_lines(folder: Path, own: Path) -> None:
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, pair_row("kite", "one\ntwo\nthree"), ["short"]])
    with pytest.raises(CorpusError, match=r"pair_data\.csv:5: got 1 columns"):
        load_corpora(folder, own)


def test_open_quote_and_wrong_encoding(folder: Path, own: Path) -> None:
    path = folder / "pair_data.csv"
    path.write_text(",".join(PAIR_HEADER) + '\n"never closed,a,b\n')
    with pytest.raises(CorpusError, match=r":2: got broken CSV"):
        load_corpora(folder, own)
    path.write_bytes(",".join(PAIR_HEADER).encode() + b"\ncaf\xe9,1,2,3,4,5,6,7,8\n")
    with pytest.raises(CorpusError, match="not UTF-8"):
        load_corpora(folder, own)


def prepared_pair(number: int, level: int, response: str, split: str = "test", **over: Any) -> dict[str, Any]:
    row = {
        "prompt_id": f"p{number}",
        "dialogue_id": f"g{number}",
        "prompt": f"prompt {number}",
        "response": response,
    }
    return row | {"level": level, "suspect": False, "split": split} | over


def test_prepared_pair_is_preferred_and_keeps_its_split(folder: Path, own: Path) -> None:
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, pair_row("kite")])
    rows = [prepared_pair(1, 2, "best"), prepared_pair(1, 1, "fair"), prepared_pair(1, 0, "poor")]
    rows += [prepared_pair(1, 2, "misplaced", suspect=True)]
    write_jsonl(folder / "pair_long.jsonl", rows)
    (group,) = load_corpora(folder, own).pair
    assert (group.high, group.medium, group.low) == (("best",), ("fair",), ("poor",))
    assert (group.group, group.split) == ("g1", "test")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (prepared_pair(1, 3, "x"), r":3: got level = 3, expected one of 0, 1, 2"),
        (prepared_pair(1, 1, "x", split="dev"), r":3: got split = 'dev', expected one of train"),
        (prepared_pair(1, 1, "x", split="train"), r":3: got group g1 in train, expected test, as before"),
        (prepared_pair(1, 1, "x", suspect="no"), r":3: got suspect = 'no', expected true or false"),
        (prepared_pair(2, 1, "x"), r":3: got 0 high and 0 low"),
    ],
)
def test_faults_of_prepared_pair(folder: Path, own: Path, row: dict[str, Any], message: str) -> None:
    write_jsonl(folder / "pair_long.jsonl", [prepared_pair(1, 2, "best"), prepared_pair(1, 0, "poor"), row])
    with pytest.raises(CorpusError, match=message):
        load_corpora(folder, own)


# ---------------------------------------------------------------- AnnoMI


def test_annomi_joins_client_turns_and_skips_hums(folder: Path, own: Path) -> None:
    exchanges = annomi(
        folder,
        own,
        annomi_row(0, "therapist", "What brings you here?", "question", question_exists="True"),
        annomi_row(1, "client", "My neighbour, um, plays the drums."),
        annomi_row(2, "therapist", "Mm-hmm.", "other"),
        annomi_row(3, "client", "All night. [sighs]"),
        annomi_row(4, "therapist", "Uh, so you-- you hardly sleep.", "reflection", "complex"),
        annomi_row(5, "client", "Yeah."),
        annomi_row(6, "therapist", "And nobody listens to you. Right?", "reflection", "simple"),
        annomi_row(7, "client", "Yeah."),
        annomi_row(8, "therapist", "Okay, we could write to the landl-", "therapist_input"),
    )
    assert [e.prompt for e in exchanges] == [
        "",
        "My neighbour plays the drums. All night.",
        "My neighbour plays the drums. All night.",  # the first "Yeah." follows no question
        "Yeah.",  # the second answers one
    ]
    assert [e.kind for e in exchanges] == ["question", "complex", "simple", "input"]
    assert exchanges[1].reply == "So you hardly sleep."
    assert [e.asks for e in exchanges] == [True, False, True, False]
    assert [e.fragment for e in exchanges] == [False, False, False, True]
    assert (exchanges[1].prompt_words, exchanges[1].reply_words) == (7, 4)
    assert {e.dialogue for e in exchanges} == {"annomi-1"}


def test_annomi_majority_vote(folder: Path, own: Path) -> None:
    votes = [
        ("reflection", "simple"),
        ("question", "n/a"),
        ("reflection", "complex"),
        ("reflection", "complex"),
    ]
    rows = [annomi_row(1, "therapist", "You sound worn out.", *vote, annotator=i) for i, vote in enumerate(votes)]
    tie = [("reflection", "simple"), ("question", "n/a")]
    rows += [annomi_row(2, "therapist", "So it hurts you.", *vote, annotator=i) for i, vote in enumerate(tie)]
    rows += [annomi_row(3, "therapist", "You said so.", "reflection", "n/a")]
    assert [e.kind for e in annomi(folder, own, *rows)] == ["complex", "question", "simple"]


def test_annomi_order_is_numeric_and_inaudible_is_flagged(folder: Path, own: Path) -> None:
    exchanges = annomi(
        folder,
        own,
        annomi_row(10, "therapist", "You miss [unintelligible 00:01:02] a lot.", "reflection", "simple"),
        annomi_row(9, "client", "I miss the sea."),
    )
    assert exchanges[0].prompt == "I miss the sea."
    assert (exchanges[0].reply, exchanges[0].inaudible) == ("You miss a lot.", True)


def test_annomi_dialogues_stay_whole(folder: Path, own: Path) -> None:
    rows = []
    for dialogue in range(30):
        for turn in range(0, 8, 2):
            rows.append(annomi_row(turn, "client", "Yes, that is so.", dialogue=str(dialogue)))
            rows.append(annomi_row(turn + 1, "therapist", "You see it.", "reflection", "simple", str(dialogue)))
    splits: dict[str, set[str]] = {}
    for exchange in annomi(folder, own, *rows):
        splits.setdefault(exchange.dialogue, set()).add(exchange.split)
    assert all(len(found) == 1 for found in splits.values())
    counts = [sum(found == {name} for found in splits.values()) for name in SPLITS]
    assert counts == [24, 3, 3]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            annomi_row(1, "nurse", "Hello."),
            r":2: got interlocutor = 'nurse', expected one of client, therapist",
        ),
        (annomi_row(1, "therapist", "Hello.", "song"), r":2: got main_therapist_behaviour = 'song'"),
        (annomi_row(1, "therapist", "Hello.", "reflection", "deep"), r":2: got reflection_subtype = 'deep'"),
        (annomi_row(1, "client", "Hello.", mi_quality="fair"), r":2: got mi_quality = 'fair'"),
        (
            annomi_row(1, "client", "Hello.", utterance_id="one"),
            r":2: got utterance_id = one, expected a whole number",
        ),
        (
            annomi_row(1, "therapist", "Hello.", "other", question_exists="so"),
            r":2: got question_exists = 'so'",
        ),
    ],
)
def test_faults_of_annomi(folder: Path, own: Path, row: list[str], message: str) -> None:
    with pytest.raises(CorpusError, match=r"AnnoMI-full\.csv" + message):
        annomi(folder, own, row)


def test_prepared_annomi_keeps_its_splits_and_an_unknown_label_is_refused(folder: Path, own: Path) -> None:
    rows = [prepared_exchange(CLIENT, "You are worn out.", label="therapist_input", split="validation", fragment=True)]
    write_jsonl(folder / "annomi_reflections.jsonl", rows)
    (exchange,) = load_corpora(folder, own).annomi
    assert (exchange.kind, exchange.split, exchange.fragment) == ("input", "validation", True)
    write_jsonl(folder / "annomi_reflections.jsonl", [prepared_exchange(CLIENT, "Yes.", label="deep")])
    with pytest.raises(CorpusError, match=r"annomi_reflections\.jsonl:1: got label = 'deep'"):
        load_corpora(folder, own)


@pytest.mark.parametrize(
    ("spoken", "clean"),
    [
        ("Um, I-I went, uh, home.", "I went home."),
        ("Th- that is, you know, my-my dog.", "That is, you know, my dog."),
        ("I blo- I forgot. [laughs] but it's fine", "I forgot. But it's fine"),
        ("I'm-- I'm well-known.", "I'm well-known."),
        ("A hum and a drum.", "A hum and a drum."),
    ],
)
def test_speech_is_cleaned_of_markers_fillers_and_stutters(spoken: str, clean: str) -> None:
    assert clean_speech(spoken) == clean


# ---------------------------------------------------------------- EPITOME and Psych8k


def epitome_rows(*triples: tuple[str, str, object]) -> list[list[object]]:
    return [list(EPITOME_HEADER), *([f"s{i}", f"r{i}", *triple, ""] for i, triple in enumerate(triples))]


def test_epitome_merges_doubles_and_drops_contradictions(folder: Path, own: Path) -> None:
    triples = [
        ("I lost my kite.", "Oh no!", 1),
        ("I lost my kite.", "Oh no!", 1),
        ("I won.", "Hm.", 0),
        ("I won.", "Hm.", 2),
    ]
    write_csv(folder / "emotional-reactions-reddit.csv", epitome_rows(*triples))
    (example,) = load_corpora(folder, own).epitome
    assert (example.prompt, example.reply, example.level) == ("I lost my kite.", "Oh no!", 1)


def test_epitome_prompt_stays_on_one_side(folder: Path, own: Path) -> None:
    triples = [(f"My {noun} is gone", f"reply {n}", n % 3) for noun in NOUNS for n in range(4)]
    write_csv(folder / "emotional-reactions-reddit.csv", epitome_rows(*triples))
    splits: dict[str, set[str]] = {}
    for example in load_corpora(folder, own).epitome:
        splits.setdefault(example.prompt, set()).add(example.split)
    assert all(len(found) == 1 for found in splits.values())


def test_faults_of_epitome(folder: Path, own: Path) -> None:
    write_csv(folder / "emotional-reactions-reddit.csv", epitome_rows(("a", "b", 5)))
    with pytest.raises(CorpusError, match=r"reddit\.csv:2: got level = '5', expected one of 0, 1, 2"):
        load_corpora(folder, own)
    rows = {"prompt": "a", "response": "b", "emotional_reaction": 2, "split": "train"}
    write_jsonl(folder / "epitome_empathy.jsonl", [rows])
    assert load_corpora(folder, own).epitome[0].level == 2  # the prepared file is preferred
    write_jsonl(folder / "epitome_empathy.jsonl", [rows | {"emotional_reaction": None}])
    with pytest.raises(CorpusError, match=r"epitome_empathy\.jsonl:1: got emotional_reaction = None"):
        load_corpora(folder, own)


def test_psych8k_is_read_from_its_owners_file(folder: Path, own: Path) -> None:
    rows = [
        {
            "instruction": "Be a counsellor.",
            "input": f"The {noun} scares me.",
            "output": "You feel uneasy around it.",
        }
        for noun in NOUNS
    ]
    (folder / "Psych8k.json").write_text(json.dumps(rows))
    corpora = load_corpora(folder, own)
    assert (corpora.psych8k[0].prompt, corpora.psych8k[0].reply) == (
        "The garden scares me.",
        "You feel uneasy around it.",
    )
    assert "psych8k" not in [corpus.name for corpus in corpora.missing]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", r"Psych8k\.json:1: got broken JSON"),
        ("{}", r":1: got \{\}, expected a list of objects"),
        ("[]", r":1: got \[\], expected a list"),
        ('[{"input": "a", "output": "b"}]', r":1: got no instruction"),
        ('[{"instruction": "a", "input": "b", "output": ""}]', r":1: got an empty output"),
    ],
)
def test_faults_of_psych8k(folder: Path, own: Path, text: str, message: str) -> None:
    (folder / "Psych8k.json").write_text(text)
    with pytest.raises(CorpusError, match=message):
        load_corpora(folder, own)


def test_psych8k_that_is_not_utf8(folder: Path, own: Path) -> None:
    (folder / "Psych8k.json").write_bytes(b'["caf\xe9"]')
    with pytest.raises(CorpusError, match="not UTF-8"):
        load_corpora(folder, own)


# ---------------------------------------------------------------- splits


def test_jaccard_of_one_half_by_hand() -> None:
    assert near_pairs(["a b c", "a b d", "a x y"], 1) == [(0, 1)]  # 2 of 4 words; 1 of 5
    assert near_pairs(["a b c", "a b d"], 4) == []  # too few words to judge


def test_near_pairs_equal_the_quadratic_search() -> None:
    texts = [" ".join(NOUNS[(i * k) % 15] for k in range(1, 3 + i % 6)) for i in range(60)]
    sets = [set(words(text)) for text in texts]
    naive = [(i, j) for j in range(60) for i in range(j) if len(sets[i] & sets[j]) * 2 >= len(sets[i] | sets[j])]
    assert sorted(near_pairs(texts, 1)) == sorted(naive)
    assert naive


def test_groups_are_transitive() -> None:
    texts = ["a b c d", "c d a e", "e f c d", "q r s t"]
    assert near_groups(["k1", "k2", "k3", "k4"], texts, 1) == ["k1", "k1", "k1", "k4"]
    assert near_groups(["k1", "k1"], ["a b", "y z"], 1) == ["k1", "k1"]


def test_split_shares_and_seed() -> None:
    groups = [f"g{n % 100}" for n in range(1000)]
    one, other = split_groups(groups, 13), split_groups(groups, 14)
    assert [list(one.values()).count(name) for name in SPLITS] == [80, 10, 10]
    assert one != other
    assert one == split_groups(sorted(groups), 13)


# ---------------------------------------------------------------- what the runs see


def exchanges_of(folder: Path, own: Path, *rows: dict[str, Any]) -> Corpora:
    write_jsonl(folder / "annomi_reflections.jsonl", rows)
    return load_corpora(folder, own)


def spoken_pairs(corpora: Corpora) -> list[tuple[str, str]]:
    return [(e.prompt, e.reply) for e in warmstart_examples(corpora, "train") if e.corpus == "annomi"]


def test_warm_start_takes_all_own_reflections_and_pair_high(folder: Path, own: Path) -> None:
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, *(pair_row(noun) for noun in NOUNS)])
    corpora = load_corpora(folder, own)
    examples = [example for split in SPLITS for example in warmstart_examples(corpora, split)]
    assert sum(example.corpus == "own" for example in examples) == 15 * 3
    assert {e.reply for e in examples if e.corpus == "pair"} == {reply for g in corpora.pair for reply in g.high}


def test_warm_start_keeps_a_good_spoken_reflection(folder: Path, own: Path) -> None:
    rows = [prepared_exchange(CLIENT + " Mm-hmm.", "Okay. So you feel helpless and worn out.")]
    corpora = exchanges_of(folder, own, *rows, *rows)
    assert spoken_pairs(corpora) == [(CLIENT, "You feel helpless and worn out.")]


@pytest.mark.parametrize(
    "over",
    [
        {"label": "question"},
        {"quality": "low"},
        {"has_question": True},
        {"fragment": True},
        {"inaudible": True},
        {"prompt": "I never sleep at all."},
        {"prompt": "My neighbour plays the - I never sleep at all."},
        {"response": "You feel helpless?"},
        {"response": "You feel helpless."},
        {"response": "you feel helpless and worn out."},
        {"response": "You feel " + "very " * 50 + "tired."},
        {"response": "Drums are loud things at night."},
        {"response": "I'll call your neighbour for you."},
        {"prompt": "My neighbour plays the drums and I want to kill myself."},
    ],
)
def test_warm_start_leaves_out_a_poor_spoken_reflection(folder: Path, own: Path, over: dict[str, Any]) -> None:
    row = prepared_exchange(CLIENT, "You feel helpless and worn out.") | over
    assert spoken_pairs(exchanges_of(folder, own, row)) == []


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("You feel uneasy whenever it comes near.", True),
        ("You should stay away from it.", False),
        ("You feel uneasy; have you told anyone?", False),
        ("Many people are uneasy about it.", False),
        ("You feel " + "very " * 50 + "uneasy.", False),
    ],
)
def test_warm_start_takes_only_reflections_of_psych8k(folder: Path, own: Path, reply: str, kept: bool) -> None:
    (folder / "Psych8k.json").write_text(json.dumps([{"instruction": "", "input": "It scares me.", "output": reply}]))
    corpora = load_corpora(folder, own)
    examples = [example for split in SPLITS for example in warmstart_examples(corpora, split)]
    assert any(example.corpus == "psych8k" for example in examples) is kept


def test_rl_prompts_are_unique_short_and_safe(folder: Path, own: Path) -> None:
    corpora = exchanges_of(
        folder,
        own,
        prepared_exchange(CLIENT, "Yes."),
        prepared_exchange(CLIENT.upper(), "Yes."),
        prepared_exchange("Too short.", "Yes."),
        prepared_exchange("word " * 61, "Yes."),
        prepared_exchange("Some days I think about suicide when the drums play on.", "Yes."),
    )
    own_prompts = rl_prompts(corpora, "train")
    assert own_prompts == [s.statement for s in corpora.own if s.split == "train"]
    prompts = rl_prompts(corpora, "train", transfer=True)
    assert prompts == [*own_prompts, CLIENT]
    assert len(rl_prompts(corpora, "train", max_words=61, transfer=True)) == len(prompts) + 1
    assert CLIENT not in rl_prompts(corpora, "test", transfer=True)


def test_epitome_is_never_an_example_or_a_prompt(folder: Path, own: Path) -> None:
    post = "Nobody came to my puppet show and I feel rather foolish."
    write_csv(
        folder / "emotional-reactions-reddit.csv",
        epitome_rows((post, "You feel foolish about that evening.", 2)),
    )
    corpora = load_corpora(folder, own)
    for split in SPLITS:
        assert post not in rl_prompts(corpora, split)
        assert post not in [example.prompt for example in warmstart_examples(corpora, split)]


@pytest.mark.parametrize("choose", [rl_prompts, warmstart_examples])
def test_unknown_split(own: Path, choose: Any) -> None:
    with pytest.raises(ValueError, match="Got the split 'dev': expected one of train, validation, test"):
        choose(load_corpora(None, own), "dev")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want to kill myself.", True),
        ("Sometimes I don’t want to live.", True),
        ("She thought of suicide.", True),
        ("He took his own life.", True),
        ("They'd be better off without me.", True),
        ("I cut myself to feel something.", True),
        ("Everyone in the house took to their own life and hobbies.", False),
        ("I cut sugar out and I kill time online.", False),
        ("I want to diet.", False),
    ],
)
def test_self_harm_phrases(text: str, found: bool) -> None:
    assert mentions_self_harm(text) is found


# ---------------------------------------------------------------- the command


def test_counts_prints_splits_and_what_is_missing(folder: Path, own: Path) -> None:
    write_csv(folder / "pair_data.csv", [PAIR_HEADER, *(pair_row(noun) for noun in NOUNS)])
    result = CliRunner().invoke(data, ["counts", str(folder), "--own", str(own)])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    counts = {line[:20].strip(): line[20:].split() for line in lines if not line.startswith("missing")}
    assert counts[""] == list(SPLITS)
    assert sum(map(int, counts["pair"])) == sum(map(int, counts["own"])) == 15
    assert sum(map(int, counts["warm-start pairs"])) == 15 * 3 + 15 * 2
    assert sum(map(int, counts["prompts"])) == 15 + 15
    assert counts["annomi"] == ["0", "0", "0"]
    assert [line.split()[1] for line in lines if line.startswith("missing")] == ["annomi.", "epitome.", "psych8k."]


def test_counts_of_our_own_texts_alone(own: Path) -> None:
    result = CliRunner().invoke(data, ["counts", "--own", str(own)])
    assert result.exit_code == 0 and result.output.count("missing: ") == 4


def test_an_affirming_reflection_is_optional_and_an_example_too(tmp_path: Path) -> None:
    extra = {"affirming": "You kept on looking for it."}
    path = write_jsonl(
        tmp_path / "reflections.jsonl",
        [own_line(f"I lost my {noun} in the {noun} shop.", **(extra if i % 2 else {})) for i, noun in enumerate(NOUNS)],
    )
    corpora = load_corpora(None, path)
    assert [o.affirming for o in corpora.own][:2] == ["", "You kept on looking for it."]
    assert [len(o.replies) for o in corpora.own][:2] == [3, 4]
    examples = {(e.prompt, e.reply) for split in SPLITS for e in warmstart_examples(corpora, split)}
    assert len(examples) == 15 * 3 + 7
