"""The command line: `python -m emorl reflect`, `atlas`, `models` and `ratings`, or `emorl` if the package is installed.

User errors are one line on stderr (got, expected, remedy), with exit code 2.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import typer
from typer.core import TyperCommand

from emorl.building.cli import models as models_commands
from emorl.errors import BackboneError, EmorlError, OptionError, StatementError, WeightError
from emorl.ratings.cli import ratings
from emorl.ratings.storage.opening import open_to_read
from emorl.ratings.storage.record import statement_sha256
from emorl.ratings.storage.reflections import find_reflections
from emorl.reflecting.contract import atlas_json, check_candidates, reflection_json, refuse_crisis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emorl.atlas import AtlasJson
    from emorl.reflecting.reflection import Reflection, StatementAtlas
    from emorl.reflecting.replay import Replay

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Reflections from an ensemble of adapters.")
app.add_typer(ratings, name="ratings")
app.add_typer(models_commands, name="models")


@app.callback()
def main() -> None:
    """Reflections from an ensemble of adapters; not for clinical use."""


STDIN = "-"
Statement = Annotated[
    str,
    typer.Argument(
        help="What the client said, up to 600 characters; - reads it from standard input. One word that begins with a "
        "dash needs -- before it."
    ),
]


class StatementCommand(TyperCommand):
    """A command that takes a statement, which may begin with a dash: no option has white space in its name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, with a statement that looks like an option put last, behind `--`."""
        before = args[: args.index("--")] if "--" in args else args
        said = [arg for arg in before if arg.startswith("-") and len(arg.partition("=")[0].split()) > 1]
        rest = [arg for arg in before if arg not in said] + args[len(before) :]
        if said:
            rest += said if "--" in rest else ["--", *said]
        try:
            return super().parse_args(ctx, rest)
        except Exception as fault:  # its class is private to typer
            if type(fault).__name__ != "NoSuchOption":
                raise
            known = ", ".join(getattr(fault, "possibilities", None) or ["one that --help lists"])
            raise OptionError.of(
                f"the option {getattr(fault, 'option_name', '')}",
                known,
                "check the spelling, or put -- before a statement that begins with a dash",
            ) from None


def read_statement(text: str) -> str:
    """A statement as it was given, or what is on standard input for `-`.

    Raises:
        StatementError: There is no standard input, or what it holds is not UTF-8.
    """
    if text != STDIN:
        return text
    if sys.stdin is None:
        raise StatementError.of("no standard input", "the statement there", "give it in quotes instead of -")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StatementError.of(
            "standard input that is not UTF-8", "text in UTF-8", "convert it, or give the statement in quotes"
        ) from None


def parse_weights(text: str) -> dict[str, float]:
    """A text such as `reflection=.6,empathy=.3` as a dictionary.

    Raises:
        WeightError: It does not have that form, or names an objective twice.
    """
    weights: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, sign, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            sign = ""
        if not sign or name.strip() in weights:
            raise WeightError.of(
                f"`{part}` in --weights",
                "name=number, each name once",
                "write something like reflection=.6,empathy=.4",
            )
        weights[name.strip()] = number
    return weights


def print_atlas(result: AtlasJson) -> None:
    """Print what the atlas found as a table, with weights from the middle of each region for use with --weights."""
    for region in result["regions"]:
        middle = [sum(shares) / len(shares) for shares in zip(*region["polygon"], strict=True)]
        weights = ",".join(f"{name}={share:.4f}" for name, share in zip(result["objectives"], middle, strict=True))
        scores = told_scores(region["scores"], region["faithfulness"], region["would_say"])
        print(f"{region['area']:7.3%}  {weights}  {scores}\n         {region['reflection']}")
    count, share = len(result["regions"]), result["coverage"]
    found, steps = counted(count, "reflection"), counted(result["decode_steps"], "decoding step")
    print(f"{found} cover{'s' * (count == 1)} {share:.3%} of the weights, in {steps}", file=sys.stderr)


def print_reflection(result: Reflection) -> None:
    """Print the text and every token's reasons, if it was explained; weights, scores and candidates go to stderr."""
    print(result.reflection)
    mix = ", ".join(f"{name} {share:.2f}" for name, share in result.weights.items())
    told = told_scores(result.scores, result.faithfulness, result.would_say) or "none"
    print(f"weights: {mix}\nautomatic scores: {told}", file=sys.stderr)
    for candidate in result.candidates:
        print(f"{candidate.total:.3f} {candidate.made:>8}  {candidate.reflection}", file=sys.stderr)
    for token in result.tokens:
        parts = "  ".join(f"{name} {value:+.2f}" for name, value in token.contributions.items())
        print(f"{token.text!r:>16} over {token.foil!r:<16} {token.margin:+.2f} = {parts}")


def counted(number: int, thing: str) -> str:
    """A number of things in words."""
    return f"{number} {thing}{'s' * (number != 1)}"


def told_scores(scores: Mapping[str, float], faithfulness: float | None, would_say: float | None) -> str:
    """What the scorers say of a reply, in a line; whatever has no scorer is left out."""
    found = {**scores, "faithfulness": faithfulness, "would say": would_say}
    return ", ".join(f"{name} {score:.2f}" for name, score in found.items() if score is not None)


@app.command(cls=StatementCommand)
def reflect(
    text: Statement,
    weights: Annotated[str | None, typer.Option(help="name=number,...; objectives that are not named get 0.")] = None,
    preset: Annotated[str | None, typer.Option(help="A preset of the models folder; `balanced` by default.")] = None,
    strength: Annotated[float, typer.Option(help="1 is the plain ensemble, 0 the base.")] = 1.0,
    temperature: Annotated[float, typer.Option(help="0 takes the most likely word; above 0 samples.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed for sampling.")] = 0,
    best_of: Annotated[int | None, typer.Option(help="Write 1 to 16 candidates, choose the best by scores.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add every token's exact contributions.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    models: Annotated[Path | None, typer.Option(help="Models folder; the shipped one by default.")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, float16 or int8 (weights only), bfloat16.")] = None,
) -> None:
    """Write a reflection for a client statement."""
    text = read_statement(text)
    refuse_crisis(text)
    if weights is not None and preset is not None:
        raise WeightError.of("--weights and --preset", "one of them", "leave one out")
    from emorl.ensemble.products import PRECISIONS
    from emorl.reflecting.reflector import Reflector

    if dtype is not None and dtype not in PRECISIONS:
        raise BackboneError.of(f"--dtype {dtype}", ", ".join(PRECISIONS), "leave it out for the best one")
    mix = parse_weights(weights) if weights is not None else None
    if best_of is not None:
        check_candidates(best_of)

    reflector = Reflector.load(models, dtype, progress=True)
    if mix is None:
        name = preset or "balanced"
        if name not in reflector.presets:
            raise WeightError.of(f"the preset {name}", ", ".join(reflector.presets), "check the spelling")
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


@app.command(cls=StatementCommand)
def atlas(
    text: Statement,
    strength: Annotated[float, typer.Option(help="1 is the plain ensemble, 0 the base.")] = 1.0,
    objectives: Annotated[str | None, typer.Option(help="name,...: one to four to span; the others get 0.")] = None,
    min_area: Annotated[float, typer.Option(help="Regions with a smaller share of the weights are dropped.")] = 1e-4,
    max_steps: Annotated[
        int | None, typer.Option(help="Limit of decoding steps; the coverage may then be below 1.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    models: Annotated[Path | None, typer.Option(help="Models folder; the shipped one by default.")] = None,
) -> None:
    """Find every reflection that the weights can reach, in float32."""
    text = read_statement(text)
    refuse_crisis(text)

    from emorl.reflecting.reflector import Reflector
    from emorl.reflecting.regions import ALONE

    spanned = None
    if objectives is not None:
        spanned = [name.strip() for name in objectives.split(",") if name.strip()]
    reflector = Reflector.load(models, "float32", progress=True)
    found: StatementAtlas | None = None
    for version in reflector.atlas(text, strength, spanned, max_steps, min_area, ALONE):
        found = version or found
        if found is not None and sys.stderr.isatty():
            count, steps = counted(len(found["regions"]), "reflection"), counted(found["decode_steps"], "step")
            print(f"{found['coverage']:.1%} in {count}, {steps}", end="  \r", file=sys.stderr, flush=True)
    assert found is not None
    result = atlas_json(found)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print_atlas(result)


@app.command(name="replay")
def write_again(
    number: Annotated[str, typer.Argument(metavar="ID", help="generation_id or item of `ratings export`.")],
    statement: Annotated[str | None, typer.Option(help="What the client said, where it was not kept.")] = None,
    db: Annotated[str | None, typer.Option("--db", help="Database URL; else DATABASE_URL, else EMORL_DATA.")] = None,
    models: Annotated[Path | None, typer.Option(help="Models folder; the shipped one by default.")] = None,
    dtype: Annotated[str | None, typer.Option(help="Precision; the one that wrote it by default.")] = None,
) -> None:
    """Write a stored reflection again and say whether it is identical; exit code 1 if it is not."""
    store = open_to_read(db)
    found = find_reflections(store, number)
    store.close()
    from emorl.ensemble.products import PRECISIONS
    from emorl.reflecting.replay import replay
    from emorl.reflecting.writer import Writer

    identical = True
    for stored in found:
        words = stored.statement if stored.statement is not None else statement
        if words is None:
            raise StatementError.of("a reflection whose statement was not kept", "it", "give it with --statement")
        if stored.statement_sha256 and statement_sha256(words) != stored.statement_sha256:
            raise StatementError.of("another statement", "the one that was answered, as typed", "check the spelling")
        precision = dtype or str((stored.written or {}).get("precision", "float32"))
        if precision not in PRECISIONS:
            raise BackboneError.of(f"the precision {precision}", ", ".join(PRECISIONS), "choose one with --dtype")
        given = {**vars(stored), "statement": words}
        del given["statement_sha256"]
        again = replay(Writer.load(models, precision, scored=False), **given)
        identical &= again.identical
        print_replay(stored.reflection, again)
    if not identical:
        sys.exit(1)


def print_replay(before: str, again: Replay) -> None:
    """Say whether a reflection came out the same; what was not as it was then goes to stderr."""
    if again.identical:
        print(f"identical in {again.precision}: {before}")
    else:
        print(f"different in {again.precision} after {again.same} characters\nthen: {before}\nnow:  {again.reflection}")
        if not again.should_be_identical:
            print(
                "a difference is no fault here: only in float32, with all else as it was, none is expected",
                file=sys.stderr,
            )
    for name, (was, now) in again.changed.items():
        print(f"{name}: {was} then, {now} now", file=sys.stderr)


def run() -> None:
    """The entry point: turns user errors into one line and exit code 2."""
    try:
        app()
    except EmorlError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
