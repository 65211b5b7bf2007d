"""Loads each corpus from the owners' file or a prepared JSONL, and says which ones are missing.

PAIR (Min et al. 2022), AnnoMI (`annomi`), EPITOME's Reddit part (Sharma et al. 2020), Psych8k (Liu et al.
2023) and our own statements. Where both forms of a corpus are in the folder, the prepared one is read, with
its splits.
Left out: fetching. PAIR's `suspect` responses (misplaced by its owners) are dropped, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from emorl.errors import CorpusError
from emorl.own_split import split_by_text, words
from emorl.resources import data_path
from training.data import annomi
from training.data.reading import Row, read_csv, read_json_list, read_jsonl
from training.data.records import (
    SPLITS,
    Corpora,
    EmpathyExample,
    Example,
    Exchange,
    MissingCorpus,
    OwnStatement,
    RankedGroup,
)
from training.data.splits import near_groups, split_groups

MANNERS = ("spoken", "written")
OWN_PATH = data_path("reflections.jsonl")
HIGH, MEDIUM, LOW = ("hq1", "hq2"), ("mq1",), ("lq1", "lq2", "lq3", "lq4", "lq5")
PAIR_COLUMNS = ("prompt", *HIGH, *MEDIUM, *LOW)
PAIR_KEYS = ("prompt_id", "dialogue_id", "prompt", "response", "level", "suspect", "split")
EPITOME_COLUMNS = ("sp_id", "rp_id", "seeker_post", "response_post", "level")
EPITOME_KEYS = ("prompt", "response", "emotional_reaction", "split")
LEVELS = ("0", "1", "2")

MISSING = {
    "pair": MissingCorpus(
        "pair",
        "topic_clean_umich.csv from github.com/MichiganNLP/dynaopt, or the lab's own pair_data.csv",
        "the scorers rank our own statements only, and the warm start has no PAIR reflections",
    ),
    "annomi": MissingCorpus(
        "annomi",
        "AnnoMI-full.csv from github.com/uccollab/AnnoMI",
        "no spoken reflections in the warm start, and no client turns among the prompts",
    ),
    "epitome": MissingCorpus(
        "epitome",
        "emotional-reactions-reddit.csv from github.com/behavioral-data/Empathy-Mental-Health",
        "nothing changes: no scorer is trained on it any more; it only serves to test transfer",
    ),
    "psych8k": MissingCorpus(
        "psych8k",
        "Psych8k.json from huggingface.co/datasets/EmoCareAI/Psych8k, after accepting its terms",
        "the warm start goes without it",
    ),
}


def load_corpora(folder: Path | None, own: Path = OWN_PATH, seed: int = 13) -> Corpora:
    """Reads all corpora.

    Args:
        folder: Where the corpora are; None for our own statements alone.
        own: Our statements.
        seed: Seed of the splits of owners' files; prepared files and our own statements keep theirs.

    Raises:
        CorpusError: The folder or our own file does not exist, or a line does not have the owners' form.
    """
    if folder is not None and not folder.is_dir():
        raise CorpusError.at(str(folder), "no such folder", "one with corpora", "leave it out to train without")
    statements = load_own(own)
    pair: tuple[RankedGroup, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    epitome: tuple[EmpathyExample, ...] = ()
    psych8k: tuple[Example, ...] = ()
    if path := _first(folder, "pair_long.jsonl"):
        pair = load_pair_prepared(path)
    elif path := _first(folder, "pair_data.csv", "topic_clean_umich.csv"):
        pair = load_pair_raw(path, seed)
    if path := _first(folder, "annomi_reflections.jsonl"):
        exchanges = annomi.load_prepared(path)
    elif path := _first(folder, "AnnoMI-full.csv"):
        exchanges = annomi.load_raw(path, seed)
    if path := _first(folder, "epitome_empathy.jsonl"):
        epitome = load_epitome_prepared(path)
    elif path := _first(folder, "emotional-reactions-reddit.csv"):
        epitome = load_epitome_raw(path, seed)
    if path := _first(folder, "Psych8k.json", "Alpaca_data.json"):
        psych8k = load_psych8k(path, seed)
    found = {"pair": pair, "annomi": exchanges, "epitome": epitome, "psych8k": psych8k}
    missing = tuple(MISSING[name] for name, records in found.items() if not records)
    return Corpora(statements, pair, exchanges, epitome, psych8k, missing)


def load_own(path: Path) -> tuple[OwnStatement, ...]:
    """Our statements, each split by its own words.

    Raises:
        CorpusError: No such file, an empty one, a line without one of its texts, or a manner other than the two.
    """
    if not path.is_file():
        raise CorpusError.at(str(path), "no such file", "our own statements", "restore it from the repository")
    keys = ("topic", "statement", "simple", "complex", "empathic")
    statements = []
    for row in read_jsonl(path, (*keys, "manner")):
        texts = {key: row.text(key) for key in keys}
        if "affirming" in row.values:
            texts["affirming"] = row.text("affirming")
        manner, split = row.choice("manner", MANNERS), split_by_text(texts["statement"])
        statements.append(OwnStatement(**texts, manner=manner, split=split))
    return tuple(statements)


def load_pair_raw(path: Path, seed: int) -> tuple[RankedGroup, ...]:
    """PAIR from `pair_data.csv` (header) or `topic_clean_umich.csv` (no header, topic in a tenth column).

    A blank response is left out (the owners' copy has one); a blank prompt is a fault.

    Raises:
        CorpusError: Other columns, a blank prompt, or a prompt without a high or a low response.
    """
    header = path.name == "pair_data.csv"
    rows = list(read_csv(path, PAIR_COLUMNS if header else (*PAIR_COLUMNS, "topic"), header))
    texts = [row.text("prompt") for row in rows]
    if not header and tuple(rows[0].values.values())[:9] == PAIR_COLUMNS:
        raise rows[0].fault("a header", "none in this file", "rename the file to pair_data.csv")
    groups = near_groups([f"pair-{' '.join(words(text))}" for text in texts], texts, min_words=5)
    splits = split_groups(groups, seed)
    number = {group: f"pair-{n:03d}" for n, group in enumerate(dict.fromkeys(groups))}
    ranked = []
    for row, text, group in zip(rows, texts, groups, strict=True):
        high, medium, low = (
            tuple(cell for name in names if (cell := row.text(name, empty=True))) for names in (HIGH, MEDIUM, LOW)
        )
        ranked.append(_ranked(row, text, (low, medium, high), number[group], splits[group]))
    return tuple(ranked)


def load_pair_prepared(path: Path) -> tuple[RankedGroup, ...]:
    """PAIR from `pair_long.jsonl`, one response a line, with its splits.

    Raises:
        CorpusError: A fault in a line, a group in two splits, or a prompt without a high or a low response.
    """
    first: dict[str, Row] = {}
    levels: dict[str, tuple[list[str], list[str], list[str]]] = {}
    splits: dict[str, str] = {}
    for row in read_jsonl(path, PAIR_KEYS):
        name, group, split = row.text("prompt_id"), row.text("dialogue_id"), row.choice("split", SPLITS)
        if splits.setdefault(group, split) != split:
            raise row.fault(f"group {group} in {split}", f"{splits[group]}, as before", "prepare the file again")
        first.setdefault(name, row)
        response, level = row.text("response"), int(row.choice("level", LEVELS))
        if not row.flag("suspect"):
            levels.setdefault(name, ([], [], []))[level].append(response)
    ranked = []
    for name, row in first.items():
        low, medium, high = (tuple(texts) for texts in levels.get(name, ([], [], [])))
        group = row.text("dialogue_id")
        ranked.append(_ranked(row, row.text("prompt"), (low, medium, high), group, splits[group]))
    return tuple(ranked)


def load_epitome_raw(path: Path, seed: int) -> tuple[EmpathyExample, ...]:
    """EPITOME's emotional reactions; duplicate lines are merged, contradictory ones dropped.

    Raises:
        CorpusError: A missing column, a blank post, or a level other than 0, 1, 2.
    """
    rows = [
        (row.text("seeker_post"), row.text("response_post"), int(row.choice("level", LEVELS)))
        for row in read_csv(path, EPITOME_COLUMNS)
    ]
    pairs = _agreed(rows)
    prompts = [prompt for prompt, _, _ in pairs]
    groups = near_groups([" ".join(words(text)) for text in prompts], prompts, min_words=5)
    splits = split_groups(groups, seed)
    return tuple(EmpathyExample(*pair, split=splits[group]) for pair, group in zip(pairs, groups, strict=True))


def load_epitome_prepared(path: Path) -> tuple[EmpathyExample, ...]:
    """EPITOME from `epitome_empathy.jsonl`, with its splits.

    Raises:
        CorpusError: A fault in a line.
    """
    return tuple(
        EmpathyExample(
            prompt=row.text("prompt"),
            reply=row.text("response"),
            level=int(row.choice("emotional_reaction", LEVELS)),
            split=row.choice("split", SPLITS),
        )
        for row in read_jsonl(path, EPITOME_KEYS)
    )


def load_psych8k(path: Path, seed: int) -> tuple[Example, ...]:
    """Psych8k: `input` is the client, `output` the counsellor; `instruction` is ignored.

    Raises:
        CorpusError: No list of objects with these three keys, or a blank text.
    """
    rows = list(read_json_list(path, ("instruction", "input", "output")))
    pairs = [(row.text("input"), row.text("output")) for row in rows]
    prompts = [prompt for prompt, _ in pairs]
    groups = near_groups([" ".join(words(text)) for text in prompts], prompts, min_words=5)
    splits = split_groups(groups, seed)
    return tuple(Example(*pair, "psych8k", splits[group]) for pair, group in zip(pairs, groups, strict=True))


def _first(folder: Path | None, *names: str) -> Path | None:
    if folder is None:
        return None
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _ranked(
    row: Row,
    prompt: str,
    levels: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    group: str,
    split: str,
) -> RankedGroup:
    low, medium, high = levels
    if not high or not low:
        got = f"{len(high)} high and {len(low)} low responses"
        raise row.fault(got, "at least one of each", "restore the line from the owners' file")
    return RankedGroup(prompt, high, medium, low, group, split)


def _agreed(rows: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Each pair of posts once, without those that carry two levels."""
    levels: dict[tuple[str, str], set[int]] = {}
    for prompt, reply, level in rows:
        levels.setdefault((prompt, reply), set()).add(level)
    return [(prompt, reply, min(found)) for (prompt, reply), found in levels.items() if len(found) == 1]
