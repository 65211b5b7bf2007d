"""Text of the Why screen."""

from __future__ import annotations

from emorl.ui.strings import TABS

WHY = {
    "why_idle": "Nothing to explain yet.",
    "why_idle_steps": "Write a reflection on the Reflect tab, then come back to see every word of it explained.",
    "to_reflect": "Go to Reflect",
    "reflect_tab": TABS["reflect"],
    "why_loading": "Working out the reasons",
    "heading": "Why this text",
    "said": "The client said",
    "written": "The reflection",
    "strip_heading": "Word by word",
    "strip_hint": "Bars above the line favour a word, bars below it count against it. Choose a word by clicking or "
    "with the arrow keys.",
    "strip_label": "Words of the reflection with what counted for and against each. "
    "The left and right arrow keys move between them.",
    "only_objectives": "Leave the base model out of the bars",
    "word_heading": "The chosen word",
    "compare": "Compare with",
    "runner_up": "“{word}”, the runner-up",
    "runner_up_same": "the runner-up, which spells the same word",
    "own_of": "“{word}”, {label} alone",
    "the_end": "end of the reply",
    "foil_piece": "The comparison is for “{piece}”, the beginning of the word, where the other would have begun.",
    "bars_hint": "Bars to the right favour the written word, bars to the left the other one. "
    "They add up to the margin of {margin}.",
    "candidates_heading": "Other likely words and beginnings of words",
    "candidates_hint": "The model writes words in pieces, so a line may be no more than a beginning. How far what was "
    "written is ahead of each, and how much of that comes from each part.",
    "piece_of": "Piece {n} of {all}: “{piece}”",
    "column_word": "Word",
    "column_p": "Probability",
    "column_margin": "Lead",
    "written_mark": "written",
    "own_heading": "What each would have chosen here on its own",
    "own_row": "{label} alone",
    "slope_heading": "If an objective had ten points more of the mix",
    "slope_hint": "The others would have less in proportion. This holds for small changes from the current weights.",
    "slope_margin": "Change in the lead",
    "slope_p": "Change in the probability",
    "times": "× {n}",
    "overall_title": "The reply as a whole",
    "ranges_heading": "How far a slider can move before the text changes",
    "range_keeps": "from {lo} to {hi}",
    "range_whole": "wherever it is",
    "range_first": "below that “{word}” changes first",
    "range_last": "above that “{word}” changes first",
    "push_heading": "How much each part influenced the words",
    "push_hint": "Everything that counted for or against the written words, each compared with its runner-up. The bars "
    "show the net influence, for minus against; below stands each part's share of the whole, for and against together.",
    "push_net": "{share} net",
    "push_note": "{share} of the influence",
    "disagree": "The objectives disagree by {value} on average, out of {most} at most; they disagree most at “{word}” "
    "({top}). At 0 they would all choose the same words.",
    "disagree_none": "With fewer than two objectives there is nothing to disagree about.",
    "without_title": "Without one objective",
    "without_hint": "The shortest way to see what an objective does: the text that would have been written without it.",
    "without_button": "Write without each one",
    "shapley_button": "Work out fair shares",
    "shapley_cost": "Fair shares (Shapley values) say how much each objective did for the scores. What one does "
    "depends on the others beside it. So the reply is written anew with every combination of objectives left in or "
    "out, {n} times in all, and the scores are compared.",
    "writing_variants": "Writing; this takes a few seconds.",
    "variants_done": "Done.",
    "without_name": "Without {label}",
    "convention_renormalised": "The others share out its weight",
    "convention_base": "The base model takes over its weight",
    "same_text": "The same text.",
    "changed_hint": "Marked words are not in the reflection.",
    "shapley_heading": "Fair share of each automatic score",
    "shapley_hint": "How much each objective raised or lowered a score, averaged over all the orders in which they "
    "could be added. The rows add up to the difference between the reflection and the base model's reply.",
    "shapley_sum": "Sum: reflection minus base",
    "scorer_column": "{label} score",
    "download": "Download as JSON",
    "download_hint": "All the numbers on this page, without the client's statement.",
}

ERRORS = {
    "gone": "Got a reflection that the app no longer has: expected one written since it started; please generate it "
    "again.",
    "unexpected": "Something went wrong while explaining. Please try again; the app's log has the details.",
}
