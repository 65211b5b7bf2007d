"""English text that several screens share. The text of each screen is in the `strings.py` of its folder.

`{name}` in a text is filled in where it is shown: by `str.format` in Python, by `fill` in the widgets' JavaScript.
Where a number may be one, a second text whose name ends in `_one` is used for it. No text may contain a backtick, a
backslash, `${` or `{{`, which Gradio's templates evaluate.
"""

from __future__ import annotations

TITLE = "EMORL reflections"
TAGLINE = "Reflective listening, written word by word from objectives you weigh yourself."

TABS = {
    "reflect": "Reflect",
    "map": "Map",
    "why": "Why",
    "compare": "Compare",
    "practise": "Practise",
    "rate": "Rate",
    "study": "Study",
    "results": "Results",
    "about": "About",
}

ACTS = {
    "generate": "reflections to write",
    "map": "maps to draw",
    "rate": "ratings, answers or texts to store",
    "register": "new rater ids",
}
ERRORS = {
    "limit": "Got more than {most} {act} from your address within a minute: expected at most {most}; please try again "
    "in {seconds} s.",
}

RUBRIC = {
    "depth": "Reflection depth",
    "depth_help": "Does it only repeat, or does it add meaning or feeling?",
    "depth_options": {"none": "None", "simple": "Simple", "complex": "Complex"},
    "empathy": "Empathy",
    "empathy_help": "Does it show that the client's feeling was understood?",
    "empathy_options": {"0": "None", "1": "Some", "2": "Strong"},
    "fluency": "Fluency",
    "fluency_help": "Does it read as natural, correct English?",
    "fluency_options": {"0": "Broken", "1": "Awkward", "2": "Natural"},
    "would_say": "Would you say this?",
    "would_say_help": "To a client, in your own work.",
    "would_say_options": {"no": "No", "edits": "With edits", "yes": "Yes"},
    "comment": "Comment (optional)",
    "comment_help": "No client details, please.",
    "missing": "Please answer: {fields}.",
}
"""The questions of both rating forms. Every scale runs from the worst answer to the best."""

RANKING = {
    "ranking_heading": "Which setting wins",
    "ranking_hint": "Bradley-Terry strength (log-odds, sum 0) with a 95% interval (bootstrap over raters and items, "
    "and curvature), from {n} blind choices. A tie counts half for each; “both bad” and “not sure” count for neither.",
    "ranking_hint_one": "Bradley-Terry strength (log-odds, sum 0) with a 95% interval (bootstrap over raters and "
    "items, and curvature), from one blind choice. A tie counts half for each; “both bad” and “not sure” count for "
    "neither.",
    "setting": "Setting",
    "strength": "Strength",
    "interval": "95% interval",
    "wins": "Wins",
    "of": "{wins} of {n}",
    "ranking_groups": "No choice links these {n} groups. Strengths of different groups cannot be compared.",
    "ranking_group": "Group {n}: {settings}",
}
"""Which setting wins, on Results and Study."""
