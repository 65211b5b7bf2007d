"""The random id of a rater, kept by the browser and by nobody else."""

from __future__ import annotations

import re
import secrets

_RATER = re.compile(r"[0-9a-f]{32}")


def rater_id(kept: object) -> str:
    """The rater id that the browser kept, or a new random one where it kept none (32 hexadecimal digits)."""
    return kept if isinstance(kept, str) and _RATER.fullmatch(kept) else secrets.token_hex(16)
