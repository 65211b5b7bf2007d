"""The atlas benchmark runs, on the tiny model, and finds equal tokens."""

from __future__ import annotations

import pytest
import torch

from emorl.atlas import grow_atlas
from tests.atlas.test_tree import PROMPT
from tests.benchmarks import atlas as benchmark


@pytest.mark.parametrize(("objectives", "points"), [(1, 1), (2, 33), (3, 561), (4, 6545)])
def test_the_raster_has_every_point_once(objectives, points):
    raster = benchmark.raster(objectives)
    assert len(set(raster)) == len(raster) == points and {sum(point) for point in raster} == {32}


def test_rows_and_ratios(decoder):
    def score(number, replies):
        return [sum(reply) % 17 / 17 for reply in replies]

    result = benchmark.run(decoder, [PROMPT], score, points=20, threads=torch.get_num_threads(), max_tokens=5)
    (row,) = result["rows"]
    *_, atlas = grow_atlas(decoder, PROMPT, max_tokens=5)
    assert result["tokens_equal"] is True and row["points"] == 20
    assert row["regions"] == len(atlas.regions) > 10 and row["steps"] == atlas.decode_steps
    assert 0 < row["on_raster"] and row["best_score"] >= row["grid_score"] - 1e-9
    assert 0 < row["steps"] < row["raster_steps"] and row["grid_steps"] <= 4 * row["grid_directions"] <= 4 * 103
    assert set(result) >= {"rows", "ratios", "tokens_equal", "versions", "threads"}
