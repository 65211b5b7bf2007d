"""The stage `package`: writes the models folder with its manifest out of what the earlier stages have trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from emorl.errors import ConfigError
from emorl.models.base import BASE_SHA256, base_sha256, ensure_base
from emorl.models.manifest import VERSION, base_identity, file_hashes, file_sha256
from emorl.models.own_base import base_name
from emorl.models.template import TEMPLATE
from emorl.scoring.own import NAMED
from training import files
from training.config import Config
from training.objectives import ObjectiveConfig
from training.package import store_adapter, store_scorer
from training.stages.provenance import kept_settings
from training.stages.scores import named_scorer, packaged_warm_start, scorer_folder

LABELS = {
    "reflection": (
        "Reflection",
        "Says back what the client means, beyond the words. Example: from “I keep starting "
        "over” to “Part of you is tired of beginning again.”",
    ),
    "empathy": (
        "Empathy",
        "Names what the client feels and why. Example: “It's lonely, facing all those evenings by yourself.”",
    ),
    "fluency": (
        "Fluency",
        "Keeps to natural, expected English. Example: “You miss how it was”, not “The missing of it is in you.”",
    ),
    "affirmation": (
        "Affirmation",
        "Names a strength, a value or an effort of the client. Example: “You kept going to the group, even in the bad "
        "weeks.”",
    ),
}

LICENCE = "Apache-2.0"
"""Of the published base; other bases have their own."""


def slider(name: str, settings: ObjectiveConfig) -> tuple[str, str]:
    """Label and help of an objective's slider: those of its settings, else our own, else its name."""
    label, text = LABELS.get(name, (name.replace("_", " ").replace("-", " ").capitalize(), f"The objective {name}."))
    return settings.label or label, settings.help or text


def run_package(config: Config) -> None:
    """Write the models folder: warm start, adapters, scorers, manifest; until the search `balanced` is `equal`.

    Raises:
        ConfigError: The warm start or an adapter has not been trained.
    """
    models = config.models
    _check_trained(config)
    for name in ("chance.json", "search.json", "evaluation.json"):  # they are about what was packaged before
        (models / name).unlink(missing_ok=True)
    base = ensure_base()
    digest = base_sha256(base)
    base_id, name_of_base = base_identity(digest, models / "warmstart"), base_name(base, digest)
    entries: list[files.ObjectiveEntry] = []
    judge = _package_scorer(config, "faithfulness", "judge")
    check: files.Faithfulness = {
        "scorer": _package_scorer(config, "faithfulness", "ship"),
        "label": "Stays with what was said",
        "judge": judge,
    }
    for name in config.objectives:
        source = config.out / "objectives" / name
        target = models / "adapters" / name
        adapter = store_adapter(source / "best", target, base_id, torch.float32, base_name=name_of_base)
        scorer = _package_scorer(config, name, "ship")
        label, text = slider(name, config.objectives[name])
        account: files.Training = json.loads((source / "account.json").read_text())
        entries.append(
            {
                "name": name,
                "label": label,
                "help": text,
                "adapter": f"adapters/{name}",
                "sha256": file_sha256(adapter / "adapter_model.safetensors"),
                "scorer": scorer,
                "judge": _package_scorer(config, name, "judge"),
                "training": account,
            }
        )
    names = [e["name"] for e in entries]
    warm: files.WarmStart = json.loads((config.out / "warmstart" / "warmstart.json").read_text())
    if settings := kept_settings(config.out / "warmstart"):
        warm["settings"] = settings
    learnt = config.out / "preferences"
    if (learnt / "preferences.json").is_file():
        warm["preferences"] = json.loads((learnt / "preferences.json").read_text())
        if settings := kept_settings(learnt):
            warm["preferences"]["settings"] = settings
    manifest: files.Manifest = {
        "version": VERSION,
        "base": {"name": name_of_base, "sha256": digest} | ({"licence": LICENCE} if digest == BASE_SHA256 else {}),
        "template": TEMPLATE,
        "warm_start": {
            "path": "warmstart",
            "sha256": file_sha256(models / "warmstart/adapter_model.safetensors"),
            "training": warm,
        },
        "base_id": base_id,
        "objectives": entries,
        "faithfulness": check,
        "presets": {
            "balanced": dict.fromkeys(names, 1.0),
            "equal": dict.fromkeys(names, 1.0),
            **{n: {n: 1.0} for n in names},
            **config.presets,
            "base": {},
        },
        "files": {},
    }
    manifest["files"] = file_hashes(models, manifest)
    (models / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def _check_trained(config: Config) -> None:
    if packaged_warm_start(config) is None or not (config.out / "warmstart" / "warmstart.json").is_file():
        raise ConfigError.of(
            f"no warm start in {config.models} with its account in {config.out}",
            "both to package",
            "run the stage warmstart first",
        )
    for name in config.objectives:
        source = config.out / "objectives" / name
        if not (source / "account.json").is_file():
            raise ConfigError.of(
                f"no finished adapter of {name} in {source}", "one to package", "run the stage objectives first"
            )
        if not (source / "best" / "adapter_config.json").is_file():
            raise ConfigError.of(
                f"no good adapter of {name} in {source}, because a guard stopped the run before its first",
                "one to package",
                "read validation.jsonl there, remove the folder, lower the learning rate and run the stage objectives",
            )
        if "settings" not in json.loads((source / "account.json").read_text()):
            raise ConfigError.of(
                f"an adapter of {name} in {source} without the settings that trained it",
                "them in its account.json",
                "train it again with the stage objectives and --anew",
            )


def _package_scorer(config: Config, objective: str, role: str) -> str | None:
    """Copy a scorer with its reports to the models folder; how the manifest names it, or None if there is none."""
    named = named_scorer(config, objective, role)
    if named is not None and NAMED.fullmatch(named):
        return named
    if named is None and (objective, role) == ("fluency", "ship"):
        return "fluency"
    folder = Path(named).expanduser() if named is not None else scorer_folder(config, objective, role)
    if folder is None:
        return None
    target = config.models / "scorers" / (f"{objective}-{role}" if named is not None else folder.name)
    if folder != target:
        store_scorer(folder, target)
        for report in folder.glob("report*.json"):
            shutil.copy(report, target / report.name)
    return f"scorers/{target.name}"
