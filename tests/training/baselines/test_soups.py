"""Soups average what the adapters change, exactly; mixing logits is what the ensemble does."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from emorl.ensemble import Request
from emorl.ensemble.lora import Adapter, merge
from emorl.errors import WeightError
from emorl.models.template import prompt_text
from emorl.search.hierarchical import direction
from tests.ensemble.naive import merged_models, naive_decode, naive_states
from training.baselines.soups import soup, soup_decoder, soups
from training.evaluate import reply_writer
from training.search.methods import run_method
from training.search.settings import Aim, SearchConfig

STATEMENTS = ["I sold my violin and I regret it now.", "He left."]
WEIGHTS = [0.9, 0.3]
SHARES = [0.75, 0.25]
TOKENS = 6


def changes(base, *adapters: Adapter) -> dict[str, torch.Tensor]:
    """What merging adapters changes of the weights."""
    merged = copy.deepcopy(base)
    for adapter in adapters:
        merge(merged, adapter)
    before = dict(base.named_parameters())
    return {name: value.detach() - before[name].detach() for name, value in merged.named_parameters()}


def test_a_soup_changes_every_matrix_by_the_mean_of_the_changes(model, adapters) -> None:
    first, second = (changes(model, adapter) for adapter in adapters)
    mixed = changes(model, soup(adapters, WEIGHTS))
    assert any(value.abs().max() > 1e-3 for value in mixed.values())
    for name, value in mixed.items():
        torch.testing.assert_close(value, SHARES[0] * first[name] + SHARES[1] * second[name], atol=1e-5, rtol=1e-4)


def test_averaging_the_factors_would_be_something_else(model, adapters) -> None:
    """The control: (Σ ŵ B)(Σ ŵ A) is not Σ ŵ B A."""
    wrong = {
        target: (
            sum(s * a.factors[target][0] for s, a in zip(SHARES, adapters, strict=True)),
            sum(s * a.factors[target][1] for s, a in zip(SHARES, adapters, strict=True)),
        )
        for target in adapters[0].factors
    }
    averaged = changes(model, Adapter("wrong", adapters[0].rank, adapters[0].scale, wrong, ""))
    mixed = changes(model, soup(adapters, WEIGHTS))
    assert max(float((averaged[name] - mixed[name]).abs().max()) for name in mixed) > 1e-2


def test_scales_of_their_own_and_targets_that_only_one_adapts_are_kept() -> None:
    target, other = (0, "mlp.down_proj"), (1, "self_attn.o_proj")
    one = Adapter("one", 1, 2.0, {target: (torch.ones(1, 3), torch.ones(2, 1))}, "", {target: 4.0})
    two = Adapter("two", 2, 0.5, {other: (torch.ones(2, 3), torch.ones(2, 2))}, "")
    mixed = soup([one, two], [1.0, 3.0])
    down, up = mixed.factors[target]
    torch.testing.assert_close(up @ down, torch.full((2, 3), 0.25 * 4.0))
    down, up = mixed.factors[other]
    torch.testing.assert_close(up @ down, torch.full((2, 3), 0.75 * 0.5 * 2))
    assert mixed.rank == 2 and mixed.scale == 1.0


def test_all_the_weight_on_one_adapter_is_that_adapter_and_no_weight_is_the_base(decoder, tokenizer) -> None:
    write = reply_writer(decoder, tokenizer, prompt_text, TOKENS)
    for weights in ([1.0, 0.0], [0.0, 2.0], [0.0, 0.0]):
        mixed = reply_writer(soup_decoder(decoder, weights), tokenizer, prompt_text, TOKENS)
        assert mixed(STATEMENTS, [1.0]) == write(STATEMENTS, weights)


def test_a_soup_writes_as_the_model_with_the_averaged_weights(decoder, model, adapters, tokenizer) -> None:
    merged = copy.deepcopy(model)
    merge(merged, soup(adapters, WEIGHTS))
    prompt, end = tokenizer.ids(prompt_text(STATEMENTS[0])), list(decoder.end_tokens)
    [result] = soup_decoder(decoder, WEIGHTS).decode([Request(prompt, [1.0], max_tokens=TOKENS)])
    assert result.tokens == naive_decode([model, merged], prompt, [1.0], 1.0, TOKENS, end)


def test_a_bad_weight_is_refused(adapters) -> None:
    with pytest.raises(WeightError):
        soup(adapters, [1.0, -0.5])


def low(statements, replies) -> torch.Tensor:
    """A toy score: the share of a reply's characters in the lower half of ASCII."""
    return torch.tensor([sum(ord(c) < 80 for c in r) / max(1, len(r)) for r in replies])


def long(statements, replies) -> torch.Tensor:
    """Another, which wants something else: length."""
    return torch.tensor([min(1.0, len(r) / 8) for r in replies])


def test_what_soups_write_is_what_each_of_them_writes_by_itself(decoder, tokenizer) -> None:
    mixed = soups(decoder, tokenizer, TOKENS)
    found = run_method("hierarchical", SearchConfig(levels=1), Aim(), mixed, STATEMENTS, {"low": low, "long": long})
    record: Any = found.record
    assert mixed.atlas is None
    # one level of two objectives: nine points in six directions, the origin among them
    assert (
        record["evaluations"] == len(record["means"]) == len({direction(p["weights"]) for p in record["points"]}) == 6
    )
    for entry in record["means"]:
        replies = reply_writer(soup_decoder(decoder, entry["weights"]), tokenizer, prompt_text, TOKENS)(
            STATEMENTS, [1.0]
        )
        expected = [float(score(STATEMENTS, replies).mean()) for score in (low, long)]
        assert entry["by_objective"] == pytest.approx(expected, abs=1e-6)
    assert found.score == record["score"] == max(sum(entry["by_objective"]) / 2 for entry in record["means"])
    assert record["decode_steps"] == record["decode_steps_one_by_one"] > 0  # nothing is shared between soups


# ---------------------------------------------------------------- mixing logits


def test_mixing_logits_is_the_ensemble_and_a_product_of_experts(decoder, model, adapters, tokenizer) -> None:
    """Σ ŵ_k logits_k = W Σ ŵ_k h_k: the same numbers, the same reply, and the distribution ∏ p_k^ŵ_k, renormalised."""
    models = merged_models(model, adapters)
    prompt = tokenizer.ids(prompt_text(STATEMENTS[0]))
    [result] = decoder.decode([Request(prompt, WEIGHTS, max_tokens=TOKENS)], keep_states=True)
    with torch.no_grad():
        for step, token in enumerate(result.tokens):
            prefix = [*prompt, *result.tokens[:step]]
            experts = torch.stack(
                [m.lm_head(h) for m, h in zip(models[1:], naive_states(models, prefix)[1:], strict=True)]
            )
            mixed = sum(share * logits for share, logits in zip(SHARES, experts, strict=True))
            assert isinstance(mixed, torch.Tensor)
            ours = model.lm_head(result.coefficients @ result.states[step])
            torch.testing.assert_close(ours, mixed, atol=1e-4, rtol=1e-4)
            product = torch.stack([s * e.log_softmax(-1) for s, e in zip(SHARES, experts, strict=True)]).sum(0).exp()
            torch.testing.assert_close(ours.softmax(-1), product / product.sum(), atol=1e-5, rtol=1e-4)
            if step < 2:  # the mask forbids nothing yet
                assert int(mixed.argmax()) == token
