"""Control facts: what validity reads (accounts, roles, sites, ownership, disclosures), as they stood in a given past.

Standing of a fact, for rights (grants, revocations, admissions, meetings) by two readings of the same journal. In the first
nothing is denied; the revocations it finds always hold. In the second a granting act concurrent with such a revocation of
its author has no effect. `valid`: good in both; `denied`: in the first only, counts for nothing but finding revocations;
`spared`: in the second only (what undid it there was itself denied); `cut`: good but for lying beyond the cut of a revoked or
forked site, counts for nothing but the flag on ordinary acts that rested on it. (REPLICATION, Trust; FINDINGS 10 to 12.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.journal.causality import Dot, Past, covers, pack_past, unpack_past
from app.journal.operation import pack, unpack


class Standing(StrEnum):
    """How far a control fact counts."""

    VALID = "valid"
    SPARED = "spared"
    DENIED = "denied"
    CUT = "cut"


VALID_ONLY = frozenset({Standing.VALID, Standing.SPARED})
WITH_DENIED = frozenset({Standing.VALID, Standing.DENIED})
WITH_CUT = frozenset({Standing.VALID, Standing.SPARED, Standing.CUT})


@dataclass(frozen=True, slots=True)
class Fact:
    """One control fact: where it stands, what it had seen, and its content."""

    hash: bytes
    key: str
    verb: str
    actor: str
    dot: Dot
    past: Past
    body: dict[str, Any]
    standing: Standing


def fact_key(kind: str, *names: str) -> str:
    """Key of a list of facts, e.g. account, site, closed, cut, open, owner, admit, agency."""
    return "\x1f".join((kind, *names))


def newest_of(known: Sequence[Fact]) -> list[Fact]:
    """Facts that no other one of them had seen."""
    return [f for f in known if not any(g is not f and covers(g.past, f.dot) for g in known)]


class Facts:
    """All control facts, read by key and kept in memory once read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cache: dict[str, list[Fact]] = {}
        self.count = 0  # facts added since this was made: whoever keeps what follows from facts looks at it

    def all(self, key: str) -> list[Fact]:
        """Every fact under a key, in the order of projection."""
        cached = self._cache.get(key)
        if cached is None:
            rows = self._connection.execute(
                "SELECT hash, key, verb, actor, chain_no, seq, past, body, standing FROM fact WHERE key = ? ORDER BY rowid",
                (key,),
            )
            cached = self._cache[key] = [_fact(row) for row in rows]
        return cached

    def of_verb(self, verb: str, actor: str | None = None) -> list[Fact]:
        """Every fact of a verb, of one author if given."""
        clause, args = ("", (verb,)) if actor is None else (" AND actor = ?", (verb, actor))
        rows = self._connection.execute(
            "SELECT hash, key, verb, actor, chain_no, seq, past, body, standing FROM fact WHERE verb = ?"  # nosec B608
            + clause
            + " ORDER BY rowid",
            args,
        )
        return [_fact(row) for row in rows]

    def newest(self, key: str, past: Past | None, standings: Collection[Standing] = VALID_ONLY) -> list[Fact]:
        """Facts inside the past (None: all) that no other one there had seen."""
        inside = [
            f for f in self.all(key) if f.standing in standings and (past is None or covers(past, f.dot))
        ]
        return newest_of(inside)

    def add(self, fact: Fact) -> None:
        """Record a fact, once (a certificate may stand in the beginning that two transactions of a fork share)."""
        known = self.all(fact.key)
        if any(other.hash == fact.hash for other in known):
            return
        known.append(fact)
        self.count += 1
        self._connection.execute(
            "INSERT INTO fact (hash, key, verb, actor, chain_no, seq, past, body, standing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                fact.hash,
                fact.key,
                fact.verb,
                fact.actor,
                *fact.dot,
                pack_past(fact.past),
                pack(fact.body),
                fact.standing.value,
            ),
        )


def _fact(row: tuple[Any, ...]) -> Fact:
    digest, key, verb, actor, no, seq, past, body, standing = row
    return Fact(digest, key, verb, actor, (no, seq), unpack_past(past), unpack(body), Standing(standing))
