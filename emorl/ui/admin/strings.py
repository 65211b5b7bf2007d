"""Text of the log-in to the screens for whoever runs the app, and of the sign-in on a Space."""

from __future__ import annotations

SESSION_OVER = "Got no valid session: expected one from the last hour; please enter the password again."

LOGIN = {
    "login_hint": "For the person who runs this app. Enter the password it was started with.",
    "password": "Password",
    "login": "Open",
    "logout": "Close",
    "session": SESSION_OVER,
    "offline": "The app did not answer. Please try again.",
}

ERRORS = {
    "login": "Got a wrong password: expected the one this app was started with; please try again.",
    "locked": "Got too many wrong passwords: expected a pause; please try again in {seconds} s.",
    "session": SESSION_OVER,
    "unexpected": "Something went wrong. Please try again; the app's log has the details.",
}

SIGN_IN = {
    "sign_in": "Sign in with Hugging Face",
    "sign_out": "Sign out ({})",
    "hint": "For the person who runs this app. Sign in above with an account that was named when the app was set up, "
    "then press Open.",
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
