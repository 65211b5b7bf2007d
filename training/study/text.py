"""The text of `report.md`: verdict, tables, and the paper's own figures beside ours.

The paper's figures stand there as theirs; they come from another base, other scorers and other data. Left out: what the
figures are made of (`tables`), and the files (`report`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from training.card import table
from training.evaluate import Interval
from training.study.arms import Arm
from training.study.measures import DECODED
from training.study.searches import SearchRow, search_text
from training.study.strengths import StrengthSearch, strength_text
from training.study.tables import Comparison, Row

PAPER = {
    "base": (0.3413, 0.0124, 0, 0),
    "uniform": (0.8350, 0.0199, 23_398, 7_390),
    "dynaopt": (0.8262, 0.0291, 31_328, 16_736),
    "soup": (0.6965, 0.0276, 18_924, 4_672),
    "emorl": (0.7684, 0.0206, 17_529, 1_650),
}
"""EMORL (Kong et al. 2025, arXiv 2505.02579): mean reward and data points, each with its spread, on T5-base."""

SHARE_OF_DATA = 0.75
"""The ensemble is to reach uniform training with at most this share of its data points."""


def shown(value: float, digits: int = 3) -> str:
    """A figure with its digits, or a dash."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def with_spread(row: Row, name: str, digits: int = 3) -> str:
    """Mean ± standard deviation over seeds, or the mean alone."""
    spread = row.spreads[name]
    return shown(row.means[name], digits) + ("" if math.isnan(spread) else f" ± {spread:.{digits}f}")


def between(interval: Interval, digits: int = 3) -> str:
    """A mean with its interval, signed."""
    values = (interval.mean, interval.low, interval.high)
    mean, low, high = (f"{round(value, digits) + 0.0:+.{digits}f}" for value in values)  # + 0.0: no -0.000
    return f"{mean} [{low}, {high}]"


def _beside(difference: Interval) -> str:
    """What the interval of the difference from uniform training allows to say."""
    if difference.low > 0:
        return "is better than uniform training"
    return "is worse than uniform training" if difference.high < 0 else "cannot be told from uniform training"


def verdict(rows: Mapping[str, Row], comparisons: Sequence[Comparison]) -> str:
    """Whether the ensemble reached uniform training, and by how much it is above or below."""
    ours, theirs = rows.get("emorl"), rows.get("uniform")
    if ours is None or theirs is None:
        return "EMORL and uniform training cannot be compared yet: one of them has no finished run.\n"
    lines = []
    for found in comparisons:
        by = "scorers" if found.role == "ship" else "held-out judges"
        lines.append(
            f"* By the {by}, EMORL {_beside(found.difference)}: {between(found.difference)}, paired by statement; "
            f"sign-flip test p = {found.p:.3f}."
        )
    if not any(found.role == "judge" for found in comparisons):
        lines.append("* By the held-out judges nothing can be said: an objective or faithfulness has none.")
    share = ours.means["data_points"] / theirs.means["data_points"] if theirs.means["data_points"] else math.inf
    word = "at most" if share <= SHARE_OF_DATA else "more than"
    lines.append(f"* Data points: {share:.0%} of uniform's, {word} the {SHARE_OF_DATA:.0%} that were the aim.")
    less = ours.means["distinct_2"] - theirs.means["distinct_2"]
    lines.append(f"* Distinct-2: {less:+.3f} against uniform's, {'not below' if less >= 0 else 'below'} it.")
    return "\n".join(lines) + "\n"


def arm_text(arms: Sequence[Arm], strengths: Sequence[StrengthSearch], objectives: Sequence[str]) -> str:
    """What each arm's comparisons say, and which strengths were tried; a line where there are no arms."""
    if not arms:
        return "None: no strength but 1, and one reply to each statement.\n"
    lines = []
    for arm in arms:
        words = {row.method: shown(row.means[DECODED], 1) for row in arm.rows(objectives)}
        lines += [
            [
                ours,
                theirs,
                "scorers" if found.role == "ship" else "judges",
                between(found.difference),
                f"{found.p:.3f}",
                f"{words[ours]} and {words[theirs]}",
            ]
            for ours, theirs, found in arm.comparisons(objectives)
        ]
    header = ["arm", "minus", "by", "mean reward [95% interval]", "sign-flip test p", "words decoded for a statement"]
    return f"""Paired by statement. Every method has the same strengths to search, or the same number of candidates, and
the scorers choose by the same rule. The judges have no say.

{table(header, lines)}
Strengths, by what they score on the statements of the weight search:

{strength_text(strengths)}"""


def markdown(
    rows: Sequence[Row],
    objectives: Sequence[str],
    comparisons: Sequence[Comparison],
    missing: Sequence[str],
    statements: int,
    searches: Sequence[SearchRow],
    arms: Sequence[Arm],
    strengths: Sequence[StrengthSearch],
) -> str:
    """The text of `report.md`; the rows are those of the methods and of the arms."""
    by_name = {row.method: row for row in rows}

    def scored(before: str) -> str:
        names = ["mean", "minimum", *objectives, "faithfulness"]
        lines = [[row.method, *(with_spread(row, f"{before}{name}") for name in names), row.seeds] for row in rows]
        return table(["method", *names, "seeds"], lines)

    texts = ("distinct_2", "diversity_2", "edit_rate", "copy_rate", "words", DECODED)
    written = [[row.method, *(shown(row.means[name], 1 if "words" in name else 3) for name in texts)] for row in rows]
    costs = [
        [
            row.method,
            with_spread(row, "data_points", 0),
            *(shown(row.means[name], 0) for name in ("rollouts", "seconds_sum", "seconds_parallel")),
        ]
        for row in rows
    ]
    paper = [
        [
            name,
            f"{PAPER[name][0]:.4f} ± {PAPER[name][1]:.4f}",
            f"{PAPER[name][2]:,} ± {PAPER[name][3]:,}",
            shown(by_name[name].means["mean"]) if name in by_name else "-",
            with_spread(by_name[name], "data_points", 0) if name in by_name else "-",
        ]
        for name in PAPER
    ]
    lacking = "".join(f"* {text}\n" for text in missing) or "Nothing.\n"
    return f"""# Report of the study

Every method writes one greedy reply to the same {statements} statements, which no training and no search has seen. An
objective's figure is its score times faithfulness, as it was rewarded. ± is the standard deviation over seeds; a dash
is what could not be measured. Rows with a strength or "best of" are arms: the same runs, written in another way.
docs/study.md says what each method and each arm is.

## EMORL and uniform training
{verdict(by_name, comparisons)}
## The arms
{arm_text(arms, strengths, objectives)}
## By the scorers, which gave the rewards
{scored("")}
## By held-out judges, which no training has seen
{scored("judge_")}
## What is written
Distinct-2 is over all replies together; diversity-2 is EMORL's, a reply at a time. Edit rate is the distance to the
statement in words, copy rate the share of words in runs of three taken from it. Decoded words are those of all
candidates of a statement.

{table(["method", *texts], written)}
## What it cost
Data points are prompts used for updates. Seconds of several adapters: one after the other, and side by side; the weight
search is added.

{table(["method", "data points", "rollouts", "seconds, sum", "seconds, side by side"], costs)}
## Weight searches
Each search maximised the same score of weights on statements held back for it. "Unseen" is what its weights reach on
the statements of this report: the best of many points is optimistic on those it was chosen by.

{search_text(searches)}
## Beside the paper
Theirs are the figures of EMORL (Kong et al., SIGDIAL 2025, arXiv 2505.02579) for T5-base with other scorers and other
data: not to be compared number by number with ours.

{table(["method", "theirs: mean reward", "theirs: data points", "ours: mean reward", "ours: data points"], paper)}
## What is missing
{lacking}"""
