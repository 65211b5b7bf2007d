"""The report that sets the ensemble beside its baselines: which runs there are, what they write, tables and plots.

`runs` finds what has been trained, `measures` lets every run write to the same statements and scores the replies,
`tables` adds them up over seeds, `report` writes the files. docs/study.md says how to read them.
"""
