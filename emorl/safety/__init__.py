"""Care around what is typed.

`crisis` finds phrases that call for help (rules in the notation of `phrases`, measured by `report`), `contacts` says
who can help, `personal_data` what could identify somebody, `output` what in a reply deserves a second look.

The data are in `data/safety/`. Nothing here is stored, and nothing here is a clinical instrument.
"""

from emorl.safety.contacts import Contact, crisis_contacts
from emorl.safety.crisis import crisis_matches
from emorl.safety.output import Chip, check_reply
from emorl.safety.personal_data import PersonalData, mask, personal_data

__all__ = [
    "Chip",
    "Contact",
    "PersonalData",
    "check_reply",
    "crisis_contacts",
    "crisis_matches",
    "mask",
    "personal_data",
]
