"""Founded sites for tests: real nodes on real SQLite, a clock one sets, an account for every role, two sites joined by hand.

Fixtures (import them where they are wanted): `town` gives a pair of sites that have met, `emb` and `frd` its rooms.
Everything is made once per test process and copied for each test.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher

from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open
from app.journal.acts import ActMaker
from app.journal.journal import PeerView
from app.journal.operation import Act, ChainEnd, Transaction, author_transaction
from app.kernel.changes import ChangeSet
from app.kernel.clock import SHANGHAI, ManualClock, parse_moment
from app.kernel.enums import AccountKind, Agency, IncidentClass, Realm, Role
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import new_id
from app.kernel.paths import DataDir
from app.local import credentials
from app.queries import accounts, incidents, reports
from app.queries.accounts import AccountRow, RefusalRow
from app.queries.incidents import IncidentRow
from app.usecases.accounts import CreateAccount
from app.usecases.bus import Done
from app.usecases.commands import Command
from app.usecases.incidents import RegisterIncident
from app.usecases.sites import MeetAgency
from db.tables import ENTITIES

DAY = "2025-07-14"
START = "08:00:00"
DISTRICT = "310105"
PASSWORD = "correct-horse-1"
ADMIN_PASSWORD = "battery-staple-1"
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PEOPLE = tuple(role for role in Role if role is not Role.CONSOLE)
_BOOKKEEPING = ("entry", "conflict", "flag", "quarantine")


def moment(time: str, day: str = DAY) -> datetime:
    """Local time of day as commands take it, e.g. moment("14:02:10")."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SHANGHAI)


def ms(time: str, day: str = DAY) -> int:
    """Local time of day -> UTC milliseconds."""
    return parse_moment(f"{day}T{time}+08:00")


@dataclass
class Site:
    """An open site with its clock."""

    node: Node
    clock: ManualClock
    agency: Agency
    recovery_file: Path
    admin: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def at(self, time: str, day: str = DAY) -> Site:
        """Set the clock of this site to a local time of day."""
        self.clock.set(ms(time, day))
        return self

    def account(self, who: str) -> str:
        """Account id of a role of this agency ("duty_officer"), of any sign-in name ("FRD-leader"), or an id."""
        if who == "console":
            return self.node.me.console_account
        if who == "admin":
            return self.admin
        for name in (f"{self.agency}-{who}", who):
            row = self.called(name)
            if row is not None:
                return row.id
        raise LookupError(who)

    def called(self, name: str) -> AccountRow | None:
        """The account meant by a sign-in name or id at this console."""
        return self.node.local(lambda c: accounts.account_called(c, name, self.agency))

    def vector(self) -> dict[str, tuple[int, bytes]]:
        """What this site holds of every chain."""
        return self.node.local(lambda _: self.node.journal.vector())

    def incident(self, key: str) -> IncidentRow:
        """One incident by id or printed number."""
        row = self.node.local(lambda c: incidents.incident(c, key) or incidents.incident_by_no(c, key))
        assert row is not None, key
        return row

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""

        def read(connection: Any) -> list[dict[str, Any]]:
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            names = [part[0] for part in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

        return self.node.local(read)

    def count(self, table: str) -> int:
        """Number of rows of a table."""
        return int(self.node.local(lambda c: c.execute(f"SELECT count(*) FROM {table}").fetchone()[0]))

    def refusals(self) -> list[RefusalRow]:
        """Refused acts, newest first."""
        return self.node.local(lambda c: accounts.refusals(c, 10_000))

    def oral_reports(self, incident_id: str) -> list[Any]:
        """Oral reports of an incident."""
        return self.node.local(lambda c: reports.oral_reports(c, incident_id))

    def reopen(self) -> None:
        """Close the site and open it again: a restart."""
        data = self.node.data
        self.node.close()
        self.node = Node(Open(data, self.clock))


def act(site: Site, who: str, command: Command) -> Done:
    """Carry out a command as a role of the site's agency, as any sign-in name, or as an account id."""
    return site.node.execute(command, site.account(who))


def register(site: Site, who: str = "duty_officer", **facts: Any) -> IncidentRow:
    """Register an incident with usual facts, received now; returns its row."""
    now = datetime.fromtimestamp(site.clock.now_ms() / 1000, SHANGHAI)
    usual: dict[str, Any] = {
        "received_at": now,
        "class_code": IncidentClass.ACCIDENT,
        "place": "天山路街道某居民楼6层",
        "what": "居民楼火灾",
    }
    done = act(site, who, RegisterIncident(**{**usual, **facts}))
    return site.incident(done.result["incident_id"])


def feed_incident(site: Site, alarm_no: str, alarm_grade: int | None, **values: Any) -> IncidentRow:
    """An everyday incident of the 119 feed, received now, through the console's own account."""
    from app.usecases.alarms import ReceiveAlarm

    now = datetime.fromtimestamp(site.clock.now_ms() / 1000, SHANGHAI)
    command = ReceiveAlarm(alarm_no=alarm_no, received_at=now, alarm_grade=alarm_grade, **values)
    return site.incident(act(site, "console", command).result["incident_id"])


# -- refusals --------------------------------------------------------------------------------------------------------------
def dump(site: Site, *without: str) -> dict[str, list[dict[str, Any]]]:
    """All shared rows, entries, conflicts, flags and quarantine of a site, by table."""
    tables = [entity.table.name for entity in ENTITIES.values()]
    return {name: site.rows(name) for name in (*tables, *_BOOKKEEPING) if name not in without}


def op_count(site: Site) -> int:
    """Operations held."""
    return site.count("op")


def refused(
    site: Site,
    who: str,
    command: Command,
    code: ErrorCode | str,
    text: str,
    *,
    field: str | None = None,
    clause: str | None = None,
    owner: str | None = None,
    can: tuple[str, ...] | None = None,
) -> Refusal:
    """Expect a refusal that changes nothing but one audit row (RULES part 2), with this code, sentence, field and clause.

    `clause` must be among the clauses named; `owner` and `can` are compared with `who`.
    """
    account, before, ops = site.account(who), dump(site, "refusal"), op_count(site)
    known = {row.id for row in site.refusals()}
    with pytest.raises(Refusal) as caught:
        site.node.execute(command, account)
    wrong = caught.value
    assert (wrong.code, wrong.text, wrong.field) == (ErrorCode(code), text, field)
    if clause is not None:
        assert wrong.clause is not None and clause in [part.strip() for part in wrong.clause.split(",")]
    if owner is not None:
        assert wrong.who == (owner,) and wrong.params["owner"] == owner
    if can is not None:
        assert wrong.who == can
    assert dump(site, "refusal") == before
    assert op_count(site) == ops + 1, "one audit entry and nothing else"
    [row] = [row for row in site.refusals() if row.id not in known]
    assert (row.code, row.field, row.account_id, row.about) == (
        str(wrong.code),
        wrong.field,
        account,
        wrong.text,
    )
    assert row.at == site.clock.now_ms()
    return wrong


# -- two sites -------------------------------------------------------------------------------------------------------------
def ship(source: Site, target: Site) -> ChangeSet:
    """Carry what the target lacks, as replication would: `after`, `offer`, `receive`; late bodies by `bodies`."""
    me = target.node.me
    have = {site: seq for site, (seq, _) in target.vector().items()}
    view = PeerView(me.agency, me.site, frozenset(), have)

    def offered() -> list[Transaction]:
        journal = source.node.journal
        return [journal.offer(tx, view) for _, tx in journal.after(have, 1 << 30)]

    txs = source.node.local(lambda _: offered())
    received = target.node.local(lambda _: target.node.journal.receive(txs))
    withheld = target.node.local(lambda _: target.node.journal.withheld())
    late = source.node.local(lambda _: source.node.journal.bodies(withheld, view))
    if late:
        target.node.local(lambda _: target.node.journal.receive(late))
    target.node.publish(received.changes)
    return received.changes


def sync(one: Site, other: Site) -> None:
    """Ship both ways: afterwards both hold the same chains."""
    ship(one, other)
    ship(other, one)
    assert one.vector() == other.vector()


def business(site: Site) -> Mapping[str, Any]:
    """Shared rows as both sides must show them alike: without what is internal to an agency."""
    rows = dump(site, "refusal")
    for table in rows.values():
        for row in table:
            row.pop("n", None)  # the row's number here
        table.sort(key=str)
    for row in rows["account"]:
        row.pop("secret_at")
        row.pop("updated_at")
    return rows


def maker(site: Site, agency: str | None = None) -> ActMaker:
    """Makes acts over what the site shows now."""
    site.node.journal.state.forget_records()
    return ActMaker(site.node.journal.state, agency or site.agency)


def own_id(site: Site) -> str:
    """An id under which this workstation may make a record."""
    return new_id(site.clock, site.node.me.site)


def forge(site: Site, account: str, acts: list[Act]) -> Transaction:
    """What changed software can do: sign acts with the site's key without asking anybody, and keep them in its journal."""

    def work(_: Any) -> Transaction:
        journal = site.node.journal
        chain = journal.state.chains.get(site.node.me.site)
        end = chain.end if chain else ChainEnd()
        hlc = site.clock.now_ms() << 16
        tx = author_transaction(
            journal.realm,
            site.node.key.signing,
            site.node.me.site,
            end,
            journal.state.causality.parents_for(end.hash),
            [hlc + index for index in range(len(acts))],
            account,
            acts,
        )
        with patch.object(
            journal, "_own_came"
        ):  # it was made here, not brought from elsewhere (decision 0046)
            journal.receive([tx])
        return tx

    return site.node.local(work)


def verdict(site: Site, tx: Transaction) -> list[str | None]:
    """Why the operations of a transaction are quarantined at a site; None: valid."""

    def read(connection: Any) -> list[str | None]:
        found = []
        for op in tx:
            assert connection.execute("SELECT 1 FROM op WHERE hash = ?", (op.hash,)).fetchone(), "not held"
            row = connection.execute("SELECT reason FROM quarantine WHERE hash = ?", (op.hash,)).fetchone()
            found.append(row[0] if row else None)
        return found

    return site.node.local(read)


# -- founding --------------------------------------------------------------------------------------------------------------
@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Password verifiers that cost next to nothing to make and to check."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "_HASHER", CHEAP_HASHER)
        yield


def found_site(
    folder: Path, agency: Agency, realm: Realm = Realm.LIVE, letter: str = "", start: str = START
) -> Site:
    """Found a site and open it; its administrator is called admin."""
    clock, data = ManualClock(ms(start)), DataDir(folder / f"{agency}{letter}")
    recovery = folder / f"recovery-{agency}{letter}.json"
    ask = Founding(realm, agency, DISTRICT, "admin", "账号管理员", ADMIN_PASSWORD, recovery, letter)
    with cheap_passwords():
        made = found(data, ask, clock)
    return Site(Node(Open(data, clock)), clock, agency, recovery, made.admin_account)


def people(site: Site) -> None:
    """One account per role, called AGENCY-role."""
    for role in PEOPLE:
        account = CreateAccount(
            name=f"{site.agency}-{role}", title=role, roles=[role], kind=AccountKind.PERSON
        )
        act(site, "admin", account)


def meet(site: Site, other: Site) -> None:
    """Take note of the other agency's recovery key, as pairing does."""
    key = other.node.me.recovery_key.hex()
    act(site, "admin", MeetAgency(agency=other.agency, recovery_key=key, name=str(other.agency)))


@dataclass
class Town:
    """Two sites that have met and hold the same record."""

    emb: Site
    frd: Site

    def at(self, time: str, day: str = DAY) -> Town:
        """Set both clocks."""
        self.emb.at(time, day)
        self.frd.at(time, day)
        return self

    def sync(self) -> None:
        """Both hold everything."""
        sync(self.emb, self.frd)


@pytest.fixture(scope="session")
def founded_town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with both sites, closed, and the ids of their administrators; copied by `town`."""
    folder = tmp_path_factory.mktemp("town")
    sites = [found_site(folder, agency) for agency in (Agency.EMB, Agency.FRD)]
    for site in sites:
        people(site)
    meet(sites[0], sites[1])
    meet(sites[1], sites[0])
    sync(*sites)
    with cheap_passwords():
        for site in sites:
            for who in ("duty_officer", "duty_chief", "leader", "technician"):
                site.node.set_password(site.account(who), PASSWORD, site.admin)
    sync(*sites)
    admins = {str(site.agency): site.admin for site in sites}
    for site in sites:
        site.node.close()
    return folder, admins


@pytest.fixture
def town(founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Town]:
    """Two sites that have met, at 08:00 on the day of the stories; every role has an account AGENCY-role."""
    folder, admins = founded_town
    shutil.copytree(folder, tmp_path / "town")
    made = []
    for agency in (Agency.EMB, Agency.FRD):
        clock = ManualClock(ms(START))
        node = Node(Open(DataDir(tmp_path / "town" / agency), clock))
        recovery = tmp_path / "town" / f"recovery-{agency}.json"
        made.append(Site(node, clock, agency, recovery, admins[agency]))
    with cheap_passwords():
        yield Town(*made)
    for site in made:
        site.node.close()


@pytest.fixture
def emb(town: Town) -> Site:
    """The bureau's room."""
    return town.emb


@pytest.fixture
def frd(town: Town) -> Site:
    """The fire side's room."""
    return town.frd
