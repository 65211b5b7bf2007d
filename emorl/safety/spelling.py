"""Undoes what happens to the characters of a text when it is typed, pasted or hidden.

`repaired` undoes escapes, HTML entities, mojibake (ftfy), markup, and control and zero-width characters; it keeps every
language as it is. `latin` goes on from there for English: accented letters, look-alikes of other scripts (Unicode's
confusables, as `confusable_homoglyphs` ships them) and letters in boxes and circles become plain ones.

Every pass looks at each character a fixed number of times. Left out: what makes words of the characters (`readings`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import ftfy
from confusable_homoglyphs.confusables import confusables_data

_CODE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_LITERAL = re.compile(r"\\[nrt]")
_CAPITAL_I = re.compile(r"(?<=[a-z])I+(?=[a-z]|\b)")  # kiII
_SMALL_L = re.compile(r"(?<=[A-Z])l(?=[A-Z])")  # KlLL
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_COMMENT = re.compile(r"<!--[^>]{0,200}-->")
_BREAK = re.compile(r"</?(?:br|p|div|li|ul|ol|td|tr|h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|\[/?[a-zA-Z]{1,5}\]|\]\(https?:[^()\s]{0,200}\)|\\[a-z]{4,8}\{")
_FIX = ftfy.TextFixerConfig(unescape_html=False, fix_surrogates=False, normalization="NFKC")
_NAMED = re.compile(r"(?:LETTER|LATIN|LATIN CAPITAL|LATIN SMALL)(?: [A-Z]{2,})* ([A-Z])(?: WITH .*)?$")
_FILLERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")  # they look like nothing but count as letters or symbols


def repaired(text: str) -> str:
    """The text as its writer meant it: escapes and mojibake undone, without markup and invisible characters."""
    for undo in (_unescaped, _fixed, _without_markup, _visible):
        text = undo(text)
    return text


def latin(text: str) -> str:
    """A plain letter for every character that is a Latin letter or looks like one, in lower case.

    A capital I among small letters, or a small l among capitals, stands for the other of the two.
    """
    plain = "".join(_letter(sign) for sign in text)
    plain = _CAPITAL_I.sub(lambda found: "l" * len(found.group()), plain)
    return _SMALL_L.sub("I", plain).lower()


def _unescaped(text: str) -> str:
    text = _CODE.sub(lambda found: chr(int(found.group(1) or found.group(2), 16)), text)
    text = _LITERAL.sub("\n", text)
    text = _PERCENT.sub(lambda found: unquote(found.group(), errors="replace"), text)
    return html.unescape(html.unescape(text))  # twice: what was pasted may have been escaped before


def _fixed(text: str) -> str:
    return ftfy.fix_text(text, _FIX)


def _without_markup(text: str) -> str:
    return _TAG.sub("", _BREAK.sub(" ", _COMMENT.sub("", text)))


def _visible(text: str) -> str:
    return "".join(_shown(sign) for sign in text)


@lru_cache(maxsize=4096)
def _shown(sign: str) -> str:
    """The character; nothing for an invisible one, a space for any other white space than a line's end."""
    if sign == "\n":
        return sign
    if sign.isspace():
        return " "
    return "" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co") or sign in _FILLERS else sign


@lru_cache(maxsize=4096)
def _letter(sign: str) -> str:
    if sign.isascii():
        return sign
    if unicodedata.category(sign) in ("Mn", "Me"):  # accents, variation selectors, what is stacked on letters
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if unicodedata.category(part) != "Mn")
    if plain.isascii() or not plain:
        return plain
    for form in (plain, plain.upper()):  # some look-alikes are listed as capitals only
        for alike in confusables_data.get(form, ()):
            if alike["c"].isascii() and alike["c"].isalpha():
                return str(alike["c"])
    named = _NAMED.search(unicodedata.name(sign, "")) if plain == sign else None
    return named.group(1) if named else plain
