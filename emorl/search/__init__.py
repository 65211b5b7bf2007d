"""Weight search. Every search maximises one `score(weights)` and gives a `SearchResult`.

`hierarchical` is the paper's grid, `random_search` draws weights, `bayesian` learns from the points before, `exact`
reads the optimum off atlases. `scalarization` says what is maximised.
"""
