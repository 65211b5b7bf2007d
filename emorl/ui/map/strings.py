"""Text of the Map screen."""

from __future__ import annotations

from emorl.ui.strings import TABS

MAP = {
    "heading": "What the sliders can reach",
    "none": "There is no atlas yet. Generate a reflection on the Reflect screen, and this screen shows every "
    "reflection that its sliders can reach.",
    "off": "There is no atlas for this text, because it was sampled or has strength 0. Set the temperature to 0 and "
    "the strength above 0, then generate again.",
    "failed": "The atlas could not be made: {message}",
    "growing": "The atlas is still growing: it covers {share} of all settings so far.",
    "part": "The atlas covers {share} of all settings.",
    "guide": "Every setting of the sliders is a point of the triangle. At a corner one objective decides on its own; "
    "in the middle they all count equally.",
    "guide_cut": "Every setting of three sliders is a point of the triangle, while {share} of the mix is {held}. "
    "At a corner the rest is all of one objective.",
    "hint": "Each area is one reflection. Choose one in the picture or in the list, and the sliders move there.",
    "mix": "Your weights: {mix}.",
    "count": "{n} reflections are within reach. This one is written at {share} of all settings.",
    "count_one": "One reflection is within reach. It is written at {share} of all settings.",
    "count_all": "One reflection is within reach, whatever the weights.",
    "nowhere": "{n} reflections are within reach, but the atlas does not cover your current weights.",
    "nowhere_one": "One reflection is within reach, but the atlas does not cover your current weights.",
    "single": "The map shows what is written one at a time. The best of {n} may be another text.",
    "picture": "Atlas over the weights of {names}, with {n} regions. The list beside it shows the same.",
    "picture_one": "Atlas over the weights of {names}, with one region. The list beside it shows the same.",
    "picture_cut": "Cut through the atlas, over the weights of {names}, with {n} regions. The list beside it has all.",
    "picture_cut_one": "Cut through the atlas, over the weights of {names}, with one region. The list beside it has "
    "all.",
    "list": "Reflections within reach. The arrow keys move between them.",
    "sort": "Sort by",
    "sort_size": "how many settings write it",
    "sort_score": "{label} score",
    "sort_said": "whether a counsellor would say it",
    "sort_faithful": "whether it stays with what was said",
    "use": "Go on with this one on Reflect",
    "back": "Put the sliders back",
    "reflect_tab": TABS["reflect"],
    "region": "{share} of all settings",
    "less": "less than 1%",
    "scores": "Automatic scores: {scores}.",
    "slice": "Choose three objectives to show",
    "slice_hint": "The weights of the others are zero here.",
    "slice_cut": "The fourth keeps the share that its slider has.",
    "slice_go": "Show these three",
    "overlay": "Show ratings on the map",
    "overlay_none": "There are no ratings to show yet.",
    "overlay_failed": "The ratings could not be read. Please try again.",
    "overlay_table": "Ratings by weights",
    "overlay_value": "Mean rating",
    "overlay_n": "Raters",
    "overlay_legend": "Circles are ratings: the larger, the more raters; the fuller, the better. However often "
    "somebody rates at one place, it counts there as one rater.",
}

ERRORS = {
    "overlay": "Got a rating that cannot be shown on the map: expected weights, a value from 0 to 1 and a count; "
    "please check the ratings.",
    "ratings": "The ratings could not be read; the app's log has the details.",
}
