"""A record in words: what is known of a shelter, a point, a station, a vehicle, line by line. No widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.kernel.texts import Texts
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.queries.forces import StationRow, VehicleRow
    from app.queries.points import PointRow
    from app.queries.shelters import ShelterRow
    from app.ui.console import DistrictView

KINDS = ("shelter", "point", "station", "vehicle")
_NEARLY_FULL = 0.8  # NOTES, map: colour by < 80 %, < 100 %, full


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a card: key of its name, what is known, tone of it."""

    name: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is shown; `incident_id` of a vehicle that is out for one."""

    kind: str
    id: str
    title: str
    what: str
    facts: tuple[Fact, ...]
    place: tuple[float, float] | None = None
    incident_id: str = ""


def read(connection: Any, kind: str, record_id: str) -> Any:
    """The row of a record with what belongs to it; None when it is not there or was taken back. On the reader's thread."""
    from app.queries import forces, points, shelters
    from app.queries.imports import standing_records

    if kind not in KINDS or not standing_records(connection, kind, [record_id]):
        return None
    if kind == "shelter":
        return shelters.shelter(connection, record_id)
    if kind == "point":
        return points.point(connection, record_id)
    if kind == "station":
        return forces.station(connection, record_id)
    row = forces.vehicle(connection, record_id)
    return row, forces.station(connection, row.station_id) if row is not None and row.station_id else None


class Wording:
    """Puts rows into words."""

    def __init__(self, texts: Texts, district: DistrictView) -> None:
        self._texts, self._district = texts, district
        self._streets = dict(district.streets)

    def record(self, kind: str, row: Any) -> Record:
        """A row of `read` as a record."""
        if kind == "vehicle":
            return self._vehicle(*row)
        if kind == "shelter":
            return self._shelter(row)
        return self._point(row) if kind == "point" else self._station(row)

    def _shelter(self, row: ShelterRow) -> Record:
        texts = self._texts
        inside, tone = self.occupancy(row.occupied, row.capacity)
        area = f"{row.area_m2:g} m\N{SUPERSCRIPT TWO}" if row.area_m2 else ""
        indoor = "" if row.indoor is None else texts.get(f"ui.registers.{'in' if row.indoor else 'out'}door")
        facts = [
            Fact("state", self.word("enum.shelter_state", row.state)),
            Fact("occupied", inside, tone),
            Fact("code", row.code or ""),
            Fact("type", row.kind or ""),
            Fact("indoor", indoor),
            Fact("area", area),
        ]
        return self._made("shelter", row, facts)

    def occupancy(self, occupied: int | None, capacity: int | None) -> tuple[str, str]:
        """(886 / 1 200, tone) of a shelter."""
        if not capacity:
            return self._texts.get("ui.registers.uncounted", n=occupied or 0), ""
        share = (occupied or 0) / capacity
        tone = "bad" if share >= 1 else "warn" if share >= _NEARLY_FULL else "good" if occupied else ""
        return f"{occupied or 0} / {capacity}", tone

    def _point(self, row: PointRow) -> Record:
        return self._made("point", row, [Fact("type", self.point_kind(row.kind))])

    def point_kind(self, kind: str | None) -> str:
        """Name of a kind of points; as it came when it has none."""
        return self.word("ui.map.point", kind)

    def _station(self, row: StationRow) -> Record:
        at = moments.exact_text(row.stated_at) if row.stated_at is not None else ""
        facts = [
            Fact("type", row.kind or ""),
            Fact("ready", "" if row.vehicles_ready is None else str(row.vehicles_ready)),
            Fact("out", "" if row.vehicles_out is None else str(row.vehicles_out)),
            Fact("stated_at", at),
            Fact("code", row.code or ""),
        ]
        return self._made("station", row, facts)

    def _vehicle(self, row: VehicleRow, station: StationRow | None) -> Record:
        at = moments.exact_text(row.stated_at) if row.stated_at is not None else ""
        facts = [
            Fact("state", self.word("enum.vehicle_state", row.vehicle_state)),
            Fact("type", row.kind or ""),
            Fact("station", (station.name or station.code or "") if station is not None else ""),
            Fact("stated_at", at),
            Fact("owner", self._agency(row.born_agency)),
        ]
        known = tuple(fact for fact in facts if fact.value)
        what = self._texts.get("ui.registers.kind.vehicle")
        return Record("vehicle", row.id, row.call_sign or row.id, what, known, None, row.incident_id or "")

    def _made(self, kind: str, row: Any, facts: list[Fact]) -> Record:
        placed = row.lon is not None and row.lat is not None
        where = f"{row.lon:.6f}, {row.lat:.6f}" if placed else self._texts.get("ui.registers.unplaced")
        facts += [
            Fact("street", self._streets.get(row.unit_code or "", row.unit_code or "")),
            Fact("address", row.address or ""),
            Fact("place", where, "" if placed else "warn"),
            Fact("owner", self._agency(row.born_agency)),
        ]
        known = tuple(fact for fact in facts if fact.value)
        title = row.name or getattr(row, "code", None) or row.id
        what = self._texts.get(f"ui.registers.kind.{kind}")
        return Record(kind, row.id, title, what, known, (row.lon, row.lat) if placed else None)

    def street(self, code: str | None) -> str:
        """Name of a street or town; as it came when it has none."""
        return self._streets.get(code or "", code or "")

    def _agency(self, key: str | None) -> str:
        view = self._district.agencies.get(key or "")
        return view.short if view is not None else key or ""

    def word(self, table: str, value: str | None) -> str:
        """The word for a value of a vocabulary."""
        key = f"{table}.{value}"
        return self._texts.get(key) if value and self._texts.has(key) else value or ""
