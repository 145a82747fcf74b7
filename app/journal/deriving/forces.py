"""Readiness of stations from the states of their vehicles (IS-03)."""

from __future__ import annotations

from app.domain.vehicle_states import readiness
from app.journal.state import State


def derive_stations(state: State, ids: frozenset[str]) -> None:
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
