"""Bayesian search: a Gaussian process guesses what weights would score that nobody has tried, and proposes some.

The process, its kernel (Matérn 5/2) and what makes weights worth a try (the logarithm of the expected improvement;
Ament et al. 2023, arXiv 2310.20708) are Optuna's `GPSampler`. It works on a cube, so weights are broken off a stick:
the first coordinate is the first objective's share, each further one the next objective's share of what is left. The
corners and the centre of the simplex come first, as for random weights, then a few random points. Needs Optuna, which
the extra `training` brings. Left out: Optuna's storage, pruning and parallel workers.
"""

from __future__ import annotations

from collections.abc import Sequence

from emorl.ensemble.weights import shares
from emorl.search.hierarchical import Score, SearchResult, Weights, direction
from emorl.search.random_search import first_directions

RANDOM_FIRST = 10
"""Points before the process is asked, corners and centre included; Optuna's."""

PATIENCE = 10
"""Batches without a direction that is new, after which a search ends."""


def bayesian_search(score: Score, objectives: int, evaluations: int, seed: int, batch: int = 4) -> SearchResult:
    """Score so many different directions of the weights, each batch chosen by what the ones before have scored.

    Args:
        score: Scores several weight vectors at once; higher is better.
        objectives: K.
        evaluations: Directions to score; fewer where there are not as many, as with one objective.
        seed: Seed of the process.
        batch: Directions proposed and scored at once; counts as the level of a point.

    Example:
        A score that is highest where the first objective has three quarters of the weight:

        >>> def score(points):
        ...     return [-((first - 0.75) ** 2) for first, second in points]
        >>> found = bayesian_search(score, objectives=2, evaluations=16, seed=0)
        >>> found.evaluations, abs(found.best[0] - 0.75) < 0.02
        (16, True)
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=RANDOM_FIRST, warn_independent_sampling=False)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    unit: optuna.distributions.BaseDistribution = optuna.distributions.FloatDistribution(0.0, 1.0)
    cube = {f"break_{k}": unit for k in range(objectives - 1)}
    first = first_directions(objectives)[:evaluations]
    known = dict(zip(first, score(first), strict=True))
    points = [(1, weights, value) for weights, value in known.items()]
    for weights, value in known.items():
        params = dict(zip(cube, breaks(weights), strict=True))
        study.add_trial(optuna.trial.create_trial(params=params, distributions=cube, value=value))
    level, stale = 1, 0
    while len(known) < evaluations and objectives > 1 and stale < PATIENCE:
        level += 1
        trials = [study.ask(cube) for _ in range(min(batch, evaluations - len(known)))]
        wanted = [direction(broken([trial.params[name] for name in cube])) for trial in trials]
        new = [weights for weights in dict.fromkeys(wanted) if weights not in known]
        if new:
            known.update(zip(new, score(new), strict=True))
            points += [(level, weights, known[weights]) for weights in new]
        for trial, weights in zip(trials, wanted, strict=True):
            study.tell(trial, known[weights])
        stale = 0 if new else stale + 1
    _, best, value = max(points, key=lambda point: point[2])
    return SearchResult(best, value, tuple(points), len(known))


def broken(coordinates: Sequence[float]) -> Weights:
    """The K shares that K - 1 breaks of a stick make.

    Example:
        A quarter of the stick, then two thirds of the rest:

        >>> [round(share, 9) for share in broken([0.25, 2 / 3])]
        [0.25, 0.5, 0.25]
    """
    rest, parts = 1.0, []
    for coordinate in coordinates:
        parts.append(rest * coordinate)
        rest -= parts[-1]
    return (*parts, max(0.0, rest))


def breaks(weights: Sequence[float]) -> list[float]:
    """The breaks that make these weights; where nothing of the stick is left, 0.

    Example:
        >>> breaks([0.25, 0.5, 0.25]) == [0.25, 0.5 / 0.75], breaks([1.0, 0.0, 0.0])
        (True, [1.0, 0.0])
    """
    rest, found = 1.0, []
    for share in shares(weights)[:-1]:
        found.append(min(1.0, share / rest) if rest > 1e-12 else 0.0)
        rest -= share
    return found
