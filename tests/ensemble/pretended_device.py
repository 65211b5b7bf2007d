"""The engine and the passes of training on a pretended device, in a process of its own: see `test_device`.

PyTorch's fake tensors have a shape, a type and a device but no numbers, and an operation on tensors of two devices
fails as it would on a GPU. What a GPU would compute is not tested. The device has to be registered for the process.
Launch: python -m tests.ensemble.pretended_device FOLDER_OF_A_BASE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch._subclasses import fake_tensor
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend
from transformers import AutoConfig, LlamaForCausalLM

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora, backbone, decoder
from emorl.ensemble.architecture import check_config
from emorl.ensemble.cache import Cache
from emorl.ensemble.decoder import ContinuousBatch
from emorl.ensemble.device import CPU
from emorl.ensemble.forced import force
from emorl.ensemble.lora import Adapter
from emorl.ensemble.mask import nothing
from training.logps import SharedPass, lay_out
from training.rollouts import live_adapter

_setup_privateuseone_for_python_backend("pretended")
THERE = torch.device("pretended:0")
ZEROS = torch.zeros


def moved(model: nn.Module) -> Any:
    """A model whose fake weights are put there by hand: `Module.to` cannot exchange them."""
    weights: dict[nn.Parameter, nn.Parameter] = {}  # the tied ones once
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is not None:
                there = nn.Parameter(weight.detach().to(THERE), weight.requires_grad)
                module._parameters[name] = weights.setdefault(weight, there)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = buffer.to(THERE)
    return model


def model_there(folder: Path) -> LlamaForCausalLM:
    """The base of a folder, without numbers."""
    return moved(LlamaForCausalLM(AutoConfig.from_pretrained(folder)))


def adapter(name: str) -> Adapter:
    """On the CPU, as adapters are loaded; of parts of what is fused."""
    factors = {
        (1, "self_attn.q_proj"): (torch.zeros(2, 32), torch.zeros(32, 2)),
        (2, "mlp.down_proj"): (torch.zeros(2, 48), torch.zeros(32, 2)),
    }
    return Adapter(name, 2, 1.0, factors, "")


def engine_there(folder: Path) -> EnsembleDecoder:
    """An ensemble of two adapters."""
    found = EnsembleDecoder(
        LlamaBackbone(model_there(folder), torch.float32), StackedLora([adapter("a"), adapter("b")]), [2], nothing
    )
    assert found.backbone.device == THERE and found.backbone.head.device == CPU
    assert found.backbone.step_name == "plain"
    return found


def places(cache: Cache) -> set[torch.device]:
    """Where the layers of a cache lie."""
    return {layer.device for layer in cache._layers}


def zeros(*size: int, **options: Any) -> torch.Tensor:
    """`torch.zeros`; a row of whole numbers keeps its values, as `torch.tensor` makes it."""
    if len(size) == 1 and options == {"dtype": torch.long}:
        return torch.tensor([0] * size[0])
    return ZEROS(*size, **options)


def plain(function: Any) -> Any:
    """A function without its inference mode, whose copies fake tensors do not follow."""
    return torch.no_grad()(function.__wrapped__)


def passes_come_back_to_the_cpu(folder: Path) -> None:
    """Prompts of different length, single tokens at different places, several tokens, and what is done to a cache."""
    engine = engine_there(folder)
    run, lora = engine.backbone, engine.lora
    states, cache = engine.prefill([[5, 6, 7], [5, 6], [5, 6]], 9)
    assert states.shape == (3, 3, 32) and states.device == CPU and places(cache) == {THERE}
    last, first = torch.tensor([8, 9, 9]), torch.zeros(3, dtype=torch.long)
    states = run.forward(last[:, None], torch.tensor([3, 2, 2]), cache, lora, first)
    assert states.shape == (3, 3, 32) and states.device == CPU
    states = run.forward(torch.tensor([[5, 6], [7, 8], [7, 8]]), torch.tensor([4, 4, 4]), cache, lora)
    assert states.shape == (3, 3, 2, 32) and states.device == CPU
    logits = run.logits(states[0, :, 0])
    assert logits.shape == (3, len(run.head)) and logits.device == CPU
    part = cache.copy([2, 0], 12)
    part.append(cache)
    part.reorder([1, 1, 0])
    assert part.slots == 12 and places(part) == {THERE}
    assert plain(force)(engine, [5, 6], [7, 8]).states.device == CPU


def a_batch_is_written(folder: Path) -> None:
    """The decoder chooses from logits on the CPU, and what it keeps is there too; fake logits have no largest."""
    seen: list[torch.device] = []

    def choose(logits: torch.Tensor, temperatures: list[float], generators: list[torch.Generator]) -> list[int]:
        seen.append(logits.device)
        return [7] * len(temperatures)

    def logps_of(logits: torch.Tensor, tokens: list[int]) -> list[float]:
        seen.append(logits.device)
        return [0.0] * len(tokens)

    batch = ContinuousBatch(engine_there(folder))
    requests = [Request(prompt, [1, 0], max_tokens=1) for prompt in ([5, 6, 7], [5, 6])]
    with patch.object(decoder, "choose", choose), patch.object(decoder, "logps_of", logps_of):
        results = plain(ContinuousBatch.join)(batch, requests, keep_states=True, keep_cache=True)
        assert plain(ContinuousBatch.step)(batch) and not batch.sequences
    assert [result.tokens for result in results] == [[7], [7]] and seen == [CPU, CPU]
    for result in results:
        assert {states.device for states in result.kept} == {CPU}
        assert result.cache is not None and places(result.cache) == {THERE}


def the_passes_of_a_run_stay_there(folder: Path) -> None:
    """Trunk, log-probabilities and their gradient; the live adapter comes back to the CPU."""
    settings = LoraConfig(r=2, target_modules=["q_proj", "down_proj"], layers_to_transform=[1, 2])
    with patch.object(nn.Module, "to", lambda module, *_, **__: module):  # everything is on the CPU as yet
        policy = moved(get_peft_model(LlamaForCausalLM(AutoConfig.from_pretrained(folder)), settings))
    layout = lay_out(torch.tensor([[0, 5, 6, 7, 8], [0, 5, 6, 9, 0]]), torch.tensor([[0, 1, 1, 1, 1]] * 2), 2)
    shared = SharedPass(policy.get_base_model(), 1)
    trunk = shared.trunk(layout)
    logps, entropies = shared.logps(layout, trunk)
    assert {trunk.device, logps.device, entropies.device} == {THERE} and logps.shape == (2, 2)
    logps.sum().backward()
    grown = [p.grad.device for p in policy.parameters() if p.grad is not None]
    assert len(grown) == 8 and set(grown) == {THERE}
    factors = live_adapter(policy).factors
    assert len(factors) == 4 and {matrix.device for pair in factors.values() for matrix in pair} == {CPU}


def a_tensor_left_behind_is_found(folder: Path) -> None:
    """The checks above can fail: adapters that were stacked on the CPU do not get through."""
    engine = engine_there(folder)
    engine.lora._stacks = {key: (down.to(CPU), up.to(CPU)) for key, (down, up) in engine.lora._stacks.items()}
    try:
        engine.prefill([[5, 6, 7]], 9)
    except RuntimeError as error:
        assert "two devices" in str(error), error
    else:
        raise AssertionError("a product of two devices went through")


CHECKS = (
    passes_come_back_to_the_cpu,
    a_batch_is_written,
    the_passes_of_a_run_stay_there,
    a_tensor_left_behind_is_found,
)


def run_all(folder: Path) -> None:
    """Every check with fake tensors; those of a few whole numbers keep their values, as the engine reads places."""
    with (
        patch.object(torch, "zeros", zeros),
        patch.object(fake_tensor, "CONSTANT_NUMEL_LIMIT", 64),
        patch.object(fake_tensor.FakeTensorMode, "avoid_device_init", True),  # it has no values
        patch.object(backbone, "check_model", lambda model: check_config(model.config)),  # which refuses it
    ):
        for check in CHECKS:
            with fake_tensor.FakeTensorMode():
                check(folder)
            print(check.__name__)


if __name__ == "__main__":
    run_all(Path(sys.argv[1]))
