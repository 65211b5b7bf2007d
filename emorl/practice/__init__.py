"""Practice: the library of invented cases that a person reflects on first, before anything is shown.

`cases` reads `data/practice_cases.jsonl` and chooses the next one. Nothing here knows a model, a score or a screen.
"""

from emorl.practice.cases import STAGES, Case, load_cases, next_case, topics

__all__ = ["STAGES", "Case", "load_cases", "next_case", "topics"]
