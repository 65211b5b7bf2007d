"""The stages of a run, each readable on its own, from the warm start to the model card.

The reward of every objective is its own score times faithfulness: what the client did not say earns nothing.
Every stage reads what the one before left in the run's folder (`out`) and can be called alone. Statements are
partitioned once: what is trained on, what a run is validated on, what the weight search sees and what the evaluation
sees never overlap. Left out: the weight search (`training.search`), baselines and the report beside them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import torch

from emorl.ensemble import EnsembleDecoder
from emorl.ensemble.backbone import merge
from emorl.ensemble.lora import load_adapter
from emorl.errors import ConfigError
from emorl.models.base import BASE_SHA256, ensure_base
from emorl.models.manifest import VERSION, Manifest, base_identity, file_sha256
from emorl.models.template import END, TEMPLATE, prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.reflecting.writer import Writer
from emorl.scoring.fluency import FluencyScorer
from emorl.scoring.load import ScorerFolders
from emorl.scoring.score_cache import ScoreCache
from emorl.scoring.scorer import Score
from training import files
from training.beginning import ranked_replies
from training.checkpoints import is_finished
from training.config import Config
from training.data import Corpora, load_corpora, load_labels, rl_prompts
from training.evaluate import bootstrap, gain, greedy_replies, measure, reply_writer
from training.package import store_adapter, store_scorer
from training.sources import sources_of

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
}
log = logging.getLogger(__name__)


def corpora_of(config: Config) -> Corpora:
    """The corpora; logs a line for each that is missing."""
    corpora = load_corpora(config.corpora)
    for missing in corpora.missing:
        log.info("without %s (%s): %s", missing.name, missing.published, missing.without)
    return corpora


def partition(corpora: Corpora, watch: int, search: int) -> tuple[list[str], list[str], list[str]]:
    """Statements that no training sees, in three disjoint parts: validation, weight search, evaluation.

    The order is a fixed shuffle of each text by itself, so that adding statements moves no other.
    """
    good = [o.statement for o in corpora.own if o.split == "validation" and len(o.statement.split()) <= 60]
    good += [p.prompt for p in corpora.pair if p.split == "validation"]
    good = sorted(dict.fromkeys(good), key=lambda s: random.Random(s).random())
    evaluation = [o.statement for o in corpora.own if o.split == "test"] + good[watch + search :]
    evaluation.sort(key=lambda s: random.Random(s).random())
    rest = sorted(rl_prompts(corpora, "validation"), key=lambda s: random.Random(s).random())
    taken = set(good) | set(evaluation)
    evaluation += [s for s in rest if s not in taken]
    return good[:watch], good[watch : watch + search], evaluation


def scorer_folder(config: Config, objective: str, role: str) -> Path | None:
    """The folder of a scorer: trained in this run, else packaged, else shipped; None if there is none."""
    for folder in (config.out / "scorers", config.models / "scorers", config.shipped / "scorers"):
        for name in (f"shared-{role}", f"{objective}-{role}"):
            card = folder / name / "scorer.json"
            if card.is_file() and (name != f"shared-{role}" or objective in json.loads(card.read_text())["objectives"]):
                return folder / name
    return None


@cache
def _folders(warm_start: Path | None) -> ScorerFolders:
    """One object for each warm start, so that a scorer of several objectives is loaded once."""
    return ScorerFolders(ensure_base(), warm_start)


def packaged_warm_start(config: Config) -> Path | None:
    """The warm start of the models folder, or None before it is trained."""
    folder = config.models / "warmstart"
    return folder if (folder / "adapter_config.json").is_file() else None


def score_of(config: Config, objective: str, role: str) -> Score | None:
    """The scoring function, or None if there is no such judge.

    Raises:
        ConfigError: There is no shipping scorer to train an objective with.
    """
    if objective == "fluency" and role == "ship":
        return FluencyScorer(ensure_base(), prompt_text, END).score
    folder = scorer_folder(config, objective, role)
    if folder is not None:
        return _folders(packaged_warm_start(config)).load(folder, objective).score
    if role == "ship":
        raise ConfigError.of(
            f"no scorer for {objective}",
            f"one in {config.out} or {config.shipped}",
            "run the stage scorers with the corpora, or name a models folder as `shipped`",
        )
    return None


def reward_of(config: Config, objective: str, role: str) -> Score | None:
    """An objective's score times faithfulness, by scorers of one role; None if there is no such judge.

    Raises:
        ConfigError: A shipping scorer is missing, the objective's own or that of faithfulness.
    """
    own, faithful = score_of(config, objective, role), score_of(config, "faithfulness", role)
    if own is None or faithful is None:
        return None
    return lambda statements, replies: own(statements, replies) * faithful(statements, replies)


def run_scorers(config: Config) -> None:
    """Train the shared scorer and its held-out judge, and fluency's judge; report on validation and test statements.

    Raises:
        ConfigError: There is no warm start for the shared scorer to stand on.
    """
    corpora = corpora_of(config)
    for role in ("ship", "judge"):
        _train_shared(config, corpora, role)
    _train_fluency_judge(config, corpora)


def _train_shared(config: Config, corpora: Corpora, role: str) -> None:
    """The scorer of faithfulness, reflection and empathy; the judge stands on the plain base and on other labels."""
    from training.language_model import OBJECTIVES, train_shared_scorer

    out, warm = config.out / "scorers" / f"shared-{role}", packaged_warm_start(config)
    if (out / "report-faithfulness.json").is_file():
        log.info("%s is done", out)
        return
    if warm is None:
        raise ConfigError.of(
            f"no warm start in {config.models}",
            "one for the scorers to stand on",
            "run the stage warmstart first",
        )
    if not (out / "scorer.json").is_file():
        settings = config.scorers.shared if role == "ship" else replace(config.scorers.shared, start=None)
        seed = config.scorers.seed + (100 if role == "judge" else 0)
        stand = warm if role == "ship" else None
        train_shared_scorer(settings, sources_of(corpora, role), role, seed, out, stand, config.scorers.limit)
    folders = _folders(packaged_warm_start(config))
    cache = ScoreCache({objective: folders.load(out, objective).score for objective in OBJECTIVES})
    for objective in OBJECTIVES:
        _report(config, corpora, objective, _column(cache, objective), out / f"report-{objective}.json")


def _train_fluency_judge(config: Config, corpora: Corpora) -> None:
    """Fluency ships as a perplexity; its judge is a cross-encoder that knows broken copies."""
    from training.scorers import ScorerRun, train_scorer

    out, c = config.out / "scorers" / "fluency-judge", config.scorers
    if (out / "report.json").is_file():
        log.info("%s is done", out)
        return
    train_scorer(ScorerRun("fluency", "judge", c.seed + 101, c.judge_epochs, c.learning_rate, c.limit), corpora, out)
    score = _folders(packaged_warm_start(config)).load(out, "fluency").score
    _report(config, corpora, "fluency", score, out / "report.json")


def _column(cache: ScoreCache, objective: str) -> Score:
    """One objective's score out of a cache that scores every pair once for all of them."""
    return lambda statements, replies: torch.tensor(cache.columns(statements, replies)[objective])


def _report(config: Config, corpora: Corpora, objective: str, score: Score, path: Path) -> None:
    """How good a scorer is, on the validation and test statements that shipping scorers are read on."""
    from training.scorer_report import scorer_report

    found = {
        split: scorer_report(objective, score, sources_of(corpora, "ship", split), config.scorers.limit)
        for split in ("validation", "test")
    }
    path.write_text(json.dumps(found, indent=1) + "\n")


def run_warmstart(config: Config) -> None:
    """Train the supervised warm start; resumes from its last checkpoint."""
    from training.warmstart import train_warmstart

    if (config.out / "warmstart" / "warmstart.json").is_file():
        log.info("%s is done", config.out / "warmstart")
    else:
        train_warmstart(config.warmstart, corpora_of(config), ensure_base(), config.out / "warmstart")
    _place_warm_start(config, latest_warm_start(config))


def run_preferences(config: Config) -> None:
    """Let the warm start learn from replies that were read.

    Raises:
        ConfigError: There is no warm start to go on from.
    """
    from training.preferences import train_preferences

    if not config.preferences.epochs:
        return
    out = config.out / "preferences"
    if (out / "preferences.json").is_file():
        log.info("%s is done", out)
    else:
        start = config.out / "warmstart"
        if not (start / "adapter_config.json").is_file():
            raise ConfigError.of(f"no warm start in {start}", "one to go on from", "run the stage warmstart first")
        labels = load_labels()
        train_preferences(config.preferences, config.warmstart, corpora_of(config), labels, ensure_base(), start, out)
    _place_warm_start(config, latest_warm_start(config))


def latest_warm_start(config: Config) -> Path:
    """The folder of this run's warm start as the last finished stage left it: rounds, preferences or the first one."""
    chosen = config.out / "rounds" / "best.json"
    if chosen.is_file():
        return Path(json.loads(chosen.read_text())["folder"])
    learnt = config.out / "preferences"
    return learnt if (learnt / "preferences.json").is_file() else config.out / "warmstart"


def _place_warm_start(config: Config, folder: Path) -> None:
    """Write a warm start to the models folder, in the rank and precision that ships."""
    rank = config.warmstart.shipped_rank
    store_adapter(folder, config.models / "warmstart", BASE_SHA256, torch.bfloat16, rank)


def run_rounds(config: Config) -> None:
    """Best-of-n rounds on the warm start; the best adapter by the judges becomes the warm start of the models."""
    from training import rounds

    if not config.rounds.rounds:
        return
    totals = {role: _total(config, role) for role in ("ship", "judge")}
    best = rounds.run_rounds(
        config.rounds,
        config.warmstart,
        corpora_of(config),
        ensure_base(),
        config.out / "preferences" if config.preferences.epochs else config.out / "warmstart",
        config.out / "rounds",
        totals["ship"],
        totals["judge"],
    )
    (config.out / "rounds" / "best.json").write_text(json.dumps({"folder": str(best)}) + "\n")
    log.info("the warm start is %s", best)
    _place_warm_start(config, best)


def _total(config: Config, role: str) -> Score:
    """Faithfulness times the mean score over the objectives that have a scorer of this role."""
    faithful = score_of(config, "faithfulness", role)
    own = [score for name in config.objectives if (score := score_of(config, name, role)) is not None]
    if faithful is None or not own:
        raise ConfigError.of(
            f"no {role} scorers of faithfulness and an objective",
            f"both in {config.out} or {config.shipped}",
            "run the stage scorers first",
        )

    def total(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        return faithful(statements, replies) * torch.stack([score(statements, replies) for score in own]).mean(0)

    return total


def run_objectives(config: Config, resume: bool = False, anew: bool = False) -> None:
    """Train one adapter an objective, each on its own, on the base with its warm start merged.

    Args:
        config: Settings.
        resume: Go on from the last whole checkpoints, also with more steps than a finished run had.
        anew: Train again what was trained with other settings.

    Raises:
        ConfigError: An adapter was trained, or begun, with other settings.
    """
    from transformers import AutoModelForCausalLM

    from training.objectives import train_objective

    base, corpora = ensure_base(), corpora_of(config)
    for name, settings in config.objectives.items():
        out = config.out / "objectives" / name
        if is_finished(out, settings, resume, anew):
            log.info("%s is done", out)
            continue
        score = reward_of(config, name, "ship")
        assert score is not None
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        merge(model, load_adapter(config.models / "warmstart"))
        watch, _, _ = partition(corpora, settings.validation, config.search.prompts)
        train_objective(
            settings,
            model,
            base,
            rl_prompts(corpora, "train"),
            watch,
            score,
            reward_of(config, name, "judge"),
            out,
            resume,
            score_of(config, "faithfulness", "ship"),
            anew,
            ranked_replies(name, load_labels(), settings.max_words, settings.seed),
        )


def run_package(config: Config) -> None:
    """Write the models folder: warm start, adapters, scorers, manifest; until the search `balanced` is `equal`.

    Raises:
        ConfigError: The warm start or an adapter has not been trained.
    """
    models = config.models
    _check_trained(config)
    base_id = base_identity(BASE_SHA256, models / "warmstart")
    entries: list[files.ObjectiveEntry] = []
    judge = _package_scorer(config, "faithfulness", "judge")
    check = {"scorer": _package_scorer(config, "faithfulness", "ship"), "label": "Stays with what was said"}
    for name in config.objectives:
        source = config.out / "objectives" / name
        adapter = store_adapter(source / "best", models / "adapters" / name, base_id, torch.float32)
        scorer = "fluency" if name == "fluency" else _package_scorer(config, name, "ship")
        label, text = LABELS[name]
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
    learnt = config.out / "preferences" / "preferences.json"
    if learnt.is_file():
        warm["preferences"] = json.loads(learnt.read_text())
    manifest: files.Manifest = {
        "version": VERSION,
        "base": {"name": "SmolLM2-135M-Instruct", "licence": "Apache-2.0", "sha256": BASE_SHA256},
        "template": TEMPLATE,
        "warm_start": {
            "path": "warmstart",
            "sha256": file_sha256(models / "warmstart/adapter_model.safetensors"),
            "training": warm,
        },
        "base_id": base_id,
        "objectives": entries,
        "faithfulness": {**check, "judge": judge},
        "presets": {
            "balanced": dict.fromkeys(names, 1.0),
            "equal": dict.fromkeys(names, 1.0),
            **{n: {n: 1.0} for n in names},
            "base": {},
        },
    }
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
    """Copy a scorer with its reports to the models folder; its path there, or None if there is no such judge."""
    folder = scorer_folder(config, objective, role)
    if folder is None:
        return None
    target = config.models / "scorers" / folder.name
    if folder != target:
        store_scorer(folder, target)
        for report in folder.glob("report*.json"):
            shutil.copy(report, target / report.name)
    return f"scorers/{folder.name}"


def open_models(config: Config) -> tuple[EnsembleDecoder, SharedTokenizer, Manifest]:
    """Decoder (float32), tokenizer and manifest of the packaged models, checked as the app checks them."""
    writer = Writer.load(config.models, "float32", judged=False)
    return writer.decoder, writer.tokenizer, writer.manifest


def amend_manifest(config: Config, change: Callable[[files.Manifest], None]) -> None:
    """Read the manifest, change it, write it back."""
    path = config.models / "manifest.json"
    manifest: files.Manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def run_card(config: Config) -> None:
    """Write the model card from the manifest, the search and the evaluation."""
    from training.card import write_card

    log.info("wrote %s", write_card(config.models))


def run_evaluate(config: Config) -> None:
    """Warm start, each adapter alone, equal and balanced weights on statements nothing has seen; into the manifest."""
    decoder, tokenizer, manifest = open_models(config)
    names = [o.name for o in manifest.objectives]
    settings = next(iter(config.objectives.values()))
    _, _, statements = partition(corpora_of(config), settings.validation, config.search.prompts)
    statements = statements[: config.evaluate.prompts]
    write = reply_writer(decoder, tokenizer, prompt_text, config.evaluate.max_tokens)
    cache = ScoreCache(
        {
            f"{name} {role}": score
            for name in (*names, "faithfulness")
            for role in ("ship", "judge")
            if (score := score_of(config, name, role))
        }
    )
    mixes = {"warmstart": [0.0] * len(names)}
    mixes |= {name: [float(name == other) for other in names] for name in names}
    mixes["uniform"] = [1.0] * len(names)
    mixes["emorl"] = [manifest.presets["balanced"].get(n, 0.0) for n in names]
    written, _ = greedy_replies(
        decoder, tokenizer, prompt_text, statements, list(mixes.values()), config.evaluate.max_tokens
    )
    replies = dict(zip(mixes, written, strict=True))
    drawn = {method: write(statements, mixes[method], 1.0) for method in ("warmstart", *names)}
    texts = [*replies.values(), *drawn.values()]
    cache.rows(statements * len(texts), [text for column in texts for text in column])  # one batch a scorer
    tables = {method: measure(statements, texts, cache) for method, texts in replies.items()}
    for method, sampled in drawn.items():
        columns = measure(statements, sampled, cache)
        tables[method] |= {f"{column} sampled": values for column, values in columns.items()}
    summary = {
        method: {column: asdict(bootstrap(values)) for column, values in table.items()}
        for method, table in tables.items()
    }
    gains = {
        method: {column: asdict(gain(tables["warmstart"][column], values)) for column, values in table.items()}
        for method, table in tables.items()
        if method != "warmstart"
    }
    different = {
        f"{a} / {b}": sum(x != y for x, y in zip(replies[a], replies[b], strict=True)) / len(statements)
        for i, a in enumerate(replies)
        for b in list(replies)[i + 1 :]
    }
    record: files.Evaluation = {
        "statements": len(statements),
        "weights": mixes,
        "means": summary,
        "gain_over_warmstart": gains,
        "share_of_different_replies": different,
    }
    (config.models / "evaluation.json").write_text(json.dumps(record, indent=1) + "\n")
    (config.out / "replies.json").write_text(json.dumps({"statements": statements, **replies}, indent=1) + "\n")

    def stamp(manifest: files.Manifest) -> None:
        for entry in manifest["objectives"]:
            name = entry["name"]
            columns = [
                (role, mode, f"{name} {role}" + (" sampled" if mode == "sampled" else ""))
                for role in ("ship", "judge")
                for mode in ("greedy", "sampled")
            ]
            entry["evaluation"] = {
                f"{role} {mode}": {
                    "before": summary["warmstart"][column],
                    "after": summary[name][column],
                    "gain": gains[name][column],
                }
                for role, mode, column in columns
                if column in summary[name]
            }

    amend_manifest(config, stamp)
    digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()[:12]
    log.info("evaluated on %d statements (%s)", len(statements), digest)
