"""Weight search over one interface, `score(weights) -> float`: the paper's hierarchical grid, memoised."""
