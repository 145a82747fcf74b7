"""Number series of an agency's workstations (D-20, D-35): given once, never changed, closed by a recorded act."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open
from app.journal import verbs
from app.journal.operation import Act
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency, Realm
from app.kernel.paths import DataDir
from app.usecases.incidents import ChangeIncident
from tests.kit import (
    ADMIN_PASSWORD,
    DISTRICT,
    Site,
    Town,
    act,
    feed_incident,
    forge,
    own_id,
    register,
    sync,
    verdict,
)


def born(site: Site, account: str, no: str) -> Act:
    """What changed software writes: an incident under any number."""
    values = {"no": no, "agency": str(site.agency), "registered_by": account, "origin": "person"}
    body = {"v": verbs.WRITE, "new": True, "set": values}
    return Act("register_incident", "incident", own_id(site), "joint", body)


def test_a_number_whose_incident_was_not_accepted_is_not_given_again(town: Town) -> None:
    """D-20: it was printed; what came of its incident does not matter."""
    emb = town.emb
    assert register(emb).no == "EMB-20250714-001"
    admin = emb.account("admin")
    tx = forge(emb, admin, [born(emb, admin, "EMB-20250714-002")])
    assert verdict(emb, tx) == ["role"]
    assert register(emb).no == "EMB-20250714-003"
    town.sync()
    assert {row["no"] for row in town.frd.rows("incident")} == {"EMB-20250714-001", "EMB-20250714-003"}


def test_a_number_beside_another_workstations_is_not_given_again(
    town: Town, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """D-35: one alarm comes in at two workstations and is one incident; the number that is not shown was printed too."""
    frd = town.frd
    shutil.copyfile(founded_town[0] / "recovery-FRD.json", frd.recovery_file)
    clock, data = ManualClock(frd.clock.now_ms() - 60_000), DataDir(tmp_path / "B")
    ask = Founding(
        *(Realm.LIVE, Agency.FRD, DISTRICT, "admin-b", "账号管理员", ADMIN_PASSWORD, frd.recovery_file),
        joining=True,
    )
    found(data, ask, clock)
    second = Site(Node(Open(data, clock)), clock, Agency.FRD, frd.recovery_file)
    try:
        sync(second, frd)
        for site in (second, frd):
            feed_incident(site, "119-7", 2)
        sync(second, frd)
        [row] = frd.rows("incident")
        assert row["no"] in ("FRD-20250714-001", "FRD-20250714-B001") and row["conflicts"]
        assert register(frd).no == "FRD-20250714-002"
        assert register(second).no == "FRD-20250714-B002"
    finally:
        second.node.close()


def test_a_printed_number_never_changes(town: Town) -> None:
    """D-35: not by a command, not by a write that names it, not by a second birth."""
    emb = town.emb
    row = register(emb)
    officer = emb.account("duty_officer")
    head = emb.node.local(lambda _: sorted(emb.node.journal.state.record("incident", row.id).heads["no"]))
    for over in ({}, {"over": {"no": head}}):
        body = {"v": verbs.WRITE, "set": {"no": "EMB-20250714-009"}, **over}
        tx = forge(emb, officer, [Act("change_incident", "incident", row.id, "joint", body)])
        assert verdict(emb, tx)[0] in ("effect", "fixed")
    twice = Act(
        "register_incident",
        "incident",
        row.id,
        "joint",
        born(emb, officer, "EMB-20250714-009").body,
    )
    assert verdict(emb, forge(emb, officer, [twice])) == ["exists"]
    act(emb, "duty_officer", ChangeIncident(incident_id=row.id, place="改址"))
    town.sync()
    assert town.frd.incident(row.id).no == emb.incident(row.id).no == "EMB-20250714-001"


@pytest.mark.parametrize("no", ["FRD-20250714-001", "EMB-20250714-B001", "EMB-20250714-1", "EMB-2025-001"])
def test_numbers_of_other_series_are_not_accepted(town: Town, no: str) -> None:
    """D-35: a series belongs to one workstation."""
    officer = town.emb.account("duty_officer")
    assert verdict(town.emb, forge(town.emb, officer, [born(town.emb, officer, no)])) == ["false claim"]
    sync(town.emb, town.frd)
    assert town.frd.count("incident") == 0 and town.frd.count("quarantine") == 1
