"""Contacts: whom to ring at an incident (RULES 4.2, contact at the scene), and how they look to who need not ring (XC-07)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from app.domain.required import require_text, tidy
from app.kernel.errors import ErrorCode, Refusal

_CLAUSE: Final = "XC-07"
_MAX_NAME: Final = 60
_NUMBER: Final = re.compile(r"^\+?[0-9][0-9 ()*#-]{1,28}[0-9]$")
_HEAD, _TAIL, _LONG = 3, 2, 8
_HIDDEN: Final = "****"


@dataclass(frozen=True, slots=True)
class Contact:
    """Name (or role) and number; never shown, logged or exported but where somebody asked for it."""

    name: str
    number: str

    def __repr__(self) -> str:
        return "Contact(…)"


def check_contact(name: str, number: str) -> Contact:
    """A contact as typed, tidied; E_REQUIRED without a number, E_FORMAT for what cannot be dialled or a name beyond 60."""
    require_text(number, "refusal.contacts.number_required", field="number", clause=_CLAUSE)
    dialled, called = tidy(number), tidy(name)
    if not _NUMBER.match(dialled):
        raise Refusal(ErrorCode.FORMAT, "refusal.contacts.number", field="number", clause=_CLAUSE)
    if len(called) > _MAX_NAME or "\n" in called:
        raise Refusal(ErrorCode.FORMAT, "refusal.contacts.name", field="name", clause=_CLAUSE)
    return Contact(called, dialled)


def packed(contact: Contact) -> str:
    """The value that is sealed."""
    return json.dumps([contact.name, contact.number], ensure_ascii=False, separators=(",", ":"))


def unpacked(value: str) -> Contact:
    """The contact of a value. ValueError for what another version may have sealed."""
    parts = json.loads(value)
    if not (isinstance(parts, list) and len(parts) >= 2 and all(isinstance(p, str) for p in parts[:2])):  # noqa: PLR2004
        raise ValueError("no contact")
    return Contact(parts[0], parts[1])


def masked(contact: Contact) -> str:
    """How a contact is shown: first sign of the name, head and tail of the number; tells two apart and does not ring."""
    name = contact.name[:1] + "**" if contact.name else ""
    digits = contact.number
    number = digits[:_HEAD] + _HIDDEN + digits[-_TAIL:] if len(digits) >= _LONG else _HIDDEN + digits[-1:]
    return f"{name} {number}".strip()
