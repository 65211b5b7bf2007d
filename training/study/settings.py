"""Settings of the study's report: its arms, and what of them is impossible. Left out: reading the file (`config`)."""

from __future__ import annotations

from dataclasses import dataclass

from emorl.ensemble.setting import MAX_STRENGTH, MAX_TEMPERATURE, MIN_TEMPERATURE


@dataclass(frozen=True)
class ReportConfig:
    """Settings of the report (`training.study`).

    Attributes:
        strengths: Strengths s that every trained method is searched over, of equal ones the first; [1.0] for no search.
        best_of: n, candidates of which the best is chosen: the greedy reply and n - 1 samples; 1 for the greedy alone.
        temperature: Of the samples.
    """

    strengths: tuple[float, ...] = (1.0,)
    best_of: int = 1
    temperature: float = 0.7


def report_faults(report: ReportConfig) -> list[str]:
    """What is impossible about the settings of the report, beside what is said of every number (`training.config`)."""
    faults = []
    strengths = report.strengths if isinstance(report.strengths, tuple) else (1.0,)
    if not strengths:
        faults.append("report.strengths is [], expected at least one number: [1] for the plain mixture alone")
    for strength in dict.fromkeys(strengths):
        if isinstance(strength, float) and not 0 < strength <= MAX_STRENGTH:  # not of NaN either
            faults.append(f"report.strengths has {strength}, expected only numbers above 0, at most {MAX_STRENGTH:g}")
        if strengths.count(strength) > 1:
            faults.append(f"report.strengths has {strength} {strengths.count(strength)} times, expected each once")
    temperature = report.temperature
    if isinstance(temperature, float) and (0 < temperature < MIN_TEMPERATURE or temperature > MAX_TEMPERATURE):
        expected = f"expected from {MIN_TEMPERATURE:g} to {MAX_TEMPERATURE:g}"
        faults.append(f"report.temperature is {temperature}, {expected}")
    return faults
