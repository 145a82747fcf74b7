"""Small founded towns for directed stories."""

from __future__ import annotations

from tests.simulation.network import settle
from tests.simulation.world import City, Station, found

Town = dict[str, Station]


def town(*names: str, offsets: dict[str, int] | None = None) -> Town:
    """Founded and settled workstations (E1, E2, F1, H1 unless named); a second of true time passes before the story."""
    stations = found(City(), names or ("E1", "E2", "F1", "H1"), offsets)
    settle(stations.values())
    tick(stations)
    return stations


def tick(stations: Town, seconds: float = 1) -> None:
    """Let true time pass."""
    next(iter(stations.values())).city.now_ms += round(seconds * 1000)


def sync(stations: Town, *names: str) -> None:
    """Let these workstations (all when none is named) talk until nobody has news, then let a second pass."""
    settle([stations[name] for name in names or stations])
    tick(stations)


def conflict_values(station: Station, entity_id: str, field: str) -> list[object]:
    """Values that stand against each other, in order."""
    from app.journal.operation import unpack

    rows = station.connection.execute(
        "SELECT value FROM conflict WHERE entity_id = ? AND field = ?", (entity_id, field)
    ).fetchall()
    return sorted(unpack(row[0]) for row in rows)


def flags(station: Station, kind: str) -> set[bytes]:
    """Operations that carry a flag."""
    return {row[0] for row in station.connection.execute("SELECT hash FROM flag WHERE kind = ?", (kind,))}
