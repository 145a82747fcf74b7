"""Turns a refusal or a fault into the sentence an officer reads: what happened, why, what to do.

Parameters are given as values and worded here: enum members by their names, moments (`*_at`, UTC ms) in local
time, keys of acts, entities and agencies by their texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum

from app.kernel.clock import SHANGHAI, from_ms
from app.kernel.enums import Agency, Role
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.texts import Texts

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")
_TABLES = {"act": "act", "entity": "entity", "owner": "enum.agency", "role": "enum.role", "field": "field"}
_TEN = 10


def enum_key(member: Enum) -> str:
    """Key of the name of an enum member: enum.incident_status.handling; an IntEnum by its lower-case name."""
    table = _WORD_START.sub("_", type(member).__name__).lower()
    name = member.value if isinstance(member, StrEnum) else member.name.lower()
    return f"enum.{table}.{name}"


def _known(texts: Texts, key: str, otherwise: str) -> str:
    return texts.get(key) if texts.has(key) else otherwise


def _word(texts: Texts, name: str, value: object, agencies: Mapping[str, str]) -> object:
    if isinstance(value, Agency) or (name == "owner" and str(value) in agencies):
        return agencies.get(str(value), _known(texts, f"enum.agency.{value}", str(value)))
    if isinstance(value, Enum):
        return _known(texts, enum_key(value), str(value.value))
    if isinstance(value, tuple | list):
        return texts.get("wording.comma").join(str(_word(texts, name, part, agencies)) for part in value)
    if name.endswith("_at") and isinstance(value, int):
        return f"{from_ms(value).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    if name in _TABLES and isinstance(value, str):
        return _known(texts, f"{_TABLES[name]}.{value}", value)
    return value


def who_can(texts: Texts, refusal: Refusal, agencies: Mapping[str, str] | None = None) -> str:
    """Names of those who may do the refused act (roles, agencies), joined; empty when nobody is named.

    `agencies` gives the district's own names by agency key.
    """
    names = []
    for key in refusal.who:
        if key in set(Role):
            names.append(texts.get(f"enum.role.{key}"))
        else:
            names.append(str(_word(texts, "owner", key, agencies or {})))
    return texts.get("wording.comma").join(names)


def clauses(texts: Texts, refusal: Refusal) -> str:
    """Sources of the rule behind a refusal in words, joined; empty when it names none."""
    ids = [] if refusal.clause is None else [part.strip() for part in refusal.clause.split(",")]
    return texts.get("wording.comma").join(_known(texts, f"clause.{rule}", rule) for rule in ids)


def sentence(
    texts: Texts, error: Refusal | EnvironmentFault, agencies: Mapping[str, str] | None = None
) -> str:
    """The whole sentence of a refusal or fault.

    `{who}` and `{field}` are filled from the refusal itself. KeyError when the sentence or one of its values
    is missing.
    """
    known = agencies or {}
    words = {name: _word(texts, name, value, known) for name, value in error.params.items()}
    if isinstance(error, Refusal):
        words.setdefault("who", who_can(texts, error, known))
        if error.field is not None:
            words.setdefault("field", _known(texts, f"field.{error.field}", error.field))
    return texts.get(error.text, **words)


def numeral(texts: Texts, n: int) -> str:
    """A follow-up's number as its title shows it (RP-15): 1 to 99 in words where the language has them."""
    digits = texts.get("wording.numerals").split()
    if not 1 <= n < _TEN * _TEN or len(digits) < _TEN:
        return str(n)
    tens, ones = divmod(n, _TEN)
    ten = digits[_TEN - 1]
    head = "" if tens == 0 else ten if tens == 1 else digits[tens - 1] + ten
    return head + (digits[ones - 1] if ones else "")
