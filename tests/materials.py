"""A bill of materials: every installed distribution with its version and licence, and the base model.

It goes to a CycloneDX 1.6 file, and as a table to the screen. What `requirements.txt` needs, directly or through
others, is `required`; what only tests and training need is `excluded`, CycloneDX's word for it. Versions and licences
are what the distributions say of themselves. Left out: system packages, JavaScript (biome, for the linter only), the
texts of licences.

    python -m tests.materials var/bom.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from email.message import Message
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from emorl import __version__
from emorl.models.sources import BASE_NAME, BASE_SHA256, HUB_REPOSITORY

ROOT = Path(__file__).parents[1]
LONGEST = 60
"""Characters of a licence's name; a longer entry is the text of a licence."""


def licence(fields: PackageMetadata | Message) -> dict[str, Any]:
    """The licence as CycloneDX has it: an SPDX expression, or a name from the other fields."""
    if expression := fields.get_all("License-Expression"):
        return {"expression": expression[0]}
    named = "".join(fields.get_all("License") or []).strip()
    if not named or "\n" in named or len(named) > LONGEST or named == "UNKNOWN":
        classifiers = [c for c in fields.get_all("Classifier") or [] if c.startswith("License ::")]
        named = ", ".join(c.split(" :: ")[-1] for c in classifiers) or "not said"
    return {"license": {"name": named}}


def needed(roots: Iterable[str], installed: Mapping[NormalizedName, Distribution]) -> set[NormalizedName]:
    """The names of all that some requirements need on this machine, through others too.

    Args:
        roots: Lines of a requirements file.
        installed: Distributions by canonical name.
    """
    found: set[NormalizedName] = set()
    seen: set[tuple[NormalizedName, frozenset[str]]] = set()
    waiting = [requirement for line in roots if (requirement := parsed(line))]
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if name not in installed or (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(name)
        for line in installed[name].requires or []:
            other = parsed(line)
            if other and (not other.marker or any(other.marker.evaluate({"extra": e}) for e in extras | {""})):
                waiting.append(other)
    return found


def parsed(line: str) -> Requirement | None:
    """A line of a requirements file, or nothing where it is a comment or an option."""
    try:
        return Requirement(line.split("#")[0].strip())
    except InvalidRequirement:
        return None


def bill(found: Iterable[Distribution], roots: Iterable[str]) -> dict[str, Any]:
    """The bill of materials, as CycloneDX's JSON; the same for the same distributions."""
    installed = {canonicalize_name(one.metadata["Name"]): one for one in found}
    required = needed(roots, installed)
    components: list[dict[str, Any]] = [
        {
            "type": "machine-learning-model",
            "bom-ref": f"pkg:huggingface/{HUB_REPOSITORY}",
            "name": BASE_NAME,
            "version": BASE_SHA256[:12],
            "hashes": [{"alg": "SHA-256", "content": BASE_SHA256}],
            "licenses": [{"license": {"id": "Apache-2.0"}}],
            "scope": "required",
        }
    ]
    for name, one in sorted(installed.items()):
        purl = f"pkg:pypi/{name}@{one.version.replace('+', '%2B')}"
        components.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": one.metadata["Name"],
                "version": one.version,
                "purl": purl,
                "licenses": [licence(one.metadata)],
                "scope": "required" if name in required else "excluded",
            }
        )
    own: dict[str, Any] = {"type": "application", "bom-ref": "emorl", "name": "emorl", "version": __version__}
    own["licenses"] = [{"license": {"id": "Apache-2.0"}}]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
    }


def table(whole: Mapping[str, Any]) -> str:
    """A line for each component: scope, name, version, licence."""
    rows = []
    for one in whole["components"]:
        said = one["licenses"][0]
        name = said.get("expression") or said["license"].get("id") or said["license"]["name"]
        rows.append(f"{one['scope']:9} {one['name']:28} {one['version']:14} {name}")
    return "\n".join(rows)


def main(target: Path) -> None:
    """Write the file and print the table."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    whole = bill(distributions(), lines)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(whole))
    print(f"{len(whole['components'])} components in {target}", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
