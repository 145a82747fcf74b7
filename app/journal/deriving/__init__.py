"""Derived columns: computed from the rows of a record after every transaction, the same on every site."""

from __future__ import annotations

from app.journal.derivation import Deriver
from app.journal.deriving.forces import derive_stations
from app.journal.deriving.incidents import derive_incidents

DERIVERS: dict[str, Deriver] = {
    "oral_report": Deriver(parent=("incident_id", "incident")),
    "report": Deriver(parent=("incident_id", "incident")),
    "incident": Deriver(compute=derive_incidents),
    "vehicle": Deriver(parent=("station_id", "station")),
    "station": Deriver(compute=derive_stations),
}
