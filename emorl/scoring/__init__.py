"""Automatic scores: each takes (statement, reply) pairs and gives one number in [0, 1] a pair.

`cross_encoder` holds the trained scorers (reflection, empathy), `fluency` the one computed from perplexity,
`metrics` the measures that need no model (diversity, copying, repetition). Scores are trained on the same
objectives as the adapters: they are estimates, not clinical judgements. Nothing here knows of adapters,
screens or training.
"""
