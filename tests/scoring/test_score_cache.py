"""A score cache scores each distinct pair once."""

from __future__ import annotations

import torch

from emorl.scoring.score_cache import ScoreCache


def test_scores_each_pair_once_and_in_one_batch():
    seen: list[tuple[list[str], list[str]]] = []

    def length(statements, replies):
        seen.append((list(statements), list(replies)))
        return torch.tensor([len(s) + len(r) / 10 for s, r in zip(statements, replies, strict=True)])

    cache = ScoreCache({"length": length, "negative": lambda s, r: -length(s, r)})
    first = cache.rows(["b", "aa", "b"], ["x", "yy", "x"])
    torch.testing.assert_close(torch.tensor(first), torch.tensor([[1.1, -1.1], [2.2, -2.2], [1.1, -1.1]]))
    assert seen[0] == (["aa", "b"], ["yy", "x"])  # sorted, each once
    assert cache.columns(["b", "c"], ["x", "z"])["length"] == [first[0][0], first[0][0]]
    assert seen[-1] == (["c"], ["z"]) and cache.calls == 3
    calls = len(seen)
    assert cache.rows([], []) == [] and cache.rows(["aa"], ["yy"]) == [first[1]] and len(seen) == calls
