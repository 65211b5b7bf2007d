"""Runs as tasks: one after the other, side by side in processes, or on a Ray cluster.

`task` says what a task is and what a worker does with it, `schedule` starts tasks and begins those again whose worker
was lost, `processes` and `cluster` have the workers, `cli` the options of the commands.
"""
