"""Stations and vehicles with their duty states (IS-03, FR-07; GA/T 974.39)."""

from __future__ import annotations

from sqlalchemy import Float, Integer, String

from db.fields import fixed, owned, shared

POSITION = {"lon": Float, "lat": Float, "crs": String}

STATION = shared(
    "station",
    [
        fixed("code"),
        owned("name", "birth"),
        owned("kind", "birth"),
        owned("unit_code", "birth"),
        owned("address", "birth"),
        owned("position", "birth", POSITION),
    ],
    derived={"vehicles_ready": Integer, "vehicles_out": Integer, "stated_at": Integer},
    indexes=[("code",)],
)

VEHICLE = shared(
    "vehicle",
    [
        fixed("station_id"),
        fixed("call_sign"),
        owned("kind", "birth"),
        owned("duty", "birth", {"vehicle_state": String, "stated_at": Integer, "incident_id": String}),
    ],
    indexes=[("station_id",), ("call_sign",)],
)
