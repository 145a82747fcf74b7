"""A small world for tests: two agencies with fixed keys and a standing clock, their journals, and some acts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from app.journal import certificates
from app.journal.acts import ActMaker
from app.journal.journal import Identity, Journal, PeerView, Received
from app.journal.keys import SiteKey
from app.journal.operation import Act
from app.journal.policy import Effect, Policy
from app.journal.reprojection import Standpoint
from app.kernel.clock import ManualClock
from db import migrate, tables
from db.engine import open_writer

NOON_MS = 1_752_465_730_000
RECORDS = frozenset({"write", "strike", "retract", "approve"})
POLICY = Policy(
    tables.ENTITIES,
    lambda command, agency, roles: True,
    {
        "record": tuple(Effect(name, RECORDS) for name in tables.ENTITIES),
        "manage": (Effect("account", frozenset({"grant", "revoke", "admit"})),),
        "meet": (Effect("agency", frozenset({"meet"})),),
    },
)


def seed(name: str) -> bytes:
    """A fixed key seed (32 bytes)."""
    return hashlib.sha256(name.encode()).digest()


def recovery_of(agency: str) -> SigningKey:
    """An agency's recovery key."""
    return SigningKey(seed("recovery " + agency))


@dataclass
class Site:
    """One workstation: its file, its journal, the account that acts there."""

    path: Path
    agency: str
    journal: Journal
    clock: ManualClock

    @property
    def officer(self) -> str:
        """Account of the officer on duty."""
        return "officer-" + self.agency

    @property
    def standpoint(self) -> Standpoint:
        """From where this site's journal is judged."""
        return Standpoint.of(self.journal.identity)

    def write(self, entity: str, entity_id: str, values: dict[str, object], **more: object) -> None:
        """Let the officer write a record."""
        maker = ActMaker(self.journal.state, self.agency)
        acts = maker.write("record", entity, entity_id, values, **more)  # type: ignore[arg-type]
        self.journal.author(self.officer, [[act] for act in acts])

    def mark(self, entity: str, entity_id: str, verb: str, **body: object) -> None:
        """Let the officer do something else to a record."""
        act = ActMaker(self.journal.state, self.agency).mark("record", entity, entity_id, verb, **body)
        self.journal.author(self.officer, [[act]])

    def tell(self, other: Site) -> Received:
        """Give another site what it lacks."""
        known = {site: seq for site, (seq, _) in other.journal.vector().items()}
        peer = PeerView(other.agency, other.journal.own_site)
        return other.journal.receive(
            [self.journal.offer(tx, peer) for _, tx in self.journal.after(known, 10**9)]
        )

    def close(self) -> None:
        """Close the file."""
        self.journal.state.connection.close()


def identity_of(agency: str, number: int = 1) -> Identity:
    """Identity of the first or a further workstation of an agency."""
    key = SiteKey(SigningKey(seed(f"site {agency} {number}")))
    return Identity("live", agency, bytes(recovery_of(agency).verify_key), key)


def reopen(path: Path, agency: str, clock: ManualClock | None = None, number: int = 1) -> Site:
    """Open a file that is there."""
    clock = clock or ManualClock(NOON_MS)
    journal = Journal(open_writer(path), identity_of(agency, number), POLICY, clock)
    return Site(path, agency, journal, clock)


def found(path: Path, agency: str, clock: ManualClock | None = None) -> Site:
    """Make a file and found the agency's first site with an administrator and an officer."""
    migrate.create(path)
    site = reopen(path, agency, clock)
    recovery, admin = recovery_of(agency), "admin-" + agency
    enrolment = certificates.enrolment(recovery, "live", agency, site.journal.identity.key.public, "")
    site.journal.author(admin, [[enrolment, certificates.appointment(recovery, "live", agency, admin)]])
    grant = {"v": "grant", "agency": agency, "roles": ["duty_officer"]}
    site.journal.author(admin, [[Act("manage", "account", site.officer, "joint", grant)]])
    return site


def introduce(one: Site, other: Site) -> None:
    """Let an administrator accept the other agency's recovery key."""
    meet = {"v": "meet", "key": bytes(recovery_of(other.agency).verify_key), "name": other.agency}
    one.journal.author("admin-" + one.agency, [[Act("meet", "agency", other.agency, "joint", meet)]])


@contextmanager
def two_sites(folder: Path) -> Iterator[tuple[Site, Site]]:
    """EMB and FRD, each knowing the other and having exchanged everything."""
    emb, frd = found(folder / "emb.db", "EMB"), found(folder / "frd.db", "FRD")
    introduce(emb, frd)
    introduce(frd, emb)
    for _ in range(2):
        emb.tell(frd)
        frd.tell(emb)
    try:
        yield emb, frd
    finally:
        emb.close()
        frd.close()


def busy(emb: Site, frd: Site) -> None:
    """An incident both write to at once, log entries, a retraction, a further alarm grade, an act of two operations."""
    emb.write(
        "incident", "i1", {"no": "EMB-20250714-001", "place": "a", "status": "registered"}, new=True,
        entries={"received_at": 5, "alarm_grade": 2},
    )  # fmt: skip
    emb.tell(frd)
    emb.clock.advance(1)
    frd.clock.advance(2)
    emb.write("incident", "i1", {"place": "b", "position": [121.5, 31.1, "WGS-84"]})
    frd.write("incident", "i1", {"place": "c"}, entries={"alarm_grade": 3})
    for number in range(5):
        emb.write("log_entry", f"l{number}", {"text": f"entry {number}", "at": number}, new=True)
    frd.tell(emb)
    emb.mark("log_entry", "l4", "retract", why="twice")
    maker = ActMaker(emb.journal.state, "EMB")
    pair = maker.write("record", "log_entry", "p1", {"text": "first", "at": 8}, new=True)
    pair += maker.write("record", "log_entry", "p2", {"text": "second", "at": 9}, new=True)
    emb.journal.author(emb.officer, [pair])
    emb.tell(frd)
    frd.tell(emb)
