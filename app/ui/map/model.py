"""Rows of the database turned into features of the page, and what is left over for the side list. No Qt here.

The model keeps what the page holds; `patch` gives only the difference. Texts stay plain strings all the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.kernel.texts import Texts
from app.queries.map import (
    AT_WORK,
    NEARLY_FULL_PERCENT,
    ON_THE_WAY,
    TAKES_PEOPLE,
    IncidentMark,
    PointMark,
    ShelterMark,
    StationMark,
    VehicleMark,
)
from app.ui.map.entry import Entry, minor_station_kinds

KINDS = ("incident", "station", "vehicle", "shelter", "point")
RETURNING = "25"
LEVELS = ("level_1", "level_2", "level_3", "level_4")
NUMERALS = ("", "I", "II", "III", "IV")
_INCIDENT_LABEL, _PLACE_LABEL = 6, 10  # characters
_BREAK = re.compile(r"[,;:.\u3001\u3002\uff0c\uff1a\uff1b\uff08(]")

Feature = dict[str, Any]
Placed = StationMark | ShelterMark | PointMark | IncidentMark
Mark = Placed | VehicleMark


@dataclass(frozen=True, slots=True)
class Patch:
    """What the page has to take over: features by key to put, keys to drop."""

    upsert: tuple[Feature, ...]
    remove: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.upsert or self.remove)


def short(text: str | None, limit: int) -> str:
    """A text in one line, cut at `limit` characters."""
    line = " ".join((text or "").split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def gist(text: str | None) -> str:
    """The beginning of what happened, up to its first comma or stop."""
    whole = (text or "").strip()
    return short(_BREAK.split(whole, maxsplit=1)[0] or whole, _INCIDENT_LABEL)


class MapModel:
    """Everything on the map by kind and id."""

    def __init__(self, texts: Texts, clean: Callable[[str | None], str] | None = None) -> None:
        """`clean`: what free text of incidents passes; with it no record tells more than its label."""
        self._texts, self._clean = texts, clean
        self._rows: dict[str, dict[str, Mark]] = {kind: {} for kind in KINDS}
        self._sent: dict[str, Feature] = {}
        self._dirty: set[str] = set()
        self._vehicles_dirty = False

    # -- what is known -----------------------------------------------------------------------------------------------
    def take(self, kind: str, rows: Iterable[Mark], ids: Iterable[str] | None = None) -> None:
        """Take over the rows of a kind: of `ids` (those without a row are gone), or all."""
        held, found = self._rows[kind], {row.id: row for row in rows}
        asked = set(held) | set(found) if ids is None else set(ids)
        for record_id in asked:
            row = found.get(record_id)
            if row == held.get(record_id):
                continue
            if row is None:
                del held[record_id]
            else:
                held[record_id] = row
            self._dirty.add(f"{kind}:{record_id}")
            self._vehicles_dirty |= kind in ("incident", "station", "vehicle")

    def row(self, kind: str, record_id: str) -> Mark | None:
        """A row as last read."""
        return self._rows[kind].get(record_id)

    def counts(self) -> Mapping[str, int]:
        """Records by kind, with and without coordinates."""
        return {kind: len(rows) for kind, rows in self._rows.items()}

    def forget_page(self) -> None:
        """The page is new: the next patch holds everything."""
        self._sent.clear()
        self._dirty = {f"{kind}:{record_id}" for kind in KINDS for record_id in self._rows[kind]}
        self._vehicles_dirty = True

    # -- what the page must hold -------------------------------------------------------------------------------------
    def patch(self) -> Patch:
        """The difference between what is known and what was given out before."""
        wanted: dict[str, Feature | None] = {}
        for key in self._dirty:
            kind, _, record_id = key.partition(":")
            if kind != "vehicle":
                wanted[key] = self._feature(self._rows[kind].get(record_id))
        if self._vehicles_dirty:
            wanted |= dict.fromkeys(key for key in self._sent if key.startswith("vehicle:"))
            wanted |= {f"vehicle:{each['id']}": each for each in self._groups()}
        self._dirty.clear()
        self._vehicles_dirty = False
        upsert = [feature for key, feature in wanted.items() if feature and feature != self._sent.get(key)]
        remove = [key for key, feature in wanted.items() if feature is None and key in self._sent]
        for key in remove:
            del self._sent[key]
        for feature in upsert:
            self._sent[f"{feature['kind']}:{feature['id']}"] = feature
        return Patch(tuple(upsert), tuple(remove))

    def _feature(self, row: Mark | None) -> Feature | None:
        if row is None or isinstance(row, VehicleMark) or row.lon is None or row.lat is None:
            return None
        feature: Feature = {"id": row.id, "lon": row.lon, "lat": row.lat}
        if isinstance(row, IncidentMark):
            return feature | self._incident(row)
        if isinstance(row, StationMark):
            return feature | self._station(row)
        if isinstance(row, ShelterMark):
            return feature | self._shelter(row)
        return feature | self._point(row)

    def _incident(self, row: IncidentMark) -> Feature:
        level = LEVELS.index(row.incident_level) + 1 if row.incident_level in LEVELS else 0
        return {
            "kind": "incident",
            "level": level,
            "numeral": NUMERALS[level],
            "label": gist(self._cleaned(row.what) or self._cleaned(row.place)) or row.no or "",
            "due": row.next_due_at,
            "received": row.received_at,
            "tip": self._lines(
                row.what, row.place, self._joined(row.no, self._word("enum.incident_status", row.status))
            ),
        }

    def _station(self, row: StationMark) -> Feature:
        minor = row.kind in minor_station_kinds()
        figures = ""
        if row.vehicles_ready or row.vehicles_out:
            figures = self._texts.get(
                "ui.map.station.figures", ready=row.vehicles_ready or 0, out=row.vehicles_out or 0
            )
        return {
            "kind": "station",
            "minor": minor,
            "glyph": self._texts.get("ui.map.glyph.station"),
            "label": short(row.name, _PLACE_LABEL),
            "second": "" if minor else figures,
            "weight": 0 if minor else 2,
            "tip": self._lines(row.name, row.kind, figures, row.address),
        }

    def _shelter(self, row: ShelterMark) -> Feature:
        look, share, second = self._occupancy(row)
        counted = ""
        if row.capacity and row.state in TAKES_PEOPLE:
            counted = self._texts.get("ui.map.tip.capacity", n=row.occupied or 0, capacity=row.capacity)
        return {
            "kind": "shelter",
            "state": look,
            "share": share,
            "label": short(row.name, _PLACE_LABEL),
            "second": second,
            "weight": 3 if look in ("near", "full") else 1 if look == "ok" else 0,
            "tip": self._lines(row.name, self._word("enum.shelter_state", row.state), counted, row.address),
        }

    def _occupancy(self, row: ShelterMark) -> tuple[str, float, str]:
        """Look, filled share, second line: below 80 % good, below 100 % nearly full, then full (RS-08)."""
        if row.state not in TAKES_PEOPLE:
            return "shut", 0.0, self._word("enum.shelter_state", row.state) if row.state != "closed" else ""
        if not row.capacity:
            return "ok", 0.0, self._texts.get("ui.map.shelter.uncounted")
        occupied = row.occupied or 0
        share = occupied / row.capacity
        full = row.state == "full" or share >= 1
        look = "full" if full else "near" if share * 100 >= NEARLY_FULL_PERCENT else "ok"
        return look, round(share, 3), f"{occupied}/{row.capacity}"

    def _point(self, row: PointMark) -> Feature:
        glyph = f"ui.map.glyph.{row.kind}"
        return {
            "kind": "point",
            "glyph": self._texts.get(glyph if self._texts.has(glyph) else "ui.map.glyph.other"),
            "label": short(row.name, _PLACE_LABEL),
            "tip": self._lines(row.name, self._kind_of_point(row), row.address),
        }

    # -- vehicles: no position is known, their state and their incident place them -----------------------------------
    def _groups(self) -> Iterable[Feature]:
        grouped: dict[tuple[str, str, str], list[VehicleMark]] = {}
        for row in self._rows["vehicle"].values():
            phase = _phase(row)
            if isinstance(row, VehicleMark) and phase and row.incident_id and self._placed(row):
                grouped.setdefault((row.station_id or "", row.incident_id, phase), []).append(row)
        for (station_id, incident_id, phase), members in grouped.items():
            incident, station = self._at("incident", incident_id), self._at("station", station_id)
            assert incident is not None
            members.sort(key=lambda row: (row.call_sign or "", row.id))
            who = self._who(station_id, members)
            feature: Feature = {
                "kind": "vehicle",
                "id": f"{station_id}|{incident_id}|{phase}",
                "record": members[0].id,
                "lon": incident[0],
                "lat": incident[1],
                "phase": phase,
                "label": self._texts.get(f"ui.map.vehicle.{phase}", who=who),
                "weight": 4,
                "tip": self._lines(
                    *(
                        self._joined(row.call_sign, self._word("enum.vehicle_state", row.vehicle_state))
                        for row in members
                    )
                ),
            }
            yield feature | ({"from": list(station)} if station else {})

    def _who(self, station_id: str, members: list[VehicleMark]) -> str:
        station = self._rows["station"].get(station_id)
        if len(members) == 1 or not isinstance(station, StationMark):
            return short(members[0].call_sign, _PLACE_LABEL)
        return self._texts.get(
            "ui.map.vehicle.several", station=short(station.name, _PLACE_LABEL), n=len(members)
        )

    def _at(self, kind: str, record_id: str | None) -> tuple[float, float] | None:
        row = self._rows[kind].get(record_id or "")
        if row is None or isinstance(row, VehicleMark) or row.lon is None or row.lat is None:
            return None
        return row.lon, row.lat

    def _placed(self, row: Mark) -> bool:
        if not isinstance(row, VehicleMark):
            return row.lon is not None and row.lat is not None
        at_work = row.vehicle_state in AT_WORK
        return (
            _phase(row) != ""
            and self._at("incident", row.incident_id) is not None
            and (at_work or self._at("station", row.station_id) is not None)
        )

    # -- the side list -----------------------------------------------------------------------------------------------
    def unplaced(self) -> list[Entry]:
        """What cannot stand on the map, incidents first: listed, never dropped (MP-02)."""
        return [self._entry(kind, row) for kind, row in self._ordered() if not self._placed(row)]

    def unplaced_count(self) -> int:
        """How many those are."""
        return sum(not self._placed(row) for rows in self._rows.values() for row in rows.values())

    def entries(self, limit: int) -> list[Entry]:
        """The first `limit` records of all kinds, for whoever cannot use the map itself."""
        found: list[Entry] = []
        for kind, row in self._ordered():
            if len(found) >= limit:
                break
            found.append(self._entry(kind, row))
        return found

    def _ordered(self) -> Iterable[tuple[str, Mark]]:
        for kind in KINDS:
            for row in sorted(self._rows[kind].values(), key=_urgency):
                yield kind, row

    def _entry(self, kind: str, row: Mark) -> Entry:
        if isinstance(row, IncidentMark):
            name = row.what or row.place or row.no or row.id
            detail = self._joined(row.no, self._word("enum.incident_status", row.status))
        elif isinstance(row, VehicleMark):
            name, detail = row.call_sign or row.id, self._word("enum.vehicle_state", row.vehicle_state)
        elif isinstance(row, ShelterMark):
            name, detail = row.name or row.code or row.id, self._word("enum.shelter_state", row.state)
        elif isinstance(row, StationMark):
            name, detail = row.name or row.code or row.id, row.kind or ""
        else:
            name, detail = row.name or row.id, self._kind_of_point(row)
        return Entry(kind, row.id, name, detail, self._placed(row))

    # -- words -------------------------------------------------------------------------------------------------------
    def _kind_of_point(self, row: PointMark) -> str:
        key = f"ui.map.point.{row.kind}"
        return self._texts.get(key) if self._texts.has(key) else row.kind or ""

    def _word(self, table: str, value: str | None) -> str:
        key = f"{table}.{value}"
        return self._texts.get(key) if value and self._texts.has(key) else value or ""

    def _joined(self, *parts: str | None) -> str:
        return self._texts.get("ui.map.word.dot").join(part for part in parts if part)

    def _cleaned(self, text: str | None) -> str | None:
        return text if self._clean is None else self._clean(text)

    def _lines(self, *parts: str | None) -> list[str]:
        if self._clean is not None:
            return []
        return [part.strip() for part in parts if part and part.strip()]


def _phase(row: Mark) -> str:
    """way | work | back for a vehicle that moves for an incident, else empty."""
    if not isinstance(row, VehicleMark):
        return ""
    if row.vehicle_state in ON_THE_WAY:
        return "way"
    if row.vehicle_state in AT_WORK:
        return "work"
    return "back" if row.vehicle_state == RETURNING else ""


def _urgency(row: Mark) -> tuple[int, str]:
    due = row.next_due_at if isinstance(row, IncidentMark) else None
    return (due if due is not None else 1 << 62, row.id)
