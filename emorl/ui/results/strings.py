"""Text of the Results screen."""

from __future__ import annotations

from emorl.ui.strings import RANKING

RESULTS = {
    **RANKING,
    "heading": "Results",
    "refresh": "Refresh",
    "loading": "Loading",
    "counts_heading": "Overview",
    "counts": {
        "ratings": "Ratings on the Reflect screen",
        "judgements": "Answers in the queue",
        "choices": "of these, choices between two",
        "both_bad": "of these, both bad",
        "skipped": "Items skipped",
        "not_blind": "Answers that were not blind",
        "unsure": "Answers with “not sure”",
        "raters": "Raters",
    },
    "median_seconds": "Median time for an item, in seconds",
    "agreement_heading": "Agreement between raters",
    "agreement_hint": "Krippendorff's alpha: 1 is perfect agreement, 0 is what chance would give. Only items that two "
    "or more raters judged are counted; “not sure” counts as no answer.",
    "scale": "Scale",
    "where": "Where",
    "where_names": {"reflect": "Reflect screen", "queue": "Queue"},
    "alpha": "Alpha",
    "alpha_none": "Alpha is {explanation}.",
    "units": "Shared",
    "unsure": "Not sure",
    "scales": {
        "choice": "Choice",
        "depth": "Depth",
        "empathy": "Empathy",
        "fluency": "Fluency",
        "would_say": "Would say",
    },
    "regions_heading": "Mean ratings by weights",
    "regions_hint": "Every scale goes from 0 to 2. Only reflections written with a mix of weights are counted.",
    "region": "Weights",
    "region_of": "{objective}: {third}",
    "n": "Ratings",
    "quality_heading": "Self-agreement and known answers",
    "quality_hint": "Some items are shown twice, and for some the answer is known. Raters are not told which.",
    "self": "Same answer the second time, {scale}",
    "gold": "Known items answered correctly",
    "share_of": "{share} ({right} of {asked})",
    "none": "nothing yet",
    "export_heading": "Export",
    "export_hint": "Comments may repeat what a client said. They are left out unless you tick the box.",
    "export_comments": "With comments",
    "export_ratings": "Ratings",
    "export_queue": "Queue answers",
    "export_csv": "{what} (CSV)",
    "export_json": "{what} (JSON)",
    "exported": "{name} is ready: {n} rows.",
    "exported_one": "{name} is ready: one row.",
    "purge_heading": "Delete old ratings",
    "purge_days": "Older than (days)",
    "purge_confirm": "Type DELETE to confirm",
    "purge_word": "DELETE",
    "purge": "Delete for good",
    "purged": "{n} ratings and answers deleted.",
    "purged_one": "One rating or answer deleted.",
}

ERRORS = {
    "purge": "Got {got} as confirmation: expected DELETE; nothing was deleted.",
    "days": "Got {got}: expected a number of days, at least 0; nothing was deleted.",
    "export": "Got an export that the app does not know: expected ratings or queue, as csv or json; choose again.",
}
