"""Derived columns: computed from the rows of a record after every transaction, the same on every site."""

from __future__ import annotations

from app.journal.deriving.forces import derive_stations, stations_of_vehicles
from app.journal.deriving.incidents import derive_incidents, incidents_of
from app.journal.projector import Deriver

DERIVERS: dict[str, Deriver] = {
    "oral_report": incidents_of("oral_report"),
    "report": incidents_of("report"),
    "incident": derive_incidents,
    "vehicle": stations_of_vehicles,
    "station": derive_stations,
}
