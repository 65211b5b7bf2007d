"""Text of the form that sends to the blind rating queue."""

from __future__ import annotations

from emorl.ui.strings import TABS

SEND = {
    "heading": "Send to blind rating",
    "hint": "Adds it to the end of your own queue on the Rate tab, where it appears without saying what wrote it.",
    "consent": "Store the statement with it",
    "consent_help": "A rater needs to see the statement beside the text. Tick this only if it is invented or "
    "de-identified.",
    "missing": "Please tick the box first: the statement is stored with it.",
    "send": "Send to blind rating",
    "sent": "Sent to your queue.",
    "sent_hint": "It is at the end of your queue.",
    "to_rate": "Go to Rate",
    "rate_tab": TABS["rate"],
}

SEND_PAIR = {
    "hint": "Adds them to the end of your own queue on the Rate tab, as choices between two of them, without saying "
    "which setting wrote which.",
}
"""What is different where two are sent."""

ERRORS = {
    "form": "Got a form that the app cannot read: expected one to four reflections of one statement; please reload the "
    "page.",
    "consent": "Got no consent to store the statement: expected a tick; nothing was sent.",
    "gone": "Got a reflection that the app no longer has: expected one written since it started; please write "
    "it again.",
    "same": "Got the same text twice: expected two to choose from; nothing was sent.",
    "unexpected": "It could not be sent. Please try again; the app's log has the details.",
}
