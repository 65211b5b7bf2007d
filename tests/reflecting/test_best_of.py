"""Best of n on the tiny ensemble: plan and totals by hand, the choice against candidates written one by one."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from emorl.ensemble import Request, Setting
from emorl.errors import EmorlError
from emorl.models.chance import Chance, log_odds
from emorl.reflecting.best_of import TEMPERATURE, plan, total
from emorl.reflecting.contract import CANDIDATE_FIELDS, FIELDS, reflection_json
from emorl.reflecting.reflection import Draft, Reflection, ReplyScores, StatementAtlas
from tests.reflecting.conftest import NAMES, Counted

MIX = Setting((2.0, 1.0, 1.0))
STATEMENT = "I am tired."


def test_totals_by_hand():
    scored = ReplyScores({"reflection": 0.8, "empathy": 0.4, "fluency": 0.2}, 0.6)
    asked = {"reflection": 0.5, "empathy": 0.25, "fluency": 0.25}
    assert total(asked, scored) == pytest.approx((0.4 + 0.1 + 0.05) * 0.6)
    assert total(asked, ReplyScores(scored.scores, None)) == pytest.approx(0.55)
    assert total(asked, replace(scored, would_say=0.2)) == pytest.approx(0.55 * 0.2)  # it says more than faithfulness
    nobody = dict.fromkeys(NAMES, 0.0)
    assert total(nobody, scored) == 0.6 and total(nobody, ReplyScores(scored.scores, None)) == 1


def test_an_objective_without_a_scorer_does_not_count():
    scored = ReplyScores({"reflection": 0.8}, 0.5)
    assert total({"reflection": 0.5, "calm": 0.5}, scored) == pytest.approx(0.4 * 0.5)
    assert total({"reflection": 0.0, "calm": 1.0}, scored) == 0.5


def test_the_plan_is_greedy_then_the_atlas_then_samples():
    own = Setting((2.0, 1.0, 1.0), 1.5, 0.0, 40)
    atlas: StatementAtlas = {
        "objectives": ["fluency", "reflection"],
        "coverage": 1.0,
        "decode_steps": 2,
        "regions": [
            {"reflection": "One.", "area": 0.5, "polygon": [[0.0, 1.0], [0.5, 0.5]]},
            {"reflection": "Two.", "area": 0.5, "polygon": [[0.5, 0.5], [1.0, 0.0]]},
        ],
        "strength": 1.0,
        "open": 0.0,
        "finished": True,
    }
    assert plan(own, 6, NAMES, atlas) == [
        ("greedy", own),
        ("atlas", Setting((0.75, 0.0, 0.25), 1.0, 0.0, 40)),
        ("atlas", Setting((0.25, 0.0, 0.75), 1.0, 0.0, 40)),
        *(("sampled", Setting((0.5, 0.25, 0.25), 1.5, TEMPERATURE, seed)) for seed in (40, 41, 42)),
    ]
    warm = Setting((1.0, 0.0, 0.0), 1.0, 1.2, 3)
    assert plan(warm, 2, NAMES) == [("greedy", replace(warm, temperature=0.0)), ("sampled", warm)]
    assert plan(own, 1, NAMES, atlas) == [("greedy", own)] and len(plan(own, 2, NAMES, atlas)) == 2


@pytest.mark.parametrize("faithfulness", [None, Counted("4")])
def test_the_choice_is_that_of_candidates_written_and_scored_one_by_one(reflector, faithfulness):
    """The naive twin: each request decoded alone, each text scored alone, the first of the best."""
    reflector.writer.scorers.faithfulness = faithfulness
    own = replace(MIX, seed=11)
    found = reflector.best_of(STATEMENT, 8, own)
    writer = reflector.writer
    texts: dict[str, float] = {}
    for _, setting in plan(own, 8, NAMES):
        text = writer.text(writer.decoder.decode([writer.request([5, 6, 7, 8], setting)])[0].tokens)
        scores = [float(scorer.score([""], [text])[0]) for scorer in writer.scorers.by_objective.values()]
        score = sum(share * value for share, value in zip((0.5, 0.25, 0.25), scores, strict=True))
        texts.setdefault(text, score * (float(faithfulness.score([""], [text])[0]) if faithfulness else 1.0))
    assert len(texts) > 4
    assert {c.reflection: c.total for c in found.candidates} == pytest.approx(texts)
    assert found.reflection == found.candidates[0].reflection == max(texts, key=texts.__getitem__)
    totals = [candidate.total for candidate in found.candidates]
    assert totals == sorted(totals, reverse=True) and len(set(totals)) > 3
    assert (found.faithfulness is None) == (faithfulness is None)
    assert found.faithfulness == found.candidates[0].faithfulness and found.scores == found.candidates[0].scores


def test_faithfulness_can_turn_the_choice(reflector):
    first, second, *_ = reflector.best_of(STATEMENT, 8, MIX).candidates
    reflector.writer.scorers.faithfulness = SimpleNamespace(
        score=lambda statements, replies: torch.tensor([0.0 if r == first.reflection else 1.0 for r in replies])
    )
    turned = reflector.best_of(STATEMENT, 8, MIX)
    assert turned.reflection == second.reflection
    assert next(c for c in turned.candidates if c.reflection == first.reflection).total == 0


def test_how_likely_the_ensemble_finds_its_words_counts_where_the_models_say_how(reflector):
    """The naive twin: log-probabilities of each candidate decoded alone, the estimate worked out anew."""
    writer = reflector.writer
    writer.scorers.faithfulness, writer.scorers.would_say = Counted("4"), Counted("6")
    plain = reflector.best_of(STATEMENT, 8, MIX)
    writer.manifest = replace(writer.manifest, chance=Chance(0.3, 0.5, 0.25, 0.02, 0.5))
    found = reflector.best_of(STATEMENT, 8, MIX)
    assert {c.reflection for c in found.candidates} == {c.reflection for c in plain.candidates}
    assert [c.reflection for c in found.candidates] != [c.reflection for c in plain.candidates]
    for candidate in found.candidates:
        text = candidate.reflection
        logps = writer.decoder.decode([writer.request([5, 6, 7, 8], candidate.setting)])[0].logps
        odds = [0.5 * log_odds(text.count("4") / len(text)), 0.25 * log_odds(text.count("6") / len(text))]
        odds += [0.3, 0.02 * sum(logps), 0.5 * sum(logps) / len(logps)]
        said = 1 / (1 + math.exp(-sum(odds)))
        quality = sum(share * candidate.scores[name] for name, share in zip(NAMES, (0.5, 0.25, 0.25), strict=True))
        assert candidate.would_say == pytest.approx(said) and candidate.total == pytest.approx(quality * said)
    assert found.would_say == found.candidates[0].would_say


def test_every_candidate_can_be_asked_for_again_and_explained(reflector):
    found = reflector.best_of(STATEMENT, 8, replace(MIX, strength=1.3, seed=5))
    assert len(found.candidates) > 4
    for candidate in found.candidates:
        again = reflector.reflect(STATEMENT, candidate.setting)
        assert again.reflection == candidate.reflection and again.scores == pytest.approx(candidate.scores)
        for token in again.tokens:
            assert sum(token.contributions.values()) == pytest.approx(token.margin, abs=1e-4)
    chosen = found.candidates[0]
    assert found.setting == chosen.setting
    alone = reflector.reflect(STATEMENT, chosen.setting)
    assert [t.id for t in found.tokens] == [t.id for t in alone.tokens]
    assert [t.margin for t in found.tokens] == pytest.approx([t.margin for t in alone.tokens], abs=1e-3)
    assert len(reflector.explain(found).words) == len(reflector.explain(alone).words)
    assert reflector.best_of(STATEMENT, 2, MIX, explain=False).tokens == ()


def test_reachable_reflections_of_an_atlas_are_candidates(reflector):
    *_, atlas = reflector.atlas(STATEMENT, max_steps=900, min_area=1e-3)
    regions = [region["reflection"] for region in atlas["regions"]][:8]
    found = reflector.best_of(STATEMENT, 1 + len(regions), Setting((0, 1, 0)), atlas=atlas)
    reached = [candidate for candidate in found.candidates if candidate.made == "atlas"]
    assert len(reached) >= 5 and {c.reflection for c in reached} <= set(regions)
    assert [c.made for c in found.candidates].count("sampled") == 0
    for candidate in found.candidates:  # compared by the shares asked for, not by those that wrote it
        assert candidate.total == pytest.approx(candidate.scores["empathy"])
    assert found.setting == found.candidates[0].setting


def test_one_batch_one_prefill_and_every_text_scored_once(reflector, monkeypatch):
    jobs, rows = [], []
    stream, forward = reflector.writer.scheduler.stream, reflector.writer.decoder.backbone.forward

    def streamed(requests: list[Request], *more: Any) -> Any:
        jobs.append(len(requests))
        return stream(requests, *more)

    def forwarded(ids: torch.Tensor, *more: Any) -> torch.Tensor:
        rows.append(tuple(ids.shape))
        return forward(ids, *more)

    monkeypatch.setattr(reflector.writer.scheduler, "stream", streamed)
    monkeypatch.setattr(reflector.writer.decoder.backbone, "forward", forwarded)
    found = reflector.best_of(STATEMENT, 8, MIX, explain=False)
    assert jobs == [9]  # the base's own reply is the ninth
    assert rows[0] == (1, 4) and all(width == 1 for _, width in rows[1:])  # one prompt is read once
    assert reflector.writer.scorers.by_objective["empathy"].asked <= len({c.reflection for c in found.candidates}) + 1


def test_equal_texts_count_once_and_the_first_of_them_stays(reflector):
    found = reflector.best_of(STATEMENT, 5, replace(MIX, temperature=1e-6))
    (only,) = found.candidates
    assert only.made == "greedy" and only.reflection == reflector.reflect(STATEMENT, MIX).reflection
    assert len(reflector.best_of(STATEMENT, 1, MIX).candidates) == 1


def test_without_weights_the_base_is_sampled_and_faithfulness_decides(reflector):
    reflector.writer.scorers.faithfulness = Counted("4")
    found = reflector.best_of(STATEMENT, 6, Setting((0, 0, 0)))
    assert found.base_reflection == next(c.reflection for c in found.candidates if c.made == "greedy")
    assert all(c.total == c.faithfulness for c in found.candidates) and len(found.candidates) > 2


def test_an_empty_text_is_no_candidate(reflector, monkeypatch):
    plain: Callable[..., str] = reflector.writer.text
    greedy = reflector.best_of(STATEMENT, 1, MIX).reflection
    monkeypatch.setattr(reflector.writer, "text", lambda tokens: "" if plain(tokens) == greedy else plain(tokens))
    assert "" not in {c.reflection for c in reflector.best_of(STATEMENT, 4, MIX).candidates}
    assert reflector.best_of(STATEMENT, 1, MIX).reflection == ""


def test_it_streams_the_greedy_draft_and_closing_frees_the_rows(reflector):
    *drafts, last = reflector.stream_best(STATEMENT, 3, MIX)
    assert isinstance(last, Reflection) and all(isinstance(draft, Draft) for draft in drafts)
    greedy = next(candidate.reflection for candidate in last.candidates if candidate.made == "greedy")
    assert drafts[-1].text == greedy
    finished = [draft.finished for draft in drafts]
    assert finished == sorted(finished) and (finished[0], finished[-1]) == (0, 3)
    steps = reflector.stream_best(STATEMENT, 3, MIX)
    next(steps)
    steps.close()
    deadline = time.monotonic() + 30
    while reflector.writer.scheduler.load() != (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert reflector.writer.scheduler.load() == (0, 0)


def test_the_json_of_scripts(reflector):
    plain = json.loads(json.dumps(reflection_json(reflector.reflect(STATEMENT, MIX), explain=False)))
    assert tuple(plain) == FIELDS and plain["faithfulness"] is None
    best = json.loads(json.dumps(reflection_json(reflector.best_of(STATEMENT, 4, MIX), explain=True)))
    assert tuple(best) == (*FIELDS, "candidates", "tokens")
    assert tuple(best["candidates"][0]) == CANDIDATE_FIELDS


def test_a_reflection_and_the_bases_own_say_whether_they_are_fit(reflector):
    scorers = reflector.writer.scorers
    scorers.faithfulness, scorers.would_say = Counted("4"), Counted("2")
    for found in (reflector.reflect(STATEMENT, MIX), reflector.best_of(STATEMENT, 4, MIX)):
        own, base = (
            scorers.score_replies(STATEMENT, [text])[text] for text in (found.reflection, found.base_reflection)
        )
        assert own != base
        assert (found.faithfulness, found.would_say) == (own.faithfulness, own.would_say)
        assert (found.base_faithfulness, found.base_would_say) == (base.faithfulness, base.would_say)
        assert reflection_json(found, explain=False)["would_say"] == own.would_say


@pytest.mark.parametrize("count", [0, 17, -1, 2.5, True, "8", None])
def test_a_bad_number_of_candidates_is_one_line(reflector, count):
    with pytest.raises(EmorlError, match="candidates to choose the best of: expected a whole number from 1") as caught:
        reflector.best_of(STATEMENT, count, MIX)
    assert "\n" not in str(caught.value)
