"""Text of the Results screen, and of the sign-in to it on a Space."""

from __future__ import annotations

RESULTS = {
    "heading": "Results",
    "login_hint": "For the person who runs this app. Enter the password it was started with.",
    "password": "Password",
    "login": "Open",
    "logout": "Close",
    "refresh": "Refresh",
    "loading": "Loading",
    "offline": "The app did not answer. Please try again.",
    "counts_heading": "Overview",
    "counts": {
        "ratings": "Ratings on the Reflect screen",
        "judgements": "Answers in the queue",
        "choices": "of these, choices between two",
        "both_bad": "of these, both bad",
        "skipped": "Items skipped",
        "not_blind": "Answers that were not blind",
        "raters": "Raters",
    },
    "median_seconds": "Median time for an item, in seconds",
    "agreement_heading": "Agreement between raters",
    "agreement_hint": "Krippendorff's alpha: 1 is perfect agreement, 0 is what chance would give. Only items that two "
    "or more raters judged are counted.",
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
    "ranking_hint": "Bradley-Terry strength (log-odds, sum 0) with a 95% interval (bootstrap over raters and items, "
    "and curvature), from {n} blind choices. A tie counts half for each; “both bad” counts for neither.",
    "ranking_hint_one": "Bradley-Terry strength (log-odds, sum 0) with a 95% interval (bootstrap over raters and "
    "items, and curvature), from one blind choice. A tie counts half for each; “both bad” counts for neither.",
    "setting": "Setting",
    "strength": "Strength",
    "interval": "95% interval",
    "wins": "Wins",
    "of": "{wins} of {n}",
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
    "login": "Got a wrong password: expected the one this app was started with; please try again.",
    "locked": "Got too many wrong passwords: expected a pause; please try again in {seconds} s.",
    "session": "Got no valid session: expected one from the last hour; please enter the password again.",
    "purge": "Got {got} as confirmation: expected DELETE; nothing was deleted.",
    "days": "Got {got}: expected a number of days, at least 0; nothing was deleted.",
    "export": "Got an export that the app does not know: expected ratings or queue, as csv or json; choose again.",
    "unexpected": "Something went wrong. Please try again; the app's log has the details.",
}

SIGN_IN = {
    "sign_in": "Sign in with Hugging Face",
    "sign_out": "Sign out ({})",
    "hint": "For the person who runs this app. Sign in above with an account that was named when the app was set up, "
    "then open the results.",
}

SIGN_IN_ERRORS = {
    "refused": "Got no sign-in: expected an account that this app lists; please sign in.",
    "signed_out": "Got nobody signed in: expected an account that this app lists; please sign in above.",
    "not_listed": "Got the account {name}: expected one that this app lists; sign in with another, or have this one "
    "added to EMORL_ADMINS.",
    "variables": "EMORL_ADMINS is set, but this Space has no {names}: expected hf_oauth: true in the README's front "
    "matter; add it, or unset EMORL_ADMINS.",
    "package": "EMORL_ADMINS is set, but the sign-in library is missing: expected gradio[oauth]; install it, or unset "
    "EMORL_ADMINS.",
}
