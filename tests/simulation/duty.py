"""What the rooms do in the product's own tables, under the product's policy: incidents, clocks, reports, vehicles, the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.journal import verbs
from app.kernel.clock import local_date
from app.kernel.ids import derived_id, new_id
from app.queries import incidents
from tests.simulation.parcels import KINDS
from tests.simulation.world import Station, account_agency

if TYPE_CHECKING:
    from tests.simulation.officers import Officers

FEW, SOME = 3, 9
STATES = ("registered", "handling", "controlled", "closed", "void")
ROOM = "gov_duty_room"


class Duty:
    """Acts of officers at random; `officers` carries them out."""

    def __init__(self, officers: Officers) -> None:
        self._by, self._rng = officers, officers.rng

    @property
    def kinds(self) -> Sequence[Callable[[Station, str, str], None]]:
        """What an officer may do, the frequent things several times."""
        return (
            *(self.incident,) * 3,
            self.alarm,
            self.change,
            self.change,
            self.status,
            self.strike,
            self.oral,
            self.report,
            *(self.twin,) * 4,
            self.vehicle,
            self.vehicle,
            self.state,
            self.log,
            self.number,
            *(self.casualties,) * 2,
            self.attachment,
            self.contact,
            self.purge,
        )

    def _one(self, at: Station, table: str) -> str | None:
        """One record that is known here."""
        found = at.connection.execute(f"SELECT id FROM {table} ORDER BY id").fetchall()
        return self._rng.choice(found)[0] if found else None

    def _new(
        self, at: Station, actor: str, command: str, entity: str, values: dict[str, Any], **more: Any
    ) -> None:
        known = {name: value for name, value in values.items() if value is not None}
        cause = more.get("cause")
        agency = account_agency(actor)
        entity_id = derived_id(agency, *cause) if cause else new_id(at.clock, at.site)
        self._by.write(at, actor, command, entity, entity_id, values=known, new=True, **more)

    def _born(self, at: Station, actor: str) -> dict[str, Any]:
        return {
            "no": self._number(at),
            "agency": account_agency(actor),
            "registered_by": actor,
            "origin": "person",
            "status": self._rng.choice(STATES[:2]),
            "report_duty": [self._rng.choice((0, 1, 1, 1)), "x", self._rng.choice((900, 1800)), 7200],
        }

    def _number(self, at: Station) -> str:
        """The next number of the workstation's series, found as the product finds it (D-20, D-35)."""
        prefix = f"{at.agency}-{local_date(at.clock.now_ms())}-{at.letter}"
        taken = incidents.numbers_between(at.connection, at.site, prefix + "0", prefix + ":")
        return f"{prefix}{max((int(no.removeprefix(prefix)) for no in taken), default=0) + 1:03d}"

    def _full(self, at: Station, table: str, most: int = FEW) -> bool:
        return int(at.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) >= most

    def _moment(self, at: Station) -> int:
        return at.clock.now_ms() + self._rng.randint(-3_600_000, 600_000)

    # -- incidents ---------------------------------------------------------------------------------------------------
    def incident(self, at: Station, actor: str, _case: str) -> None:
        if not self._full(at, "incident", SOME):
            entries = {"received_at": self._moment(at)}
            self._new(at, actor, "register_incident", "incident", self._born(at, actor), entries=entries)

    def alarm(self, at: Station, actor: str, _case: str) -> None:
        """The same alarm may come in at two workstations of an agency: one record, its fixed fields in conflict."""
        if at.agency == account_agency(actor):
            cause = ("alarm", f"A-{self._rng.randint(1, 2)}", "20250714")
            values = {**self._born(at, actor), "alarm_no": cause[1], "origin": "feed"}
            entries = {"received_at": self._moment(at), "alarm_grade": self._rng.randint(1, 5)}
            self._new(at, actor, "register_incident", "incident", values, cause=cause, entries=entries)

    def change(self, at: Station, actor: str, _case: str) -> None:
        incident = self._one(at, "incident")
        if incident is None:
            return
        values: dict[str, Any] = {"place": f"p{self._rng.randint(0, 2)}"}
        entries = {}
        if self._rng.random() < 0.5:
            values = {"report_duty": [self._rng.randint(0, 1), "y", 900, self._rng.choice((3600, 7200))]}
        if self._rng.random() < 0.4:
            values, entries = {}, {"received_at": self._moment(at)}
        self._by.write(at, actor, "change_incident", "incident", incident, values=values, entries=entries)

    def status(self, at: Station, actor: str, _case: str) -> None:
        incident, state = self._one(at, "incident"), self._rng.choice(STATES)
        if incident is not None:
            command = "void_incident" if state == "void" else "set_incident_status"
            self._by.write(at, actor, command, "incident", incident, values={"status": state})

    def strike(self, at: Station, actor: str, _case: str) -> None:
        name = self._rng.choice(("received_at", "received_at", "alarm_grade"))
        found = at.connection.execute(
            "SELECT entity_id, hash FROM entry WHERE entity = 'incident' AND field = ? ORDER BY hash", (name,)
        ).fetchall()
        if found:
            incident, digest = self._rng.choice(found)
            act = at.maker(account_agency(actor)).mark(
                "strike_entry", "incident", incident, verbs.STRIKE, field=name, ops=[digest], why="typed"
            )
            self._by.attempt(at, actor, [act])

    # -- what stops their clocks ---------------------------------------------------------------------------------------
    def oral(self, at: Station, actor: str, _case: str) -> None:
        values = {
            "incident_id": self._one(at, "incident"),
            "agency": account_agency(actor),
            "account_id": actor,
            "to_role": self._rng.choice((ROOM, ROOM, "leader")),
            "spoken_at": self._moment(at),
            "amends_id": self._one(at, "oral_report") if self._rng.random() < 0.3 else None,
        }
        self._new(at, actor, "file_oral_report", "oral_report", values)

    def report(self, at: Station, actor: str, _case: str) -> None:
        self._new(at, actor, "file_report", "report", self._report(at, actor))

    def twin(self, at: Station, actor: str, _case: str) -> None:
        """Two workstations make one report of two incidents: when they meet, it belongs to one of them."""
        cause = ("twin", str(self._rng.randint(1, 6)))
        self._new(at, actor, "file_report", "report", self._report(at, actor), cause=cause)

    def _report(self, at: Station, actor: str) -> dict[str, Any]:
        return {
            "incident_id": self._one(at, "incident"),
            "agency": account_agency(actor),
            "account_id": actor,
            "kind": self._rng.choice(("first", "first", "first", "followup", "of a later version")),
            "form": self._rng.choice(("written", "written", "phone")),
            "recipient": self._rng.choice((ROOM, ROOM, "hq")),
            "sent_at": self._moment(at),
        }

    # -- forces, log, settings -------------------------------------------------------------------------------------------
    def vehicle(self, at: Station, actor: str, _case: str) -> None:
        station = self._one(at, "station")
        if station is None or not self._full(at, "station"):
            self._new(at, actor, "add_station", "station", {"name": "s", "kind": "k"})
        duty = [self._rng.choice(("10", "20", "30", "odd")), self._moment(at), None]
        values = {"station_id": station, "call_sign": f"v{self._rng.randint(1, 99)}", "duty": duty}
        twin = ("vehicle", str(self._rng.randint(1, 3))) if self._rng.random() < 0.5 else ()
        self._new(at, actor, "add_vehicle", "vehicle", values, cause=twin)

    def state(self, at: Station, actor: str, _case: str) -> None:
        vehicle = self._one(at, "vehicle")
        if vehicle is not None:
            duty = [self._rng.choice(("10", "20", "30", "odd")), self._moment(at), None]
            self._by.write(at, actor, "set_vehicle_state", "vehicle", vehicle, values={"duty": duty})

    def log(self, at: Station, actor: str, _case: str) -> None:
        values = {
            "agency": account_agency(actor),
            "account_id": actor,
            "text": "x",
            "at": self._moment(at),
            "incident_id": self._one(at, "incident"),
        }
        self._new(at, actor, "write_log_entry", "log_entry", values)

    # -- figures, files, people ------------------------------------------------------------------------------------------
    def casualties(self, at: Station, actor: str, _case: str) -> None:
        """A figure with its verify state is one register (IS-14, D-38)."""
        incident = self._one(at, "incident")
        name = self._rng.choice(("deaths", "deaths", "injured_serious", "missing"))
        figure = [
            self._rng.randint(0, 2),
            self._rng.choice(("unverified", "verified")),
            "s",
            self._moment(at),
        ]
        if incident is not None:
            self._by.write(at, actor, "set_casualties", "incident", incident, values={name: figure})

    def attachment(self, at: Station, actor: str, _case: str) -> None:
        """The file lies on the disk, whole, before anything names it."""
        content, size = self._by.parcels.keep(at, self._rng.randint(0, KINDS - 1))
        values = {
            "incident_id": self._one(at, "incident"),
            "agency": account_agency(actor),
            "account_id": actor,
            "content": content,
            "size": size,
            "media_type": "application/pdf",
            "at": self._moment(at),
        }
        self._new(at, actor, "attach_file", "attachment", values)

    def contact(self, at: Station, actor: str, _case: str) -> None:
        """The record is joint, its sealed value goes to the duty rooms alone."""
        contact, sealed = self._one(at, "contact"), f"sealed {self._rng.randint(0, 2)}"
        if contact is not None and self._rng.random() < 0.5:
            self._by.write(at, actor, "change_contact", "contact", contact, values={"sealed": sealed})
            return
        values = {
            "incident_id": self._one(at, "incident"),
            "agency": account_agency(actor),
            "account_id": actor,
            "about": "scene",
            "at": self._moment(at),
            "sealed": sealed,
        }
        self._new(at, actor, "add_contact", "contact", values)

    def purge(self, at: Station, actor: str, _case: str) -> None:
        contact = self._one(at, "contact")
        if contact is not None:
            entries = {"purged_at": self._moment(at)}
            self._by.write(at, actor, "purge_personal_data", "contact", contact, entries=entries)

    def number(self, at: Station, actor: str, _case: str) -> None:
        self._by.write(
            at, actor, "change_rule_number", "rule_number", "x", values={"value": self._rng.randint(1, 3)}
        )
