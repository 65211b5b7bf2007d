"""Writing a stored reflection again, to see whether it comes out the same.

It is written alone, in the precision that wrote it, with the very shares that were stored. In float32 it has to be the
same to the last character, however many others were written beside it then. Below float32 a near-tie may fall
differently in another batch or on another processor, so a difference is reported, not held against the models.

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
        must_be_identical: Whether everything is as it was then, in float32.
        changed: What is not as it was then, by name: what was stored, and what is now.
    """

    reflection: str
    identical: bool
    same: int
    precision: str
    must_be_identical: bool
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
    request = writer.request(writer.prompt(statement), writer.setting(weights, strength, temperature, seed))
    *_, (decoded,) = writer.write([request])
    text = writer.text(decoded.tokens)
    now = written_with(writer)
    changed = {name: (was, now.get(name)) for name, was in (written or {}).items() if now.get(name) != was}
    exact = now["precision"] == EXACT and written is not None and not changed
    return Replay(text, text == reflection, len(commonprefix([text, reflection])), now["precision"], exact, changed)
