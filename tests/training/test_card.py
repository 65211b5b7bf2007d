"""The model card's figures are those of the run's files."""

from __future__ import annotations

import json
from pathlib import Path

from training.card import scorer_tables, span, table


def test_a_table_and_an_interval() -> None:
    assert table(["a", "b"], [[1, "x"]]) == "| a | b |\n|---|---|\n| 1 | x |\n"
    interval = {"mean": 0.125, "low": -0.1, "high": 0.349}
    assert span(interval) == "0.12 (-0.10 to 0.35)" and span(interval, sign=True) == "+0.12 (-0.10 to +0.35)"


def test_the_scorers_tables_by_hand(tmp_path: Path) -> None:
    def split(auc: float) -> dict:
        pair = {"scorer": 0.9, "length_only": 0.555, "opener_only": 0.5, "pairs": 4}
        return {"against readers": {"auc faithful": auc, "faithful": 7}, "own empathic>simple": pair}

    folder = tmp_path / "empathy-ship"
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps({"validation": split(0.876), "test": split(float("nan"))}))
    header = "| {} | scorer | length alone | opener alone | n |\n|---|---|---|---|---|\n"
    row = "| own empathic>simple | 0.90 | 0.56 | 0.50 | 4 |\n"
    assert scorer_tables(tmp_path) == "\n".join([
        "### empathy-ship\n\n| against readers | validation | test |\n|---|---|---|\n"
        "| auc faithful | 0.88 | - |\n| faithful | 7 | 7 |\n",
        header.format("pairs of validation") + row,
        header.format("pairs of test") + row,
    ])  # fmt: skip
    assert scorer_tables(tmp_path / "nowhere") == ""
