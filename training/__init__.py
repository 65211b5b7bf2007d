"""What makes the models: corpora, scorers, warm start, one RL run an objective, weight search, report.

Launch with `python -m training STAGE --config training/configs/default.yaml`. This package knows `emorl` but never
its screens or ratings; `emorl` never knows this package.
"""
