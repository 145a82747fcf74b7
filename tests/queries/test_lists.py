"""Lists as the command line and the first screens read them: their order, limits and columns (JD-11, RC-01, XC-06)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from app.kernel.enums import IncidentStatus, Role
from app.queries import accounts, duty, forces, incidents, points, reports, settings, shelters
from app.usecases.accounts import CreateAccount, RevokeAccount
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import SetIncidentStatus
from app.usecases.reports import FileOralReport
from db.tables import ENTITIES
from tests.kit import Site, act, feed_incident, moment, ms, register

ROWS = {
    "account": accounts.AccountRow,
    "site": accounts.SiteRow,
    "agency": accounts.AgencyRow,
    "refusal": accounts.RefusalRow,
    "watch": duty.WatchRow,
    "log_entry": duty.LogRow,
    "incident": incidents.IncidentRow,
    "alarm_unit": incidents.AlarmUnitRow,
    "oral_report": reports.OralReportRow,
    "report": reports.ReportRow,
    "station": forces.StationRow,
    "vehicle": forces.VehicleRow,
    "shelter": shelters.ShelterRow,
    "point": points.PointRow,
    "rule_number": settings.RuleNumberRow,
}


@pytest.mark.parametrize("entity", sorted(ROWS))
def test_rows_name_columns_of_their_table(entity: str) -> None:
    """A row's fields are filled by position from the columns of the same names."""
    names = {field.name for field in fields(ROWS[entity])}
    assert names <= set(ENTITIES[entity].table.c.keys())


def test_board_shows_what_burns_first(frd: Site) -> None:
    """SCREEN: open before closed, the nearest clock first, then the newest message; everyday calls after the clocks."""
    everyday = feed_incident(frd, "A-1", 1)
    late = register(frd, received_at=moment("07:50:00"))
    early = register(frd, received_at=moment("07:20:00"))
    newer_call = feed_incident(frd, "A-2", 1)
    frd.at("08:01:00")
    newest_call = feed_incident(frd, "A-3", 1)
    act(frd, "duty_officer", SetIncidentStatus(incident_id=newer_call.id, to=IncidentStatus.CLOSED))
    act(frd, "duty_officer", FileOralReport(incident_id=early.id, spoken_at=moment("07:40:00")))
    order = [row.id for row in frd.node.read(incidents.board)]
    # early now burns at 08:20 (written), late at 08:20 as well (oral): equal clocks, the newer message first
    assert order == [late.id, early.id, newest_call.id, everyday.id, newer_call.id]
    assert [row.id for row in frd.node.read(lambda c: incidents.board(c, 2))] == order[:2]
    assert frd.node.read(lambda c: incidents.board(c, 0)) == []


def test_log_is_newest_event_first(emb: Site) -> None:
    """JD-11: by the time of the event, not of the entry."""
    for text, time in (("b", "07:30:00"), ("c", "07:45:00"), ("a", "07:00:00")):
        act(emb, "duty_officer", WriteLogEntry(text=text, at=moment(time)))
    told = [row.text for row in emb.node.read(duty.log)]
    assert [text for text in told if text in ("a", "b", "c")] == ["c", "b", "a"]
    assert [row.text for row in emb.node.read(lambda c: duty.log(c, 1))] == told[:1]


def test_incidents_by_number_and_time(emb: Site) -> None:
    """D-20, D-21: by printed number, by alarm number, open ones within a span with both ends."""
    first = register(emb, received_at=moment("07:00:00"), alarm_no="A-1")
    second = register(emb, received_at=moment("07:30:00"))

    def read(query: Any, *args: Any) -> Any:
        return emb.node.read(lambda c: query(c, *args))

    assert read(incidents.incident_by_no, second.no).id == second.id
    assert read(incidents.incident_by_alarm_no, "A-1").id == first.id
    assert read(incidents.incident_by_no, "EMB-20250714-003") is None
    both = read(incidents.open_between, ms("07:00:00"), ms("07:30:00"))
    assert {row.id for row in both} == {first.id, second.id}
    assert read(incidents.open_between, ms("07:00:00") + 1, ms("07:30:00") - 1) == []
    assert sorted(read(incidents.numbers_between, emb.node.me.site, "EMB-20250714-0", "EMB-20250714-:")) == [
        first.no,
        second.no,
    ]


def test_account_meant_by_a_name(emb: Site) -> None:
    """CM-04: the id before a name, an active one before a revoked one of the same name."""
    officer = emb.account("duty_officer")
    old = act(emb, "admin", CreateAccount(name="zhiban2", title="x", roles=[Role.OBSERVER])).result[
        "account_id"
    ]
    act(emb, "admin", RevokeAccount(account_id=old, reason="调离"))
    found = emb.called("zhiban2")
    assert found is not None and (found.id, found.state) == (old, "revoked")
    named = CreateAccount(name=officer, title="x", roles=[Role.OBSERVER])
    assert act_is_refused(emb, named), "an id is no free name"
    assert emb.called("nobody") is None


def act_is_refused(site: Site, command: CreateAccount) -> bool:
    from app.kernel.errors import Refusal

    try:
        act(site, "admin", command)
    except Refusal:
        return True
    return False


def test_readers_cannot_write(emb: Site) -> None:
    """ARCHITECTURE: the reader's connection is query-only."""
    import sqlite3

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        emb.node.read(lambda c: c.execute("DELETE FROM credential"))
