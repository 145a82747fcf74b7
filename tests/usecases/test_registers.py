"""Stations, vehicles, shelters, points: the owner edits, the peer reads (IS-03, IS-04, RS-08, MP-02, FR-07)."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.enums import ShelterState, VehicleState
from app.queries import forces, points, shelters
from app.queries.shelters import ShelterRow
from app.usecases.accounts import AdmitAccount
from app.usecases.conflicts import ResolveConflict
from app.usecases.forces import AddStation, AddVehicle, EditStation, SetVehicleState
from app.usecases.points import AddPoint, EditPoint
from app.usecases.shelters import AddShelter, EditShelter, SetShelterState
from tests.kit import Site, Town, act, business, moment, ms, refused, register

S = ShelterState


def station(site: Site, **more: Any) -> str:
    return str(act(site, "duty_officer", AddStation(name="甲站", **more)).result["station_id"])


def vehicle(site: Site, station_id: str, sign: str) -> str:
    done = act(site, "duty_officer", AddVehicle(station_id=station_id, call_sign=sign))
    return str(done.result["vehicle_id"])


def shelter(site: Site, **more: Any) -> str:
    return str(act(site, "duty_officer", AddShelter(name="体育馆", **more)).result["shelter_id"])


# -- stations and vehicles -------------------------------------------------------------------------------------------------
def test_readiness_follows_the_vehicles(town: Town) -> None:
    """IS-03, S1 09:07: ready and out are counted from the vehicles' states; the peer sees them with their age."""
    where = station(town.frd, code="A", unit_code="310105006", lon=121.40, lat=31.21, address="某路1号")
    ids = [vehicle(town.frd, where, sign) for sign in ("甲01", "甲02", "甲03")]
    incident = register(town.frd)
    town.frd.at("08:05:00")
    out = SetVehicleState(
        vehicle_id=ids[0],
        state=VehicleState.TURNED_OUT,
        stated_at=moment("08:04:30"),
        incident_id=incident.no,
    )
    act(town.frd, "duty_officer", out)
    town.sync()
    for site in (town.frd, town.emb):
        [row] = site.node.local(forces.stations)
        assert (row.vehicles_ready, row.vehicles_out, row.stated_at) == (2, 1, ms("08:04:30"))
        assert (row.born_agency, row.lon, row.unit_code, row.name) == ("FRD", 121.40, "310105006", "甲站")
        known = {each.call_sign: each for each in site.node.local(forces.vehicles)}
        assert (known["甲01"].vehicle_state, known["甲01"].incident_id) == ("20", incident.id)
        assert (known["甲02"].vehicle_state, known["甲02"].stated_at) == ("10", ms("08:00:00"))
    assert business(town.emb) == business(town.frd)


def test_owner_edits_the_peer_reads(town: Town) -> None:
    """IS-04, S1 09:07:30: E_OWNER with the owner named, for stations and vehicles alike."""
    where = station(town.frd)
    one = vehicle(town.frd, where, "甲01")
    town.sync()
    for command in (
        EditStation(station_id=where, name="乙站"),
        AddVehicle(station_id=where, call_sign="甲02"),
        SetVehicleState(vehicle_id=one, state=VehicleState.TURNED_OUT),
    ):
        refused(
            town.emb, "duty_officer", command, "E_OWNER", "refusal.owner.row", clause="IS-04", owner="FRD"
        )
    act(town.frd, "technician", EditStation(station_id=where, name="乙站", kind="小型站"))
    town.sync()
    [row] = town.emb.node.local(forces.stations)
    assert (row.name, row.kind) == ("乙站", "小型站")


@pytest.mark.parametrize(
    ("command", "code", "text", "field"),
    [
        (AddStation(name=" "), "E_REQUIRED", "refusal.forces.name_required", "name"),
        (AddStation(name="x", unit_code="1"), "E_FORMAT", "refusal.incidents.unit_unknown", "unit_code"),
        (AddStation(name="x", lat=31.2), "E_REQUIRED", "refusal.points.half", "lon"),
        (AddStation(name="x", lon=0.0, lat=0.0), "E_FORMAT", "refusal.points.outside_district", "lon"),
        (EditStation(station_id="none", name="x"), "E_STATE", "refusal.record.missing", "station_id"),
        (AddVehicle(station_id="none", call_sign="x"), "E_STATE", "refusal.record.missing", "station_id"),
        (
            SetVehicleState(vehicle_id="none", state=VehicleState.STANDBY),
            "E_STATE",
            "refusal.record.missing",
            "vehicle_id",
        ),
        (AddPoint(kind=" ", name="x"), "E_REQUIRED", "refusal.points.kind_required", "kind"),
        (AddPoint(kind="hospital", name=""), "E_REQUIRED", "refusal.points.name_required", "name"),
        (AddPoint(kind="hospital", name="x", lon=1.0), "E_REQUIRED", "refusal.points.half", "lat"),
        (EditPoint(point_id="none", name="x"), "E_STATE", "refusal.record.missing", "point_id"),
        (AddShelter(name="\n"), "E_REQUIRED", "refusal.shelters.name_required", "name"),
        (AddShelter(name="x", area_m2=0.0), "E_RANGE", "refusal.shelters.area", "area_m2"),
        (AddShelter(name="x", area_m2=float("inf")), "E_RANGE", "refusal.shelters.area", "area_m2"),
        (AddShelter(name="x", capacity=0), "E_RANGE", "refusal.shelters.capacity", "capacity"),
        (AddShelter(name="x", capacity=-3), "E_RANGE", "refusal.shelters.capacity", "capacity"),
        (EditShelter(shelter_id="none", name="x"), "E_STATE", "refusal.record.missing", "shelter_id"),
        (SetShelterState(shelter_id="none", to=S.OPEN), "E_STATE", "refusal.record.missing", "shelter_id"),
    ],
)
def test_rows_that_are_refused(emb: Site, command: Any, code: str, text: str, field: str) -> None:
    """RS-08, IS-03, MP-02: what is missing, unknown or out of range is named."""
    refused(emb, "duty_officer", command, code, text, field=field)


def test_vehicles_keep_their_order_of_time(frd: Site) -> None:
    """IS-03: an older statement does not replace a newer one; future and far back as everywhere (D-26)."""
    where = station(frd)
    one = vehicle(frd, where, "甲01")
    frd.at("08:10:00")
    act(frd, "duty_officer", SetVehicleState(vehicle_id=one, state=VehicleState.EN_ROUTE))

    def stating(**more: Any) -> SetVehicleState:
        return SetVehicleState(vehicle_id=one, state=VehicleState.ARRIVED, **more)

    for more, text in (
        ({"stated_at": moment("08:09:59")}, "refusal.forces.older_statement"),
        ({"stated_at": moment("08:11:01")}, "refusal.time.future"),
        ({"stated_at": moment("08:00:00", "2025-07-12")}, "refusal.time.needs_confirm"),
    ):
        refused(frd, "duty_officer", stating(**more), "E_TIME", text, field="stated_at")
    missing = stating(incident_id="none")
    refused(frd, "duty_officer", missing, "E_STATE", "refusal.record.missing", field="incident_id")
    act(frd, "duty_officer", stating(stated_at=moment("08:10:00")))
    [row] = frd.node.local(forces.vehicles)
    assert row.vehicle_state == "22"
    ahead = SetVehicleState(vehicle_id=one, state=VehicleState.WATER_ON, stated_at=moment("08:10:59"))
    act(frd, "duty_officer", ahead)
    act(frd, "duty_officer", SetVehicleState(vehicle_id=one, state=VehicleState.RETURNING))
    [row] = frd.node.local(forces.vehicles)
    assert (row.vehicle_state, row.stated_at) == ("25", ms("08:10:59")), "what is stated now is the newest"


def test_call_signs_are_taken_once(town: Town) -> None:
    """IS-03: one call sign, one vehicle, on both sides; a blank is none."""
    vehicle(town.frd, station(town.frd), "甲01")
    town.sync()
    own = station(town.emb)
    twice = AddVehicle(station_id=own, call_sign=" 甲01 ")
    text = "refusal.forces.call_sign_taken"
    refused(town.emb, "duty_officer", twice, "E_DUP", text, field="call_sign", clause="IS-03")
    blank = AddVehicle(station_id=own, call_sign=" ")
    none = "refusal.forces.call_sign_required"
    refused(town.emb, "duty_officer", blank, "E_REQUIRED", none, field="call_sign")


def test_empty_edits_are_refused(emb: Site) -> None:
    """IS-04: nothing changed, nothing recorded."""
    ids = {
        "station_id": station(emb),
        "shelter_id": shelter(emb),
        "point_id": act(emb, "duty_officer", AddPoint(kind="hospital", name="甲院")).result["point_id"],
    }
    for command in (
        EditStation(station_id=ids["station_id"], name=" "),
        EditShelter(shelter_id=ids["shelter_id"]),
        EditPoint(point_id=ids["point_id"]),
        SetShelterState(shelter_id=ids["shelter_id"]),
    ):
        refused(emb, "duty_officer", command, "E_REQUIRED", "refusal.record.nothing_changed")


# -- points ----------------------------------------------------------------------------------------------------------------
def test_points_of_the_map(town: Town) -> None:
    """MP-02: hospitals and the like, with owner."""
    add = AddPoint(
        kind=" hospital ", name=" 甲院 ", lon=121.41, lat=31.21, address="某路2号", unit_code="310105009"
    )
    point = act(town.frd, "duty_officer", add).result["point_id"]
    town.sync()
    edit = EditPoint(point_id=point, name="乙院", lon=121.42, lat=31.22)
    refused(town.emb, "duty_officer", edit, "E_OWNER", "refusal.owner.row", clause="IS-04", owner="FRD")
    act(town.frd, "duty_officer", edit)
    town.sync()
    [row] = town.emb.node.local(points.points)
    assert (row.kind, row.name, row.lon, row.lat, row.address) == (
        "hospital",
        "乙院",
        121.42,
        31.22,
        "某路2号",
    )


# -- shelters --------------------------------------------------------------------------------------------------------------
def state(site: Site) -> ShelterRow:
    [row] = site.node.local(shelters.shelters)
    return row


def test_shelter_opens_fills_and_closes(town: Town) -> None:
    """RS-08 and RULES part 2: closed, preparing, open, full, closing, closed; the peer sees the figures."""
    where = shelter(town.emb, code="S-1", kind="emergency", indoor=True, area_m2=1200.5, capacity=300)
    assert (state(town.emb).state, state(town.emb).occupied, state(town.emb).indoor) == ("closed", 0, 1)
    for to, occupied in ((S.PREPARING, None), (S.OPEN, 20), (S.FULL, 300), (S.CLOSING, 5), (S.CLOSED, 0)):
        act(town.emb, "duty_officer", SetShelterState(shelter_id=where, to=to, occupied=occupied))
        town.sync()
        row = state(town.frd)
        assert row.state == to
        assert occupied is None or row.occupied == occupied
    assert (row.area_m2, row.capacity, row.code, row.born_agency) == (1200.5, 300, "S-1", "EMB")


@pytest.mark.parametrize("to", [S.OPEN, S.FULL, S.CLOSING, S.CLOSED])
def test_no_shelter_opens_by_a_leap(emb: Site, to: S) -> None:
    """RULES part 2: the state machine is kept."""
    where = shelter(emb, capacity=300)
    command = SetShelterState(shelter_id=where, to=to)
    text = "refusal.shelters.transition"
    wrong = refused(emb, "duty_officer", command, "E_STATE", text, field="state", clause="RS-08")
    assert wrong.params["allowed"] == (S.PREPARING,)


def test_people_inside(emb: Site) -> None:
    """RS-08: above the capacity only when confirmed; never below nought, also where no capacity is known."""
    where = shelter(emb, capacity=300)
    over = SetShelterState(shelter_id=where, occupied=301)
    wrong = refused(
        emb, "duty_officer", over, "E_RANGE", "refusal.shelters.overload", field="occupied", clause="RS-08"
    )
    assert (wrong.params["occupied"], wrong.params["capacity"]) == (301, 300)
    act(emb, "duty_officer", SetShelterState(shelter_id=where, occupied=301, overload_confirmed=True))
    assert state(emb).occupied == 301
    act(emb, "duty_officer", EditShelter(shelter_id=where, name="体育馆二楼", capacity=350, area_m2=900.0))
    assert (state(emb).name, state(emb).capacity, state(emb).area_m2) == ("体育馆二楼", 350, 900.0)
    unknown = shelter(emb)
    for occupied in (-1, 1 << 70):
        command = SetShelterState(shelter_id=unknown, occupied=occupied)
        text = "refusal.shelters.occupied" if occupied < 0 else "refusal.record.out_of_range"
        field = "occupied" if occupied < 0 else None
        refused(emb, "duty_officer", command, "E_RANGE", text, field=field)
    act(emb, "duty_officer", SetShelterState(shelter_id=unknown, occupied=40))


def test_nobody_is_locked_in(emb: Site) -> None:
    """RS-08: closed means that nobody is inside; the count may come with the closing."""
    where = shelter(emb, capacity=300)
    for to, occupied in ((S.PREPARING, None), (S.OPEN, 20), (S.CLOSING, None)):
        act(emb, "duty_officer", SetShelterState(shelter_id=where, to=to, occupied=occupied))
    text = "refusal.shelters.people_inside"
    for command in (
        SetShelterState(shelter_id=where, to=S.CLOSED),
        SetShelterState(shelter_id=where, to=S.CLOSED, occupied=1),
    ):
        refused(emb, "duty_officer", command, "E_STATE", text, field="occupied", clause="RS-08")
    act(emb, "duty_officer", SetShelterState(shelter_id=where, to=S.CLOSED, occupied=0))
    assert (state(emb).state, state(emb).occupied) == ("closed", 0)


def test_capacity_does_not_fall_below_the_people_inside(emb: Site) -> None:
    """RS-08: the same overload, come about the other way."""
    where = shelter(emb, capacity=300)
    act(emb, "duty_officer", SetShelterState(shelter_id=where, occupied=250))
    less = EditShelter(shelter_id=where, capacity=249)
    text = "refusal.shelters.overload"
    refused(emb, "duty_officer", less, "E_RANGE", text, field="capacity", clause="RS-08")
    act(emb, "duty_officer", EditShelter(shelter_id=where, capacity=249, overload_confirmed=True))
    assert state(emb).capacity == 249


def test_disagreements_of_registers_are_settled_not_written_over(town: Town) -> None:
    """XC-03: two consoles of one owner wrote apart; the next edit is refused until a person has decided."""
    act(town.emb, "duty_officer", AddShelter(name="体育馆", capacity=300))
    where = state(town.emb).id
    at = act(town.emb, "duty_officer", AddStation(name="甲站")).result["station_id"]
    point = act(town.emb, "duty_officer", AddPoint(kind="hospital", name="甲院")).result["point_id"]
    town.sync()
    officer = town.emb.account("duty_officer")
    act(
        town.frd, "admin", AdmitAccount(account_id=officer)
    )  # an officer of the bureau at the fire side's console
    town.sync()
    edits: list[Any] = [
        lambda name: EditShelter(shelter_id=where, name=name),
        lambda name: EditStation(station_id=at, name=name),
        lambda name: EditPoint(point_id=point, name=name),
    ]
    moves = (S.PREPARING, S.PREPARING)
    for edit in edits:
        act(town.emb, officer, edit("东馆"))
        act(town.frd, officer, edit("西馆"))
    for site, to, occupied in zip((town.emb, town.frd), moves, (3, 5), strict=True):
        act(site, officer, SetShelterState(shelter_id=where, to=to, occupied=occupied))
    town.sync()
    text = "refusal.record.in_conflict"
    for edit in edits:
        refused(town.emb, officer, edit("南馆"), "E_STATE", text, field="name", clause="XC-03")
    count = SetShelterState(shelter_id=where, occupied=7)
    refused(town.emb, officer, count, "E_STATE", text, field="occupied", clause="XC-03")
    act(town.emb, officer, EditShelter(shelter_id=where, capacity=310))
    act(town.emb, officer, SetShelterState(shelter_id=where, to=S.OPEN))
    settle = ResolveConflict(entity="shelter", entity_id=where, field="name", value="南馆", reason="核对牌匾")
    act(town.emb, officer, settle)
    assert state(town.emb).name == "南馆"


def test_shelters_are_the_bureaus(town: Town) -> None:
    """RULES part 3: opening and closing shelters is the bureau's."""
    where = shelter(town.emb)
    town.sync()
    for command in (
        AddShelter(name="x"),
        EditShelter(shelter_id=where, name="x"),
        SetShelterState(shelter_id=where, to=S.PREPARING),
    ):
        text = "refusal.permission.denied"
        refused(town.frd, "duty_chief", command, "E_PERM", text, clause="XC-06", can=("EMB",))
