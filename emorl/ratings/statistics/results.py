"""Everything the Results screen and `ratings stats` show, from ratings and queue judgements, as plain JSON.

Left out: the summary of the Reflect screen's ratings alone (`emorl.ratings.statistics.summary`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from emorl.ratings.statistics.agreement import SCALES, agreement, judged_agreement, judged_level, level
from emorl.ratings.statistics.quality import gold_accuracy, median_seconds, self_agreement
from emorl.ratings.statistics.ranking import comparisons, rank
from emorl.ratings.statistics.summary import by_region
from emorl.ratings.storage.judgement import StoredJudgement
from emorl.ratings.storage.record import StoredRating
from emorl.ratings.storage.row_counts import RowCounts


def results(ratings: Sequence[StoredRating], judgements: Sequence[StoredJudgement]) -> dict[str, Any]:
    """Counts, agreement, ranking, means by region, self-agreement and gold accuracy.

    Args:
        ratings: newest revisions, from the Reflect screen.
        judgements: not withdrawn, from the queue.

    Returns:
        `counts`, `agreement` (rows `scale, where, alpha, units, explanation`), `ranking` (see `Strength`),
        `regions` (see `Group`), `self_agreement` and `gold` (`right, asked, share`), `median_seconds`.
    """
    answered = [judgement for judgement in judgements if judgement.answer.skip is None]
    found = comparisons(judgements)
    return {
        "counts": {
            "ratings": len(ratings),
            "judgements": len(answered),
            "choices": sum(judgement.answer.choice is not None for judgement in answered),
            "both_bad": sum(judgement.answer.choice == "both_bad" for judgement in answered),
            "skipped": len(judgements) - len(answered),
            "not_blind": sum(not judgement.blind for judgement in answered),
            "raters": len({r.given.rater for r in ratings} | {judgement.rater for judgement in judgements}),
        },
        "agreement": [
            *({"scale": s, "where": "reflect", **asdict(agreement(ratings, s))} for s in SCALES),
            *({"scale": s, "where": "queue", **asdict(judged_agreement(judgements, s))} for s in ("choice", *SCALES)),
        ],
        "ranking": [asdict(strength) for strength in rank(found)],
        "comparisons": len(found),
        "regions": [asdict(group) for group in by_region([*_rated(ratings), *_judged(judgements)])],
        "self_agreement": {
            scale: {**asdict(share), "share": share.share} for scale, share in self_agreement(judgements).items()
        },
        "gold": {**asdict(gold := gold_accuracy(judgements)), "share": gold.share},
        "median_seconds": median_seconds(judgements),
    }


def queue_as_dict(found: Mapping[str, Any], rows: RowCounts) -> dict[str, Any]:
    """The queue's part of `results`, with the number of rows of each kind as `rows`."""
    own = ("judgements", "choices", "both_bad", "skipped", "not_blind")
    return {
        "rows": asdict(rows),
        "counts": {name: found["counts"][name] for name in own},
        "agreement": [row for row in found["agreement"] if row["where"] == "queue"],
        **{name: found[name] for name in ("ranking", "comparisons", "self_agreement", "gold", "median_seconds")},
    }


def queue_as_text(found: Mapping[str, Any], rows: RowCounts) -> str:
    """The queue's part of `results` as lines for a terminal."""
    counts, seconds = found["counts"], found["median_seconds"]
    lines = [
        f"queue: {counts['judgements']} answers ({counts['choices']} choices, {counts['both_bad']} both bad, "
        f"{counts['not_blind']} not blind), {counts['skipped']} skipped, {rows.withdrawn} taken back",
        f"{rows.agreed} of {rows.raters} raters agreed to its notice; {rows.shared_items} shared and {rows.sent_items} "
        f"sent items at {rows.places} places, {rows.drafts} drafts",
    ]
    if seconds is not None:
        lines.append(f"median time for an item: {seconds:.1f} s")
    if found["ranking"]:
        lines += ["", f"Bradley-Terry strength (log-odds) with 95 % interval, {found['comparisons']} blind choices"]
        lines += [
            f"{row['strength']:6.2f} [{row['low']:6.2f}, {row['high']:6.2f}] {row['wins']:g} of {row['comparisons']}  "
            f"{row['setting']}"
            for row in found["ranking"]
        ]
    lines += ["", "agreement in the queue (choice nominal, others ordinal)"]
    for row in found["agreement"]:
        if row["where"] == "queue":
            alpha, over = row["alpha"], row["reflections"]
            value = row["explanation"] if alpha is None else f"{alpha:.3f} over {over} items"
            lines.append(f"{row['scale']:<16} {value}")
    repeated = {scale: row for scale, row in found["self_agreement"].items() if row["asked"]}
    lines += [f"same answer again, {scale}: {row['right']} of {row['asked']}" for scale, row in repeated.items()]
    if found["gold"]["asked"]:
        lines.append(f"known answers given: {found['gold']['right']} of {found['gold']['asked']}")
    return "\n".join(lines)


def _rated(ratings: Sequence[StoredRating]) -> list[tuple[Mapping[str, float], dict[str, int]]]:
    return [(rating.given.weights, {scale: level(rating, scale) for scale in SCALES}) for rating in ratings]


def _judged(judgements: Sequence[StoredJudgement]) -> list[tuple[Mapping[str, float], dict[str, int]]]:
    """Blind first ratings of single reflections that a mix wrote."""
    found = []
    for judgement in judgements:
        weights = judgement.item.first.weights
        levels = {scale: judged_level(judgement, scale) for scale in SCALES}
        if weights is None or judgement.repeat or not judgement.blind or judgement.item.is_pair:
            continue
        if all(value is not None for value in levels.values()):
            found.append((weights, {scale: int(value or 0) for scale, value in levels.items()}))
    return found
