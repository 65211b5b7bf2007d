"""Writing again what was stored: the same to the last character, whatever was written beside it, in any process."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest

from emorl import cli
from emorl.ensemble import EnsembleDecoder, Setting
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
    assert (again.identical, again.same, again.must_be_identical) == (False, 6, True)
    kept["written"]["precision"] = "float16"
    again = replay(reflector.writer, **kept)
    assert (again.changed, again.must_be_identical) == ({"precision": ("float16", "float32")}, False)
    again = replay(reflector.writer, **{**kept, "written": None})  # stored before it was kept
    assert (again.changed, again.must_be_identical) == ({}, False)


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


def test_the_command_prints_both_texts_where_they_differ(capsys: pytest.CaptureFixture[str]) -> None:
    same = Replay("You are tired.", True, 14, "float32", True, {})
    cli.print_replay("You are tired.", same)
    assert capsys.readouterr() == ("identical in float32: You are tired.\n", "")
    other = dataclasses.replace(same, identical=False, same=8, precision="float16", must_be_identical=False)
    cli.print_replay("You are weary.", dataclasses.replace(other, changed={"torch": ("1", "2")}))
    out, err = capsys.readouterr()
    assert out == "different in float16 after 8 characters\nthen: You are weary.\nnow:  You are tired.\n"
    assert err == "it need not be the same: only float32, and all else as it was, is exact\ntorch: 1 then, 2 now\n"
