"""Long trials of the app as a process of its own, on this machine alone: `python -m tests.soak`, or `make soak`.

Each part is a module with a function that runs it at some amount and says whether its claim holds; `test_short.py` runs
all of them at small amounts. Docs: docs/soak.md. Left out: everything about what the shipped models write; the models
here are toys.
"""
