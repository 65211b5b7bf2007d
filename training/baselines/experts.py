"""Adapters of one seed that are mixed: the ensemble itself, and their soup, each with the same search for its weights.

The objectives' own seed has its adapters in the models folder, or where the stage `objectives` left them; those of
further seeds are trained here, with the settings of the file and another seed. The weights of both are searched in the
same way on the same statements, by default with the paper's hierarchical grid. `search.json` of a run holds the record
of that search and of those beside it, the order of the objectives, and what the adapters cost. Left out: weights with a
least share, which only the preset `balanced` has.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.device import chosen_device
from emorl.ensemble.lora import load_adapter, merge
from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from emorl.models.template import END
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.scoring.scorer import Score
from training import files
from training.baselines.missing import MissingPart
from training.baselines.soups import soups
from training.checkpoints import write_json
from training.config import Config
from training.search.methods import run_method
from training.search.score import ensemble, measured
from training.search.settings import METHODS, aim_of
from training.stages.objectives import objective_tasks
from training.tasks.task import Task

log = logging.getLogger(__name__)


def is_own_seed(config: Config, seed: int) -> bool:
    """Whether it is the seed of the stage `objectives`."""
    return all(settings.seed == seed for settings in config.objectives.values())


def expert_tasks(config: Config, out: Path, seed: int) -> list[Task]:
    """Tasks that train the adapters of a further seed; those of the objectives' own come from their stage.

    Args:
        config: Settings.
        out: The ensemble's folder of this seed.
        seed: Seed of the adapters.
    """
    if is_own_seed(config, seed):
        return []
    objectives = {name: replace(settings, seed=seed) for name, settings in config.objectives.items()}
    tasks = objective_tasks(replace(config, out=out, objectives=objectives))
    return [replace(task, name=f"emorl: {task.name}") for task in tasks]


def expert_folders(config: Config, seed: int, out: Path) -> dict[str, Path]:
    """The adapters of a seed by objective.

    Args:
        config: Settings.
        seed: Seed of the adapters.
        out: The ensemble's folder of this seed.

    Raises:
        MissingPart: An objective has none.
    """
    found: dict[str, Path] = {}
    for name in config.objectives:
        places = [out / "objectives" / name / "best"]
        if is_own_seed(config, seed):
            places = [config.out / "objectives" / name / "best", config.models / "adapters" / name]
        there = [place for place in places if (place / "adapter_config.json").is_file()]
        if not there:
            raise MissingPart.of(
                f"no adapter of {name} with seed {seed} in {' or '.join(map(str, places))}",
                "one for every objective",
                "run the stage objectives, or `baselines --only emorl` with this seed",
            )
        found[name] = there[0]
    return found


def expert_accounts(config: Config, folders: Mapping[str, Path]) -> list[files.Account]:
    """What each of these adapters cost: from its run, or from the manifest where it is packaged."""
    accounts: list[files.Account] = []
    for name, folder in folders.items():
        own = folder.with_name("account.json")
        if folder.name == "best" and own.is_file():
            accounts.append(json.loads(own.read_text()))
            continue
        manifest = config.models / "manifest.json"
        entries = json.loads(manifest.read_text())["objectives"] if manifest.is_file() else []
        accounts += [entry["training"] for entry in entries if entry["name"] == name and "training" in entry]
    return accounts


def open_experts(config: Config, folders: Sequence[Path]) -> tuple[EnsembleDecoder, SharedTokenizer]:
    """A decoder in float32 on the base with its warm start merged."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = ensure_base()
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    merge(model, load_adapter(config.models / "warmstart"))
    tokenizer = SharedTokenizer(AutoTokenizer.from_pretrained(base))
    end = tokenizer.plain.convert_tokens_to_ids(END)
    stack = StackedLora([load_adapter(folder) for folder in folders])
    return EnsembleDecoder(LlamaBackbone(model.to(chosen_device()), torch.float32), stack, [end]), tokenizer


def search_weights(
    config: Config,
    name: str,
    seed: int,
    experts: Path,
    statements: list[str],
    rewards: Mapping[str, Score],
    out: Path,
) -> None:
    """Search the weights of the ensemble (`emorl`) or of the soup, and write `search.json`.

    Args:
        config: Settings.
        name: "emorl" or "soup".
        seed: Seed of the adapters.
        experts: The ensemble's folder of this seed.
        statements: Held-back statements.
        rewards: Each objective's reward.
        out: Where the record goes.

    Raises:
        MissingPart: An objective has no adapter of this seed.
    """
    folders = expert_folders(config, seed, experts)
    decoder, tokenizer = open_experts(config, list(folders.values()))
    scorers = {objective: rewards[objective] for objective in folders}
    mixed = (soups if name == "soup" else ensemble)(decoder, tokenizer, config.search.max_tokens)
    log.info("-- %s, seed %d", name, seed)
    aim = measured(aim_of(config.search, list(folders)), mixed.write, statements, scorers)
    chosen, beside = config.baselines.search, config.baselines.beside
    wanted = [method for method in METHODS if method == chosen or method in beside]
    if mixed.atlas is None and "exact" in wanted:
        log.info("%s: without exact, because a soup has no atlas", name)
        wanted.remove("exact")
    outcomes = {method: run_method(method, config.search, aim, mixed, statements, scorers) for method in wanted}
    found, accounts = outcomes[chosen], expert_accounts(config, folders)
    record = {
        "objectives": list(folders),
        "adapters": [str(folder) for folder in folders.values()],
        "statements": len(statements),
        "aim": asdict(aim),
        "method": chosen,
        **found.record,
        "searches": [outcome.summary(None) for outcome in outcomes.values()],
        "beside": {method: outcome.record for method, outcome in outcomes.items() if method != chosen},
        "accounts": accounts,
    }
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "search.json", record)
    log.info("%s: %.4f at %s", name, found.score, dict(zip(folders, found.best, strict=True)))


def is_searched(config: Config, out: Path, anew: bool) -> bool:
    """Whether the weights of a run have been searched as the settings say; False if they are to be searched.

    Raises:
        ConfigError: They were searched in another way or for another aim, and nobody asked to search anew.
    """
    path = out / "search.json"
    if anew or not path.is_file():
        return False
    record = json.loads(path.read_text(encoding="utf-8"))
    method, aim = record.get("method", METHODS[0]), record.get("aim", {"name": "mean"})["name"]
    if (method, aim) == (config.baselines.search, config.search.aim):
        return True
    raise ConfigError.of(
        f"weights in {out} that were searched with {method} for the aim {aim}",
        f"{config.baselines.search} for {config.search.aim}, as in the file",
        "put the settings back, or search anew with --anew",
    )
