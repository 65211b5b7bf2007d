"""What the page says where an atlas cannot be made."""

from __future__ import annotations

ERRORS = {
    "unexpected": "something went wrong; the app's log has the details.",
    "slice": "Got {got} objectives for an atlas: expected at most four; please choose again.",
}
