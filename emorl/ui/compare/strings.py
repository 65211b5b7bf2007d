"""Text of the Compare screen."""

from __future__ import annotations

MIXERS = ({"label": "Setting A"}, {"label": "Setting B"})

COMPARE = {
    "title": "Side by side",
    "go": "Write both",
    "idle": "Enter a statement, set A and B, then press Write both.",
    "swap": "Swap A and B",
    "copy_name": "Copy {name}",
    "scores_name": "Automatic scores of {name}",
    "chips_name": "Automatic checks of {name}",
    "strength_is": "strength {strength}",
    "sampled": "sampled at {temperature}, seed {seed}",
    "differs": "{n} of {all} words differ from {other}; they are underlined.",
    "differs_spoken": " Only here: {words}.",
    "same": "Both settings write the same text.",
    "faithful_about": "“{faithful}” is an automatic estimate that is often wrong.",
    "stale": "The statement or the settings have changed since these texts. Press Write both for new ones.",
    "stopped": "Stopped before the end, so there is no comparison and there are no scores for these texts.",
}
