"""Errors a user can cause, each one line long: what was got, what was expected, what to do.

Commands print the message on stderr and leave with exit code 2; the app shows it in place. Programming
errors are ordinary exceptions and are not listed here.
"""

from __future__ import annotations


class EmorlError(Exception):
    """Base of every error that is shown to a user as a single line."""


class SettingsError(EmorlError):
    """Environment variables that cannot be used; the message lists all of them."""


class WeightError(EmorlError):
    """A setting out of its range, or weights of an unknown objective."""


class StatementError(EmorlError):
    """A client statement that is empty or too long."""


class AdapterMismatch(EmorlError):
    """An adapter that cannot be stacked exactly with the others on this base."""


class BackboneError(EmorlError):
    """A base model whose head or architecture breaks exact mixing."""


class BusyError(EmorlError):
    """More requests are waiting than the queue holds."""


class ManifestError(EmorlError):
    """A models folder whose manifest is missing, unreadable or inconsistent."""


class AssetError(EmorlError):
    """A base model or scorer file that could not be found, checked or stored."""


class Unavailable(AssetError):
    """One source did not give the base model's file; the next one is tried, and the error after the last names it."""


class CorpusError(EmorlError):
    """A corpus file that does not have the form its owner publishes."""


class ConfigError(EmorlError):
    """A configuration with faults; the message lists all of them."""


class RatingError(EmorlError):
    """A rating that is not valid or whose reflection is gone, or a ratings database that cannot be used."""


class CareDataError(EmorlError):
    """A crisis phrase list or contact list that is missing or broken; nothing may be written without them."""
