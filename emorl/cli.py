"""The command line: `python -m emorl reflect`, `atlas` and `ratings`; `emorl` where the package is installed.

User errors are one line on stderr (got, expected, remedy) and exit code 2.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import typer

from emorl.errors import EmorlError, WeightError
from emorl.ratings.cli import ratings
from emorl.reflecting.contract import atlas_json, check_candidates, reflection_json, refuse_crisis

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Reflections from an ensemble of adapters.")
app.add_typer(ratings, name="ratings")


@app.callback()
def main() -> None:
    """Reflections from an ensemble of adapters; not for clinical use."""


def parse_weights(text: str) -> dict[str, float]:
    """`reflection=.6,empathy=.3` as a dictionary.

    Raises:
        WeightError: Not of that form, or an objective named twice.
    """
    weights: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, sign, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            sign = ""
        if not sign or name.strip() in weights:
            raise WeightError(
                f"Got `{part}` in --weights: expected name=number once each, such as reflection=.6,empathy=.4."
            )
        weights[name.strip()] = number
    return weights


def print_atlas(result: dict[str, Any]) -> None:
    """A table of what the atlas found, with weights from the middle of each region, ready for --weights."""
    for region in result["regions"]:
        middle = [sum(shares) / len(shares) for shares in zip(*region["polygon"], strict=True)]
        weights = ",".join(f"{name}={share:.4f}" for name, share in zip(result["objectives"], middle, strict=True))
        scores = " ".join(f"{name} {score:.2f}" for name, score in region["scores"].items())
        print(f"{region['area']:7.3%}  {weights}  {scores}\n         {region['reflection']}")
    count, share, steps = len(result["regions"]), result["coverage"], result["decode_steps"]
    print(f"{count} reflections on {share:.3%} of the weights, {steps} decoding steps", file=sys.stderr)


def print_reflection(result: Reflection) -> None:
    """The text; on stderr its weights, scores and candidates, and every token's reasons where they were asked for."""
    print(result.reflection)
    mix = ", ".join(f"{name} {share:.2f}" for name, share in result.weights.items())
    scores = ", ".join(f"{name} {score:.2f}" for name, score in result.scores.items())
    if result.faithfulness is not None:
        scores += f", faithfulness {result.faithfulness:.2f}"
    print(f"weights: {mix}\nautomatic scores: {scores}", file=sys.stderr)
    for candidate in result.candidates:
        print(f"{candidate.total:.3f} {candidate.made:>8}  {candidate.reflection}", file=sys.stderr)
    for token in result.tokens:
        parts = "  ".join(f"{name} {value:+.2f}" for name, value in token.contributions.items())
        print(f"{token.text!r:>16} over {token.foil!r:<16} {token.margin:+.2f} = {parts}")


@app.command()
def reflect(
    text: Annotated[str, typer.Argument(help="What the client said, up to 600 characters.")],
    weights: Annotated[str | None, typer.Option(help="name=number,...; objectives that are not named get 0.")] = None,
    preset: Annotated[str | None, typer.Option(help="A preset of the models folder; `balanced` by default.")] = None,
    strength: Annotated[float, typer.Option(help="1 is the plain ensemble, 0 the base.")] = 1.0,
    temperature: Annotated[float, typer.Option(help="0 takes the best word, more samples.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of sampling.")] = 0,
    best_of: Annotated[int | None, typer.Option(help="Write 1 to 16 candidates, give the best by its scores.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add every token's exact contributions.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    models: Annotated[Path | None, typer.Option(help="Models folder; the shipped one by default.")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, float16 or int8 (weights only), bfloat16.")] = None,
) -> None:
    """Write a reflection for a client statement."""
    refuse_crisis(text)
    if weights is not None and preset is not None:
        raise WeightError("Got --weights and --preset: expected one of them; leave one out.")
    from emorl.ensemble.products import PRECISIONS
    from emorl.reflecting.reflector import Reflector

    if dtype is not None and dtype not in PRECISIONS:
        raise EmorlError(f"Got --dtype {dtype}: expected {', '.join(PRECISIONS)}; leave it out for the best.")
    mix = parse_weights(weights) if weights is not None else None
    if best_of is not None:
        check_candidates(best_of)

    reflector = Reflector.load(models, dtype, progress=True)
    if mix is None:
        name = preset or "balanced"
        if name not in reflector.presets:
            raise WeightError(f"Got preset {name}: expected {', '.join(reflector.presets)}; check the spelling.")
        mix = reflector.presets[name]
    setting = reflector.setting(mix, strength, temperature, seed)
    if best_of is None:
        result = reflector.reflect(text, setting, explain)
    else:
        result = reflector.best_of(text, best_of, setting, explain)
    if as_json:
        print(json.dumps(reflection_json(result, explain), ensure_ascii=False))
    else:
        print_reflection(result)


@app.command()
def atlas(
    text: Annotated[str, typer.Argument(help="What the client said, up to 600 characters.")],
    strength: Annotated[float, typer.Option(help="1 is the plain ensemble, 0 the base.")] = 1.0,
    objectives: Annotated[str | None, typer.Option(help="name,...: one to four to span; the others get 0.")] = None,
    min_area: Annotated[float, typer.Option(help="Smaller shares of the weights are given up.")] = 1e-4,
    max_steps: Annotated[int | None, typer.Option(help="Most decoding steps; the coverage says what is left.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    models: Annotated[Path | None, typer.Option(help="Models folder; the shipped one by default.")] = None,
) -> None:
    """Map every reflection that the weights can reach, in float32."""
    refuse_crisis(text)

    from emorl.reflecting.reflector import Reflector
    from emorl.reflecting.regions import ALONE

    spanned = None
    if objectives is not None:
        spanned = [name.strip() for name in objectives.split(",") if name.strip()]
    reflector = Reflector.load(models, "float32", progress=True)
    found: dict[str, Any] = {}
    for step in reflector.atlas(text, strength, spanned, max_steps, min_area, ALONE):
        found = step or found
        if sys.stderr.isatty():
            share, count, steps = found["coverage"], len(found["regions"]), found["decode_steps"]
            print(f"{share:.1%} in {count} reflections, {steps} steps", end="  \r", file=sys.stderr, flush=True)
    result = atlas_json(found)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print_atlas(result)


def run() -> None:
    """Entry point that turns user errors into one line and exit code 2."""
    try:
        app()
    except EmorlError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
