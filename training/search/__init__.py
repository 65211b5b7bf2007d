"""Weight search over the models of a run: what is maximised, `score(weights)`, and every method with its record.

`settings` has what a YAML file may say of it, `score` the one function that all methods maximise, `methods` the
methods. The searches themselves are in `emorl.search`; the stage is `training.stages.search`.
"""
