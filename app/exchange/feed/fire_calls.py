"""Reading a file of fire calls, one row per unit, into the alarms a 119 system would have told one after the other.

Columns by name (Call Number / Incident Number, Unit ID, Call Type, Received/Dispatch/Response/On Scene/Available DtTm, Number
of Alarms, Address, Location "(lat, lon)"). Stamps are wall time in Asia/Shanghai (the reference day is played as if here).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.kernel.clock import SHANGHAI, iso, to_ms
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal

_STAMP_COLUMNS = {
    "dispatched_at": "Dispatch DtTm",
    "departed_at": "Response DtTm",
    "arrived_at": "On Scene DtTm",
    "released_at": "Available DtTm",
}
_NEEDED = ("Incident Number", "Unit ID", "Call Type", "Call Date", "Received DtTm", *_STAMP_COLUMNS.values())
_POINT = re.compile(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)")
_TYPES = {
    "structure fire": "fire",
    "outside fire": "fire",
    "vehicle fire": "fire",
    "marine fire": "fire",
    "alarms": "automatic",
    "medical incident": "medical",
    "traffic collision": "traffic",
    "gas leak (natural and lp gases)": "gas_leak",
    "hazmat": "hazmat",
    "elevator / escalator rescue": "elevator",
    "confined space / structure collapse": "collapse",
    "citizen assist / service call": "service",
    "water rescue": "rescue",
    "high angle rescue": "rescue",
    "extrication / entrapped (machinery, vehicle)": "rescue",
    "other": "other",
}


@dataclass
class Call:
    """One incident of the file with its units and their stamps (UTC ms)."""

    alarm_no: str
    received_at: int
    type_code: str
    what: str
    place: str | None
    lon: float | None
    lat: float | None
    grade: int | None
    units: dict[str, dict[str, int]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


@dataclass
class Reading:
    """What was read and what could not be: (line, column) of every faulty value."""

    calls: list[Call] = field(default_factory=list)
    rows: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    missing_stamps: int = 0
    out_of_order: int = 0


def read_calls(path: Path, day: date | None = None) -> Reading:
    """Read the calls of one Call Date (None: all); Refusal E_FORMAT naming a missing column or what is no table.

    EnvironmentFault `file.unreadable` when it cannot be read at all, as for every other file.
    """
    reading = Reading()
    calls: dict[str, Call] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle)
            missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                raise Refusal(
                    ErrorCode.FORMAT,
                    "refusal.feed.column",
                    field=missing[0],
                    clause="IS-01",
                    column=missing[0],
                )
            for number, row in enumerate(rows, start=2):
                if day is None or _day(row["Call Date"]) == day:
                    reading.rows += 1
                    _take_row(reading, calls, number, row)
    except (OSError, UnicodeDecodeError) as wrong:
        raise EnvironmentFault("file.unreadable", "fault.file.unreadable", path=str(path)) from wrong
    except csv.Error as wrong:
        raise Refusal(
            ErrorCode.FORMAT, "refusal.feed.file", field="file", clause="IS-01", problem=str(wrong)
        ) from wrong
    reading.calls = sorted(calls.values(), key=lambda call: (call.received_at, call.alarm_no))
    return reading


def _take_row(reading: Reading, calls: dict[str, Call], number: int, row: dict[str, str]) -> None:
    received_at = _moment(row["Received DtTm"])
    if received_at is None or not row["Incident Number"].strip() or not row["Unit ID"].strip():
        reading.faults.append((number, "Received DtTm" if received_at is None else "Incident Number"))
        return
    alarm_no = row["Incident Number"].strip()
    call = calls.get(alarm_no)
    if call is None:
        call = calls[alarm_no] = _new_call(alarm_no, received_at, row)
    call.received_at = min(call.received_at, received_at)
    grade = row.get("Number of Alarms", "")
    call.grade = max(call.grade or 0, int(grade)) if grade.isdigit() else call.grade
    stamps = {name: at for name, column in _STAMP_COLUMNS.items() if (at := _moment(row[column])) is not None}
    reading.missing_stamps += len(_STAMP_COLUMNS) - len(stamps)
    ordered = list(stamps.values())
    reading.out_of_order += ordered != sorted(ordered)
    call.units.setdefault(row["Unit ID"].strip(), {}).update(stamps)
    call.kinds[row["Unit ID"].strip()] = row.get("Unit Type", "").strip()


def _new_call(alarm_no: str, received_at: int, row: dict[str, str]) -> Call:
    what = row["Call Type"].strip()
    point = _POINT.search(row.get("Location", ""))
    lat, lon = (float(point[1]), float(point[2])) if point else (None, None)
    type_code = _TYPES.get(what.lower(), what)
    return Call(
        alarm_no, received_at, type_code, what, row.get("Address", "").strip() or None, lon, lat, None
    )


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y").replace(tzinfo=SHANGHAI).date()
    except ValueError:
        return None


def _moment(text: str) -> int | None:
    try:
        return to_ms(datetime.strptime(text.strip(), "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=SHANGHAI))
    except ValueError:
        return None


def timeline(calls: list[Call]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(moment in UTC ms, alarm) in the order of time: each stamp as the 119 system would have told it.

    A stamp that lies before its call was received is told with the call; missing ones are never told.
    """
    moments = []
    for index, call in enumerate(calls):
        stamps = [at for times in call.units.values() for at in times.values()]
        moments += [(max(at, call.received_at), index) for at in {call.received_at, *stamps}]
    for at, index in sorted(set(moments)):
        yield at, alarm_at(calls[index], at)


def alarm_at(call: Call, at: int) -> dict[str, Any]:
    """The alarm as it was known at a moment."""
    units = []
    for name, times in sorted(call.units.items()):
        known = {stamp: iso(moment) for stamp, moment in times.items() if moment <= at}
        if known:
            units.append({"unit": name, "unit_kind": call.kinds.get(name) or None, **known})
    finished = bool(units) and all(
        "released_at" in times and times["released_at"] <= at for times in call.units.values()
    )
    return {
        "alarm_no": call.alarm_no,
        "received_at": iso(call.received_at),
        "type_code": call.type_code,
        "what": call.what,
        "place": call.place,
        "lon": call.lon,
        "lat": call.lat,
        "alarm_grade": call.grade or None,
        "units": units,
        "finished": finished,
    }
