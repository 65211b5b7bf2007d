"""Automatic scores: each takes pairs of statement and reply and gives one number in [0, 1] for each pair.

`scorer` has the types. `cross_encoder` and `language_model` are the trained scorers, which `load` opens; `fluency` is
computed from perplexity. `metrics` has the measures that need no model (diversity, copying, repetition), and
`score_cache` scores every pair only once. Scorers are trained on the same objectives as the adapters: their scores are
estimates, not clinical judgements. Nothing here knows about adapters, screens or training.
"""
