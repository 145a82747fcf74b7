"""Workstations around the real journal on SQLite in memory: founding, skewed clocks, reopening, forged transactions."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from nacl import signing
from nacl.signing import SigningKey

from app.journal import certificates, operation, taking, validity, verbs
from app.journal.acts import ActMaker
from app.journal.deriving import DERIVERS
from app.journal.journal import NOTHING_SEALED, Identity, Journal, PeerView, Received
from app.journal.keys import SiteKey
from app.journal.operation import Act, ChainEnd, Transaction, author_transaction
from app.kernel import ids
from app.kernel.changes import ChangeSet
from db import migrate
from tests.simulation import schema

REALM = "live"
START_MS = 1_752_472_930_000
AGENCIES = {"E": "EMB", "F": "FRD", "H": "HALL"}
CONTACT = frozenset({"contact"})
# What people of the city are in the product's table as well.
PRODUCT_ROLES = {
    "officer": ("duty_officer",),
    "chief": ("duty_chief", "authorised", "console"),
    "hall": ("street",),
    "account_admin": (),
}


@lru_cache(maxsize=1)
def _template() -> sqlite3.Connection:
    """A migrated file with the simulated city's tables, copied into memory once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        migrate.create(path)
        source = sqlite3.connect(path)
        memory = sqlite3.connect(":memory:")
        source.backup(memory)
        source.close()
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateTable

    for table in schema.METADATA.sorted_tables:
        memory.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    memory.commit()
    return memory


def fresh_connection() -> sqlite3.Connection:
    """An empty journal in memory, with the pragmas of the product's writer that matter here."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _template().backup(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA recursive_triggers=ON")
    return connection


_verify = signing.VerifyKey.verify


@lru_cache(maxsize=1 << 15)
def _verified_once(key: bytes, signed: bytes, signature: bytes) -> bytes:
    return _verify(signing.VerifyKey(key), signed, signature)


def _verified(self: signing.VerifyKey, signed: bytes, signature: bytes) -> bytes:
    """Every room looks at the same signatures; they are computed once. A wrong one raises and is looked at each time."""
    return _verified_once(bytes(self), signed, signature)


@contextmanager
def seeded_salts(seed: int) -> Iterator[None]:
    """Salts and ids from a seed, so that hashes, and with them all ties, repeat."""
    source = SimpleNamespace(urandom=random.Random(f"salt {seed}").randbytes)
    with (
        patch.object(signing.VerifyKey, "verify", _verified),
        patch.object(operation, "os", source),
        patch.object(ids, "os", source),
        patch.object(ids, "_COUNTER", ids._Counter()),
    ):
        yield


def key_of(*names: object) -> SigningKey:
    """A signing key that follows from names."""
    return SigningKey(hashlib.blake2b(repr(names).encode(), digest_size=32).digest())


@contextmanager
def as_version(version: int) -> Iterator[None]:
    """The program as it was in an earlier version: it writes that version and takes nothing newer."""
    if version == operation.SCHEMA_V:
        yield
        return
    with ExitStack() as stack:
        for module in (operation, taking, validity):
            stack.enter_context(patch.object(module, "SCHEMA_V", version))
        yield


class VersionedJournal(Journal):
    """A journal under a program of some version."""

    def __init__(
        self, version: int, connection: sqlite3.Connection, identity: Identity, clock: SkewedClock
    ) -> None:
        self._version = version
        with as_version(version):
            super().__init__(connection, identity, schema.policy(), clock, DERIVERS)

    def author(self, actor: str, transactions: Sequence[Sequence[Act]]) -> ChangeSet:
        """Write as this version."""
        with as_version(self._version):
            return super().author(actor, transactions)

    def receive(
        self,
        transactions: Sequence[Transaction],
        sealed: Mapping[bytes, bytes] = NOTHING_SEALED,
        pressed: Callable[[], bool] | None = None,
    ) -> Received:
        """Take what this version knows."""
        with as_version(self._version):
            return super().receive(transactions, sealed, pressed)

    def rebuild(self) -> ChangeSet:
        """Project by this version's rules."""
        with as_version(self._version):
            return super().rebuild()


@dataclass
class City:
    """What all share: true time, recovery keys, the realm."""

    seed: int = 0
    now_ms: int = START_MS
    realm: str = REALM

    def recovery(self, agency: str) -> SigningKey:
        """An agency's recovery key."""
        return key_of(self.seed, "recovery", agency)


@dataclass
class SkewedClock:
    """A workstation's clock: true time and an offset."""

    city: City
    offset_ms: int = 0

    def now_ms(self) -> int:
        """UTC milliseconds as this workstation believes."""
        return self.city.now_ms + self.offset_ms


@dataclass
class Station:
    """One workstation: its name (first letter: agency), key, journal and what its peers have acknowledged to it."""

    name: str
    city: City
    clock: SkewedClock
    key: SiteKey
    connection: sqlite3.Connection = field(default_factory=fresh_connection)
    acked: dict[str, dict[str, int]] = field(
        default_factory=dict
    )  # by name: a copy of a disk is a room of its own
    version: int = operation.SCHEMA_V  # of the program that runs here
    letter: str = field(init=False)  # of the workstation's series
    ring: dict[bytes, SiteKey] = field(default_factory=dict)  # keys in its key files
    written_as: set[str] = field(
        default_factory=set
    )  # sites this room has written under, its lost disks included

    def __post_init__(self) -> None:
        self.written_as.add(self.site)
        self.letter = letter_of(self.name)
        self.reopen()

    def reopen(self) -> None:
        """Start the program anew over the same file."""
        recovery = bytes(self.city.recovery(self.agency).verify_key)
        self.ring[self.key.public] = self.key
        while True:
            identity = Identity(self.city.realm, self.agency, recovery, self.key)
            self.journal: Journal = VersionedJournal(self.version, self.connection, identity, self.clock)
            in_force = self.ring.get(self.journal.public_key(self.site) or b"", self.key)
            if in_force is self.key:
                return
            self.key = in_force

    def upgrade(self) -> None:
        """Start the present program over the same file: it reads the journal by its own rules."""
        self.version = operation.SCHEMA_V
        self.reopen()
        self.journal.rebuild()

    @property
    def agency(self) -> str:
        """The agency this workstation belongs to."""
        return AGENCIES[self.name[0]]

    @property
    def site(self) -> str:
        """The site id."""
        return self.key.site

    @property
    def granted(self) -> frozenset[str]:
        """Contact groups this workstation is in: the hall gets no contact data."""
        return frozenset() if self.agency == "HALL" else CONTACT

    def view_of(self, peer: Station) -> PeerView:
        """How this workstation sees a peer."""
        return PeerView(peer.agency, peer.site, peer.granted, self.acked.get(peer.name, {}))

    # -- acts --------------------------------------------------------------------------------------------
    def maker(self, agency: str | None = None) -> ActMaker:
        """Acts over what is projected now."""
        self.journal.state.forget_records()
        return ActMaker(self.journal.state, agency or self.agency)

    def write(
        self, actor: str, command: str, entity: str, entity_id: str, values: Mapping[str, Any], **more: Any
    ) -> ChangeSet:
        """Author writes, one transaction per scope; the actor's agency follows from the account's name."""
        acts = self.maker(account_agency(actor)).write(command, entity, entity_id, values, **more)
        by_scope: dict[str, list[Act]] = {}
        for act in acts:
            by_scope.setdefault(act.scope, []).append(act)
        return self.journal.author(actor, list(by_scope.values()))

    def mark(
        self, actor: str, command: str, entity: str, entity_id: str, verb: str, **body: Any
    ) -> ChangeSet:
        """Author one act of another verb."""
        act = self.maker(account_agency(actor)).mark(command, entity, entity_id, verb, **body)
        return self.journal.author(actor, [[act]])

    def act(self, actor: str, *acts: Act) -> ChangeSet:
        """Author one transaction."""
        return self.journal.author(actor, [acts])

    # -- what changed software can do --------------------------------------------------------------------
    def forge(
        self,
        actor: str,
        acts: Sequence[Act],
        *,
        end: ChainEnd | None = None,
        parents: Sequence[bytes] | None = None,
        hlc: int | None = None,
    ) -> Transaction:
        """Sign a transaction without asking anybody, under any place in the chain and any parents."""
        chain = self.journal.state.chains.get(self.site)
        own_end = chain.end if chain else ChainEnd()
        with as_version(self.version):
            return self._forged(actor, acts, end or own_end, own_end, parents, hlc)

    def _forged(  # what `forge` does
        self,
        actor: str,
        acts: Sequence[Act],
        end: ChainEnd,
        own_end: ChainEnd,
        parents: Sequence[bytes] | None,
        hlc: int | None,
    ) -> Transaction:
        if parents is None:
            parents = self.journal.state.causality.parents_for(own_end.hash)
        first = hlc if hlc is not None else self.clock.now_ms() << 16
        return author_transaction(
            self.city.realm,
            self.key.signing,
            self.site,
            end,
            parents,
            [first + index for index in range(len(acts))],
            actor,
            acts,
        )

    def swallow(self, tx: Transaction) -> Transaction:
        """Put a forged transaction into the own journal as well."""
        self.journal.receive([tx])
        return tx

    @property
    def end(self) -> ChainEnd:
        """End of the own chain."""
        return self.journal.state.chains[self.site].end

    # -- reading -----------------------------------------------------------------------------------------
    def transactions(self) -> list[Transaction]:
        """All held transactions in the order of projection."""
        return [tx for _, tx in self.journal.state.store.in_order()]

    def heads(self, entity_id: str, name: str, entity: str = "sim_case") -> list[bytes]:
        """Heads of a register."""
        self.journal.state.forget_records()
        return sorted(self.journal.state.record(entity, entity_id).heads.get(name, ()))

    def row(self, entity_id: str, entity: str = "sim_case") -> dict[str, Any]:
        """One row of a shared table, empty when it is not there."""
        cursor = self.connection.execute(f"SELECT * FROM {entity} WHERE id = ?", (entity_id,))
        found = cursor.fetchone()
        return dict(zip((part[0] for part in cursor.description), found, strict=True)) if found else {}

    def verdict(self, tx: Transaction) -> list[str | None]:
        """Reasons under which the operations of a transaction are quarantined here; None: valid."""
        out: list[str | None] = []
        for op in tx:
            assert self.journal.state.store.place(op.hash) is not None, "not held"
            row = self.connection.execute(
                "SELECT reason FROM quarantine WHERE hash = ?", (op.hash,)
            ).fetchone()
            out.append(row[0] if row else None)
        return out

    def last(self) -> Transaction:
        """The newest own transaction."""
        return [tx for tx in self.transactions() if tx[0].site == self.site][-1]


def account_agency(account: str) -> str:
    """Accounts are called after their agency: EMB-o."""
    return account.split("-", maxsplit=1)[0]


def station(city: City, name: str, offset_ms: int = 0, version: int = operation.SCHEMA_V) -> Station:
    """A workstation with an empty journal and a key of its own."""
    clock, key = SkewedClock(city, offset_ms), SiteKey(key_of(city.seed, "site", name))
    return Station(name, city, clock, key, version=version)


def enrol(city: City, new: Station) -> None:
    """Begin a chain with its own enrolment; the agency's first workstation appoints the administrator too."""
    recovery, realm = city.recovery(new.agency), city.realm
    acts = [certificates.enrolment(recovery, realm, new.agency, new.key.public, letter_of(new.name))]
    if new.name in ("E1", "F1", "H1"):
        acts.append(certificates.appointment(recovery, realm, new.agency, f"{new.agency}-a"))
    new.journal.author(f"{new.agency}-a", [acts])


def letter_of(name: str) -> str:
    """Series letter of a workstation: none for the first, B for the second; one that goes on after a restore has another."""
    place = int(name[1]) + 2 * name.count("'")
    return "" if place == 1 else chr(ord("A") + place - 1)


def meeting(city: City, agency: str) -> Act:
    """The act by which another agency's recovery key becomes known."""
    body = {"v": verbs.MEET, "key": bytes(city.recovery(agency).verify_key), "name": agency}
    return Act("meet", "agency", agency, "joint", body)


def granting(account: str, *roles: str, agency: str | None = None) -> Act:
    """The act that gives an account its roles."""
    body = {"v": verbs.GRANT, "agency": agency or account_agency(account), "roles": list(roles)}
    return Act("grant", "account", account, "joint", body)


def revoking(account: str, agency: str | None = None) -> Act:
    """The act that takes an account's roles away."""
    body = {"v": verbs.REVOKE, "agency": agency or account_agency(account)}
    return Act("revoke", "account", account, "joint", body)


def found(
    city: City,
    names: Sequence[str],
    offsets: Mapping[str, int] | None = None,
    version: int = operation.SCHEMA_V,
) -> dict[str, Station]:
    """Found agencies and workstations: enrolled, met, with officers (o, p), a chief (c), the hall's h; not yet synced."""
    stations = {name: station(city, name, (offsets or {}).get(name, 0), version) for name in names}
    agencies = sorted({s.agency for s in stations.values()})
    for each in stations.values():
        enrol(city, each)
    for letter, agency in AGENCIES.items():
        root = stations.get(letter + "1")
        if root is None:
            continue
        admin = f"{agency}-a"
        roles = {"h": "hall"} if agency == "HALL" else {"o": "officer", "p": "officer", "c": "chief"}
        people = [granting(f"{agency}-{short}", role, *PRODUCT_ROLES[role]) for short, role in roles.items()]
        others = [meeting(city, other) for other in agencies if other != agency]
        if others:
            root.act(admin, *others)
        root.act(admin, *people)
    return stations
