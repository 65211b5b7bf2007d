"""Weight search: the paper's hierarchical grid (`hierarchical`), and the exact optimum from atlases (`exact`)."""
