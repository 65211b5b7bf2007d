"""Care around what is typed.

`crisis` finds phrases that call for help: rules for English in the notation of `phrases`, measured by `report`, however
they are spelled (`spelling`, `readings`). `languages` tells statements that are not English, `contacts` says who can
help, `personal_data` what could identify somebody (with `details`), `output` what in a reply deserves a second look.

The data are in `data/safety/`. Nothing here is stored, and nothing here is a clinical instrument.
"""

from emorl.safety.contacts import Contact, contacts_line, crisis_contacts
from emorl.safety.crisis import crisis_kinds, crisis_matches, reply_matches
from emorl.safety.languages import is_foreign
from emorl.safety.output import Chip, check_reply, sympathy
from emorl.safety.personal_data import PersonalData, mask, personal_data

__all__ = [
    "Chip",
    "Contact",
    "PersonalData",
    "check_reply",
    "contacts_line",
    "crisis_contacts",
    "crisis_kinds",
    "crisis_matches",
    "is_foreign",
    "mask",
    "personal_data",
    "reply_matches",
    "sympathy",
]
