"""What makes the models: corpora, scorers, warm start, one RL run for each objective, weight search, evaluation, card.

`stages` are the steps of a run and their order, `data` reads our own texts, the labels and the corpora, `grades` draws
what the scorers learn from, `reading` is the blind reading; the other modules are what the stages do. Launch with
`python -m training STAGE --config training/configs/default.yaml`; `data check` and `reading make` are commands beside
the stages. This package knows `emorl`, but never its screens or ratings; `emorl` never knows this package.
"""
