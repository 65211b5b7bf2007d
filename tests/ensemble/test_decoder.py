"""The decoder against its naive twin, in fp32, token for token."""

from __future__ import annotations

import random

import pytest
import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, SequenceStatus, StackedLora
from emorl.ensemble.mask import no_run_twice, nothing
from emorl.errors import WeightError
from tests.ensemble.naive import merged_models, naive_decode, naive_states

PROMPTS = [[3, 14, 15, 9, 26], [5, 35, 8, 9, 7, 9, 32, 38, 4, 6], [27, 18], [11]]


@pytest.fixture(scope="module")
def models(tiny_llama, adapters):
    return merged_models(tiny_llama, adapters)


def random_requests(count: int, seed: int, **fixed) -> list[Request]:
    rng = random.Random(seed)
    return [
        Request(
            rng.choice(PROMPTS),
            [rng.random(), rng.random(), rng.random()],
            rng.choice([0.5, 1, 1.7]),
            max_tokens=20,
            **fixed,
        )
        for _ in range(count)
    ]


def test_equals_the_naive_twin_token_for_token(decoder, models):
    different, masked = set(), 0
    for request in random_requests(12, seed=1):
        got = decoder.decode([request])[0].tokens
        assert got == naive_decode(models, request.prompt, request.weights, request.strength, 20, [2])
        different.add(tuple(got))
        masked += got != naive_decode(models, request.prompt, request.weights, request.strength, 20, [2], masked=False)
    assert len(different) > 4 and masked > 2  # the adapters, the weights and the mask do matter


def test_without_a_mask_it_equals_the_unmasked_twin(tiny_llama, adapters, models):
    plain = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters), [2], nothing)
    for request in random_requests(6, seed=1):
        expected = naive_decode(models, request.prompt, request.weights, request.strength, 20, [2], masked=False)
        assert plain.decode([request])[0].tokens == expected


def test_every_sequence_in_a_batch_equals_itself_alone(decoder):
    requests = random_requests(9, seed=2)
    together = decoder.decode(requests)
    for request, result in zip(requests, together, strict=True):
        assert decoder.decode([request])[0].tokens == result.tokens


def test_one_hot_weights_equal_that_adapter_alone(decoder, models, tiny_llama, adapters):
    for k in range(3):
        weights = [float(i == k) for i in range(3)]
        got = decoder.decode([Request(PROMPTS[1], weights, max_tokens=20)])[0].tokens
        alone = EnsembleDecoder(
            LlamaBackbone(tiny_llama, torch.float32), StackedLora([adapters[k]], base_row=False), [2]
        )
        assert got == alone.decode([Request(PROMPTS[1], [1.0], max_tokens=20)])[0].tokens
        assert got == naive_decode([models[k + 1]], PROMPTS[1], [], max_tokens=20, end_tokens=[2])


def test_all_zero_weights_and_zero_strength_give_the_bases_own_reply(decoder, models):
    base = naive_decode(models[:1], PROMPTS[0], [], max_tokens=20, end_tokens=[2])
    assert decoder.decode([Request(PROMPTS[0], [0, 0, 0], max_tokens=20)])[0].tokens == base
    assert decoder.decode([Request(PROMPTS[0], [1, 2, 3], strength=0, max_tokens=20)])[0].tokens == base


def test_scaling_the_weights_changes_nothing(decoder):
    for scale in (1e-6, 0.3, 1e9):
        one = decoder.decode([Request(PROMPTS[1], [0.2, 0.5, 0.1], max_tokens=20)])[0].tokens
        other = decoder.decode([Request(PROMPTS[1], [0.2 * scale, 0.5 * scale, 0.1 * scale], max_tokens=20)])[0].tokens
        assert one == other


def test_hidden_state_mix_equals_raw_logit_mix_and_the_product_of_experts(models):
    states = naive_states(models, PROMPTS[1])
    head = models[0].lm_head
    share = torch.tensor([0.2, 0.5, 0.3])
    mixed = head(torch.einsum("k,kd->d", share, states[1:]))
    logits = head(states[1:])
    torch.testing.assert_close(mixed, share @ logits, atol=1e-5, rtol=1e-5)
    product = (share @ logits.log_softmax(-1)).softmax(-1)
    torch.testing.assert_close(mixed.softmax(-1), product, atol=1e-6, rtol=1e-5)


def test_kept_states_are_those_of_the_naive_twin(decoder, models):
    result = decoder.decode([Request(PROMPTS[0], [0.3, 0.3, 0.4], max_tokens=6)], keep_states=True)[0]
    assert result.states.shape == (len(result.tokens), 4, 32)
    for step in range(len(result.tokens)):
        expected = naive_states(models, PROMPTS[0] + result.tokens[:step])
        torch.testing.assert_close(result.states[step], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.0, 0.6, 1.7])
def test_log_probabilities_are_those_of_the_naive_twin_at_temperature_1(decoder, models, temperature):
    """Whatever a token was drawn at; what the mask forbids has no probability."""
    request = Request(PROMPTS[0], [0.3, 0.3, 0.4], temperature=temperature, seed=4, max_tokens=25)
    result = decoder.decode([request])[0]
    assert len(result.logps) == len(result.tokens)
    for step, (token, logp) in enumerate(zip(result.tokens, result.logps, strict=True)):
        states = naive_states(models, PROMPTS[0] + result.tokens[:step])
        logits = models[0].lm_head((torch.tensor([0.3, 0.3, 0.4])[:, None] * states[1:]).sum(0))
        logits[list(no_run_twice(result.tokens[:step]))] = -torch.inf
        assert logp == pytest.approx(logits.log_softmax(-1)[token].item(), abs=1e-4)


def test_sampling_is_seeded_and_independent_of_the_batch(decoder):
    def requests(seeds):
        return [Request(PROMPTS[0], [1, 1, 1], temperature=1.5, seed=s, max_tokens=15) for s in seeds]

    together = [r.tokens for r in decoder.decode(requests([1, 2, 3, 1]))]
    assert together[0] == together[3] != together[1]
    assert decoder.decode(requests([2]))[0].tokens == together[1]


def test_sampling_follows_the_mixed_distribution(decoder, models):
    states = naive_states(models, PROMPTS[2])
    expected = models[0].lm_head(states[1:].mean(0)).softmax(-1)
    draws = decoder.decode([Request(PROMPTS[2], [1, 1, 1], temperature=1.0, seed=s, max_tokens=1) for s in range(1500)])
    counts = torch.bincount(torch.tensor([d.tokens[0] for d in draws]), minlength=61) / 1500
    assert (counts - expected).abs().max() < 0.05


def test_a_sequence_stops_at_its_own_end_token(tiny_llama, adapters):
    free = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters), [])
    requests = [Request(p, [1, 1, 1], max_tokens=12) for p in PROMPTS]
    whole = [r.tokens for r in free.decode(requests)]
    end = whole[0][3]
    stopping = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters), [end])
    for result, full in zip(stopping.decode(requests), whole, strict=True):
        expected = full[: full.index(end) + 1] if end in full else full
        assert result.tokens == expected and result.ended == (end in full)
        assert result.status is (SequenceStatus.ENDED if end in full else SequenceStatus.TRUNCATED)


def test_streaming_grows_and_closing_stops_at_the_next_step(decoder):
    stream = decoder.stream([Request(PROMPTS[0], [1, 1, 1], max_tokens=30)])
    seen, running = zip(*[(len(r.tokens), r.running) for r in (next(stream)[0] for _ in range(4))], strict=True)
    stream.close()
    assert seen == (1, 2, 3, 4) and all(running)
    with pytest.raises(StopIteration):
        next(stream)


@pytest.mark.parametrize(
    ("weights", "strength", "message"),
    [
        ([1, -0.5, 1], 1.0, "Got -0.5 for weight 2"),
        ([float("nan"), 1, 1], 1.0, "Got nan for weight 1"),
        ([1, 1, float("inf")], 1.0, "Got inf for weight 3"),
        ([1, 1], 1.0, "Got 2 weights"),
        ([1, 1, 1], -1.0, "Got -1.0 for strength"),
        ([1, 1, 1], float("nan"), "Got nan for strength"),
    ],
)
def test_bad_weights_are_refused_in_one_line(decoder, weights, strength, message):
    with pytest.raises(WeightError, match=message) as caught:
        decoder.decode([Request(PROMPTS[0], weights, strength)])
    assert "\n" not in str(caught.value)


def test_a_stack_without_base_row_refuses_weights_that_need_it(tiny_llama, adapters):
    alone = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters, base_row=False), [2])
    with pytest.raises(WeightError, match="base"):
        alone.decode([Request(PROMPTS[0], [0, 0, 0])])


@pytest.mark.parametrize("prompt", [[], [1] * 200])
def test_prompts_that_do_not_fit_are_refused(decoder, prompt):
    with pytest.raises(ValueError, match="Got prompts of .* tokens: expected at least one"):
        decoder.decode([Request(prompt, [1, 1, 1])])


def test_no_request_is_refused(decoder):
    with pytest.raises(ValueError, match="expected at least one prompt"):
        decoder.decode([])


def test_several_tokens_of_each_sequence_have_to_start_at_one_position(decoder):
    cache = decoder.backbone.empty_cache(2, 8, decoder.lora)
    with pytest.raises(ValueError, match="Got several tokens at different positions"):
        decoder.backbone.forward(torch.ones(2, 2, dtype=torch.long), torch.tensor([0, 1]), cache, decoder.lora)
