"""All English text of the app, in one place.

`{name}` in a text is filled in where it is shown: by `str.format` in Python, by `fill` in the widgets'
JavaScript. Nothing here may contain a backtick, a backslash, `${` or `{{`, which Gradio's templates evaluate.
"""

from __future__ import annotations

TITLE = "EMORL reflections"
TAGLINE = "Reflective listening, written word by word from objectives you weigh yourself."

TABS = {"reflect": "Reflect", "map": "Map", "rate": "Rate", "results": "Results", "about": "About"}

BANNER = {
    "label": "Important",
    "lead": "Research demo, not for clinical use.",
    "body": "Not for clients. Enter invented or de-identified statements only; what it writes may be wrong.",
    "contacts": "Crisis contacts",
    "source": "Check numbers locally before you rely on them.",
}

STATEMENT = {
    "label": "What the client said",
    "placeholder": "Type an invented or de-identified statement, or pick an example below.",
    "counter": "{n} of {max} characters",
    "shortcut": "Ctrl + Enter to generate",
    "examples": "Examples",
    "notice": "This may contain personal data ({kinds}). Please take it out before you go on.",
    "mask": "Replace it with [name] and the like",
}

MIXER = {
    "label": "How much each objective should matter",
    "loading": "Loading the model",
    "loading_hint": "This takes a few seconds; the very first start also fetches the base model (98 MB). "
    "You can type a statement meanwhile.",
    "failed": "The model could not be loaded: {message}",
    "presets": "Presets",
    "preset_balanced": "Balanced",
    "preset_base": "Base model",
    "preset_only": "Only {name}",
    "share": "{share} of the mix",
    "band": "same text from {lo} to {hi}",
    "band_whole": "same text wherever this slider is",
    "mix": "Mix",
    "zero": "All weights are zero: the base model writes its own reply.",
    "advanced": "Advanced",
    "strength": "Strength",
    "strength_help": "1 follows the adapters as trained, 0 is the base model, above 1 exaggerates.",
    "temperature": "Temperature",
    "temperature_help": "0 always takes the most likely word; higher values sample.",
    "seed": "Seed",
    "seed_help": "The same seed gives the same sample. It has no effect at temperature 0.",
}

GENERATE = "Generate"
STOP = "Stop"

RESULT = {
    "heading": "Reflection",
    "idle": "The reflection will appear here.",
    "idle_steps": [
        "Type what a client said, or pick an example.",
        "Set how much each objective should matter, or pick a preset.",
        "Press Generate. You will see the reflection grow word by word, then why each word is there; "
        "move the sliders and watch it change.",
    ],
    "waiting": "Waiting for the model",
    "loading": "The model is still loading. Your reflection starts as soon as it is ready.",
    "writing": "Writing",
    "stopped": "Stopped before the end: no scores and no explanation for this text.",
    "cut": "The text reached the length limit and was cut there.",
    "unavailable": "No answer from the app: it was stopped, or too many people are waiting. Please try again.",
    "copy": "Copy",
    "copied": "Copied",
    "base_heading": "Base model's reply",
    "base_hint": "The same model without the objectives",
    "scores_heading": "Automatic scores",
    "scores_hint": "From 0 to 1; the upright mark is the base model's reply. Automatic, trained on the same "
    "objectives; not a clinical judgement.",
    "score_value": "{score} (base model {base})",
    "score_this": "this reflection",
    "score_base": "base model",
    "why_heading": "Why this word",
    "why_hint": "Point at or tap a word above, or move through them with the arrow keys.",
    "words_label": "Words of the reflection. Left and right arrow keys move between words.",
    "word_over": "“{word}” rather than “{foil}”",
    "word_pieces": "written in {n} pieces; first choice shown",
    "word_end": "end of the reply",
    "margin": "margin {margin}",
    "margin_hint": "Bars to the right speak for the chosen word, to the left for the runner-up; "
    "they add up to the margin, which is the chosen word's lead.",
    "word_spoken": "{word}, rather than {foil}. Margin {margin}. {parts}.",
    "base": "Base model",
    "range": "unchanged for a share of {lo} to {hi}",
    "range_sampled": "no range: this word was sampled",
    "range_none": "no single range",
    "decided": "Underlined words would have lost to their runner-up without the objectives. "
    "The line shows which objective did most to change that.",
    "decided_none": "The base model preferred every one of these words to its runner-up; "
    "the objectives agreed or were outweighed.",
    "overall_heading": "Over the whole reply",
    "overall_hint": "How much each part spoke for the words that were written, summed over all of them.",
    "overall_table": "Show as a table, with the shares that keep this text",
    "overall_part": "Part",
    "overall_sum": "Sum",
    "overall_mean": "Mean per word",
    "overall_range": "Share that keeps this text",
    "range_to": "{lo} to {hi}",
    "not_applicable": "–",
    "no_time": "less than 0.1",
    "details": "{tokens} tokens in {seconds} s · strength {strength} · temperature {temperature} · seed {seed}",
}

CRISIS = {
    "heading": "This statement may be about suicide, self-harm or danger",
    "body": "No reflection was written and nothing was stored. This model is not trained for risk. "
    "Follow your own crisis protocol; if someone is in danger now, call the emergency number.",
    "contacts": "People who can help now",
    "confirm": "I am a counsellor, and this statement is an invented exercise, not a person in danger.",
    "go": "Write a reflection for this exercise",
    "confirmed": "Written as an exercise, as you confirmed. Nothing of this statement is stored; it cannot be rated.",
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

RATING = {
    "heading": "Rate this reflection",
    "hint": "Your judgement, on the text above. It takes half a minute.",
    "depth": "Reflection depth",
    "depth_help": "Does it only repeat, or does it add meaning or feeling?",
    "depth_options": {"none": "None", "simple": "Simple", "complex": "Complex"},
    "empathy": "Empathy",
    "empathy_help": "Does it show that the client's feeling was understood?",
    "empathy_options": {"0": "0, none", "1": "1, some", "2": "2, strong"},
    "fluency": "Fluency",
    "fluency_help": "Does it read as natural, correct English?",
    "fluency_options": {"0": "0, broken", "1": "1, awkward", "2": "2, natural"},
    "would_say": "Would you say this?",
    "would_say_help": "To a client, in your own work.",
    "would_say_options": {"yes": "Yes", "edits": "With edits", "no": "No"},
    "comment": "Comment (optional)",
    "comment_help": "No client details, please.",
    "consent": "Store the statement I typed, and my own version, with this rating",
    "consent_help": "Left empty, only a fingerprint (SHA-256) of the statement is stored, and no version of your own.",
    "changed": "Your own version has changed since. Save again to store it.",
    "submit": "Save rating",
    "missing": "Please answer: {fields}.",
    "saved": "Thank you, your rating is saved.",
    "saved_hint": "Generate again to rate another reflection.",
    "rater": "Your rater id, random and kept in this browser: {rater}",
}

RATING_ERRORS = {
    "gone": "Reflection no longer held by the app, expected one written since it started; "
    "please generate it again, then rate it.",
    "field": "Got {got} for {field}, expected one of {expected}; please choose again.",
    "comment": "Got a comment of {got} characters, expected at most {expected}; please shorten it.",
}

INPUT_ERRORS = {
    "mix": "Got settings the app cannot read, expected a number for every weight; please reload the page.",
    "unexpected": "Something went wrong while writing. Please try again; the app's log has the details.",
    "edit_long": "Got {got} characters, expected at most {expected}; please shorten your version.",
    "edit_gone": "The app no longer holds this reflection, so your version cannot go with a rating; "
    "copy it, then generate again.",
    "not_saved": "The rating could not be saved. Please try again; the app's log has the details.",
}

# The About screen; formulas are filled in by about.py, because LaTeX needs characters that are not allowed here

ABOUT_LEAD = (
    "Several small helpers, each trained for one aim only, write the reply together: every next word is a vote in "
    "which each of them counts as much as you say."
)

ABOUT_METHOD = """
## What this is

You type what a client said and say how much each objective should matter. A small language model then
writes a reflective reply, and the app shows what each objective contributed to every word. It is a
research demo of EMORL, ensemble multi-objective reinforcement learning (Kong et al., SIGDIAL 2025, arXiv
2505.02579).

## How it writes

For each objective one adapter of the same base model was trained by reinforcement learning, with that
objective's scorer as the only reward. At every step the base model and all adapters read the same text,
their last hidden states are mixed with your weights, and the mixture names the next word. At strength 1 a
word needs support from every objective in proportion to its weight. Nothing is retrained when you move a
slider, and with all weights at zero you read the base model's own reply.
"""

ABOUT_FORMULAS_LABEL = "The same in formulas"
ABOUT_FORMULAS = """
The base model's last hidden state is {h0}, after the final norm, and each adapter's is {hk}. From the sliders' values
{wk} come shares that add up to one, {share}. With strength {s}, the next word is chosen from

{mix}

where {head} is the output matrix that all of them share. Because it is linear, at strength 1 this is a product of
experts: every adapter gives each word a probability, and the chance of a word is

{product}

made to add up to one. For the same reason the lead of the written word {y} over its runner-up {r} splits exactly
into the bars that you see, one for the base model and one for each objective:

{margin}

And when one share changes while the others keep their proportions, every word's score moves along a straight line.
The written word stays first until the first of these lines crosses its own. That is the range the app shows.
"""

ABOUT_LIMITS = """
## What the bars mean

The mixing is linear, so the explanation is exact: for each word, the base model's part and every
objective's part add up to the margin by which that word beat its runner-up. "Unchanged for a share of 20
% to 60 %" means: while that objective's share of the mix stays in this range, the other objectives
keeping their proportions, the same word comes first. The bars describe this text and this model. They do
not say which of the client's words mattered, and they are no evidence about the client.

## What it is not

* It is **not** for clinical use, not for clients, not for assessing risk, and it gives no advice or
  diagnosis.
* It does not recognise emotions or mental states; it continues text.
* The automatic scores come from models trained on the same objectives as the adapters. They favour this
  app's own output and are not a clinical judgement.
* The crisis check is a list of phrases. It misses most indirect speech and raises false alarms. Never rely
  on it, and never take an answer to mean that a statement is safe.
* The base model is very small and writes English only. Expect replies that miss the point, repeat the
  client, or invent. Nothing here has been validated clinically.

## Using it responsibly

* Enter invented statements, or ones from which everything that could identify a person was taken out.
* Read every reply as a first draft by a beginner. What you would say yourself is the better measure; the
  app keeps your own version beside its own.
* Do not use scores or ratings to judge a counsellor, a trainee or a client.
* When a statement speaks of danger, follow your own crisis protocol, whatever the app shows.
* In teaching, show the limits together with the sliders.

## Privacy

* The app runs on the machine it was started on. It sends no statement to any other service and keeps no
  run history.
* A typed statement is held in memory while you read the reply. With a rating only its SHA-256 fingerprint
  is stored, unless you tick the box that stores the statement itself and your own version of the
  reflection. What you send to blind rating is stored with its statement; you are asked first.
* Kept in your browser are a random rater id and the version of the welcome notice you agreed to, and
  nothing else. The maintainer can delete everything stored under that id.
* If a crisis phrase is found, nothing is written and nothing is stored.
* Whoever runs the app may keep ratings in a private dataset, so that they outlast a restart. A host such
  as a Hugging Face Space can see the traffic of what it hosts.

## Licences

| what | licence |
|---|---|
| this app, its statements and examples | Apache-2.0 |
| base model, SmolLM2-135M-Instruct | Apache-2.0 |
| scorers' base, all-MiniLM-L6-v2 | Apache-2.0 |
| adapters and scorers that are shipped | trained on corpora released for research: non-commercial research only |
"""

ABOUT_CONTACTS = {
    "heading": "Crisis contacts",
    "note": "Check these numbers locally before you rely on them. They were written from general knowledge; numbers, "
    "hours and costs change.",
    "scroll": "Wide content, scrolls sideways",
}

ABOUT_CARD = "Model card"
ABOUT_NO_CARD = "No model card lies beside the models that are served."
ABOUT_VERSION = "Version {version}"

LIVE = {
    "live": "Live: move the sliders and the text follows.",
    "live_growing": "Live for the settings mapped so far.",
    "live_here": "Live text for these weights. Press Generate for its reasons and to rate it.",
    "live_base": "Live text: the base model's own reply. Press Generate to rate it.",
    "stale_statement": "Statement changed since this text. Press Generate for a new one.",
    "stale_weights": "Weights changed since this text. Press Generate for a new one.",
    "stale_growing": "Weights changed since this text; this setting is still being mapped.",
    "stale_settings": "Strength or sampling changed since this text. Press Generate for a new one.",
    "atlas_begun": "Mapping what the sliders can reach",
    "atlas_growing": "Mapping what the sliders can reach: {n} reflections, {share} of all settings so far",
    "atlas_done": "{n} reflections are within reach of the sliders.",
    "atlas_done_one": "One reflection is within reach of the sliders.",
    "atlas_part": "{n} reflections found, for {share} of all settings.",
    "atlas_stopped": "Mapping was stopped at {share} of all settings.",
    "atlas_off": "This text has no map, because it was sampled or has strength 0: its sliders need Generate.",
    "atlas_failed": "The map could not be made: {message}",
    "past": "These are the reasons for the text as generated, not for the live text above.",
    "edit": "Edit",
    "edit_label": "Your version",
    "edit_help": "Change it to what you would say. The original stays as it is. Your version goes with your rating, "
    "if you agree there to have it stored.",
    "edit_keep": "Keep my version",
    "edit_cancel": "Cancel",
    "edit_remove": "Remove",
    "edit_kept": "Your version is kept beside the original.",
    "edit_failed": "Your version could not be kept. Please try again.",
}

VISIT = {
    "heading": "This visit",
    "hint": "Kept until you close or reload the page, and nowhere else.",
    "list": "Reflections of this visit, newest first",
    "back": "Bring back",
    "back_name": "Bring back: {text}",
    "strength": "strength {strength}",
    "sampled": "sampled at {temperature}, seed {seed}",
}

MAP = {
    "heading": "What the sliders can reach",
    "none": "No map yet. Generate a reflection on the Reflect screen: every reflection its sliders can reach is then "
    "drawn here.",
    "off": "The present text has no map, because it was sampled or has strength 0. Set the temperature to 0 and the "
    "strength above 0, then generate again.",
    "failed": "The map could not be made: {message}",
    "growing": "Still mapping: {share} of all settings so far.",
    "part": "{share} of all settings are mapped.",
    "guide": "Every setting of the sliders is a point of the triangle: at a corner one objective decides alone, in the "
    "middle all matter alike.",
    "hint": "Each area is one reflection. Choose one, in the picture or in the list: the sliders follow.",
    "mix": "Your weights: {mix}.",
    "count": "{n} reflections are within reach; this one holds for {share} of all settings.",
    "count_one": "One reflection is within reach; it is written for {share} of all settings.",
    "count_all": "One reflection is within reach, whatever the weights.",
    "nowhere_one": "One reflection is within reach; the present weights are not on the map.",
    "nowhere": "{n} reflections are within reach; the present weights are not on the map.",
    "picture_one": "Map of the weights of {names}: one region. The list beside it says the same.",
    "picture": "Map of the weights of {names}: {n} regions. The list beside it says the same.",
    "list": "Reflections, the largest region first. Arrow keys move between them.",
    "region": "{share} of all settings",
    "less": "less than 1%",
    "you": "Your weights",
    "scores": "Automatic scores: {scores}.",
    "slice": "Choose three objectives to map",
    "slice_hint": "The others stay at zero on this map.",
    "slice_go": "Map these three",
    "overlay": "Show ratings on the map",
    "overlay_none": "No ratings yet, so nothing is laid over the map.",
    "overlay_failed": "The ratings could not be read. Please try again.",
    "overlay_table": "Ratings by weights",
    "overlay_value": "Mean rating",
    "overlay_n": "Ratings",
    "overlay_legend": "Circles are ratings: the larger, the more; the fuller, the better.",
}

MAP_ERRORS = {
    "unexpected": "something went wrong; the app's log has the details.",
    "slice": "Got {got} objectives for a map: expected at most three; choose again.",
    "overlay": "Got a rating the map cannot place: expected weights, a value from 0 to 1 and a count.",
    "ratings": "The ratings could not be read; the app's log has the details.",
}

# Why screen; it also uses texts of RESULT
TABS["why"] = "Why"
RESULT["open_why"] = "More on the Why tab"
RESULT["why_tab"] = TABS["why"]

WHY = {
    "why_idle": "Nothing to explain yet.",
    "why_idle_steps": "Write a reflection on the Reflect tab, then come back: every word of it is explained here.",
    "to_reflect": "Go to Reflect",
    "reflect_tab": TABS["reflect"],
    "why_loading": "Working out the reasons",
    "strip_heading": "Why these words",
    "strip_hint": "Above the line speaks for a word, below it against. Choose a word by pointer or arrow keys.",
    "strip_label": "Words of the reflection with what spoke for and against each. "
    "Left and right arrow keys move between words.",
    "only_objectives": "Leave the base model out of the bars",
    "word_heading": "The chosen word",
    "compare": "Compare with",
    "runner_up": "“{word}”, the runner-up",
    "candidate": "“{word}” ({p})",
    "own_of": "“{word}”, {label} alone",
    "the_end": "end of the reply",
    "foil_piece": "Compared for the word's first piece “{piece}”, where the other word would have begun.",
    "foil_same": "This is the word that was written.",
    "bars_hint": "Bars to the right speak for the written word, to the left for the other. "
    "They add up to the margin of {margin}.",
    "candidates_heading": "What else was near",
    "candidates_hint": "Lead of the written word over each, by who contributed it.",
    "piece_of": "Piece {n} of {all}: “{piece}”",
    "column_word": "Word",
    "column_p": "Chance",
    "column_margin": "Lead",
    "written_mark": "written",
    "own_heading": "What each alone would have chosen here",
    "own_row": "{label} alone",
    "slope_heading": "If an objective had ten points more of the mix",
    "slope_hint": "The others give way in proportion. True for small changes at the present weights.",
    "slope_margin": "Change of the lead",
    "slope_p": "Change of the chance",
    "times": "× {n}",
    "range_heading": "While this word stays first",
    "overall_title": "The reply as a whole",
    "ranges_heading": "How far a slider moves before the text changes",
    "range_keeps": "from {lo} to {hi}",
    "range_first": "below it “{word}” changes first",
    "range_last": "above it “{word}” changes first",
    "push_heading": "Share of all push",
    "push_hint": "Everything that spoke for or against the written words, against each runner-up. Bars show the "
    "balance; the numbers beside them how much of all push came from each part.",
    "push_note": "{share} of all push",
    "disagree": "The objectives disagree by {value} of at most {most} on average, most at “{word}” ({top}). "
    "0 would mean that all would choose words alike.",
    "disagree_none": "With one objective or none there is nothing to disagree about.",
    "without_title": "Without one objective",
    "without_hint": "What would have been written without an objective, and its fair part of the scores.",
    "without_button": "Write without each one",
    "shapley_button": "Work out fair shares",
    "shapley_cost": "Fair shares (Shapley values) need a reply for every set of objectives: {n} short replies.",
    "writing_variants": "Writing; this takes some seconds.",
    "variants_done": "Done.",
    "without_name": "Without {label}",
    "convention_renormalised": "The others take over its share",
    "convention_base": "The base model takes its place",
    "same_text": "The same text.",
    "changed_hint": "Marked words are not in the reflection above.",
    "shapley_heading": "Fair share of each automatic score",
    "shapley_hint": "How much each objective raised or lowered a score, averaged over all orders of adding them. "
    "The rows add up to the difference between the reflection and the base model's reply.",
    "shapley_sum": "Sum: reflection minus base",
    "scorer_column": "{label} score",
    "download": "Download as JSON",
    "download_hint": "All numbers of this page, without the client's statement.",
}

WHY_ERRORS = {
    "gone": "Reflection no longer held by the app, expected one written since it started; please generate it again.",
    "unexpected": "Something went wrong while explaining. Please try again; the app's log has the details.",
}

# The Rate screen

QUEUE = {
    "heading": "Rate reflections",
    "loading": "Loading your queue",
    "consent_heading": "Before you begin",
    "consent_points": [
        "You will see invented client statements, each with one reflection to rate or two to choose from. "
        "You are not told who or what wrote them until you have answered.",
        "Stored: your answers, how long they took, and a random rater id that is kept in this browser. "
        "No name and no address. Please leave client details out of comments.",
        "You may skip any item, stop at any time and come back later. The maintainer can delete everything "
        "stored under your rater id.",
    ],
    "consent_tick": "I have read this and agree",
    "consent_missing": "Please tick the box first.",
    "start": "Start",
    "progress": "{done} of {total} done",
    "progress_label": "Progress",
    "statement": "The client said",
    "single": "Reflection",
    "left": "Left",
    "right": "Right",
    "choice": "Which reflection is better?",
    "choice_help": "As a reply to this client, in your own work.",
    "choice_options": {"left": "Left", "right": "Right", "tie": "Tie", "both_bad": "Both bad"},
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
    "would_say_options": {"yes": "Yes", "edits": "With edits", "no": "No"},
    "flags": "Anything wrong with it? (optional)",
    "flags_help": "Of a pair: wrong with either.",
    "flags_options": {
        "malformed": "Broken language",
        "contradicts": "Contradicts the client",
        "parroting": "Only parrots",
        "off_topic": "Off topic",
        "unverifiable": "Claims what was not said",
    },
    "comment": "Comment (optional)",
    "comment_help": "No client details, please.",
    "keys": "Number keys answer the marked question, then move to the next. They rest while you type.",
    "submit": "Submit",
    "skip": "Skip this item",
    "skip_legend": "Why skip it?",
    "skip_options": {
        "cannot_judge": "I cannot judge this",
        "upsetting": "It upsets me",
        "faulty": "The item is broken",
        "other": "Another reason",
    },
    "skip_confirm": "Skip",
    "skip_cancel": "Go back",
    "skip_missing": "Please choose a reason.",
    "undo": "Undo last answer",
    "missing": "Please answer: {fields}.",
    "draft_saving": "Saving draft",
    "draft_saved": "Draft saved",
    "draft_failed": "Draft not saved yet; it will be tried again.",
    "offline": "No answer from the app. What you chose is still here; please try again.",
    "sending": "Sending",
    "submitted": "Your answer is saved.",
    "skipped": "Skipped.",
    "reveal": "Show what wrote it",
    "reveal_single": "Written by: {setting}",
    "reveal_left": "Left: {setting}",
    "reveal_right": "Right: {setting}",
    "reveal_note": "If you undo and answer this item again, the new answer is kept apart as not blind.",
    "next": "Next",
    "done_body_one": "You have been through your whole queue (one item). "
    "Reflections you send here later appear at its end.",
    "done_heading": "All done, thank you",
    "done_body": "You have been through your whole queue ({total} items). "
    "Reflections you send here later appear at its end.",
    "rater": "Your rater id: {rater}",
}

QUEUE_ERRORS = {
    "form": "Got a form the app cannot read, expected answers to choose from; please reload the page.",
    "rater": "Got no rater id, expected the one this page was given; please reload the page.",
    "unexpected": "Your answer could not be saved. It is still here; please try again. The app's log has the details.",
}

# The Results screen

RESULTS = {
    "heading": "Results",
    "login_hint": "For whoever runs this app. The password is the one it was started with.",
    "password": "Password",
    "login": "Open",
    "logout": "Close",
    "refresh": "Refresh",
    "loading": "Loading",
    "offline": "No answer from the app; please try again.",
    "counts_heading": "What there is",
    "counts": {
        "ratings": "Ratings on the Reflect screen",
        "judgements": "Answers in the queue",
        "choices": "of these, choices between two",
        "both_bad": "of these, both bad",
        "skipped": "Items skipped",
        "not_blind": "Answers that were not blind",
        "raters": "Raters",
    },
    "median_seconds": "Median seconds for an item",
    "agreement_heading": "Agreement between raters",
    "agreement_hint": "Krippendorff's alpha: 1 is perfect, 0 is chance. Only what two or more raters judged.",
    "scale": "Scale",
    "where": "Where",
    "where_names": {"reflect": "Reflect screen", "queue": "Queue"},
    "alpha": "Alpha",
    "units": "Shared",
    "scales": {
        "choice": "Choice",
        "depth": "Depth",
        "empathy": "Empathy",
        "fluency": "Fluency",
        "would_say": "Would say",
    },
    "ranking_heading": "Which setting wins",
    "ranking_hint_one": "Bradley-Terry strength (log-odds, sum 0) with a 95 % interval (bootstrap over raters and "
    "items, and curvature), from one blind choice. Ties count half; both bad counts for neither.",
    "ranking_hint": "Bradley-Terry strength (log-odds, sum 0) with a 95 % interval (bootstrap over raters and "
    "items, and curvature), from {n} blind choices. Ties count half; both bad counts for neither.",
    "setting": "Setting",
    "strength": "Strength",
    "interval": "95 % interval",
    "wins": "Wins",
    "of": "{wins} of {n}",
    "regions_heading": "Means by weight region",
    "regions_hint": "Levels from 0 to 2 on every scale. Only reflections that a mix of weights wrote.",
    "region": "Weights",
    "region_of": "{objective}: {third}",
    "n": "Ratings",
    "quality_heading": "Self-agreement and known answers",
    "quality_hint": "Some items are shown twice, and of some the answer is known; raters are not told which.",
    "self": "Same answer the second time, {scale}",
    "gold": "Known answers given",
    "share_of": "{share} ({right} of {asked})",
    "none": "nothing yet",
    "export_heading": "Export",
    "export_hint": "Comments may hold what a client said. They stay out unless you tick the box.",
    "export_comments": "With comments",
    "export_ratings": "Ratings",
    "export_queue": "Queue answers",
    "export_csv": "{what} (CSV)",
    "export_json": "{what} (JSON)",
    "exported_one": "{name} is ready: one row.",
    "exported": "{name} is ready: {n} rows.",
    "purge_heading": "Delete old ratings",
    "purge_days": "Older than (days)",
    "purge_confirm": "Type DELETE to confirm",
    "purge_word": "DELETE",
    "purge": "Delete for good",
    "purged_one": "One rating or answer deleted.",
    "purged": "{n} ratings and answers deleted.",
}

RESULTS_ERRORS = {
    "login": "Got a wrong password, expected the one this app was started with.",
    "locked": "Got too many wrong passwords, expected a pause; please wait {seconds} seconds.",
    "session": "Got no valid session, expected one of the last hour; please enter the password again.",
    "purge": "Got {got} as confirmation, expected DELETE; nothing was deleted.",
    "days": "Got {got}, expected a number of days from 0 up; nothing was deleted.",
    "export": "Got an export the app does not know, expected ratings or queue, as csv or json.",
    "unexpected": "Something went wrong. Please try again; the app's log has the details.",
}

# Welcome

BANNER["welcome"] = "How it works"

WELCOME = {
    "title": "Welcome",
    "lead": "A practice and research demo for counsellors: you weigh what a reflection should do, and read what a "
    "small language model then writes.",
    "how_heading": "How it works",
    "how": [
        "You type something a client might have said, and the app writes a reflection.",
        "Each slider is one objective, such as empathy. It sets how much that counts, from not at all to fully.",
        "A version of the model was trained for each objective. Together they choose every word, in your mix.",
        "Move a slider and you get the reflection of another mix. Nothing is learnt from you.",
        "Each word can be explained: choose it to see which objective spoke for it, and what came second.",
    ],
    "limits_heading": "What it is not",
    "limits": [
        "Not for clinical use, not for clients, and not for judging risk. It gives no advice and no diagnosis.",
        "What it writes may be wrong, and may miss the point. You decide what, if anything, you would say.",
        "Enter invented or de-identified statements only: no names, places or dates of a real person.",
    ],
    "kept_heading": "What is kept",
    "kept": [
        "A statement stays in the app's memory while you work, and is stored only where you tick a box for it.",
        "Your browser keeps the version of this notice and a random rater id, and nothing else. Ratings you save "
        "are stored under that id. Note it if you may want them deleted.",
    ],
    "rater": "Your rater id:",
    "copy": "Copy",
    "copied": "Copied",
    "consent": "I have read this and will enter invented or de-identified statements only.",
    "missing": "Please tick the box, then press Start. Without it the app cannot be used.",
    "start": "Start",
    "close": "Close",
}

# Compare, and sending to blind rating

TABS["compare"] = "Compare"
STATEMENT["take"] = "Take from Reflect"
MIXER["take"] = "Take from Reflect"

COMPARE_MIXERS = ({"label": "Setting A"}, {"label": "Setting B"})

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
    "stale": "Statement or settings changed since these texts. Press Write both for new ones.",
    "stopped": "Stopped before the end: no comparison and no scores for these texts.",
}

SEND = {
    "heading": "Send to blind rating",
    "hint": "Puts it at the end of your own queue on the Rate tab, among others and without saying what wrote it.",
    "consent": "Store the statement with it",
    "consent_help": "Rating needs the statement beside the text. Tick only if it is invented or de-identified.",
    "missing": "Please tick the box first: the statement is stored with it.",
    "send": "Send to blind rating",
    "sent": "Sent to your queue.",
    "sent_hint": "It comes at the end of your queue.",
    "to_rate": "Go to Rate",
    "rate_tab": TABS["rate"],
}
SEND_PAIR = {
    "hint": "Puts both as one choice at the end of your own queue on the Rate tab, without saying which setting wrote "
    "which.",
}

SEND_ERRORS = {
    "form": "Got a form the app cannot read, expected one or two reflections of one statement; please reload the page.",
    "consent": "Got no consent to storing the statement, expected a tick; nothing was sent.",
    "gone": "Reflection no longer held by the app, expected one written since it started; please write it again.",
    "same": "Got two equal texts, expected two to choose from; nothing was sent.",
    "unexpected": "It could not be sent. Please try again; the app's log has the details.",
}

# The endpoints for other programs

API_ERRORS = {
    "statement": "Got {got} as statement, expected text; send what the client said.",
    "weights": "Got {got} as weights, expected an object such as reflection: 0.6, empathy: 0.4; or leave them out.",
    "loading": "The models are still loading, expected them by now; please try again in a minute.",
    "unexpected": "Something went wrong while writing. Please try again; the app's log has the details.",
}

# Results for people who sign in on a Space

ADMINS = {
    "sign_in": "Sign in with Hugging Face",
    "sign_out": "Sign out ({})",
    "hint": "For whoever runs this app. Sign in above with an account that was named when it was set up, then open "
    "the results.",
}

ADMINS_ERRORS = {
    "refused": "Got no sign-in, expected an account that this app lists; please sign in.",
    "signed_out": "Got nobody signed in, expected an account that this app lists; please sign in above.",
    "not_listed": "Got the account {name}, expected one that this app lists; sign in with another, or have it added "
    "to EMORL_ADMINS.",
    "variables": "EMORL_ADMINS is set, but this Space has no {names}: expected hf_oauth: true in the README's front "
    "matter; add it, or unset EMORL_ADMINS.",
    "package": "EMORL_ADMINS is set, but the sign-in library is missing: expected gradio[oauth]; install it, or unset "
    "EMORL_ADMINS.",
}
