"""`python -m emorl models {build,check,seal}`.

`build` makes a models folder of PEFT adapters, `check` opens one as the app does, `seal` writes its hashes anew.
Launch: python -m emorl models build my-models calm=adapters/calm brief=adapters/brief --base my-base
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emorl.errors import ManifestError

models = typer.Typer(
    name="models", help="Models folders: make one of adapters of your own, check one.", no_args_is_help=True
)


def parse_pairs(pairs: list[str], what: str) -> dict[str, str]:
    """Texts such as `calm=adapters/calm` as a dictionary.

    Args:
        pairs: The texts.
        what: What they name, for messages.

    Raises:
        ManifestError: One does not have that form, or names an objective twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name or not value or name in found:
            raise ManifestError.of(
                f"the {what} `{pair}`", "name=FOLDER, each name once", "write something like calm=adapters/calm"
            )
        found[name] = value
    return found


@models.command(name="build")
def build_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The models folder to make.")],
    adapters: Annotated[list[str], typer.Argument(metavar="NAME=FOLDER...", help="PEFT adapters, in slider order.")],
    base: Annotated[Path | None, typer.Option(help="Folder of their base; the one in use by default.")] = None,
    warm_start: Annotated[Path | None, typer.Option(help="PEFT adapter that is merged into the base first.")] = None,
    scorer: Annotated[
        list[str] | None,
        typer.Option(help="NAME=fluency, NAME=FOLDER of a trained scorer, or NAME=package.module:function."),
    ] = None,
) -> None:
    """Make a models folder of ordinary PEFT adapters."""
    given = parse_pairs(adapters, "adapter")
    scorers = parse_pairs(scorer or [], "scorer")
    from emorl.building.build import Parts, build

    parts = Parts(
        adapters={name: Path(path) for name, path in given.items()},
        base=base,
        warm_start=warm_start,
        scorers={name: path if path == "fluency" or ":" in path else Path(path) for name, path in scorers.items()},
    )
    print(build(folder, parts))


@models.command(name="check")
def check_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A models folder; EMORL_BASE names another base.")],
) -> None:
    """Open a models folder as the app does, and say what is in it."""
    from emorl.building.check import check

    print("\n".join(check(folder)))


@models.command(name="seal")
def seal_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A models folder whose files you trust.")],
) -> None:
    """Write the hashes of the files as they are now into the manifest, after a change by hand."""
    from emorl.models.manifest import seal

    print(f"{len(seal(folder))} files sealed in {folder}")
