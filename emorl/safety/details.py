"""Details that point to somebody together: ages, days, schools, employers, places. Part of `personal_data`.

Expressions for British and American English, after the list of HIPAA's Safe Harbor: days and months with a year, but no
year alone; places smaller than a state or country; and exact ages, also those below 90, which that rule lets pass. A
word is taken for a name by its capital letter and what stands before it; a few of the largest cities and employers are
known in small letters too. Left out: names of places and firms where nothing before them tells ("Leeds was cold"),
a time that may be an age ("at 33 I left"), and a forties or thirties.

Source: 45 CFR 164.514(b)(2), the identifiers of the Safe Harbor method.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Kind = tuple[str, re.Pattern[str], Callable[[str], bool]]
"""What it is in words, an expression whose first group is the find, and whether a find is accepted."""


def _any_of(words: str) -> str:
    """An alternative of words; the longest first, so that none is cut short."""
    return "(?:" + "|".join(sorted(words.split(), key=len, reverse=True)) + ")"


_DAYS_AND_MONTHS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays "
    "sundays january february march april may june july august "
    "september october november december spring summer autumn winter fall christmas easter lent ramadan".split()
)
_LARGE = frozenset(
    "afghanistan africa alabama alaska albania algeria america argentina arizona arkansas asia australia austria "
    "bangladesh belgium brazil britain bulgaria california cameroon canada chile china colombia colorado "
    "connecticut croatia cuba cyprus czechia delaware denmark egypt england eritrea estonia ethiopia europe finland "
    "florida france georgia germany ghana greece hawaii holland hungary iceland idaho illinois india indiana "
    "indonesia iowa iran iraq ireland israel italy jamaica japan jordan kansas kentucky kenya kuwait latvia lebanon "
    "libya lithuania louisiana maine malaysia malta maryland massachusetts mexico michigan minnesota mississippi "
    "missouri montana morocco nebraska nepal netherlands nevada nigeria norway ohio oklahoma oregon pakistan "
    "palestine pennsylvania peru philippines poland portugal qatar romania russia rwanda scotland senegal serbia "
    "singapore slovakia slovenia somalia spain sudan sweden switzerland syria taiwan tanzania tennessee texas "
    "thailand tunisia turkey uganda ukraine utah vermont vietnam guatemala honduras nicaragua panama ecuador "
    "bolivia paraguay uruguay venezuela haiti carolina dakota korea virginia wales wisconsin wyoming yemen zambia "
    "zimbabwe united uk us usa eu gb".split()
)
_PEOPLE = frozenset(
    "mum mummy mom mama dad daddy nan nana gran granny grandma grandpa grandad auntie aunt uncle mother father sir "
    "madam mr mrs ms miss dr prof god jesus christ allah buddha heaven hell lord".split()
)
_OTHER = frozenset(
    "a an and at but by every for from he her his how i if in it its maybe most my no not of on one or our she so "
    "some that the their then there they this to today tonight tomorrow we what when where who with yes yesterday "
    "you your english welsh irish scottish polish french german spanish italian arabic urdu punjabi bengali hindi "
    "portuguese romanian turkish russian ukrainian chinese dutch latin greek american british european catholic "
    "muslim christian jewish hindu sikh buddhist islam christianity alcoholics narcotics gamblers overeaters "
    "anonymous al-anon facebook instagram tiktok twitter whatsapp zoom netflix youtube google excel covid "
    "lockdown brexit year grade maths home work hr it icu aa na gp ptsd adhd ocd ivf tv a&e er memory easy "
    "sesame".split()
)
_NEVER = _DAYS_AND_MONTHS | _PEOPLE | _OTHER
_LARGE_OF_TWO = ("new jersey", "new mexico", "new hampshire", "new zealand", "sri lanka", "saudi arabia", "costa rica")
_DIRECTIONS = frozenset("north south east west northern southern eastern western".split())
_NOT_A_SCHOOL = frozenset(
    "a an and another any bad big boarding catholic different every first good great her his large little local "
    "lovely my nearest new nice nearby old one or other our private public rough same senior small special state "
    "that the their this your junior whole best worst".split()
)


def _is_named(text: str) -> bool:
    """Whether a capital may mean a name: not of a day, a relative or a language, nor a sentence's first word."""
    return _words(text)[0] not in _NEVER


def _is_small(text: str) -> bool:
    """As `_is_named`, and not the name of a country or an American state, or of a part of one."""
    words = _words(text)
    if words[0] in _DIRECTIONS and len(words) > 1:
        words = words[1:]
    return " ".join(words[:2]) not in _LARGE_OF_TWO and words[0] not in _NEVER | _LARGE | _DIRECTIONS


def _words(text: str) -> list[str]:
    return [word.strip(".") for word in re.split(r"[\s'\u2019]+", text.lower())]


def _is_school(text: str) -> bool:
    return not _NOT_A_SCHOOL.intersection(text.lower().split()[:2])


def _is_day(text: str) -> bool:
    """A holiday that the month and day stand for points to nobody."""
    return not re.fullmatch(r"(?:4(?:th)?|fourth)(?: of)? july|july (?:the )?4(?:th)?", text, re.I)


def _is_age(text: str) -> bool:
    digits = re.search(r"\d+", text)
    return digits is None or 0 < int(digits[0]) <= 120


_CAPITAL = r"(?<![\w'\u2019])[A-Z][a-z]+(?:-[a-z]+)*(?:-[A-Z][a-z]+)*(?![a-z])"
_WORD = r"(?:[A-Z][\w'\u2019.-]*[\w'\u2019])"  # of a name of several words: "St", "King's", "BT"
_PROPER = rf"({_CAPITAL}(?: {_CAPITAL}){{0,2}})(?!['\u2019]\w)"
_NAMED = rf"(?<![\w'\u2019])((?:{_WORD} ){{1,3}}"  # "Royal Victoria ", to be followed by what it is

# Ages
_ONES = "two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBER = rf"(?:\d{{1,3}}|{_any_of(_TENS)}(?:[- ]{_any_of('one ' + _ONES)})?|{_any_of(_TEENS)}|{_any_of(_ONES)})"
_RELATION = _any_of(
    "wife husband partner boyfriend girlfriend ex son daughter brother sister mum mom dad mother father friend mate "
    "boss uncle aunt auntie cousin nephew niece baby grandson granddaughter boy girl kid child nan gran eldest "
    "youngest oldest"
)
_ENDS = (
    r"(?=\s*(?:$|[,;:!?)](?!\d)|\.(?!\d)|\b(?:and|but|so|now|then|next|this|last|when|who|with|at the time|already|"
    r"today|I|he|she|we|they|my|years? of age)\b))"
)
_IS = r"(?:is|was|'s|\u2019s|am|'m|\u2019m)"
_SOON = r"(?:(?:only|just|nearly|almost|about|barely|already|still|now) )?"

# Days
_FULL_MONTH = _any_of("january february april june july august september october november december")
_MONTH = (
    rf"(?:(?i:{_FULL_MONTH})|March|May|{_any_of('Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec')}\b\.?)(?![a-z])"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = _any_of(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth "
    "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
)

# Schools and employers
_STAGE = _any_of("Primary Junior Infant Infants Secondary Grammar Comprehensive High Middle Elementary Prep Nursery")
_STUDY = (
    r"(?:studied|studying|studies|study|graduated|graduating|dropped out|expelled|excluded|teach|teaches|teaching|"
    r"taught|degree|enrolled|lecturer|student|pupil)"
)
_JOB = (
    r"(?<![Ii]t )(?<![Tt]hat )\b(?i:work|works|worked|working|job|employed|hired|laid off|sacked|fired|retired|"
    r"made redundant|resigned|manager|supervisor|cashier|nurse|driver|officer|engineer|cleaner|accountant|assistant|"
    r"shift|shifts|contract|interview|apprentice|apprenticeship|position|internship)"
    r"(?: (?:nights|days|weekends|part-time|full-time|mostly|now|again|over))?"
)
_FIRM = r"((?:[A-Z][\w'\u2019-]*[\w])(?: (?:& )?[A-Z][\w'\u2019-]*\w){0,3})"
_KNOWN_FIRM = _any_of(
    "tesco asda sainsbury's sainsburys morrisons aldi lidl amazon walmart mcdonald's mcdonalds starbucks costa greggs "
    "ikea costco primark argos walgreens target ups fedex dhl uber deliveroo barclays lloyds hsbc bt bupa serco capita"
)
_KNOWN_CITY = _any_of(
    "london birmingham manchester liverpool leeds sheffield bristol newcastle nottingham leicester coventry bradford "
    "southampton portsmouth plymouth brighton norwich ipswich middlesbrough sunderland wolverhampton glasgow edinburgh "
    "aberdeen dundee inverness cardiff swansea belfast derry dublin cork galway limerick chicago boston houston dallas "
    "philadelphia seattle denver detroit atlanta miami cleveland pittsburgh baltimore milwaukee minneapolis sacramento"
)
_PLACES = _any_of(
    "Hospital Infirmary Clinic Surgery Hospice Prison Church Mosque Park Lane Road Street Avenue Close Crescent Square "
    "Bridge Station Hotel Library"
)
_MOVED = (
    r"(?:move|moves|moved|moving|drive|drives|drove|driving|flew|fly|travelled|traveled|relocated|commute|commutes)"
    r"(?: (?:back|up|down|over|out|away|here|all the way))?"
)

# In order of certainty, as in `personal_data`.
DETAILS: tuple[Kind, ...] = (
    ("school", re.compile(rf"{_NAMED}{_STAGE}(?: School| College)?)(?!\w)"), _is_named),
    ("school", re.compile(rf"{_NAMED}(?:Sixth Form(?: College)?|Academy|College|University|School))(?!\w)"), _is_named),
    ("school", re.compile(rf"(?<!\w)((?:University|College) of {_WORD}(?: {_WORD})?)"), _is_named),
    ("school", re.compile(rf"\b{_STUDY} (?:at|from) {_PROPER}"), _is_named),
    (
        "school",
        re.compile(rf"\b(?:at|to|from) ((?:[a-z][a-z'\u2019]+ ){{1,2}}{_STAGE.lower()} school)(?!\w)", re.I),
        _is_school,
    ),
    (
        "employer",
        re.compile(rf"{_NAMED}(?:Ltd|Limited|plc|PLC|Inc|LLC|LLP|Council|Constabulary|Police|Bank))(?!\w)"),
        _is_named,
    ),
    ("employer", re.compile(rf"(?<!\w)({_WORD}(?: {_WORD})? (?:&|and) Sons)(?!\w)"), _is_named),
    ("place", re.compile(rf"{_NAMED}{_PLACES})(?!\w)"), _is_named),
    ("employer", re.compile(rf"{_JOB} (?:at|for|by|from|with) (?:the )?{_FIRM}"), _is_named),
    ("employer", re.compile(rf"{_JOB} (?:at|for|by|from|with) (?i:({_KNOWN_FIRM}))(?!\w)"), _is_named),
    (
        "age",
        re.compile(rf"\b({_NUMBER}[- ]?(?:years?|yrs?)[- ]old|{_NUMBER} years of age|{_NUMBER} ?y\.?o\b)", re.I),
        _is_age,
    ),
    ("age", re.compile(rf"\b(aged? (?:of )?{_NUMBER})\b(?! (?:years?|days?|weeks?|months?) (?!old))", re.I), _is_age),
    ("age", re.compile(r"\b(\d{1,3}(?:st|nd|rd|th) birthday)\b", re.I), _is_age),
    (
        "age",
        re.compile(rf"\b(turn(?:s|ed|ing)? {_NUMBER})\b(?=\s*(?:in|on|a week|a month)\b|{_ENDS[3:]}", re.I),
        _is_age,
    ),
    ("age", re.compile(rf"\b(?:I|he|she) ?{_IS} {_SOON}({_NUMBER})\b{_ENDS}", re.I), _is_age),
    ("age", re.compile(rf"\bmy (?:\w+ )?{_RELATION} ?{_IS} {_SOON}({_NUMBER})\b{_ENDS}", re.I), _is_age),
    ("date", re.compile(rf"\b({_DAY}(?:st|nd|rd|th)?(?: of)? {_MONTH})"), _is_day),
    ("date", re.compile(rf"\b({_DAY}(?:st|nd|rd|th) of (?:march|may))\b"), _is_day),
    ("date", re.compile(rf"\b({_MONTH},? (?:19|20)\d{{2}})\b"), _is_day),
    ("date", re.compile(rf"\b({_MONTH} (?:the )?{_DAY}(?:st|nd|rd|th)?)(?![\w:%]|[.,]\d)"), _is_day),
    ("date", re.compile(rf"\b((?i:{_ORDINAL}) of {_MONTH})"), _is_day),
    (
        "place",
        re.compile(
            r"(?<!confide )(?<!confided )(?<!trust )(?<!believe )(?<!believed )(?<!faith )"
            rf"\b(?:in|near|outside) (?:(?:north|south|east|west|central) )?{_PROPER}"
        ),
        _is_small,
    ),
    ("place", re.compile(rf"\b{_MOVED} (?:to|from) {_PROPER}"), _is_small),
    ("place", re.compile(rf"\b(?:I|he|she|they|we) ?(?:{_IS}|are|'re|\u2019re|come|comes) from {_PROPER}"), _is_small),
    ("place", re.compile(rf"\b(?:in|from|to|near|outside|around) ({_KNOWN_CITY})(?!\w)", re.I), _is_small),
)
