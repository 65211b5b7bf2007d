"""Writes MODEL_CARD.md beside a manifest: every figure is read from the run's own files, none is typed.

Left out: plots. Launch with `python -m training card --config training/configs/default.yaml`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from emorl.ensemble.weights import shares
from emorl.errors import ConfigError
from emorl.models.base import BASE_SHA256
from training import files

BEFORE = "98f52eb"
"""Commit that holds the previous models."""

HEAD = """# Model card

One warm start, {n} objective adapters and their scorers for {base}. They write short reflections of a
client's statement, mixed word by word with weights the user sets (EMORL, Kong et al., SIGDIAL 2025, arXiv 2505.02579).

## Intended use
Research on user-weighted objectives, and demonstrations of reflective listening for counsellors and their trainers, on invented or
de-identified statements.

## Out of scope
Clinical use; use by or with clients; crises (the app answers those with people and phone numbers); diagnosis, advice, reading out
a person's emotions or condition; ranking counsellors. Nothing here has been validated clinically.

## Data and licences
{data}
our own invented statements (`data/reflections.jsonl`, Apache-2.0) and, where it was at hand, PAIR (Min et al. 2022; Apache-2.0 in
the authors' repository). Warm start and scorers also learnt from replies that were read one by one (`data/faithfulness.jsonl`), the scorers from
hand-written sympathy (`data/sympathy.jsonl`). AnnoMI (Wu et al. 2022) is measured on, and nothing learns from it. The models
are Apache-2.0{licence}. Language models wrote and read our own texts, to detailed instructions; counsellors have not
checked them.

## Known failures
* {size}. Many of its reflections are still not what a counsellor would say: docs/results.md has the
  share, read blind. They keep close to the client's words: a short statement often comes back nearly word for word, and of a long
  one the point is often left out. Other faults are an invented second half, a reversed meaning and the wrong person, in smooth
  English. Read every reply against the statement before you use it for anything.
* "Stays with what was said" is an estimate by a scorer that is often wrong: see its AUC against readers below.
* The fluency score measures how predictable a reply is to the base, not how good: people's own reflections score lower than the
  model's greedy replies.
* Scorers reward what they were trained on. Length, openers, copying and sympathy were countered, other shortcuts surely remain.
* English only, and mostly health behaviour and everyday trouble in British and American settings.

The models before these are in the repository's history: commit `{before}`; those before them: `3da8f61`, `0460ade`,
and (research only, trained on AnnoMI and EPITOME too) `7ccf2d9`.
"""


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def span(interval: files.Interval, sign: bool = False) -> str:
    """Mean with its interval, two decimals."""
    form = "+.2f" if sign else ".2f"
    return f"{interval['mean']:{form}} ({interval['low']:{form}} to {interval['high']:{form}})"


def training_table(manifest: files.Manifest) -> str:
    """What each run cost, and what it gained."""
    rows = []
    for entry in manifest["objectives"]:
        e = entry.get("evaluation", {})
        for role, mode in (("ship", "greedy"), ("ship", "sampled"), ("judge", "greedy"), ("judge", "sampled")):
            result = e.get(f"{role} {mode}")
            if result:
                rows.append(
                    [
                        entry["name"],
                        {"ship": "shipping scorer", "judge": "held-out judge"}[role],
                        mode,
                        span(result["before"]),
                        span(result["after"]),
                        span(result["gain"], True),
                    ]
                )
    cost = [
        [
            e["name"],
            e["training"]["settings"]["seed"],
            e["training"]["steps"],
            e["training"]["data_points"],
            e["training"]["rollouts"],
            e["training"]["scorer_calls"],
            f"{e['training']['seconds']:.0f}",
            e["training"]["stopped"],
        ]
        for e in manifest["objectives"]
    ]
    return (
        table(["adapter", "scored by", "decoding", "warm start", "adapter alone", "gain"], rows)
        + "\n"
        + table(["adapter", "seed", "steps", "data points", "rollouts", "scorer calls", "seconds", "stopped by"], cost)
    )


def losses(curve: Sequence[dict[str, float]]) -> str:
    """How the loss on unseen reflections fell, by corpus; empty if it was not measured."""
    first, last = (curve[0], curve[-1]) if curve else ({}, {})
    found = [f"{name} {value:.2f} to {last[name]:.2f}" for name, value in first.items() if name != "statements"]
    return f"; loss on people's unseen reflections, in nats a token: {', '.join(found)}" if found else ""


def preferences(warm: files.WarmStart) -> str:
    """What the warm start learnt from read replies; nothing where it has not."""
    if "preferences" not in warm:
        return ""
    learnt = warm["preferences"]
    said = f". Then it learnt from {learnt['replies']} replies to {learnt['statements']} statements that were read"
    said += f" ({learnt['steps']} steps, ranked and imitated)"
    ranked = learnt["ranked_rightly"]
    return said + (f"; of unequal replies to unseen statements it ranks {ranked:.2f} rightly" if ranked else "")


def note(warm: files.WarmStart) -> str:
    """A remark on how the warm start was made; empty if a run of the stage made it."""
    return f"; {warm['note']}" if "note" in warm else ""


def begun(manifest: files.Manifest) -> str:
    """Which runs began by ranking read replies; nothing where none did."""
    names = [e["name"] for e in manifest["objectives"] if e["training"]["settings"].get("ranking")]
    return f" The run of {' and '.join(names)} began by ranking read replies." if names else ""


def by_reading(shown: Mapping[str, float], optimum: Mapping[str, float]) -> str:
    """What to know where the preset is not the optimum that the search found; nothing where it is."""
    if all(abs(shown.get(name, 0.0) - share) < 0.001 for name, share in optimum.items()):
        return ""
    weights = ", ".join(f"{name} {share:.3f}" for name, share in shown.items())
    return f"\nReaders found other weights of these adapters better (docs/results.md), so `balanced` was set by reading: {weights}."


def found_balanced(search: files.Search) -> Sequence[float]:
    """The shares that the search found for the preset `balanced`."""
    for line in search.get("searches", []):
        if line["method"] == search.get("method"):
            return shares(line["balanced"])
    return search["exact"]["balanced"]


def searched(search: files.Search) -> str:
    """What every method of the weight search reached, in sentences and, where it was recorded, as a table."""
    named = {"mean": "a mean", "minimum": "a minimum"}
    aim = named.get(str(search.get("aim", {"name": "mean"})["name"]), "a score")
    parts = []
    if grid := search.get("hierarchical"):
        parts.append(
            f"On {search['statements']} further statements the paper's hierarchical grid reached {aim} of "
            f"{grid['score']:.4f} with {grid['evaluations']} directions in {grid['decode_steps']} decoding steps "
            f"({grid['decode_steps_one_by_one']} if every\ndirection were decoded by itself)."
        )
    if exact := search.get("exact"):
        best = ", ".join(f"{n} {w:.3f}" for n, w in zip(search["objectives"], exact["best"], strict=True))
        parts.append(
            f"The exact optimum over all weights, from the statements' atlases, is {exact['score']:.4f} in "
            f"{exact['decode_steps']} steps (coverage at least {exact['coverage']:.4f}), at\n{best}."
        )
    if exact and search.get("method", "exact") == "exact":
        best = ", ".join(f"{n} {w:.3f}" for n, w in zip(search["objectives"], exact["balanced"], strict=True))
        parts.append(
            f"{aim.capitalize()} that one adapter carries is not balanced, so `balanced` comes from the exact\noptimum "
            f"among the weights that leave every objective a share of {exact['least_share']:g}: {best}, with {aim} of "
            f"{exact['balanced_score']:.4f}."
        )
    text = " ".join([*parts, "All points are in `search.json`."])
    return text + (f"\n\n{search_table(search)}" if "searches" in search else "")


def search_table(search: files.Search) -> str:
    """What each method found and cost, with its weights scored again where no search has looked."""
    lines = [
        [
            line["method"] + (" (`balanced`)" if line["method"] == search.get("method") else ""),
            *(
                "-" if value is None else f"{value:.4f}"
                for value in (line["score"], line["unseen"], line["balanced_score"], line["balanced_unseen"])
            ),
            line["evaluations"] or "-",
            line["replies"],
            line["decode_steps"],
            f"{line['seconds']:.0f}",
        ]
        for line in search["searches"]
    ]
    header = [
        f"search for {search['aim']['name']}",
        "best",
        f"again on {search['unseen']} unseen statements",
        "with a least share",
        "again on unseen",
        "weight vectors",
        "replies scored",
        "decoding steps",
        "seconds",
    ]
    return table(header, lines)


def method_table(evaluation: files.Evaluation) -> str:
    """All methods by every scorer, greedy."""
    means = evaluation["means"]
    columns = [c for c in means["warmstart"] if "sampled" not in c]
    return table(
        ["method", *columns], [[m, *(f"{values[c]['mean']:.2f}" for c in columns)] for m, values in means.items()]
    )


def slider_table(evaluation: files.Evaluation) -> str:
    """The score of an objective along its slider, faithfulness behind it; nothing where it was not measured."""
    sliders = evaluation.get("sliders")
    if not sliders:
        return ""
    shares = [f"{point['share']:.0%}" for point in next(iter(sliders.values()))]
    rows = [
        [name, *(f"{point['score']:.2f} / {point['faithfulness']:.2f}" for point in points)]
        for name, points in sliders.items()
    ]
    return (
        "Along each slider, the other objectives sharing the rest equally: the objective's own score / faithfulness, "
        "greedy, at a share of\n\n" + table(["objective", *shares], rows)
    )


def scorer_tables(folder: Path) -> str:
    """Every scorer's report: against readers, then on pairs beside the shortcuts, a column or table for each split."""
    parts = []
    for path in sorted(folder.glob("*/report*.json")):
        splits = {split: dict(found) for split, found in json.loads(path.read_text()).items()}
        readers = {split: found.pop("against readers") for split, found in splits.items()}
        names = list(next(iter(readers.values())))
        parts.append(
            f"### {path.parent.name}{path.stem.removeprefix('report').replace('-', ': ', 1)}\n\n"
            + table(
                ["against readers", *readers],
                [[name, *(_figure(found[name]) for found in readers.values())] for name in names],
            )
        )
        parts += [
            table(
                [f"pairs of {split}", "scorer", "length alone", "opener alone", "n"],
                [
                    [name, *(_figure(r[key]) for key in ("scorer", "length_only", "opener_only", "pairs"))]
                    for name, r in found.items()
                ],
            )
            for split, found in splits.items()
        ]
    return "\n".join(parts)


def _figure(value: float) -> str:
    """A count as it is, a share with two decimals, a dash for what could not be measured."""
    if isinstance(value, int):
        return str(value)
    return "-" if math.isnan(value) else f"{value:.2f}"


def write_card(models: Path) -> Path:
    """Write `MODEL_CARD.md` into a models folder that has been searched and evaluated.

    Raises:
        ConfigError: It has not been packaged, searched or evaluated.
    """
    names = ("manifest.json", "search.json", "evaluation.json")
    if lacking := [name for name in names if not (models / name).is_file()]:
        raise ConfigError.of(
            f"no {', '.join(lacking)} in {models}",
            "all figures of the card",
            "run the stages package, search and evaluate first",
        )
    manifest: files.Manifest = json.loads((models / "manifest.json").read_text())
    evaluation: files.Evaluation = json.loads((models / "evaluation.json").read_text())
    search = files.read_search(models / "search.json")
    warm, base = manifest["warm_start"]["training"], manifest["base"]
    published = base["sha256"] == BASE_SHA256
    data = f"The warm start saw {warm['replies']} replies to {warm['statements']} statements of"
    cards: list[tuple[str, files.ScorerCard]] = [
        (path.parent.name, json.loads(path.read_text())) for path in sorted(models.glob("scorers/*/scorer.json"))
    ]
    notes = "".join(f"\n{name} was {card['note']}." for name, card in cards if "note" in card)
    if notes:
        notes += " So a run of default.yaml from nothing gives similar scorers, not the same ones.\n"
    shown = manifest["presets"]["balanced"]
    optimum = dict(zip(search["objectives"], found_balanced(search), strict=True))
    text = (
        HEAD.format(
            n=len(manifest["objectives"]),
            base=f"{base['name']} ({base.get('licence', 'under its own licence')})",
            licence=", as the base is" if published else "; the base has its own licence",
            size="The base has 135 million parameters" if published else f"The base is {base['name']}",
            data=data,
            before=BEFORE,
        )
        + f"""
## Training
Warm start: {warm["replies"]} replies to {warm["statements"]} statements, {warm["steps"]} steps\
{losses(warm["curve"])}{preferences(warm)}{note(warm)}. Objectives: k-sample self-critical training (TRL's RLOO), one seed each, on CPU.{begun(manifest)}
Each adapter on {evaluation["statements"]} statements nothing has been trained on or chosen by; means with 95% bootstrap
intervals over statements, gains paired. Greedy is what the app does by default; sampled is at temperature 1.

{training_table(manifest)}
Share of statements for which two methods write different greedy replies: \
{min(evaluation["share_of_different_replies"].values()):.2f} at least, between any two.

## Weights
{searched(search)}{by_reading(shown, optimum)}

{method_table(evaluation)}
"emorl" is that optimum; "uniform" gives every adapter the same weight. diversity_2 is EMORL's (distinct bigrams / words, a reply at a
time), copy_rate the share of words in runs of three taken from the statement.

{slider_table(evaluation)}
## Scorers, on statements they have not seen
"ship" scorers are rewards, "judge" ones are never seen by training (another part of the data, another seed; the judge of
fluency is another kind of model). Against readers: the chance that a reply read as faithful (or as one a counsellor would say)
scores above one that was not (AUC), with the number of replies, and the share of minimal pairs whose true half scores higher.
Pairs: share ranked rightly, beside what length alone and the opening alone would rank rightly.
{notes}

{scorer_tables(models / "scorers")}"""
    )
    path = models / "MODEL_CARD.md"
    path.write_text(text)
    return path
