"""Text that Reflect and Compare share: statement box, sliders, finished texts, the crisis notice, errors."""

from __future__ import annotations

STOP = "Stop"

STATEMENT = {
    "label": "What the client said",
    "placeholder": "Type an invented or de-identified statement, or pick an example.",
    "placeholder_shortcut": "Ctrl + Enter generates.",
    "counter": "{n} of {max} characters",
    "counter_over": "{n} of {max} characters, {over} too many",
    "shortcut": "Ctrl + Enter to write",
    "keep": "Keep over a reload",
    "keep_help": "Keeps what you typed, the rating you began and this visit in this tab, until you close it.",
    "lost": "The page was loaded again, so what you had typed and the reflections of the visit are gone. Tick “Keep "
    "over a reload” if this tab may keep them.",
    "examples": "Examples",
    "take": "Copy from Reflect",
    "notice": "This may contain personal data ({kinds}). Please take it out before you go on.",
    "mask": "Replace it with placeholders such as [name]",
}

MIXER = {
    "label": "How much each objective counts",
    "help": "What the controls do",
    "band_help": "The strip under a slider shows where the text stays the same.",
    "loading": "Loading the model",
    "loading_hint": "This takes a few seconds. The very first time, the base model (98 MB) is downloaded as well. "
    "You can type a statement in the meantime.",
    "failed": "The model could not be loaded: {message}",
    "take": "Copy from Reflect",
    "presets": "Presets",
    "preset_balanced": "Recommended",
    "preset_help_balanced": "Close to the best mean score on statements set aside for this, but with less empathy, "
    "because readers preferred that.",
    "preset_equal": "Equal",
    "preset_base": "Base model",
    "preset_only": "Only {name}",
    "share": "of the mix",
    "band": "same text from {lo} to {hi}",
    "band_whole": "same text wherever this slider is",
    "zero": "All weights are zero: the base model writes its own reply.",
    "write": "Write",
    "write_one": "one",
    "write_best": "the best of {n}",
    "write_help": "Several are written at once, their automatic scores are compared, and the best one is shown. "
    "That takes longer.",
    "advanced": "Advanced",
    "strength": "Strength",
    "strength_help": "1 uses the adapters as they were trained, 0 is the base model, and anything above 1 exaggerates.",
    "temperature": "Temperature",
    "temperature_help": "At 0 the most likely word is always chosen. Higher values choose at random more often.",
    "seed": "Seed",
    "seed_help": "The same seed gives the same random choices. It makes no difference at temperature 0.",
    "undo": "Undo",
    "redo": "Redo",
    "undone": "Undone: {mix}",
    "redone": "Redone: {mix}",
    "share_open": "Share",
    "share_heading": "Share a link",
    "share_what": "The link opens this page with the sliders, strength, temperature and seed as they are now. "
    "Nothing is written until somebody presses Generate.",
    "share_warning": "With the statement in it, everybody who gets the link can read what the client said. It also "
    "stays in messages and in the history of browsers, where you cannot delete it. Share only what is invented.",
    "share_statement": "Put the statement into the link",
    "share_link": "The link",
    "share_copy": "Copy link",
    "share_close": "Close",
    "share_copied": "Copied.",
    "share_select": "The browser does not allow it; please copy the selected link yourself.",
    "link_setting": "The sliders are set as the link says; press Generate to write.",
    "link_both": "Sliders and statement are as the link says; press Generate to write.",
    "link_bad": "This link could not be read, so nothing was changed.",
}

WRITTEN = {
    "waiting": "Waiting for the model",
    "writing": "Writing",
    "cut": "The text was cut off at the length limit.",
    "unavailable": "The app did not answer. It was stopped, or too many people are waiting. Please try again.",
    "copy": "Copy",
    "copied": "Copied",
    "base": "Base model",
    "scores_hint": "From 0 to 1. The vertical line marks the base model's reply. The scores are automatic and come "
    "from models trained on the same objectives; they are not a clinical judgement.",
    "score_value": "{score} (base model {base})",
    "faithful": "Stays with what was said",
    "faithful_words": {"probably": "probably", "unsure": "unsure", "probably_not": "probably not"},
    "faithful_advice": {
        "probably": "",
        "unsure": "Read it against the statement.",
        "probably_not": "It may say something the client did not.",
    },
    "faithful_note": "This is an automatic estimate that is often wrong.",
    "not_applicable": "–",
}
"""About a text that is being written or finished."""

LOADING = "The model is still loading. Writing starts as soon as it is ready."

REASONS = {
    "range": "unchanged for a share of {lo} to {hi}",
    "range_sampled": "This text was sampled, so no range of weights is sure to keep it.",
    "range_none": "no single range",
    "overall_part": "Part",
}
"""Beside the bars on Reflect and on Why."""

CRISIS = {
    "heading": "This statement may be about suicide, self-harm or danger",
    "body": "No reflection was written and nothing was stored. This model is not trained to deal with risk. "
    "Follow your own crisis protocol. If someone is in danger now, call the emergency number.",
    "contacts": "People who can help now",
    "confirm": "I am a counsellor, and this statement is an invented exercise, not a person in danger.",
    "go": "Write a reflection for this exercise",
    "changed": "The statement has changed since this notice came. Send the new one first.",
    "confirmed": "Written as an exercise, as you confirmed. Nothing of this statement is stored, and the reflection "
    "cannot be rated.",
}

CHIPS = {
    "heading": "Automatic checks of this reply",
    "advice": "May be advice:",
    "question": "A question:",
    "diagnosis": "Names a condition or medicine:",
    "parroting": "Repeats the statement:",
    "repetition": "Repeats itself:",
    "first person": "Speaks of the speaker, not the client",
}

ERRORS = {
    "setting": "Got settings that the app cannot read: expected a number for every weight; please reload the page.",
    "unexpected": "Something went wrong while writing. Please try again; the app's log has the details.",
}
