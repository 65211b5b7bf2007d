"""The numbers as lines for a terminal: `ratings stats` without `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from emorl.ratings.statistics.agreement import Agreement
from emorl.ratings.statistics.results import Results, ScaleAgreement
from emorl.ratings.statistics.summary import Summary
from emorl.ratings.storage.form import SCALES
from emorl.ratings.storage.item import shown_setting
from emorl.ratings.storage.row_counts import RowCounts


def summary_text(summary: Summary) -> str:
    """The ratings of the Reflect screen."""
    lines = [
        f"{summary.ratings} ratings ({summary.revisions} with earlier revisions) "
        f"of {summary.reflections} reflections by {summary.raters} raters"
    ]
    if summary.groups:
        heads = "".join(f" {scale:>9}" for scale in SCALES)
        lines += ["", f"{'objective':<16} {'where':<18} {'n':>4}{heads}"]
        for group in summary.groups:
            means = "".join(f" {group.means[scale]:9.2f}" for scale in SCALES)
            lines.append(f"{group.objective or '-':<16} {group.third:<18} {group.ratings:>4}{means}")
        lines.append("means of levels 0 to 2 (depth none/simple/complex, would say no/edits/yes)")
    lines += ["", "agreement (Krippendorff's alpha, ordinal; 1 perfect, 0 chance)"]
    lines += _alphas(summary.agreement, "reflections")
    return "\n".join(lines)


def queue_text(found: Results, rows: RowCounts) -> str:
    """The queue."""
    counts = found.counts
    lines = [
        f"queue: {counts.judgements} answers ({counts.choices} choices, {counts.both_bad} both bad, "
        f"{counts.not_blind} not blind, {counts.unsure} not sure), {counts.skipped} skipped, "
        f"{rows.withdrawn} taken back",
        f"{rows.agreed} of {rows.raters} raters agreed to its notice; {rows.shared_items} shared and {rows.sent_items} "
        f"sent items at {rows.places} places, {rows.drafts} drafts",
    ]
    if found.median_seconds is not None:
        lines.append(f"median time for an item: {found.median_seconds:.1f} s")
    lines += [*_ranking(found), *_agreement(found), *_quality(found)]
    return "\n".join(lines)


def _ranking(found: Results) -> Iterator[str]:
    if not found.ranking:
        return
    yield ""
    yield f"Bradley-Terry strength (log-odds) with 95% interval, {found.comparisons} blind choices"
    groups = {
        row.group: [shown_setting(one.setting) for one in found.ranking if one.group == row.group]
        for row in found.ranking
    }
    if len(groups) > 1:
        yield f"{len(groups)} groups that no choice links; strengths of different groups cannot be compared"
    shown = 0
    for row in found.ranking:
        if len(groups) > 1 and row.group != shown:
            shown = row.group
            yield f"group {shown}: {', '.join(sorted(groups[shown]))}"
        interval = f"{row.strength:6.2f} [{row.low:6.2f}, {row.high:6.2f}]"
        yield f"{interval} {row.wins:g} of {row.comparisons}  {shown_setting(row.setting)}"


def _agreement(found: Results) -> Iterator[str]:
    yield ""
    yield "agreement in the queue (choice nominal, others ordinal)"
    yield from _alphas({row.scale: row for row in found.agreement if row.where == "queue"}, "items")


def _alphas(found: Mapping[str, Agreement | ScaleAgreement], shared: str) -> Iterator[str]:
    """A line for each scale; a reason that several have for having no alpha is given once, below them."""
    reasons = Counter(row.explanation for row in found.values() if row.alpha is None)
    for scale, row in found.items():
        value = f"{row.alpha:.3f} over {row.reflections} {shared}" if row.alpha is not None else row.explanation
        unsure = row.unsure if isinstance(row, ScaleAgreement) else 0
        value = "-" if reasons[row.explanation] > 1 else value
        yield f"{scale:<16} {value}" + (f"; {unsure} not sure" if unsure else "")
    for reason, count in reasons.items():
        if count > 1:
            scales = [scale for scale, row in found.items() if row.alpha is None and row.explanation == reason]
            yield f"alpha of {'all' if count == len(found) else ', '.join(scales)}: {reason}"


def _quality(found: Results) -> Iterator[str]:
    for scale, share in found.self_agreement.items():
        if share.asked:
            yield f"same answer again, {scale}: {share.right} of {share.asked}"
    if found.gold.asked:
        yield f"known answers given: {found.gold.right} of {found.gold.asked}"
