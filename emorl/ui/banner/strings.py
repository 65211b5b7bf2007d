"""Text of the banner above every screen."""

from __future__ import annotations

from emorl.ui.strings import TABS

BANNER = {
    "label": "Important",
    "lead": "Research demo, not for clinical use.",
    "body": "Not for clients. Enter invented or de-identified statements only; what it writes may be wrong.",
    "welcome": "How it works",
    "contacts": "Crisis contacts",
    "rate_tab": TABS["rate"],
    "source": "Check the numbers locally before you rely on them.",
}
