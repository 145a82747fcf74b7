"""The high-water file: how much of our own chain may ever have left this machine (REPLICATION, Fork).

It stands beside the database, not in it, and is never part of a backup: a database put back from a copy then
stands below the mark, and a workstation that went on from there would write other operations under numbers
that are already taken. So: without the file, below it, or below what a peer knows of our chain, a workstation
goes on as a new site.

Whoever founds a site calls `begin` before its key is used; whoever sends calls `raise_to` before an own
operation leaves (frame or bundle); whoever opens the database calls `check` before anything is written, and
again when a peer has said how much it knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.journal.operation import HASH_BYTES, ChainEnd
from app.kernel.paths import write_secret

HashesAt = Callable[[str, int], Sequence[bytes]]
"""Hashes held under (site, seq); `Store.hashes_at`."""


class Standing(StrEnum):
    """How the own chain stands to the mark; everything but OK means a new site."""

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
    """A standing with what it rests on: the mark (None: no file), the chain's end, what peers know."""

    standing: Standing
    mark_seq: int | None
    chain_seq: int
    peers_seq: int

    @property
    def ok(self) -> bool:
        """True if this site may go on writing under its key."""
        return self.standing is Standing.OK


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
        """Write the file of a new site, at 0, in place of any file that an earlier site left here."""
        self._write(Mark(site, 0, b""))

    def raise_to(self, site: str, seq: int, digest: bytes) -> None:
        """Note durably that the own chain up to `seq` may leave; nothing happens at or above it already.

        ValueError without a file of this site (see `begin`): a mark that was lost is never made up. OSError
        reaches the caller, and then nothing may leave.
        """
        if self._mark is None or self._mark.site != site:
            raise ValueError(f"no high-water file of {site}")
        if seq > self._mark.seq:
            self._write(Mark(site, seq, digest))

    def check(self, site: str, end: ChainEnd | None, hashes_at: HashesAt, peers_seq: int = 0) -> Standing:
        """Compare the own chain, which ends at `end` (None: no operation yet), with the mark and with the
        highest number that a peer knows of it (0: none asked yet).

        A site that has no operations yet is in order with and without a file. One that has operations needs
        the file even when none has left: that of a founded site begins at 0.
        """
        seq = end.seq if end is not None else 0
        mark = self._mark
        if peers_seq > seq:
            return Standing.BEHIND
        if mark is None:
            return Standing.MISSING if seq or self.path.exists() else Standing.OK
        if mark.site != site:
            return Standing.OTHER_SITE
        if mark.seq > seq:
            return Standing.BEHIND
        if mark.seq and mark.hash not in hashes_at(site, mark.seq):
            return Standing.DIFFERENT
        return Standing.OK

    def verdict(self, site: str, end: ChainEnd | None, hashes_at: HashesAt, peers_seq: int = 0) -> Verdict:
        """`check` with the figures it rests on."""
        standing = self.check(site, end, hashes_at, peers_seq)
        return Verdict(standing, self._mark.seq if self._mark else None, end.seq if end else 0, peers_seq)

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
