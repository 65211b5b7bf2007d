"""Text of the Reflect screen."""

from __future__ import annotations

from emorl.ui.strings import RUBRIC, TABS

GENERATE = "Generate"

RESULT = {
    "heading": "Reflection",
    "idle": "The reflection will appear here.",
    "idle_steps": [
        "Type what a client said, or pick an example.",
        "Set how much each objective should matter, or pick a preset.",
        "Press Generate. The reflection grows word by word, and then you can see why each word is there. "
        "Move the sliders and watch it change.",
    ],
    "stopped": "Stopped before the end, so there are no scores and no explanation for this text.",
    "stopped_empty": "Stopped before the end; there was no text yet.",
    "too_large": "This text is too long to be sent to the app, so nothing has looked for crisis language in it either. "
    "It is still in the box; please shorten it.",
    "base_heading": "Base model's reply",
    "base_hint": "The same model without the objectives",
    "scores_heading": "Automatic scores",
    "why_heading": "Why this word",
    "why_hint": "Point at or tap a word above, or move through them with the arrow keys.",
    "open_why": "More on the Why tab",
    "why_tab": TABS["why"],
    "words_label": "Words of the reflection. The left and right arrow keys move between them.",
    "word_over": "“{word}” rather than “{foil}”",
    "word_pieces": "written in {n} pieces: the bars add them up, and the runner-up is the first one's",
    "word_end": "end of the reply",
    "margin": "margin {margin}",
    "margin_hint": "Bars to the right favour the chosen word, bars to the left the runner-up. Together they add "
    "up to the margin, which is how far the chosen word is ahead.",
    "word_spoken": "{word}, rather than {foil}. Margin {margin}. {parts}.",
    "drawn": "A margin below zero means that the word was drawn although its runner-up was likelier.",
    "decided": "Without the objectives, underlined words, or a piece of them, would have lost to their runner-up. "
    "The kind of line shows which objective did most to change that.",
    "decided_none": "The base model also preferred each of these words to its runner-up; "
    "the objectives agreed or were outweighed.",
    "overall_heading": "Over the whole reply",
    "overall_hint": "How much each part favoured the words that were written, added up over all of them.",
    "overall_table": "Show as a table, with the shares that keep this text",
    "overall_sum": "Sum",
    "overall_mean": "Mean per word",
    "overall_range": "Share that keeps this text",
    "range_to": "{lo} to {hi}",
    "no_time": "less than 0.1",
    "details": "{n} tokens in {seconds} s · strength {strength} · temperature {temperature} · seed {seed}",
    "details_one": "One token in {seconds} s · strength {strength} · temperature {temperature} · seed {seed}",
}

LIVE = {
    "live": "Live: move the sliders and the text follows.",
    "live_growing": "Live for the part of the atlas that is ready.",
    "live_here": "Live text for these weights. It can be rated, edited and explained as it is.",
    "live_best": "Move the sliders for live text, written one at a time.",
    "live_one": "Live text for these weights, written one at a time. Press Generate for the best of {n}.",
    "live_base": "Live text: the base model's own reply.",
    "stale_statement": "The statement has changed since this text was written. Press Generate for a new one.",
    "stale_weights": "The weights have changed since this text was written. Press Generate for a new one.",
    "stale_growing": "The weights have changed since this text was written, and the atlas has not reached them yet.",
    "stale_count": "The number to choose from has changed since this text was written. Press Generate for a new one.",
    "stale_settings": "Strength or sampling has changed since this text was written. Press Generate for a new one.",
    "past": "These are the reasons for the text as it was generated, not for the live text above.",
    "atlas_begun": "Finding every reflection the sliders can reach",
    "atlas_growing": "Finding every reflection the sliders can reach: {n} so far, covering {share} of all settings",
    "atlas_done": "{n} reflections are within reach of the sliders.",
    "atlas_done_one": "Only this reflection is within reach of the sliders.",
    "atlas_best": "Written one at a time, {n} reflections are within reach of the sliders; the Map shows them.",
    "atlas_best_one": "Written one at a time, only one reflection is within reach of the sliders.",
    "atlas_part": "{n} reflections found, covering {share} of all settings.",
    "atlas_part_one": "One reflection found, covering {share} of all settings.",
    "atlas_stopped": "The atlas was stopped at {share} of all settings.",
    "atlas_off": "There is no atlas for this text, because it was sampled or has strength 0. "
    "Press Generate after moving a slider.",
    "atlas_failed": "The atlas could not be made: {message}",
}

CHOSEN = {
    "writing_best": "Writing {n} to choose from",
    "writing_finished": "{finished} of {n} finished",
    "choosing": "All {n} are written. Scoring them, to choose the best",
    "faithful_live": "Stays with what was said: not checked yet.",
    "faithful_soon": "It will be when the map is finished.",
    "faithful_press": "Press Generate to have it checked.",
    "chosen_heading": "Chosen from several",
    "written_different": "{n} were written, which gave {different} different texts.",
    "written_same": "{n} were written, and all are the same text, so there was nothing to choose.",
    "how_said": "The chosen one has the highest total: each automatic score times the share you asked for, added up, "
    "times the estimate of whether a counsellor would say it.",
    "how": "The chosen one has the highest total: each automatic score times the share you asked for, added up, times "
    "the estimate of whether it stays with what was said.",
    "how_plain": "The chosen one has the highest total: each automatic score times the share you asked for, added up.",
    "how_zero": (
        "All weights are zero, so the estimate of whether a counsellor would say it decided alone.",
        "All weights are zero, so the estimate of whether it stays with what was said decided alone.",
        "All weights are zero, so nothing could be compared, and the most likely one was kept.",
    ),
    "would_say": "A counsellor would say it",
    "how_words": "The scores explain the choice only; “Why this word” explains the words of the chosen one.",
    "how_note": "Scores and estimate are automatic and often wrong, so read the others too.",
    "how_note_plain": "Scores are automatic and often wrong, so read the others too.",
    "candidates": "Candidates, the chosen one first",
    "candidates_rest": "The other {n}",
    "candidates_others": "The other candidates",
    "chosen": "chosen",
    "total": "total {total}",
    "sum": "Total: {sum} = {total}",
    "made": {
        "greedy": "Written with the most likely word each time.",
        "atlas": "Written with other weights that the sliders can reach.",
        "sampled": "Sampled, so not always with the most likely word.",
    },
    "why_chosen": "Why it says this",
    "take": "Set the controls to this one",
    "take_hint": "Then press Generate: it is written again by itself, nearly always word for word, with its reasons "
    "and a form to rate it.",
    "strength_is": "strength {strength}",
    "sampled": "sampled at {temperature}, seed {seed}",
}
"""Where several were written and one of them is shown."""

CARDS = {
    "cards": "Candidates from the map",
    "cards_hint": "Picked from the map of what the sliders can reach. Scores and checks are automatic and often wrong, "
    "so read before you choose.",
    "cards_list": "Candidates from the map",
    "cards_later": "They come when the map is finished.",
    "cards_stopped": "There are none, because the map was stopped before it was finished.",
    "cards_failed": "There are none, because there is no map for this text.",
    "cards_same": "There is nothing to choose from: the sliders reach this one text only.",
    "cards_back": "Back to what was generated",
    "card_labels": {
        "recommended": "Recommended",
        "said": "Most likely to be said",
        "closest": "Closest to the words",
        "base": "Base model",
    },
    "card_best": {"reflection": "Deepest", "empathy": "Warmest", "affirmation": "Most affirming"},
    "card_best_other": "Highest in {name}",
    "card_shown": "shown above",
    "card_use": "Take this one",
    "card_use_name": "Take this one: {name}",
    "card_scores": "Scores: {scores}",
    "card_said": "A counsellor would say it: {score}, as an automatic scorer estimates",
    "card_words": "Main words that the client said too: {said} of {all}",
    "card_weights": "Weights: {setting}",
}
"""Candidates of a finished map, under a reflection that was written alone."""

OWN_VERSION = {
    "edit": "Edit",
    "edit_label": "Your version",
    "edit_help": "Change it to what you would say. The original stays as it is. Your version is stored with your "
    "rating only if you agree to that there.",
    "edit_keep": "Keep my version",
    "edit_cancel": "Cancel",
    "edit_remove": "Remove",
    "edit_kept": "Your version is kept beside the original.",
    "edit_failed": "Your version could not be kept. Please try again.",
}

VISIT = {
    "heading": "This visit",
    "hint": "Kept until you close or reload the page, and nowhere else, unless you tick “Keep over a reload” above.",
    "list": "Reflections of this visit, newest first",
    "back": "Bring back",
    "back_name": "Bring back: {text}",
    "strength_is": "strength {strength}",
    "sampled": "sampled at {temperature}, seed {seed}",
    "best": "the best of {n}",
}

RATING = {
    **RUBRIC,
    "heading": "Rate this reflection",
    "hint": "What do you think of the text above? It takes half a minute.",
    "empathy_options": {"0": "0, none", "1": "1, some", "2": "2, strong"},
    "fluency_options": {"0": "0, broken", "1": "1, awkward", "2": "2, natural"},
    "consent": "Store the statement I typed, and my own version, with this rating",
    "consent_help": "If you leave this empty, only a fingerprint (SHA-256) of the statement is stored, and your own "
    "version is not.",
    "changed": "Your own version has changed since then. Save again to store it.",
    "submit": "Save rating",
    "saved": "Thank you, your rating is saved.",
    "saved_hint": "Generate again to rate another reflection.",
    "rater": "Your rater id, which is random and kept in this browser: {rater}",
}

ERRORS = {
    "gone": "Got a reflection that the app no longer has: expected one written since it started; "
    "please generate it again, then rate it.",
    "field": "Got {got} for {field}: expected one of {expected}; please choose again.",
    "comment": "Got a comment of {got} characters: expected at most {expected}; please shorten it.",
    "edit_long": "Got {got} characters: expected at most {expected}; please shorten your version.",
    "edit_gone": "Got a version of a reflection that the app no longer has: expected one written since it started; "
    "please copy your version and generate again.",
    "not_saved": "The rating could not be saved. Please try again; the app's log has the details.",
}
