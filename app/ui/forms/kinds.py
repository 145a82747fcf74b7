"""What can be chosen in forms: sources, kinds of incidents with their class, grades. Codes only; names are texts."""

from __future__ import annotations

from collections.abc import Sequence

from app.kernel.enums import IncidentClass, Source
from app.kernel.texts import Texts
from app.ui.forms.choice import Choice
from app.ui.shell.initials import initials
from app.ui.shell.languages import other_texts

# Kinds of the 119 system (IS-01) and the class a registration of that kind begins with (RC-01).
CLASS_OF_TYPE = {
    "fire": IncidentClass.ACCIDENT,
    "rescue": IncidentClass.ACCIDENT,
    "traffic": IncidentClass.ACCIDENT,
    "gas_leak": IncidentClass.ACCIDENT,
    "hazmat": IncidentClass.ACCIDENT,
    "collapse": IncidentClass.ACCIDENT,
    "elevator": IncidentClass.ACCIDENT,
    "medical": IncidentClass.PUBLIC_HEALTH,
    "automatic": IncidentClass.ACCIDENT,
    "service": IncidentClass.ACCIDENT,
    "other": IncidentClass.ACCIDENT,
}
CLASS_MARK = "class:"
FIRE, FIRE_GRADES, RESCUE_GRADES = "fire", 5, 4
UNGRADED = frozenset({"class:natural", "class:public_health", "class:social_security"})


def sources(texts: Texts) -> list[Choice]:
    """Where a message came from (IS-08)."""
    return [named(texts, source.value, f"enum.source.{source.value}") for source in Source]


def types(texts: Texts) -> list[Choice]:
    """Kinds first, then the bare classes of the law and `pending` (RC-01)."""
    kinds = [named(texts, code, f"ui.forms.type.{code}", code) for code in CLASS_OF_TYPE]
    classes = [
        named(texts, f"{CLASS_MARK}{known.value}", f"enum.incident_class.{known.value}", known.value)
        for known in IncidentClass
    ]
    return kinds + classes


def grades(texts: Texts, type_code: str = "") -> list[Choice]:
    """Alarm grades of a kind: fire 1 to 5, everything else 1 to 4, unknown kinds the wider scale (RC-16)."""
    most = RESCUE_GRADES if type_code and type_code != FIRE else FIRE_GRADES
    return [
        Choice(str(grade), texts.get("ui.forms.grade", n=numeral(texts, grade)), also=(str(grade),))
        for grade in range(1, most + 1)
    ]


def numeral(texts: Texts, n: int) -> str:
    """1 to 10 in words where the language has them."""
    digits = texts.get("wording.numerals").split()
    return digits[n - 1] if 0 < n <= len(digits) else str(n)


def split_type(code: str) -> tuple[IncidentClass, str | None]:
    """A chosen code -> (class, type code or None); nothing chosen is `pending` (D-37)."""
    if not code:
        return IncidentClass.PENDING, None
    if code.startswith(CLASS_MARK):
        return IncidentClass(code.removeprefix(CLASS_MARK)), None
    return CLASS_OF_TYPE[code], code


def streets(streets_of: Sequence[tuple[str, str]]) -> list[Choice]:
    """Streets and towns of the district, with their initials and codes beside them."""
    return [Choice(code, name, f"{initials(name)}\N{MIDDLE DOT}{code}") for code, name in streets_of]


def named(texts: Texts, code: str, key: str, *also: str) -> Choice:
    """An entry under its name on the screen, found by its name in the other language, and hence by pinyin initials, as well."""
    name, other = texts.get(key), other_texts(texts.language).get(key)
    return Choice(code, name, other if name.isascii() else initials(name), (*also, other))
