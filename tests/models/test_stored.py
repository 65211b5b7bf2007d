"""A base as it is stored: its type is the file's, and its weights stay in the file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from emorl.models.stored import open_stored, stored_dtype


def saved(base: Path, folder: Path, dtype: torch.dtype) -> Path:
    """The tiny base in another type."""
    AutoModelForCausalLM.from_pretrained(base, dtype=dtype).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_type_is_that_of_the_file(tiny_base, tmp_path, dtype: torch.dtype) -> None:
    folder = saved(tiny_base, tmp_path, dtype)
    assert stored_dtype(folder) == dtype
    model = open_stored(folder)
    assert {weight.dtype for weight in model.parameters()} == {dtype}
    assert not any(weight.requires_grad for weight in model.parameters()) and not model.training
    for name, tensor in load_file(folder / "model.safetensors").items():
        assert torch.equal(model.get_parameter(name), tensor)


def test_a_file_of_several_types_is_opened_in_float32(tiny_base, tmp_path) -> None:
    file = saved(tiny_base, tmp_path, torch.bfloat16) / "model.safetensors"
    tensors = load_file(file)
    tensors["model.norm.weight"] = tensors["model.norm.weight"].float() + 1e-5  # which bfloat16 would not keep
    save_file(tensors, file, {"format": "pt"})
    assert stored_dtype(tmp_path) == torch.float32
    assert torch.equal(open_stored(tmp_path).get_parameter("model.norm.weight"), tensors["model.norm.weight"])


@pytest.mark.skipif(sys.platform != "linux", reason="what is mapped is read from /proc")
def test_the_weights_stay_in_the_file(tiny_base, tmp_path) -> None:
    folder = saved(tiny_base, tmp_path, torch.bfloat16)
    model = open_stored(folder)
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    mapped = [line[0].split("-") for line in lines if line[-1] == str(folder.resolve() / "model.safetensors")]
    ranges = [range(int(first, 16), int(end, 16)) for first, end in mapped]
    assert all(any(weight.data_ptr() in pages for pages in ranges) for weight in model.parameters())
