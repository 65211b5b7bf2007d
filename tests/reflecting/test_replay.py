"""Writing again what was stored: after a restart, alone instead of beside others, and in each precision.

In float32 it is the same in all cases, below that where it was written alone. What holds beside others below float32
depends on near-ties, so there the tests ask only that a difference is told as what it is.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from emorl import cli
from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Setting, StackedLora
from emorl.ensemble.products import PRECISIONS
from emorl.errors import ManifestError
from emorl.reflecting.reflection import Reflection
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.replay import Replay, replay
from emorl.reflecting.writer import Writer

SETTINGS = [
    Setting((0.1, 0.7, 0.2)),
    Setting((1 / 3, 1 / 3, 1 / 3), 1.3, 0.9, 7),
    Setting((0.0, 0.0, 0.0)),
    Setting((3.0, 1.0, 3.0), temperature=0.7, seed=2**31 - 1),
]


def stored(reflection: Reflection) -> dict[str, Any]:
    """What the database gives back: everything has been JSON."""
    kept = {
        "statement": reflection.statement,
        "reflection": reflection.reflection,
        "weights": reflection.weights,
        "strength": reflection.setting.strength,
        "temperature": reflection.setting.temperature,
        "seed": reflection.setting.seed,
        "model": reflection.model,
        "written": reflection.written,
    }
    return json.loads(json.dumps(kept))


def together(reflector: Reflector, settings: Sequence[Setting]) -> tuple[Reflection, ...]:
    *_, last = reflector.side_by_side("I am tired.", settings, explain=False)
    return tuple(one for one in last if isinstance(one, Reflection))


@pytest.mark.parametrize("beside", [1, 2, 4])
def test_what_was_written_beside_others_is_written_again_alone(reflector: Reflector, beside: int) -> None:
    for reflection in together(reflector, SETTINGS[:beside]):
        again = replay(reflector.writer, **stored(reflection))
        assert again == Replay(reflection.reflection, True, len(reflection.reflection), "float32", True, {})


@pytest.mark.parametrize("setting", SETTINGS[:2])
def test_the_best_of_several_is_written_again_from_the_chosen_ones_setting(
    reflector: Reflector, setting: Setting
) -> None:
    reflection = reflector.best_of("I am tired.", 4, setting, explain=False)
    assert replay(reflector.writer, **stored(reflection)).identical


def test_another_process_with_the_same_models_writes_the_same(reflector: Reflector, decoder: EnsembleDecoder) -> None:
    old = reflector.writer
    fresh = Writer(old.manifest, EnsembleDecoder(decoder.backbone, decoder.lora, [2]), old.tokenizer, old.scorers)
    for reflection in together(reflector, SETTINGS):
        assert replay(fresh, **stored(reflection)).identical


def test_a_difference_is_placed_and_what_changed_is_named(reflector: Reflector) -> None:
    (reflection,) = together(reflector, SETTINGS[:1])
    kept = stored(reflection)
    kept["reflection"] = kept["reflection"][:6] + "!" + kept["reflection"][7:]
    again = replay(reflector.writer, **kept)
    assert (again.identical, again.same, again.should_be_identical) == (False, 6, True)
    kept["written"]["precision"] = "float16"
    again = replay(reflector.writer, **kept)
    assert (again.changed, again.should_be_identical) == ({"precision": ("float16", "float32")}, False)
    again = replay(reflector.writer, **{**kept, "written": None})  # stored before it was kept
    assert (again.changed, again.should_be_identical) == ({}, False)
    before = {name: was for name, was in stored(reflection)["written"].items() if name != "threads"}
    again = replay(reflector.writer, **{**kept, "written": before})  # stored before that was kept
    assert (again.changed, again.should_be_identical) == ({}, False)


def of_precision(reflector: Reflector, model: LlamaForCausalLM, precision: str) -> Reflector:
    """The same models in another precision, loaded anew."""
    old = reflector.writer
    decoder = EnsembleDecoder(LlamaBackbone(model, precision), StackedLora(old.decoder.lora.adapters), [2])
    return Reflector(Writer(old.manifest, decoder, old.tokenizer, old.scorers))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_in_every_precision_what_was_written_alone_is_written_again(
    reflector: Reflector, tiny_llama: LlamaForCausalLM, precision: str
) -> None:
    one, other = (of_precision(reflector, tiny_llama, precision) for _ in range(2))
    for setting in SETTINGS:
        (reflection,) = together(one, [setting])
        again = replay(other.writer, **stored(reflection))
        assert (again.identical, again.precision, again.changed) == (True, precision, {})
        assert again.should_be_identical == (precision == "float32")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_beside_the_same_others_it_is_the_same_in_every_precision_and_alone_a_difference_is_told(
    reflector: Reflector, tiny_llama: LlamaForCausalLM, precision: str
) -> None:
    one, other = (of_precision(reflector, tiny_llama, precision) for _ in range(2))
    first, second = together(one, SETTINGS), together(other, SETTINGS)
    assert [reflection.reflection for reflection in first] == [reflection.reflection for reflection in second]
    for reflection in first:
        again = replay(other.writer, **stored(reflection))
        assert again.identical == (again.reflection == reflection.reflection)
        assert again.reflection[: again.same] == reflection.reflection[: again.same]
        assert again.identical or not again.should_be_identical


def test_another_precision_is_named_as_a_change(reflector: Reflector, tiny_llama: LlamaForCausalLM) -> None:
    (reflection,) = together(reflector, SETTINGS[:1])
    again = replay(of_precision(reflector, tiny_llama, "bfloat16").writer, **stored(reflection))
    assert (again.changed, again.should_be_identical) == ({"precision": ("float32", "bfloat16")}, False)


def test_other_models_are_refused(reflector: Reflector) -> None:
    kept = stored(together(reflector, SETTINGS[:1])[0])
    kept["model"]["adapters"]["empathy"] = "2" * 64
    with pytest.raises(ManifestError, match="other models wrote.*--models"):
        replay(reflector.writer, **kept)


def test_every_reflection_says_what_it_was_written_with(reflector: Reflector) -> None:
    setting = SETTINGS[0]
    found = [reflector.reflect("I am tired.", setting), reflector.best_of("I am tired.", 3, setting, explain=False)]
    for reflection in found:
        assert reflection.written is not None
        assert (reflection.written["precision"], reflection.written["max_tokens"]) == ("float32", 64)
        assert reflection.written["threads"] == torch.get_num_threads() and reflection.written["processor"]
        assert reflection.written["step"] == reflector.writer.decoder.backbone.step_name


def test_the_command_prints_both_texts_where_they_differ(capsys: pytest.CaptureFixture[str]) -> None:
    same = Replay("You are tired.", True, 14, "float32", True, {})
    cli.print_replay("You are tired.", same)
    assert capsys.readouterr() == ("identical in float32: You are tired.\n", "")
    other = dataclasses.replace(same, identical=False, same=8, precision="float16", should_be_identical=False)
    cli.print_replay("You are weary.", dataclasses.replace(other, changed={"torch": ("1", "2")}))
    out, err = capsys.readouterr()
    assert out == "different in float16 after 8 characters\nthen: You are weary.\nnow:  You are tired.\n"
    assert err.splitlines() == [
        "a difference is no fault here: only in float32, with all else as it was, none is expected",
        "torch: 1 then, 2 now",
    ]
