"""A head that is added to a trained scorer: what it learns, and that nothing else changes."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emorl.errors import ConfigError
from emorl.scoring.load import ScorerFolders
from tests.scoring.tiny import write_scorer
from tests.training.texts import NOUNS, corpora_with, label, own
from training.grades.affirmation import FULL, LITTLE, NONE, PRAISE, affirmation_groups
from training.grades.graded import Sources
from training.head import add_heads

OWN = [own(noun) for noun in NOUNS]
READ = (label(OWN[0].statement, "You sold it.", 2), label("Nobody wrote to this.", "You sold it.", 2))
SOURCES = Sources(corpora_with(OWN), READ, (), "train")


@pytest.fixture
def folder(tiny_base, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    return write_scorer(tmp_path / "shared-ship", tiny_base, ["faithfulness", "empathy"], stands_on="base")


def test_grades_of_affirmation_by_hand() -> None:
    grades: dict[str, set[float]] = {}
    for seed in range(8):
        for group in affirmation_groups(SOURCES, random.Random(seed)):
            for item in group:
                grades.setdefault(item.kind, set()).add(item.grade)
                assert (item.grade == FULL) == (
                    item.reply in {o.affirming for o in OWN if o.statement == item.statement}
                )
                if item.kind == "praise and plain":
                    assert any(item.reply.startswith(praise) for praise in PRAISE)
    assert grades == {
        "affirming": {FULL},
        "plain": {LITTLE},
        **dict.fromkeys(("praise", "praise and plain", "vague", "of another", "contrast", "read"), {NONE}),
    }


def test_the_new_head_tells_an_affirmation_and_the_others_stay_as_they_were(tiny_base, folder) -> None:
    before = load_file(folder / "head.safetensors")
    assert add_heads(folder, None, SOURCES, seed=1) == ("affirmation",)
    assert json.loads((folder / "scorer.json").read_text())["objectives"] == ["faithfulness", "empathy", "affirmation"]
    after = load_file(folder / "head.safetensors")
    for name, rows in before.items():
        assert after[name].dtype == rows.dtype and after[name].shape == (3, *rows.shape[1:])
        assert torch.equal(after[name][:2], rows)
    score = ScorerFolders(tiny_base, None).load(folder, "affirmation").score
    said = [o.statement for o in OWN]
    good, plain = score(said, [o.affirming for o in OWN]), score(said, [o.simple for o in OWN])
    assert (good > plain).float().mean() > 0.7
    assert (good > score(said, ["Well done!"] * len(said))).float().mean() > 0.9
    assert add_heads(folder, None, SOURCES, seed=2) == ()  # it is there
    assert torch.equal(load_file(folder / "head.safetensors")["weight"], after["weight"])


def test_nothing_to_learn_from_is_said_and_leaves_the_scorer_alone(folder) -> None:
    before = (folder / "head.safetensors").read_bytes()
    with pytest.raises(ConfigError, match="Got no replies that affirmation could be learnt from: expected good and"):
        add_heads(folder, None, Sources(corpora_with(), READ, (), "train"), seed=1)
    assert (folder / "head.safetensors").read_bytes() == before


def test_a_limit_holds_for_statements_with_and_without_a_good_reply(folder, monkeypatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr("training.head._add_head", lambda *args: seen.append(len(args[-1])))
    for limit, expected in ((2, 3), (None, len(NOUNS) + 1)):
        add_heads(folder, None, SOURCES, 1, limit)
        assert seen.pop() == expected
