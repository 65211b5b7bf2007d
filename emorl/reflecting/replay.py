"""Writing a stored reflection again, to see whether it comes out the same.

It is written as the app writes a single reflection, beside the base's own reply, in the precision that wrote it and
with the very shares that were stored. What was written so while nobody else's was is the same again to the last
character in every precision, as long as nothing else has changed: products of the same shape round in the same way.
Beside others the products had other shapes. In float32 that moves a logit by less than a ten-thousandth, so only two
words that are as close as that could change places; below float32 it moves more, and a near-tie may fall differently. A
difference is reported there, not held against the models.

Left out: finding it (`emorl.ratings.storage.reflections`), and scores, which do not decide what is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os.path import commonprefix

from emorl.errors import ManifestError
from emorl.reflecting.finish import model_of, written_with
from emorl.reflecting.writer import Writer

EXACT = "float32"


@dataclass(frozen=True)
class Replay:
    """What came out.

    Attributes:
        reflection: The text as it was written now.
        identical: Whether it is the stored one.
        same: Characters from the start that are the same.
        precision: What it was written in now.
        should_be_identical: Whether everything that is known to matter is as it was then, in float32.
        changed: What is not as it was then, by name: what was stored, and what is now.
    """

    reflection: str
    identical: bool
    same: int
    precision: str
    should_be_identical: bool
    changed: dict[str, tuple[object, object]]


def replay(
    writer: Writer,
    statement: str,
    reflection: str,
    weights: Mapping[str, float],
    strength: float,
    temperature: float,
    seed: int,
    model: Mapping[str, object],
    written: Mapping[str, object] | None,
) -> Replay:
    """Write a reflection again.

    Args:
        writer: The models.
        statement: What the client said.
        reflection: What was written then.
        weights: Share of each objective, as stored.
        strength: s.
        temperature: 0 for greedy.
        seed: Of the sampling.
        model: Hashes of base and adapters that wrote it.
        written: What else it was written with, or None if that is not known.

    Raises:
        ManifestError: Other models wrote it.
        StatementError: The statement is empty or too long.
    """
    here = model_of(writer.manifest)
    if dict(model) != dict(here):
        raise ManifestError.of(
            "a reflection that other models wrote", "the models folder that wrote it", "name it with --models"
        )
    setting, prompt = writer.setting(weights, strength, temperature, seed), writer.prompt(statement)
    rows = dict.fromkeys((setting, setting.base()))
    writer.decoder.backbone.settle()
    *_, written_now = writer.write([writer.request(prompt, row) for row in rows])
    text = writer.text(written_now[0].tokens)
    now = written_with(writer)
    changed = {name: (was, now.get(name)) for name, was in (written or {}).items() if now.get(name) != was}
    exact = now["precision"] == EXACT and written is not None and not changed and now.keys() <= written.keys()
    return Replay(text, text == reflection, len(commonprefix([text, reflection])), now["precision"], exact, changed)
