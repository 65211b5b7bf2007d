"""Weight search: the paper's hierarchical grid, random weights, and the exact optimum from atlases (`exact`)."""
