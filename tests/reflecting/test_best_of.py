"""Best of n on the tiny ensemble: plan and totals by hand, the choice against candidates written one by one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from emorl.choosing import plan, total
from emorl.contract import FIELDS, reflection_json
from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, Scheduler, StackedLora
from emorl.ensemble.lora import load_adapter
from emorl.errors import EmorlError, WeightError
from emorl.reflection import Draft, Judged, Objective, Reflection
from emorl.reflector import Reflector
from tests.ensemble.conftest import save_random_adapter

NAMES = ["reflection", "empathy", "fluency"]
MIX = {"reflection": 2.0, "empathy": 1.0, "fluency": 1.0}
STATEMENT = "I am tired."


class Words:
    """A tokenizer of 61 words, of which the third ends a reply."""

    def __call__(self, prompt: str) -> Any:
        return SimpleNamespace(input_ids=[5, 6, 7, 8])

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        return "".join(f" w{token}" for token in ids if token != 2)


class Counted:
    """A scorer: how often some letter stands in a reply, as a share of its length; counts what it is asked."""

    def __init__(self, letter: str) -> None:
        self.letter, self.asked = letter, 0

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        self.asked += len(replies)
        return torch.tensor([reply.count(self.letter) / max(1, len(reply)) for reply in replies])


@pytest.fixture(scope="module")
def decoder(tiny_llama, tmp_path_factory) -> EnsembleDecoder:
    root = tmp_path_factory.mktemp("choosing")
    adapters = [load_adapter(save_random_adapter(tiny_llama, root / f"e{k}", seed=10 + k)) for k in range(3)]
    return EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters), [2])


@pytest.fixture
def reflector(decoder) -> Reflector:
    """The real one over the tiny ensemble, without a models folder."""
    made = Reflector.__new__(Reflector)
    made.__dict__ |= {
        "manifest": SimpleNamespace(base_sha256="0" * 64), "tokenizer": Words(), "decoder": decoder,
        "scheduler": Scheduler(decoder), "_last": [], "_one_at_a_time": threading.Lock(),
        "objectives": tuple(Objective(name, name, name, "1" * 64) for name in NAMES),
        "scorers": {name: Counted(letter) for name, letter in zip(NAMES, "135", strict=True)}, "faithfulness": None,
    }  # fmt: skip
    return made


def test_totals_by_hand():
    judged = Judged({"reflection": 0.8, "empathy": 0.4, "fluency": 0.2}, 0.6)
    asked = {"reflection": 0.5, "empathy": 0.25, "fluency": 0.25}
    assert total(asked, judged) == pytest.approx((0.4 + 0.1 + 0.05) * 0.6)
    assert total(asked, Judged(judged.scores, None)) == pytest.approx(0.55)
    nobody = dict.fromkeys(NAMES, 0.0)
    assert total(nobody, judged) == 0.6 and total(nobody, Judged(judged.scores, None)) == 1


def test_the_plan_is_greedy_then_the_atlas_then_samples():
    own = Request([5], [2.0, 1.0, 1.0], 1.5, 0.0, 40)
    atlas = {"objectives": ["fluency", "reflection"], "strength": 1.0, "regions": [
        {"polygon": [[0.0, 1.0], [0.5, 0.5]]}, {"polygon": [[0.5, 0.5], [1.0, 0.0]]},
    ]}  # fmt: skip
    planned = plan(own, 6, NAMES, atlas)
    assert [made for made, _ in planned] == ["greedy", "atlas", "atlas", "sampled", "sampled", "sampled"]
    requests = [request for _, request in planned]
    assert requests[0] == own
    assert [r.weights for r in requests[1:3]] == [[0.75, 0.0, 0.25], [0.25, 0.0, 0.75]]
    assert [(r.strength, r.temperature) for r in requests[1:3]] == [(1.0, 0.0)] * 2
    assert [(r.weights, r.strength, r.temperature, r.seed) for r in requests[3:]] == [
        (own.weights, 1.5, 0.7, seed) for seed in (40, 41, 42)
    ]
    warm = plan(Request([5], [1.0, 0.0, 0.0], 1.0, 1.2, 3), 2, NAMES)
    assert [(made, r.temperature, r.seed) for made, r in warm] == [("greedy", 0.0, 3), ("sampled", 1.2, 3)]
    assert plan(own, 1, NAMES, atlas) == [("greedy", own)] and len(plan(own, 2, NAMES, atlas)) == 2


@pytest.mark.parametrize("faithfulness", [None, Counted("4")])
def test_the_choice_is_that_of_candidates_written_and_scored_one_by_one(reflector, faithfulness):
    """The naive twin: each request decoded alone, each text scored alone, the first of the best."""
    reflector.faithfulness = faithfulness
    found = reflector.best_of(STATEMENT, 8, MIX, seed=11)
    own = Request([5, 6, 7, 8], [2.0, 1.0, 1.0], 1.0, 0.0, 11)
    texts: dict[str, float] = {}
    for _, request in plan(own, 8, NAMES):
        text = reflector.text(reflector.decoder.decode([request])[0].tokens)
        score = sum(w * float(s.score([""], [text])[0]) for w, s in zip((0.5, 0.25, 0.25), reflector.scorers.values(),
                                                                        strict=True))  # fmt: skip
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
    reflector.faithfulness = SimpleNamespace(
        score=lambda statements, replies: torch.tensor([0.0 if r == first.reflection else 1.0 for r in replies])
    )
    turned = reflector.best_of(STATEMENT, 8, MIX)
    assert turned.reflection == second.reflection
    assert next(c for c in turned.candidates if c.reflection == first.reflection).total == 0


def test_every_candidate_can_be_asked_for_again_and_explained(reflector):
    found = reflector.best_of(STATEMENT, 8, MIX, strength=1.3, seed=5)
    assert len(found.candidates) > 4
    for candidate in found.candidates:
        again = reflector.reflect(STATEMENT, candidate.weights, candidate.strength, candidate.temperature,
                                  candidate.seed)  # fmt: skip
        assert again.reflection == candidate.reflection and again.scores == pytest.approx(candidate.scores)
        for token in again.tokens:
            assert sum(token.contributions.values()) == pytest.approx(token.margin, abs=1e-4)
    chosen = found.candidates[0]
    assert (found.weights, found.strength, found.temperature, found.seed) == (
        chosen.weights, chosen.strength, chosen.temperature, chosen.seed
    )  # fmt: skip
    alone = reflector.reflect(STATEMENT, MIX, 1.3, chosen.temperature, chosen.seed)
    assert [t.id for t in found.tokens] == [t.id for t in alone.tokens]
    assert [t.margin for t in found.tokens] == pytest.approx([t.margin for t in alone.tokens], abs=1e-3)
    assert len(reflector.explain(found).words) == len(reflector.explain(alone).words)
    assert reflector.best_of(STATEMENT, 2, MIX, explain=False).tokens == ()


def test_reachable_reflections_of_an_atlas_are_candidates(reflector):
    *_, atlas = reflector.atlas(STATEMENT, max_steps=900, min_area=1e-3)
    regions = [region["reflection"] for region in atlas["regions"]][:8]
    found = reflector.best_of(STATEMENT, 1 + len(regions), {"empathy": 1.0}, atlas=atlas)
    reached = [candidate for candidate in found.candidates if candidate.made == "atlas"]
    assert len(reached) >= 5 and {c.reflection for c in reached} <= set(regions)
    assert [c.made for c in found.candidates].count("sampled") == 0
    for candidate in found.candidates:  # compared by the shares asked for, not by those that wrote it
        assert candidate.total == pytest.approx(candidate.scores["empathy"])
    assert found.weights == found.candidates[0].weights


def test_one_batch_one_prefill_and_every_text_scored_once(reflector, monkeypatch):
    jobs, rows = [], []
    stream, forward = reflector.scheduler.stream, reflector.decoder.backbone.forward

    def streamed(requests: list[Request], *more: Any) -> Any:
        jobs.append(len(requests))
        return stream(requests, *more)

    def forwarded(ids: torch.Tensor, *more: Any) -> torch.Tensor:
        rows.append(tuple(ids.shape))
        return forward(ids, *more)

    monkeypatch.setattr(reflector.scheduler, "stream", streamed)
    monkeypatch.setattr(reflector.decoder.backbone, "forward", forwarded)
    found = reflector.best_of(STATEMENT, 8, MIX, explain=False)
    assert jobs == [9]  # the base's own reply is the ninth
    assert rows[0] == (1, 4) and all(width == 1 for _, width in rows[1:])  # one prompt is read once
    assert reflector.scorers["empathy"].asked <= len({c.reflection for c in found.candidates}) + 1


def test_equal_texts_count_once_and_the_first_of_them_stays(reflector):
    found = reflector.best_of(STATEMENT, 5, MIX, temperature=1e-6)
    (only,) = found.candidates
    assert only.made == "greedy" and only.reflection == reflector.reflect(STATEMENT, MIX).reflection
    assert len(reflector.best_of(STATEMENT, 1, MIX).candidates) == 1


def test_without_weights_the_base_is_sampled_and_faithfulness_decides(reflector):
    reflector.faithfulness = Counted("4")
    found = reflector.best_of(STATEMENT, 6, {})
    assert found.base_reflection == next(c.reflection for c in found.candidates if c.made == "greedy")
    assert all(c.total == c.faithfulness for c in found.candidates) and len(found.candidates) > 2


def test_an_empty_text_is_no_candidate(reflector, monkeypatch):
    plain: Callable[..., str] = reflector.text
    greedy = reflector.best_of(STATEMENT, 1, MIX).reflection
    monkeypatch.setattr(reflector, "text", lambda tokens: "" if plain(tokens) == greedy else plain(tokens))
    assert "" not in {c.reflection for c in reflector.best_of(STATEMENT, 4, MIX).candidates}
    assert reflector.best_of(STATEMENT, 1, MIX).reflection == ""


def test_it_streams_the_greedy_draft_and_closing_frees_the_rows(reflector):
    *drafts, last = reflector.stream_best(STATEMENT, 3, MIX)
    assert isinstance(last, Reflection) and all(isinstance(draft, Draft) for draft in drafts)
    greedy = next(candidate.reflection for candidate in last.candidates if candidate.made == "greedy")
    assert drafts[-1].text == greedy
    steps = reflector.stream_best(STATEMENT, 3, MIX)
    next(steps)
    steps.close()
    deadline = time.monotonic() + 30
    while reflector.scheduler.load() != (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert reflector.scheduler.load() == (0, 0)


def test_the_json_of_scripts(reflector):
    plain = json.loads(json.dumps(reflection_json(reflector.reflect(STATEMENT, MIX), explain=False)))
    assert tuple(plain) == FIELDS and plain["faithfulness"] is None
    best = json.loads(json.dumps(reflection_json(reflector.best_of(STATEMENT, 4, MIX), explain=True)))
    assert tuple(best) == (*FIELDS, "candidates", "tokens")
    assert list(best["candidates"][0]) == [
        "reflection", "made", "weights", "strength", "temperature", "seed", "scores", "faithfulness", "total"
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 17, -1, 2.5, True, "8", None])
def test_a_bad_number_of_candidates_is_one_line(reflector, count):
    with pytest.raises(EmorlError, match="candidates to choose the best of: expected a whole number from 1") as caught:
        reflector.best_of(STATEMENT, count, MIX)
    assert "\n" not in str(caught.value)


def test_bad_weights_are_refused(reflector):
    with pytest.raises(WeightError, match="Weights name charm"):
        reflector.best_of(STATEMENT, 2, {"charm": 1.0})
