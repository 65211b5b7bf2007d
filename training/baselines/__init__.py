"""What the ensemble is compared with: one model trained on a mix of the rewards, and other ways to mix adapters.

`bandits` has the arithmetic, `weightings` and `contextual` say how much each reward counts at each update, `run` trains
with them, `soups` mixes adapters by their weights. docs/study.md explains every baseline in plain English.
"""
