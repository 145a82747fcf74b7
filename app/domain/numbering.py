"""Incident numbers: agency, local date of registration, workstation series, count (D-20, D-35)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.kernel.enums import Agency
from app.kernel.errors import ErrorCode, Refusal

_AGENCIES = "|".join(agency.value for agency in Agency)
_NUMBER = re.compile(rf"({_AGENCIES})-([0-9]{{8}})-([B-Z]?)([0-9]{{3,}})")
_FIRST_LETTER = "A"
_DIGITS = 3


@dataclass(frozen=True, slots=True, order=True)
class IncidentNumber:
    """Parts of a number, ordered by date, agency, series and count (as text, 1000 would stand before 999).

    `date` is YYYYMMDD in Asia/Shanghai; `letter` is "" for the first workstation of an agency, then B to Z.
    """

    date: str
    agency: Agency
    letter: str
    n: int

    def __str__(self) -> str:
        return f"{self.agency}-{self.date}-{self.letter}{self.n:0{_DIGITS}d}"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def incident_number(agency: Agency, date_yyyymmdd: str, letter: str, n: int) -> str:
    """Text of a number, e.g. EMB-20250714-001 or EMB-20250714-B001 (D-20, D-35).

    Three digits, from 1000 on four. Raises ValueError when the parts make no number: a bug, no officer's
    mistake.
    """
    text = str(IncidentNumber(date_yyyymmdd, agency, letter, n))
    if n < 1 or not _NUMBER.fullmatch(text) or not _is_date(date_yyyymmdd):
        raise ValueError(f"no incident number: {text}")
    return text


def parse_number(text: str) -> IncidentNumber:
    """Parts of a number as printed. Refusal E_FORMAT for anything `incident_number` would not print."""
    found = _NUMBER.fullmatch(text)
    if found is not None:
        agency, day, letter, count = found.groups()
        number = IncidentNumber(day, Agency(agency), letter, int(count))
        if number.n >= 1 and _is_date(day) and str(number) == text:
            return number
    raise Refusal(ErrorCode.FORMAT, "refusal.incidents.number_format", field="no", clause="D-20")


def workstation_letter(position: int) -> str:
    """Letter of an agency's workstation by position: 1 "", 2 "B" ... 26 "Z" (D-35); ValueError beyond."""
    if not 1 <= position <= ord("Z") - ord(_FIRST_LETTER) + 1:
        raise ValueError(f"no series letter for workstation {position}")
    return "" if position == 1 else chr(ord(_FIRST_LETTER) + position - 1)
