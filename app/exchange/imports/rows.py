"""From a line of a file to the command that adds it, or to the reason why it is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.geometry import Box
from app.domain.shelter import is_crowded
from app.exchange.imports.coordinates import read_point
from app.exchange.imports.mapping import Form, Mapped
from app.exchange.imports.tables import foreign
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter

_INTEGER = re.compile(r"\s*(-?\d{1,3}(?:,\d{3})+|-?\d+)\s*(?:\D{0,3})\s*")
_DECIMAL = re.compile(r"\s*(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)\s*(?:\D{0,3}|m2)\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_DIGITS = 9  # of a number of persons or square metres; more is a slip
DEFAULT_KIND = "other"


@dataclass(frozen=True)
class Read:
    """A row as read: the command that adds it, or the text key of what is wrong; `warnings` do not keep it out."""

    command: AddShelter | AddPoint | None
    reason: str | None = None
    warnings: tuple[str, ...] = ()


class _BadCellError(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _cells(row: tuple[str, ...], mapped: Mapped) -> dict[str, str]:
    """Cells by field, each in one line: line breaks inside quotes are blanks in a register."""
    return {
        field: " ".join(row[index].split()) if index < len(row) else "" for field, index in mapped.items()
    }


def unfit(row: tuple[str, ...], mapped: Mapped) -> str | None:
    """Why the characters of a row cannot be taken over, None when they can."""
    for index in mapped.values():
        cell = row[index] if index < len(row) else ""
        if foreign(cell):
            return "imports.reason.encoding"
        if _CONTROL.search(cell):
            return "imports.reason.control"
    return None


def _whole(text: str, reason: str) -> int | None:
    if not text:
        return None
    found = _INTEGER.fullmatch(text)
    if found is None:
        raise _BadCellError(reason)
    digits = found[1].replace(",", "")
    if len(digits) > _DIGITS or (value := int(digits)) <= 0:
        raise _BadCellError(reason)
    return value


def _decimal(text: str, reason: str) -> float | None:
    if not text:
        return None
    found = _DECIMAL.fullmatch(text)
    if found is None or not 0 < (value := float(found[1].replace(",", ""))) < 10**_DIGITS:
        raise _BadCellError(reason)
    return value


def read_shelter(row: tuple[str, ...], mapped: Mapped, box: Box, form: Form) -> Read:
    """One shelter (RS-08): capacity and area above nought where given, point in the extent."""
    cells = _cells(row, mapped)
    point = read_point(cells.get("lon", ""), cells.get("lat", ""), box)
    if not cells["name"]:
        return Read(None, "imports.reason.name_missing")
    if point.reason is not None:
        return Read(None, point.reason)
    try:
        capacity = _whole(cells.get("capacity", ""), "imports.reason.capacity")
        area_m2 = _decimal(cells.get("area_m2", ""), "imports.reason.area")
    except _BadCellError as wrong:
        return Read(None, wrong.reason)
    indoor = cells.get("indoor", "").lower()
    command = AddShelter(
        name=cells["name"],
        code=cells.get("code") or None,
        kind=cells.get("kind") or None,
        indoor=True if indoor in form.yes else False if indoor in form.no else None,
        area_m2=area_m2,
        capacity=capacity,
        address=cells.get("address") or None,
        lon=point.lon,
        lat=point.lat,
    )
    crowded = ("imports.warning.crowded",) if is_crowded(capacity, area_m2) else ()
    return Read(command, warnings=(*_warnings(cells, "capacity", "address"), *crowded))


def read_point_of_interest(
    row: tuple[str, ...], mapped: Mapped, box: Box, form: Form, kind: str | None
) -> Read:
    """One point; its kind as given, else by words in its type."""
    cells = _cells(row, mapped)
    point = read_point(cells.get("lon", ""), cells.get("lat", ""), box)
    if not cells["name"]:
        return Read(None, "imports.reason.name_missing")
    if point.reason is not None:
        return Read(None, point.reason)
    command = AddPoint(
        kind=kind or kind_of(cells.get("type", ""), form.kinds),
        name=cells["name"],
        address=cells.get("address") or None,
        lon=point.lon,
        lat=point.lat,
    )
    return Read(command, warnings=_warnings(cells, "address"))


def kind_of(text: str, kinds: Mapping[str, object]) -> str:
    """Kind of a point by words in its type, `other` when none fits."""
    for kind, words in kinds.items():
        if isinstance(words, list) and any(str(word) in text for word in words):
            return kind
    return DEFAULT_KIND


def _warnings(cells: Mapping[str, str], *expected: str) -> tuple[str, ...]:
    out = [f"imports.warning.{field}_missing" for field in expected if field in cells and not cells[field]]
    if cells["name"].startswith("?") or "\ufffd" in cells["name"]:
        out.append("imports.warning.name_damaged")
    if "lon" in cells and not cells["lon"]:
        out.append("imports.warning.no_point")
    return tuple(out)
