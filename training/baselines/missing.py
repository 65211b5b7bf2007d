"""The error of a baseline that cannot run here: it lacks a package or adapters. Left out: every other error."""

from __future__ import annotations

from emorl.errors import ConfigError


class MissingPart(ConfigError):
    """A baseline lacks a package or adapters; where all baselines are wanted, it is left out."""
