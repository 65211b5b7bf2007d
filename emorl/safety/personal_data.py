"""What in a statement could identify somebody: a warning before it is used or kept, and a mask.

Plain expressions for British and American forms, rather too many finds than too few. What points to somebody only
together with other things is in `details`, and looked for where it is asked for, as under the statement box. Left out:
names without an introduction ("Sarah said"); a person has to read for those.

Measured on our own cases (`data/safety/personal_cases.jsonl`), which also shaped the expressions, and for the details on
`data/safety/detail_cases.jsonl`; docs/limits-and-care.md has the figures.

Source: NHS numbers carry a check digit modulo 11 (NHS Data Dictionary); US social security numbers never
start with 000, 666 or 9 (Social Security Administration).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emorl.safety.details import DETAILS, Kind

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|(?:19|20)\d{2}-\d{2}-\d{2})"
)
_NOT_NAMES = frozenset(
    "a all always also an and as at being but called changed common either for from gone hard in is it just like mud "
    "my never no not now nothing on only other out over really so spelt still that the there to too up very was "
    "today tonight tomorrow yesterday names monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december god jesus christmas easter english "
    "grandma grandpa granny grandad nana nan mum mummy mom mama dad daddy auntie uncle sir madam says said asked".split()
)


@dataclass(frozen=True)
class PersonalData:
    """One find.

    Attributes:
        kind: what it seems to be, in words ("e-mail address", "phone number", ...).
        start: first character in the text.
        end: one past the last character.
        text: the characters themselves.
    """

    kind: str
    start: int
    end: int
    text: str


def personal_data(text: str, details: bool = False) -> tuple[PersonalData, ...]:
    """Everything in a text that looks personal, in reading order, without overlaps (the surer kind wins).

    Args:
        text: What is looked at.
        details: Whether ages, days without a year, schools, employers and places count too.
    """
    found: list[PersonalData] = []
    for kind, pattern, accept in (*_KINDS, *DETAILS) if details else _KINDS:
        for match in pattern.finditer(text):
            start, end = match.span(1)
            overlaps = any(start < other.end and other.start < end for other in found)
            if not overlaps and accept(match.group(1)):
                found.append(PersonalData(kind, start, end, match.group(1)))
    return tuple(sorted(found, key=lambda item: item.start))


def mask(text: str, details: bool = False) -> str:
    """The text with every find replaced by its kind in square brackets; see `personal_data`."""
    for item in reversed(personal_data(text, details)):
        text = f"{text[: item.start]}[{item.kind}]{text[item.end :]}"
    return text


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _anything(text: str) -> bool:
    return True


def _is_nhs_number(text: str) -> bool:
    """Check digit: 11 minus the sum of nine digits times 10..2, modulo 11; 11 counts as 0, 10 never occurs."""
    digits = [int(sign) for sign in _digits(text)]
    check = (11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11) % 11
    return check == digits[9]


def _is_social_security_number(text: str) -> bool:
    digits = _digits(text)
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def _is_phone(text: str) -> bool:
    return 7 <= len(_digits(text)) <= 15


def _is_name(text: str) -> bool:
    first = text.split()[0].lower()
    return first not in _NOT_NAMES and not first.startswith(("i'", "i\u2019"))


_CAPITAL = r"[A-Z][a-z\w'\u2019-]+"
_NAME = rf"({_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}}|[a-z][a-z'\u2019-]{{2,}})"  # any case, where only a name can follow
_PROPER = rf"({_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}})"
_RELATION = (
    r"(?:wife|husband|partner|boyfriend|girlfriend|fianc\u00e9e?|ex|son|daughter|brother|sister|mum|mom|dad|mother|father|"
    r"friend|mate|boss|manager|colleague|neighbour|neighbor|uncle|aunt|auntie|cousin|nephew|niece|baby|grandson|"
    r"granddaughter|therapist|counsellor|doctor|teacher|flatmate)"
)
# In order of certainty: an earlier kind keeps its place against a later one.
_KINDS: tuple[Kind, ...] = (
    ("e-mail address", re.compile(r"([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)"), _anything),
    ("web address", re.compile(r"((?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)])", re.I), _anything),
    (
        "date of birth",
        re.compile(
            r"\b(?:born(?: on)?(?: the)?|d\.?o\.?b\b\.?|date of birth|birthday)[\s:]+"
            rf"(?:is |was |on )?(?:the )?({_DATE})",
            re.I,
        ),
        _anything,
    ),
    (
        "NHS number",
        re.compile(r"\bNHS(?: (?:number|no\.?))?(?: is)?[\s:]*(\d{3}[ -]?\d{3}[ -]?\d{4})\b", re.I),
        _anything,
    ),
    (
        "social security number",
        re.compile(r"(?<![\d-])(\d{3}-\d{2}-\d{4})(?![\d-])"),
        _is_social_security_number,
    ),
    (
        "national insurance number",
        re.compile(r"\b([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ ]?\d{2}){3}[ ]?[A-D])\b", re.I),
        _anything,
    ),
    ("date", re.compile(rf"(?<![\d/.-])({_DATE})(?![\d/-])", re.I), _anything),
    ("NHS number", re.compile(r"(?<![\d+-])(\d{3}[ -]?\d{3}[ -]?\d{4})(?![\d-])"), _is_nhs_number),
    (
        "phone number",
        re.compile(
            r"(?<![\w.])((?:\+\d{1,3}[ .-]?(?:\d[ .-])?|\(?0)(?:\(0\)[ ]?)?(?:[ .-]?\(?\d{2,5}\)?){2,5})(?![\w-])"
        ),
        _is_phone,
    ),
    (
        "phone number",
        re.compile(r"(?<![\w.])((?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]?\d{4})(?![\w-])"),
        _is_phone,
    ),
    ("phone number", re.compile(r"(?<![\w.-])(\d{3}-\d{4})(?![\w-])"), _is_phone),
    ("postcode", re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?[ ]?\d[ABD-HJLNP-UW-Z]{2})\b", re.I), _anything),
    ("postcode", re.compile(r"\b([A-Z]{2} \d{5}(?:-\d{4})?|\d{5}-\d{4})\b"), _anything),
    ("long number", re.compile(r"(?<![\w.,-])(\d(?:[ -]?\d){8,18})(?![\w.,-]*\d)"), _anything),
    (
        "address",
        re.compile(
            r"(?<![\w.])((?:[Ff]lat \d{1,4}[a-zA-Z]?,? )?\d{1,4}[a-zA-Z]?,? (?:[A-Z][\w'\u2019]+ ){1,3}"
            r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Court|Crescent|Gardens|Grove|Place|Square|Terrace|Way|Boulevard|Blvd)\b)"
        ),
        _anything,
    ),
    (
        "address",
        re.compile(
            r"\b(?:live at|lives at|living at|moved to|address is|house is|home is)"
            r" (\d{1,4}[a-z]?,? (?:[a-z']+ ){1,2}(?:street|road|avenue|lane|drive|close|court|crescent|gardens|grove|terrace|way))\b",
            re.I,
        ),
        _anything,
    ),
    ("name", re.compile(rf"\b[Mm]y (?:full |first |last |real )?name(?:'s|\u2019s|s| is) {_NAME}"), _is_name),
    (
        "name",
        re.compile(
            r"\b(?:[Mm]y (?:full |first |last |real )?name|I(?:'m|\u2019m| am) called|[Tt]hey call me|[Cc]alls? me|[Tt]he name(?:'s|\u2019s| is)|"
            rf"(?:is|was|a \w+) (?:called|named)) {_PROPER}"
        ),
        _is_name,
    ),
    ("name", re.compile(r"\bI(?:'m|\u2019m| am) called ([a-z][a-z'\u2019-]{2,})(?= (?:and|but)\b|[.,!?]|$)"), _is_name),
    ("name", re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? {_PROPER}"), _is_name),
    ("name", re.compile(rf"\b[Mm]y (?:\w+ )?{_RELATION},? {_PROPER}"), _is_name),
)
