"""The history of one record: who did what and when, from which console, what it changed, and what they had
seen.

"Had seen" is the causal past of the operation (REPLICATION, parents): the answer to "did they know of it when
they acted?". Plain data; texts are made by whoever shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.journal import verbs
from app.journal.causality import Causality, Past, covers
from app.journal.facts import Facts, fact_key
from app.journal.hlc import COUNTER_BITS
from app.journal.operation import Operation
from app.journal.store import Chain, Store, load_chains
from app.journal.text_codec import decode


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field as this operation found and left it; `before` holds several values where it found an open
    conflict.
    """

    field: str
    before: tuple[Any, ...]
    after: Any


@dataclass(frozen=True, slots=True)
class Flag:
    """A lasting mark on an act; `about` is the hash (hex) of the operation it is about, or empty."""

    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One operation on a record.

    `recorded_at` is UTC milliseconds by the console's clock; times of events are values. `agency` is that of
    the account, as it stood for the author; `site_agency` and `letter` tell the console. `details` holds what
    the verb says beyond fields (reason, roles, versions; hashes in hex). `seen` gives, per other site, the
    last operation in the causal past, `seen_at` when that one was recorded there. `quarantined` is the reason
    why the operation has no effect, None for a valid one.
    """

    hash: str
    site: str
    seq: int
    recorded_at: int
    account_id: str
    agency: str | None
    site_agency: str | None
    letter: str | None
    command: str
    verb: str
    new: bool
    changes: tuple[FieldChange, ...]
    details: Mapping[str, Any]
    quarantined: str | None
    flags: tuple[Flag, ...]
    seen: Mapping[str, int]
    seen_at: Mapping[str, int]

    def had_seen(self, site: str, seq: int) -> bool:
        """True if the operation `seq` of a site lay in this one's past; its own site's earlier ones always
        do.
        """
        return seq < self.seq if site == self.site else self.seen.get(site, 0) >= seq


def history(connection: sqlite3.Connection, entity: str, entity_id: str) -> list[HistoryEntry]:
    """Every operation on a record whose body is held, in the order of projection; empty for an unknown
    record.
    """
    return _Historian(connection, entity, entity_id).entries()


class _Historian:
    def __init__(self, connection: sqlite3.Connection, entity: str, entity_id: str) -> None:
        self._connection = connection
        store = Store(connection)
        self._chains: dict[str, Chain] = load_chains(connection)
        self._site_of = {chain.no: chain.site for chain in self._chains.values()}
        self._causality = Causality(connection, store, self._chains)
        self._facts = Facts(connection)
        self._ops = store.of_record(entity, entity_id)
        self._by_hash = {op.hash: op for op in self._ops}
        self._content = {op.hash: _content(op) for op in self._ops}
        self._quarantined = self._reasons()
        self._flags = self._marks()
        self._times: dict[tuple[str, int], int | None] = {}

    def entries(self) -> list[HistoryEntry]:
        """All entries of the record."""
        return [self._entry(op) for op in self._ops]

    def _reasons(self) -> dict[bytes, str]:
        found: dict[bytes, str] = {}
        for digest in self._by_hash:
            row = self._connection.execute(
                "SELECT reason FROM quarantine WHERE hash = ?", (digest,)
            ).fetchone()
            if row is not None:
                found[digest] = row[0]
        return found

    def _marks(self) -> dict[bytes, tuple[Flag, ...]]:
        out: dict[bytes, list[Flag]] = {}
        for kind, digest, about in self._connection.execute(
            "SELECT kind, hash, about FROM flag ORDER BY kind, about"
        ):
            if digest in self._by_hash:
                out.setdefault(digest, []).append(Flag(kind, about))
        return {digest: tuple(flags) for digest, flags in out.items()}

    def _entry(self, op: Operation) -> HistoryEntry:
        past, content = self._causality.past_of(op.hash), self._content[op.hash]
        seen = {self._site_of[no]: seq for no, seq in sorted(past.items()) if self._site_of[no] != op.site}
        site_agency, letter = self._console(op.site, past)
        known = ("v", "set", "over", "entry", "new", "cause")
        return HistoryEntry(
            hash=op.hash.hex(),
            site=op.site,
            seq=op.seq,
            recorded_at=op.at_ms,
            account_id=op.actor or "",
            agency=self._account_agency(op, content, past) or site_agency,
            site_agency=site_agency,
            letter=letter,
            command=op.command or "",
            verb=str(content.get("v", "")),
            new=content.get("new") is True,
            changes=(*self._fields(op, content, past), *self._extremes(op, content, past)),
            details=_said_of_text(content)
            or {name: _plain(value) for name, value in content.items() if name not in known},
            quarantined=self._quarantined.get(op.hash),
            flags=self._flags.get(op.hash, ()),
            seen=seen,
            seen_at={
                site: at for site, seq in seen.items() if (at := self._recorded_at(site, seq)) is not None
            },
        )

    def _recorded_at(self, site: str, seq: int) -> int | None:
        """When an operation was recorded, UTC ms; of a fork's branches the later one."""
        key = (site, seq)
        if key not in self._times:
            row = self._connection.execute(
                "SELECT max(hlc) FROM op WHERE site = ? AND seq = ?", key
            ).fetchone()
            self._times[key] = row[0] >> COUNTER_BITS if row[0] is not None else None
        return self._times[key]

    # -- who ---------------------------------------------------------------------------------------------------------
    def _account_agency(self, op: Operation, content: Mapping[str, Any], past: Past) -> str | None:
        if content.get("v") in verbs.CERTIFIED:
            return str(content.get("agency"))
        newest = self._facts.newest(fact_key("account", op.actor or ""), past)
        return str(min(newest, key=lambda fact: fact.hash).body["agency"]) if newest else None

    def _console(self, site: str, past: Past) -> tuple[str | None, str | None]:
        """Agency and letter of a workstation; its own enrolment, which has nothing before it, counts as well."""
        key = fact_key("site", site)
        enrolled = self._facts.newest(key, past) or self._facts.newest(key, None)
        if not enrolled:
            return None, None
        first = min(enrolled, key=lambda fact: fact.hash)
        return str(first.body["agency"]), str(first.body["letter"])

    # -- what --------------------------------------------------------------------------------------------------------
    def _fields(self, op: Operation, content: Mapping[str, Any], past: Past) -> list[FieldChange]:
        values, over = content.get("set"), content.get("over", {})
        if not isinstance(values, dict):
            return []
        out = []
        for name, after in values.items():
            named = over.get(name) if isinstance(over, dict) else None
            heads = self._live(named, name) if isinstance(named, list) else self._heads(op, name, past)
            before = tuple(_plain(self._content[head]["set"][name]) for head in self._newest_first(heads))
            out.append(FieldChange(str(name), before, _plain(after)))
        return out

    def _writes(self, digest: bytes, field: str) -> bool:
        values = self._content.get(digest, {}).get("set")
        return isinstance(values, dict) and field in values

    def _live(self, named: list[Any], field: str) -> list[bytes]:
        """Named heads whose values are held; through a quarantined one the heads that it named."""
        out: list[bytes] = []
        todo, met = list(named), set[bytes]()
        while todo:
            digest = todo.pop()
            if not isinstance(digest, bytes) or digest in met:
                continue
            met.add(digest)
            if digest not in self._quarantined:
                out += [digest] if self._writes(digest, field) else []
                continue
            over = self._content.get(digest, {}).get("over")
            heads = over.get(field) if isinstance(over, dict) else None
            todo += heads if isinstance(heads, list) else []
        return out

    def _heads(self, op: Operation, field: str, past: Past) -> list[bytes]:
        """What the field showed in this past when the write names no head: valid writes that no valid one
        there names.
        """
        inside = [
            each.hash
            for each in self._ops
            if each.hash != op.hash
            and each.hash not in self._quarantined
            and self._writes(each.hash, field)
            and covers(past, (self._chains[each.site].no, each.seq))
        ]
        gone: set[bytes] = set()
        for digest in inside:
            over = self._content[digest].get("over")
            heads = over.get(field) if isinstance(over, dict) else None
            gone.update(self._live(heads, field) if isinstance(heads, list) else ())
        return [digest for digest in inside if digest not in gone]

    def _newest_first(self, heads: list[bytes]) -> list[bytes]:
        return sorted(
            heads, key=lambda digest: (self._by_hash[digest].hlc, self._by_hash[digest].site), reverse=True
        )

    def _extremes(self, op: Operation, content: Mapping[str, Any], past: Past) -> list[FieldChange]:
        """Entries of a maximum or minimum: `before` holds the entries of this past that were not struck out
        there.
        """
        entries = content.get("entry")
        if not isinstance(entries, dict):
            return []
        return [
            FieldChange(str(name), self._entries(op, name, past), value) for name, value in entries.items()
        ]

    def _entries(self, op: Operation, field: str, past: Past) -> tuple[Any, ...]:
        standing: dict[bytes, Any] = {}
        struck: set[bytes] = set()
        for each in self._ops:
            if (
                each.hash == op.hash
                or each.hash in self._quarantined
                or not covers(past, (self._chains[each.site].no, each.seq))
            ):
                continue
            content = self._content[each.hash]
            if content.get("v") == verbs.STRIKE and content["field"] == field:
                struck.update(content["ops"])
            elif field in content.get("entry", {}):
                standing[each.hash] = content["entry"][field]
        return tuple(value for digest, value in standing.items() if digest not in struck)


def _content(op: Operation) -> Mapping[str, Any]:
    """The body, empty when it is malformed (such an operation is quarantined)."""
    try:
        return op.content
    except (ValueError, msgspec.DecodeError):
        return {}


def _said_of_text(content: Mapping[str, Any]) -> dict[str, Any]:
    """Of an update of a long text: its field, what it typed and how much (UTF-16 units) it took out."""
    if content.get("v") != verbs.TEXT or not isinstance(content.get("update"), bytes):
        return {}
    try:
        update = decode(content["update"])
    except ValueError:
        return {}
    typed = "".join(run.text or "" for runs in update.runs.values() for run in runs)
    gone = sum(length for ranges in update.deleted.values() for _, length in ranges)
    return {"field": str(content.get("field")), "typed": typed, "deleted": gone}


def _plain(value: Any) -> Any:
    """Values as JSON knows them: bytes in hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
