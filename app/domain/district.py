"""District packs: names, codes, box, recipients, rule numbers, modules (PRODUCT; RULES part 9; D-31).

The caller reads the file (tomllib) and hands over the parsed table; nothing here touches the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.domain.geometry import Box
from app.domain.pack_reader import PackTable
from app.domain.reportable import ReportableRule
from app.domain.rule_numbers import LATER, SPECS, RuleKey, RuleNumber
from app.kernel.enums import Agency, Recipient

_CRS = "WGS-84"
_UNIT_CODE_LENGTH = 9


class StreetKind(StrEnum):
    """Units below a district."""

    STREET = "street"
    TOWN = "town"


class Module(StrEnum):
    """Duties that a district has or has not."""

    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class AgencyNames:
    """Names of one agency in Chinese and in English."""

    full: str
    short: str
    full_en: str
    short_en: str


@dataclass(frozen=True, slots=True)
class Street:
    """A street or town by its nine-digit division code."""

    code: str
    name: str
    name_en: str
    kind: StreetKind


@dataclass(frozen=True, slots=True)
class RecipientNames:
    """A recipient of reports, in the order of the chain (RP-08)."""

    key: Recipient
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class District:
    """A district pack. Box in WGS-84 degrees; mappings are read-only."""

    code: str
    name: str
    name_en: str
    box: Box
    agencies: Mapping[Agency, AgencyNames]
    streets: tuple[Street, ...]
    recipients: tuple[RecipientNames, ...]
    reportable_types: frozenset[str]
    rules: Mapping[RuleKey, RuleNumber]
    modules: Mapping[Module, bool]

    def knows_unit(self, unit_code: str) -> bool:
        """True for a street or town of the pack.

        A pack without a list of streets takes every nine-digit code of its district: a room is not kept from
        registering because nobody has typed the list yet.
        """
        if self.streets:
            return any(street.code == unit_code for street in self.streets)
        plain = unit_code.isascii() and unit_code.isdigit() and len(unit_code) == _UNIT_CODE_LENGTH
        return plain and unit_code.startswith(self.code)

    def value(self, key: RuleKey) -> int:
        """A rule number in its own unit."""
        return self.rules[key].value

    def seconds(self, key: RuleKey) -> int:
        """A rule number in seconds. ValueError for one that is no duration."""
        return self.rules[key].seconds

    def has(self, module: Module) -> bool:
        """True if the district uses this module."""
        return self.modules[module]

    @property
    def reportable_rule(self) -> ReportableRule:
        """The district's table of what must be reported (D-34)."""
        return ReportableRule(self.value(RuleKey.REPORTABLE_GRADE), self.reportable_types)


def _parse_box(table: PackTable) -> Box:
    table.text("crs", _CRS)
    box = Box(
        west=table.number("west", -180, 180),
        south=table.number("south", -90, 90),
        east=table.number("east", -180, 180),
        north=table.number("north", -90, 90),
    )
    table.text("source")
    table.done()
    if box.west >= box.east:
        raise table.fault("east", "must lie east of west")
    if box.south >= box.north:
        raise table.fault("north", "must lie north of south")
    return box


def _parse_agencies(table: PackTable) -> Mapping[Agency, AgencyNames]:
    agencies: dict[Agency, AgencyNames] = {}
    for agency in Agency:
        entry = table.table(agency.value)
        agencies[agency] = AgencyNames(
            full=entry.text("full"),
            short=entry.text("short"),
            full_en=entry.text("full_en"),
            short_en=entry.text("short_en"),
        )
        entry.done()
    table.done()
    return MappingProxyType(agencies)


def _parse_streets(entries: list[PackTable], district_code: str) -> tuple[Street, ...]:
    streets: dict[str, Street] = {}
    for entry in entries:
        code = entry.text("code", district_code + r"[0-9]{3}")
        if code in streets:
            raise entry.fault("code", f"stands twice: {code}")
        streets[code] = Street(
            code=code,
            name=entry.text("name"),
            name_en=entry.text("name_en"),
            kind=StreetKind(entry.text("kind", "|".join(StreetKind))),
        )
        entry.done()
    return tuple(streets.values())


def _parse_recipients(entries: list[PackTable]) -> tuple[RecipientNames, ...]:
    recipients: dict[Recipient, RecipientNames] = {}
    for entry in entries:
        key = Recipient(entry.text("key", "|".join(Recipient)))
        if key in recipients:
            raise entry.fault("key", f"stands twice: {key}")
        recipients[key] = RecipientNames(key, entry.text("name"), entry.text("name_en"))
        entry.done()
    for recipient in Recipient:
        if recipient not in recipients:
            raise ValueError(f"recipients: {recipient} is missing")
    return tuple(recipients.values())


def _parse_rules(table: PackTable) -> Mapping[RuleKey, RuleNumber]:
    rules: dict[RuleKey, RuleNumber] = {}
    for key in RuleKey:
        if key in LATER and not table.has(key.value):
            rules[key] = LATER[key]
            continue
        spec = SPECS[key]
        entry = table.table(key.value)
        entry.text("unit", spec.unit.value)
        rules[key] = RuleNumber(
            key=key,
            value=entry.whole("value", spec.low, spec.high),
            default=entry.whole("default", spec.low, spec.high),
            unit=spec.unit,
            rule=entry.text("rule"),
            clause=entry.text("clause"),
        )
        entry.done()
    table.done()
    return MappingProxyType(rules)


def _parse_modules(table: PackTable) -> Mapping[Module, bool]:
    modules = {module: table.flag(module.value) for module in Module}
    table.done()
    return MappingProxyType(modules)


def parse_district(mapping: Mapping[str, object]) -> District:
    """Build a district from a parsed pack.

    Raises ValueError for anything missing, unknown, doubled or out of range; the message starts with the path
    of the faulty key, e.g. "streets[3].code: does not fit: '31010'".
    """
    pack = PackTable(mapping)
    code = pack.text("code", r"[1-9][0-9]{5}")
    reportable = pack.table("reportable")
    district = District(
        code=code,
        name=pack.text("name"),
        name_en=pack.text("name_en"),
        box=_parse_box(pack.table("box")),
        agencies=_parse_agencies(pack.table("agencies")),
        streets=_parse_streets(pack.tables("streets"), code),
        recipients=_parse_recipients(pack.tables("recipients")),
        reportable_types=frozenset(reportable.texts("type_codes")),
        rules=_parse_rules(pack.table("rules")),
        modules=_parse_modules(pack.table("modules")),
    )
    reportable.done()
    pack.done()
    return district
