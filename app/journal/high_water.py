"""The high-water file: how much of our own chain has ever left this machine (REPLICATION, Fork).

It stands beside the database, not in it, and is never part of a backup: a database restored from one then
stands below the mark, and a workstation that went on from there would write other operations under numbers
that are already taken. So: without the file, below it, or below what a peer knows of our chain, a workstation
goes on as a new site.

Whoever founds a site calls `begin`; whoever sends calls `raise_to` before an own operation leaves; whoever
starts the console calls `check` before anything is written.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.journal.operation import HASH_BYTES
from app.journal.store import Store
from app.kernel.paths import write_secret


class HighWaterState(StrEnum):
    """What a start finds; everything but OK means a new site."""

    OK = "ok"
    MISSING = "missing"  # no file, or none that can be read, although our chain has operations
    BEHIND = "behind"  # the chain ends before what has left this machine, or before what a peer knows
    DIFFERENT = "different"  # the chain has another operation under the number that has left
    OTHER_SITE = "other_site"  # the file speaks of another site: folders were mixed


@dataclass(frozen=True, slots=True)
class Mark:
    """Highest own operation that may have left; seq 0 with an empty hash before the first."""

    site: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """State of the own chain at a start, with what it rests on: the mark, the chain's end, what peers know."""

    state: HighWaterState
    reason: str = ""
    mark_seq: int | None = None
    chain_seq: int = 0
    peers_seq: int = 0

    @property
    def ok(self) -> bool:
        """True if this site may go on writing under its key."""
        return self.state is HighWaterState.OK


class HighWater:
    """The file and the mark in it; one process at a time, that which holds the data folder's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark = _read(path)

    @property
    def mark(self) -> Mark | None:
        """The mark, None without a readable file."""
        return self._mark

    def begin(self, site: str) -> None:
        """Write the file of a new site, before its key is used; FileExistsError if there is one already."""
        if self.path.exists():
            raise FileExistsError(self.path)
        self._write(Mark(site, 0, b""))

    def raise_to(self, site: str, seq: int, digest: bytes) -> None:
        """Note durably that the own chain up to `seq` may leave; nothing happens at or above it already.

        ValueError without a file of this site (see `begin`): a mark that was lost is never made up.
        OSError reaches the caller, and then nothing may leave.
        """
        if self._mark is None or self._mark.site != site:
            raise ValueError(f"no high-water file of {site}")
        if seq > self._mark.seq:
            self._write(Mark(site, seq, digest))

    def check(self, connection: sqlite3.Connection, site: str, peers_seq: int = 0) -> Verdict:
        """Compare the own chain with the mark and with the highest number that a peer knows of it (0: none
        asked yet).

        A site that has no operations yet is in order, with and without a file; one that has operations needs
        the file, though none may have left: the file of a founded site begins at 0.
        """
        end = int(
            connection.execute("SELECT coalesce(max(seq), 0) FROM op WHERE site = ?", (site,)).fetchone()[0]
        )
        state, reason = self._judge(connection, site, end, peers_seq)
        return Verdict(state, reason, self._mark.seq if self._mark else None, end, peers_seq)

    def _judge(
        self, connection: sqlite3.Connection, site: str, end: int, peers_seq: int
    ) -> tuple[HighWaterState, str]:
        mark = self._mark
        if peers_seq > end:
            return HighWaterState.BEHIND, f"a peer knows {peers_seq} operations, {end} are here"
        if mark is None:
            if end == 0 and not self.path.exists():
                return HighWaterState.OK, "nothing written yet"
            return HighWaterState.MISSING, "unreadable" if self.path.exists() else "no file"
        if mark.site != site:
            return HighWaterState.OTHER_SITE, f"file of {mark.site}"
        if mark.seq > end:
            return HighWaterState.BEHIND, f"{mark.seq} operations have left, {end} are here"
        if mark.seq and mark.hash not in Store(connection).hashes_at(site, mark.seq):
            return HighWaterState.DIFFERENT, f"operation {mark.seq} is not the one that left"
        return HighWaterState.OK, ""

    def _write(self, mark: Mark) -> None:
        text = json.dumps({"site": mark.site, "seq": mark.seq, "hash": mark.hash.hex()})
        write_secret(self.path, text.encode())
        self._mark = mark


def _read(path: Path) -> Mark | None:
    try:
        data = json.loads(path.read_bytes())
        mark = Mark(data["site"], data["seq"], bytes.fromhex(data["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sound = isinstance(mark.site, str) and type(mark.seq) is int and mark.seq >= 0
    return mark if sound and len(mark.hash) == (HASH_BYTES if mark.seq else 0) else None
