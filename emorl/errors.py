"""Errors that a user can cause, all in one tree. A message is one line: what was got, what was expected, what to do.

`of` makes the message; `at` does where a place in a file or form has to be named first.

Commands print the message to stderr and exit with code 2; the app shows it where the error arose. Programming errors
are ordinary exceptions and are not listed here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

_NAME = r"(?:\"[^\"]*\"|'[^']*')"
_HIDDEN = (
    (re.compile(r"\b(sqlite|postgres(?:ql)?)(?:\+\w+)?:/{2,}[^\s,;)'\"]*[^\s,;.)'\"]"), r"\1"),
    (re.compile(r"(?<=://)[^\s/@]+@"), ""),  # a login
    (re.compile(r"\bfile:/{2,3}(?=[/\\])"), ""),
    # Folders of a path, whose last part stays: of POSIX, of Windows with a drive, and on another host.
    (re.compile(r"(?<![\w:/\\.~])(?:~|\.{1,2}|[A-Za-z]:)?[/\\]{1,2}(?:[^\s:;,'\"()/\\]+[/\\])+"), ""),
    # What libraries say of a host, its address and whose account was used.
    (re.compile(rf"\b(server at|host(?:name)?|user(?:name)?|role|resolve)([ =:]+){_NAME}(?: \([\da-f.:]+\))?"), r"\1"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?\b"), "an address"),
    (re.compile(r"\b(for|with|at) url:? \S+"), r"\1 an address"),
)
"""What no visitor sees, and what stands there in its place."""


class EmorlError(Exception):
    """Base of every error that is shown to a user as a single line.

    Example:
        >>> raise WeightError.of("2 weights", "3, one for each objective", "give every objective a weight")
        Traceback (most recent call last):
        emorl.errors.WeightError: Got 2 weights: expected 3, one for each objective; give every objective a weight.
    """

    @classmethod
    def of(cls, got: str, expected: str, remedy: str) -> Self:
        """An error with a message in the usual form."""
        return cls(one_line(f"Got {got}: expected {expected}; {remedy}."))

    @classmethod
    def at(cls, where: str, got: str, expected: str, remedy: str) -> Self:
        """The same for one place in a file or in a form, which is named first.

        Example:
            >>> raise CorpusError.at("own.jsonl:3", "an empty reply", "text", "fill it in or take the line out")
            Traceback (most recent call last):
            emorl.errors.CorpusError: own.jsonl:3: got an empty reply, expected text; fill it in or take the line out.
        """
        return cls(one_line(f"{where}: got {got}, expected {expected}; {remedy}."))

    @property
    def shown(self) -> str:
        """The message for visitors of the app: files by their names alone, no host, no account."""
        text = one_line(str(self), 4000)
        home = str(Path.home())  # known as a whole, so that it may have a space in it
        if len(home) > 1:
            text = text.replace(home, "~")
        for pattern, instead in _HIDDEN:
            text = pattern.sub(instead, text)
        return text


def one_line(text: str, longest: int = 1000) -> str:
    """A text as one line that can be sent and shown: no line breaks, NUL or halves of characters, and not too long.

    Example:
        >>> one_line(" two   words ")
        'two words'
    """
    plain = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "\u2026"


class SettingsError(EmorlError):
    """Environment variables that cannot be used; the message lists all of them."""


class WeightError(EmorlError):
    """A setting out of its range, or weights of an unknown objective."""


class StatementError(EmorlError):
    """A client statement that is empty or too long."""


class OptionError(EmorlError):
    """An option or argument that a command or a public function does not have, or that is missing."""


class CandidateError(EmorlError):
    """A number of candidates that the best reflection cannot be chosen from."""


class AtlasError(EmorlError):
    """An atlas of objectives, a minimum area or a budget that cannot be used."""


class CrisisError(EmorlError):
    """A statement that speaks of a crisis; the message gives contacts instead of a reflection."""


class LanguageError(EmorlError):
    """A statement in another language than English; the message gives contacts instead of a reflection."""


class ReplyError(EmorlError):
    """A reply that speaks of a crisis where the statement does not; it is not shown."""


class AdapterMismatch(EmorlError):
    """An adapter that cannot be mixed exactly with the others on this base."""


class BackboneError(EmorlError):
    """A base model whose head or architecture breaks exact mixing, or an unknown precision."""


class BusyError(EmorlError):
    """More requests are waiting than the queue holds."""


class LimitError(EmorlError):
    """More of one kind of act from one visitor than the app takes in a minute."""


class WritingStopped(EmorlError):
    """The thread that writes ended while a request was being written; it has been started again."""


class ManifestError(EmorlError):
    """A models folder whose manifest is missing, unreadable or inconsistent, or that goes with another base."""


class AssetError(EmorlError):
    """A base model or scorer file that could not be found, checked or stored."""


class Unavailable(AssetError):
    """A source that did not give the base model's file; the message is only the reason, and the next one is tried."""


class CorpusError(EmorlError):
    """A corpus file that does not have the form its owner publishes."""


class ConfigError(EmorlError):
    """A configuration with faults; the message lists all of them."""


class RatingError(EmorlError):
    """A rating that is not valid or whose reflection is gone, or a ratings database that cannot be used."""


class DamagedDatabase(RatingError):
    """A ratings database whose file is damaged; nothing is written to it."""


class CareDataError(EmorlError):
    """A crisis phrase list or contact list that is missing or broken; nothing may be written without them."""
