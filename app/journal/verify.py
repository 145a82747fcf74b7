"""Verify: is every entry of the journal genuine and in its place, and does every shared row follow from it?

What it can find: any entry edited, removed, added, swapped or cut off, any projected row that was touched,
damaged pages, an own chain below what has left this machine. What nothing on one machine can find: a database
put back to an earlier state as a whole, own file and high-water file together; the peer knows (REPLICATION,
Fork). The examined file is never written to.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from app.journal import guards, rules
from app.journal.chain_faults import ChainFault, FaultKind, Fork, Walked
from app.journal.chain_walk import Range, walk
from app.journal.high_water import HighWater, Verdict
from app.journal.keys import site_id
from app.journal.operation import ChainEnd, unpack
from app.journal.policy import Policy
from app.journal.projector import Deriver
from app.journal.reprojection import Compared, Difference, Standpoint, compare
from app.journal.site_keys import Keys
from app.journal.store import Store, load_chains
from app.journal.verbs import ENROL
from db.examine import open_read_only, reading, wal_of
from db.problems import DatabaseProblemError

PART_ROWS = 25_000

Progress = Callable[[str, int, int], None]
"""Told (stage: pages | entries | projection, done, in all). An exception it raises ends the verification."""


@dataclass(frozen=True)
class Depth:
    """How much is looked at: signatures (60 µs each), projection anew (80 µs an entry), every index (slow).

    `workers`: processes that walk the chains, for a file on disk only.
    """

    signatures: bool = True
    projection: bool = True
    indexes: bool = False
    workers: int = 1


@dataclass(frozen=True)
class VerifyReport:
    """What was looked at and what was found; `ok` when nothing was. `as_dict` gives plain JSON data."""

    entries: int = 0
    bodies: int = 0
    signatures: int = 0
    chains: Mapping[str, int] = field(default_factory=dict)  # site -> last sequence number
    forks: tuple[Fork, ...] = ()
    faults: tuple[ChainFault, ...] = ()
    pages: tuple[str, ...] = ()  # what SQLite says of damaged pages
    guards_missing: tuple[str, ...] = ()  # triggers that refuse changes and are gone or let something pass
    strange: tuple[str, ...] = ()  # triggers and views that are none of ours
    rows: int = 0
    differences: tuple[Difference, ...] = ()
    differences_total: int = 0
    projection_failed: str | None = None
    other_rules: bool = (
        False  # rows were made by other rules than this program's: it projects anew at its next start
    )
    high_water: Verdict | None = None

    @property
    def ok(self) -> bool:
        """True if nothing is wrong. A fork that is noted as such is a finding about a site, not about this
        file.
        """
        found = self.faults or self.pages or self.guards_missing or self.strange or self.differences_total
        return (
            not found and self.projection_failed is None and (self.high_water is None or self.high_water.ok)
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"ok": self.ok, **asdict(self)}


def verify(
    target: Path | sqlite3.Connection,
    standpoint: Standpoint,
    policy: Policy,
    derivers: Mapping[str, Deriver] | None = None,
    *,
    depth: Depth | None = None,
    high_water: HighWater | None = None,
    peers_seq: int = 0,
    progress: Progress | None = None,
) -> VerifyReport:
    """Examine a database file (or what a connection sees) without writing to it, also while a console writes.

    `high_water` and `peers_seq` (what peers know of our own chain) are compared with the own chain when
    given. DatabaseProblemError when the file cannot be opened as a database at all, or when the disk for
    temporary files is full (for a connection: sqlite3.DatabaseError).
    """
    job = _Job(
        standpoint, policy, derivers or {}, depth or Depth(), high_water, peers_seq, progress or _silent
    )
    if isinstance(target, sqlite3.Connection):
        return job.examine(target, None)
    alone = not wal_of(target).exists()
    try:
        report = job.examine_file(target)
    except DatabaseProblemError:
        if not (alone and wal_of(target).exists()):
            raise
        return job.examine_file(target)
    # Somebody may have begun to write to a file that nobody had open: look again, through SQLite's locks.
    return job.examine_file(target) if alone and wal_of(target).exists() else report


def _silent(stage: str, done: int, total: int) -> None:
    """No progress wanted."""


@dataclass(frozen=True)
class _Job:
    standpoint: Standpoint
    policy: Policy
    derivers: Mapping[str, Deriver]
    depth: Depth
    high_water: HighWater | None
    peers_seq: int
    progress: Progress

    def examine_file(self, path: Path) -> VerifyReport:
        """Look at a file as it is now."""
        with reading(path) as connection:
            return self.examine(connection, path)

    def examine(self, connection: sqlite3.Connection, path: Path | None) -> VerifyReport:
        """Look at everything at one moment of the database."""
        with _one_moment(connection):
            pages = self._pages(connection)
            try:
                report = self._journal(connection, path)
            except sqlite3.DatabaseError as error:
                if not pages:
                    raise
                return VerifyReport(pages=(*pages, str(error)))
            return replace(report, pages=pages)

    def _pages(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        self.progress("pages", 0, 1)
        check = "integrity_check" if self.depth.indexes else "quick_check"
        try:
            found = [str(row[0]) for row in connection.execute(f"PRAGMA {check}")]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
        self.progress("pages", 1, 1)
        return () if found == ["ok"] else tuple(found)

    def _journal(self, connection: sqlite3.Connection, path: Path | None) -> VerifyReport:
        keys = {row[0]: row[1] for row in connection.execute("SELECT site, key FROM chain")}
        forks = _forks(connection)
        walked = self._walk(connection, path, keys)
        faults = (*walked.faults, *_chains(connection, keys, forks))
        compared = Compared(0, 0, 0, ())
        if self.depth.projection:
            compared = compare(connection, self.standpoint, self.policy, self.derivers, self._projected)
        verdict = None
        if self.high_water is not None:
            store, site = Store(connection), self.standpoint.site
            seq = int(
                connection.execute("SELECT coalesce(max(seq), 0) FROM op WHERE site = ?", (site,)).fetchone()[
                    0
                ]
            )
            verdict = self.high_water.verdict(site, ChainEnd(seq), store.hashes_at, self.peers_seq)
        ends = connection.execute("SELECT site, max(seq) FROM op GROUP BY site ORDER BY site")
        return VerifyReport(
            entries=walked.entries,
            bodies=walked.bodies,
            signatures=walked.signatures,
            chains={row[0]: row[1] for row in ends},
            forks=forks,
            faults=faults,
            guards_missing=guards.missing(connection),
            strange=guards.strange(connection),
            rows=compared.rows,
            differences=compared.differences,
            differences_total=compared.total,
            projection_failed=compared.failed,
            other_rules=_by_other_rules(connection, self.policy),
            high_water=verdict,
        )

    def _projected(self, done: int, total: int) -> None:
        self.progress("projection", done, total)

    # -- walking, in this process or in several ----------------------------------------------------------------------
    def _walk(self, connection: sqlite3.Connection, path: Path | None, keys: Mapping[str, bytes]) -> Walked:
        total = int(connection.execute("SELECT count(*) FROM op").fetchone()[0])
        ends = connection.execute("SELECT coalesce(min(n), 1), coalesce(max(n), 0) FROM op").fetchone()
        first, last = min(0, int(ends[0]) - 1), int(ends[1])  # nothing hides under a number below the first
        realm = self.standpoint.realm
        whole = Range(
            first, last, realm, keys, self.depth.signatures, _rotated(connection, realm), self.standpoint.site
        )
        if path is None or self.depth.workers == 1 or total < 2 * PART_ROWS:
            return walk(connection, whole, lambda done: self.progress("entries", done, total))
        parts = list(_parts(connection, whole))
        spawn = multiprocessing.get_context("spawn")
        done: list[Walked] = []
        with concurrent.futures.ProcessPoolExecutor(self.depth.workers, spawn) as pool:
            for each in pool.map(_walk_file, [path] * len(parts), parts):
                done.append(each)
                self.progress("entries", sum(part.entries for part in done), total)
        return Walked(
            sum(part.entries for part in done),
            sum(part.bodies for part in done),
            sum(part.signatures for part in done),
            tuple(fault for part in done for fault in part.faults),
        )


def _rotated(connection: sqlite3.Connection, realm: str) -> dict[str, list[tuple[int, bytes, bytes]]]:
    """Changes of the chains' keys, from the entries alone; nothing where edited columns make no sense of them: then signatures
    are told as wrong, and they may be."""
    try:
        chains = load_chains(connection)
        known = Keys(connection, realm, Store(connection), chains)
    except (TypeError, ValueError, AttributeError):
        return {}
    found = {
        site: sorted((each.seq, each.hash, each.key) for each in known.rotations(site)) for site in chains
    }
    return {site: changes for site, changes in found.items() if changes}


def _by_other_rules(connection: sqlite3.Connection, policy: Policy) -> bool:
    """True if another version made the rows; a file of a version that noted nothing counts as such."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'projection'").fetchone()
    return there is None or rules.noted(connection) != rules.fingerprint(policy)


@contextlib.contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside sees the database as it is now, whatever is written meanwhile."""
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment begins with a read
    try:
        yield
    finally:
        if own and connection.in_transaction:
            connection.execute("ROLLBACK")


def _parts(connection: sqlite3.Connection, whole: Range) -> Iterator[Range]:
    """Cut a range where transactions end."""
    first = whole.first
    while first < whole.last:
        cut = connection.execute(
            "SELECT n FROM op WHERE n >= ? AND tx_last = 1 ORDER BY n LIMIT 1", (first + PART_ROWS,)
        ).fetchone()
        last = min(int(cut[0]), whole.last) if cut else whole.last
        yield replace(whole, first=first, last=last)
        first = last


def _walk_file(path: Path, part: Range) -> Walked:
    with contextlib.closing(open_read_only(path)) as connection:
        return walk(connection, part)


# -- chains as a whole -------------------------------------------------------------------------------------------------------
def _forks(connection: sqlite3.Connection) -> tuple[Fork, ...]:
    """First number with several entries, per site."""
    rows = connection.execute(
        "SELECT site, seq, count(*) FROM op GROUP BY site, seq HAVING count(*) > 1 ORDER BY site, seq"
    )
    first: dict[str, int] = {}
    for site, seq, _ in rows:
        first.setdefault(site, seq)
    out = []
    for site, seq in first.items():
        found = connection.execute(
            "SELECT hash FROM op WHERE site = ? AND seq = ? ORDER BY hash", (site, seq)
        )
        out.append(Fork(site, seq, tuple(row[0].hex() for row in found)))
    return tuple(out)


def _chains(
    connection: sqlite3.Connection, keys: Mapping[str, bytes], forks: tuple[Fork, ...]
) -> Iterator[ChainFault]:
    """Compare what is noted of each chain with its entries."""
    forked = {fork.site: _closed_from(connection, fork) for fork in forks}
    noted = connection.execute("SELECT site, seq, hash, fork_seq FROM chain ORDER BY site").fetchall()
    for site, seq, digest, fork_seq in noted:
        key = keys[site]
        if not isinstance(key, bytes) or site_id(key) != site:
            yield ChainFault(FaultKind.KEY, site, 0)
        if fork_seq != forked.get(site):
            yield ChainFault(
                FaultKind.FORK, site, forked.get(site, fork_seq or 0), detail=f"noted: {fork_seq}"
            )
        yield from _end(connection, site, seq, digest, site in forked)
        yield from _enrolment(connection, site, key)


def _closed_from(connection: sqlite3.Connection, fork: Fork) -> int:
    """A fork closes a chain from the beginning of the transaction on that tells the branches apart."""
    sql = "SELECT min(tx) FROM op WHERE site = ? AND seq = ?"
    return int(connection.execute(sql, (fork.site, fork.seq)).fetchone()[0])


def _end(
    connection: sqlite3.Connection, site: str, seq: int, digest: bytes, forked: bool
) -> Iterator[ChainFault]:
    found = connection.execute("SELECT max(seq) FROM op WHERE site = ?", (site,)).fetchone()[0] or 0
    if found < seq:
        yield ChainFault(FaultKind.END, site, found + 1, last_seq=seq, detail="cut off")
    elif found > seq and not forked:
        yield ChainFault(FaultKind.END, site, seq + 1, last_seq=found, detail="added")
    elif (
        seq
        and not connection.execute(
            "SELECT 1 FROM op WHERE site = ? AND seq = ? AND hash = ?", (site, seq, digest)
        ).fetchone()
    ):
        yield ChainFault(FaultKind.END, site, seq, detail="ends with another entry than noted")


def _enrolment(connection: sqlite3.Connection, site: str, key: object) -> Iterator[ChainFault]:
    """A chain begins with its own enrolment (when its body is held)."""
    for n, body in connection.execute("SELECT n, body FROM op WHERE site = ? AND seq = 1", (site,)):
        if body is not None and not _enrols(body, key):
            yield ChainFault(FaultKind.KEY, site, 1, n, detail="does not begin with its own enrolment")


def _enrols(body: object, key: object) -> bool:
    try:
        content = unpack(body) if isinstance(body, bytes) else None
    except (ValueError, msgspec.DecodeError):
        return False
    return isinstance(content, dict) and content.get("v") == ENROL and content.get("key") == key
