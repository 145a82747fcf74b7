"""Readiness of stations from the states of their vehicles (IS-03)."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.vehicle_states import readiness
from app.journal.state import State


def stations_of_vehicles(state: State, ids: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Recompute the stations that these vehicles belong to."""
    stations = {
        row[0]
        for vehicle_id in ids
        for row in state.connection.execute("SELECT station_id FROM vehicle WHERE id = ?", (vehicle_id,))
        if row[0] is not None
    }
    derive_stations(state, frozenset(stations))
    return {"station": frozenset(stations)}


def derive_stations(state: State, ids: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Count the vehicles that are ready and those that are out, and take the newest statement's time."""
    for station_id in ids:
        rows = state.connection.execute(
            "SELECT vehicle_state, stated_at FROM vehicle WHERE station_id = ? AND retracted = 0",
            (station_id,),
        ).fetchall()
        counted = readiness(code for code, _ in rows if code is not None)
        stated_at = max((at for _, at in rows if at is not None), default=None)
        state.connection.execute(
            "UPDATE station SET vehicles_ready = ?, vehicles_out = ?, stated_at = ? WHERE id = ?",
            (counted.ready, counted.out, stated_at, station_id),
        )
    return {}
