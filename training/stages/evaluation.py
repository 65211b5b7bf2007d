"""The stages `evaluate`, on statements that nothing has seen, and `card`, which writes down what was found."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from statistics import fmean

from emorl.models.template import prompt_text
from emorl.scoring.score_cache import ScoreCache
from training import files
from training.config import Config
from training.evaluate import bootstrap, gain, greedy_replies, measure, reply_writer
from training.stages.models import amend_manifest, open_models
from training.stages.scores import score_of
from training.stages.statements import corpora_of, partition

log = logging.getLogger(__name__)


SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where a slider is measured."""


def slider_weights(count: int, index: int, share: float) -> list[float]:
    """Weights that sum to 1: one objective has this share, the others the rest in equal parts."""
    if count == 1:
        return [share]
    rest = (1 - share) / (count - 1)
    return [share if other == index else rest for other in range(count)]


def run_evaluate(config: Config) -> None:
    """Warm start, each adapter alone, equal and balanced weights on statements nothing has seen; into the manifest."""
    decoder, tokenizer, manifest = open_models(config)
    names = [o.name for o in manifest.objectives]
    settings = next(iter(config.objectives.values()))
    _, _, statements = partition(corpora_of(config), settings.validation, config.search.prompts)
    statements = statements[: config.evaluate.prompts]
    mixes = {"warmstart": [0.0] * len(names)}
    mixes |= {name: [float(name == other) for other in names] for name in names}
    mixes["uniform"] = [1.0] * len(names)
    mixes["emorl"] = [manifest.presets["balanced"].get(n, 0.0) for n in names]
    longest = config.evaluate.max_tokens
    along = [slider_weights(len(names), index, share) for index in range(len(names)) for share in SHARES]
    written, _ = greedy_replies(decoder, tokenizer, prompt_text, statements, [*mixes.values(), *along], longest)
    greedy = dict(zip(mixes, written, strict=False))
    write = reply_writer(decoder, tokenizer, prompt_text, longest)
    sampled = {method: write(statements, mixes[method], 1.0) for method in ("warmstart", *names)}
    cache = _scores(config, names)
    record = _measured(statements, mixes, greedy, sampled, cache)
    record["sliders"] = _sliders(statements, names, written[len(mixes) :], cache)
    (config.models / "evaluation.json").write_text(json.dumps(record, indent=1) + "\n")
    (config.out / "replies.json").write_text(json.dumps({"statements": statements, **greedy}, indent=1) + "\n")
    amend_manifest(config, lambda manifest: _add_effects(manifest, record))
    digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()[:12]
    log.info("evaluated on %d statements (%s)", len(statements), digest)


def _scores(config: Config, names: Sequence[str]) -> ScoreCache:
    """The scorers of the objectives and of faithfulness, by both roles, as far as there are any."""
    return ScoreCache(
        {
            f"{name} {role}": score
            for name in (*names, "faithfulness")
            for role in ("ship", "judge")
            if (score := score_of(config, name, role))
        }
    )


def _measured(
    statements: list[str],
    mixes: dict[str, list[float]],
    greedy: dict[str, list[str]],
    sampled: dict[str, list[str]],
    cache: ScoreCache,
) -> files.Evaluation:
    """The record of the replies that each method wrote to the statements, gains paired with the warm start."""
    texts = [*greedy.values(), *sampled.values()]
    cache.rows(statements * len(texts), [text for column in texts for text in column])  # one batch a scorer
    tables = {method: measure(statements, replies, cache) for method, replies in greedy.items()}
    for method, replies in sampled.items():
        columns = measure(statements, replies, cache)
        tables[method] |= {f"{column} sampled": values for column, values in columns.items()}
    return {
        "statements": len(statements),
        "weights": mixes,
        "means": {
            method: {column: asdict(bootstrap(values)) for column, values in table.items()}
            for method, table in tables.items()
        },
        "gain_over_warmstart": {
            method: {column: asdict(gain(tables["warmstart"][column], values)) for column, values in table.items()}
            for method, table in tables.items()
            if method != "warmstart"
        },
        "share_of_different_replies": {
            f"{a} / {b}": sum(x != y for x, y in zip(greedy[a], greedy[b], strict=True)) / len(statements)
            for a, b in combinations(greedy, 2)
        },
    }


def _sliders(
    statements: Sequence[str], names: Sequence[str], written: Sequence[Sequence[str]], cache: ScoreCache
) -> dict[str, list[files.SliderPoint]]:
    """Mean scores along every slider; `written` by objective and share."""
    cache.rows([*statements] * len(written), [text for column in written for text in column])
    found: dict[str, list[files.SliderPoint]] = {}
    for index, name in enumerate(names):
        found[name] = []
        for share, replies in zip(SHARES, written[index * len(SHARES) :], strict=False):
            columns = cache.columns(statements, replies)
            score, faithful = (fmean(columns[f"{which} ship"]) for which in (name, "faithfulness"))
            found[name].append({"share": share, "score": score, "faithfulness": faithful})
    return found


def _add_effects(manifest: files.Manifest, record: files.Evaluation) -> None:
    """Write to the manifest what each adapter did for its own objective."""
    means, gains = record["means"], record["gain_over_warmstart"]
    for entry in manifest["objectives"]:
        name = entry["name"]
        columns = [
            (role, mode, f"{name} {role}" + (" sampled" if mode == "sampled" else ""))
            for role in ("ship", "judge")
            for mode in ("greedy", "sampled")
        ]
        entry["evaluation"] = {
            f"{role} {mode}": {
                "before": means["warmstart"][column],
                "after": means[name][column],
                "gain": gains[name][column],
            }
            for role, mode, column in columns
            if column in means[name]
        }


def run_card(config: Config) -> None:
    """Write the model card from the manifest, the search and the evaluation."""
    from training.card import write_card

    log.info("wrote %s", write_card(config.models))
