"""People rules: parsing of a NIP, initials, and responsibility for a person."""

import re
from datetime import date

from domain.actor import Actor, Role
from domain.people.facts import Employment, Nip, Sex

NIP_PATTERN = re.compile(r"[0-9]{18}")


def parse_nip(written: str, employment: Employment) -> Nip:
    """Parse a NIP or NI PPPK (Perka BKN 22/2007; R-NIP-01…04).

    Spaces and the leading apostrophe of spreadsheets are dropped. Digits 13-14 are a month for PNS and the number of
    the work agreement for PPPK. Raises ValueError naming the wrong digits.
    """
    digits = written.replace(" ", "").removeprefix("'")
    if not NIP_PATTERN.fullmatch(digits):
        raise ValueError("A NIP has 18 digits.")
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise ValueError("Digits 1-8 of a NIP are a date of birth.") from None
    if employment is Employment.PNS and not 1 <= int(digits[12:14]) <= 12:
        raise ValueError("Digits 13-14 of a PNS's NIP are a month.")
    if digits[14] not in "12":
        raise ValueError("Digit 15 of a NIP is 1 or 2.")
    if digits[15:] == "000":
        raise ValueError("Digits 16-18 of a NIP count from 001.")
    return Nip(digits, born_on, int(digits[8:12]), Sex.MALE if digits[14] == "1" else Sex.FEMALE)


def name_initials(name: str) -> str:
    """Initials of a name without its titles, at most three, for lists without portraits."""
    bare = name.split(",", maxsplit=1)[0]
    words = [word for word in bare.split() if word[0].isupper() and not word.endswith(".")]
    return "".join(word[0] for word in (words or bare.split())[:3])


def is_responsible_for(actor: Actor, person_id: int, unit_path: str | None) -> bool:
    """True if an actor may decide about a person's post, line and delegations.

    `unit_path` is the person's unit today. A supervisor decides for themselves, HR for the people of its units, an
    administrator for everybody.
    """
    match actor.role:
        case Role.ADMIN:
            return True
        case Role.HR:
            return bool(unit_path and actor.unit_path and unit_path.startswith(actor.unit_path))
        case Role.SUPERVISOR:
            return person_id == actor.person_id
        case _:
            return False
