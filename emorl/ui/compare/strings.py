"""Text of the Compare screen."""

from __future__ import annotations

MIXERS = ({"label": "Setting A"}, {"label": "Setting B"}, {"label": "Setting C"}, {"label": "Setting D"})

COUNT = {
    "heading": "Settings",
    "add": "Add a setting",
    "remove": "Remove the last",
    "shown": "{n} settings are compared.",
}

COMPARE = {
    "title": "Side by side",
    "go": "Write side by side",
    "idle": "Enter a statement, choose two to four settings, then press Write side by side. What is on Reflect is "
    "taken over when you open this tab.",
    "one_each": "Each setting wrote one text. The best of several, which Reflect shows unless you choose “one” there, "
    "may be another.",
    "swap": "Swap A and B",
    "copy_name": "Copy {name}",
    "scores_name": "Automatic scores of {name}",
    "chips_name": "Automatic checks of {name}",
    "strength_is": "strength {strength}",
    "sampled": "sampled at {temperature}, seed {seed}",
    "differs": "{n} of {all} words differ from {other}; they are underlined.",
    "differs_one": "One of {all} words differs from {other}; it is underlined.",
    "differs_not": "The same text as {other}.",
    "differs_fewer": "All of these words are in {other} too, which has {n} more.",
    "differs_fewer_one": "All of these words are in {other} too, which has one more.",
    "differs_most": "Most words differ from {other}, so none are marked.",
    "first_of_many": "The others are compared with this text.",
    "differs_spoken": " Only here: {words}.",
    "same": "All of these settings write the same text.",
    "faithful_about": "“{faithful}” is an automatic estimate that is often wrong.",
    "stale": "The statement or the settings have changed since these texts. Press Write side by side for new ones.",
    "stopped": "Stopped before the end, so there is no comparison and there are no scores for these texts.",
}
