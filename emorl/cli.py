"""The command line: `python -m emorl reflect`, `python -m emorl atlas` and `python -m emorl ratings`.

User errors are one line on stderr (got, expected, remedy) and exit code 2.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import typer

from emorl.contract import check_candidates, reflection_json, refuse_crisis
from emorl.errors import EmorlError, WeightError
from emorl.ratings.cli import ratings

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
    print(f"{len(result['regions'])} reflections on {result['coverage']:.3%} of the weights, "
          f"{result['decode_steps']} decoding steps", file=sys.stderr)  # fmt: skip


@app.command()
def reflect(
    text: Annotated[str, typer.Argument(help="What the client said, up to 600 characters.")],
    weights: Annotated[str | None, typer.Option(help="name=number,...; unnamed objectives get 0.")] = None,
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

    if dtype is not None and dtype not in PRECISIONS:
        raise EmorlError(f"Got --dtype {dtype}: expected {', '.join(PRECISIONS)}; leave it out for the best.")
    chosen = parse_weights(weights) if weights is not None else None
    if best_of is not None:
        check_candidates(best_of)

    from emorl.reflector import Reflector

    reflector = Reflector.load(models, dtype, progress=True)
    if chosen is None:
        name = preset or "balanced"
        if name not in reflector.presets:
            raise WeightError(f"Got preset {name}: expected {', '.join(reflector.presets)}; check the spelling.")
        chosen = reflector.presets[name]
    if best_of is None:
        result = reflector.reflect(text, chosen, strength, temperature, seed, explain)
    else:
        result = reflector.best_of(text, best_of, chosen, strength, temperature, seed, explain)
    if as_json:
        print(json.dumps(reflection_json(result, explain), ensure_ascii=False))
        return
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

    from emorl.atlas import as_json as atlas_json
    from emorl.atlas import grow_atlas
    from emorl.reflector import MAX_TOKENS, Reflector
    from emorl.template import prompt_text

    reflector = Reflector.load(models, "float32", progress=True)
    statement, names = text.strip(), [o.name for o in reflector.objectives]
    spanned = None
    if objectives is not None:
        chosen = [name.strip() for name in objectives.split(",") if name.strip()]
        reflector.raw_weights(dict.fromkeys(chosen, 1.0))
        spanned = [names.index(name) for name in chosen]
    for found in grow_atlas(
        reflector.decoder, reflector.tokenizer(prompt_text(statement)).input_ids, strength, objectives=spanned,
        max_tokens=MAX_TOKENS, min_area=min_area, max_steps=max_steps,
    ):  # fmt: skip
        if sys.stderr.isatty():
            print(f"{found.coverage:.1%} in {len(found.regions)} reflections, {found.decode_steps} steps",
                  end="  \r", file=sys.stderr, flush=True)  # fmt: skip
    replies = [reflector.tokenizer.decode(r.tokens, skip_special_tokens=True).strip() for r in found.regions]
    result = atlas_json(found, names, replies)
    scorers = reflector.scorers if replies else {}
    scores = {name: scorer.score([statement] * len(replies), replies) for name, scorer in scorers.items()}
    for index, region in enumerate(result["regions"]):
        region["scores"] = {name: float(values[index]) for name, values in scores.items()}
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    print_atlas(result)


def run() -> None:
    """Entry point that turns user errors into one line and exit code 2."""
    try:
        app()
    except EmorlError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
