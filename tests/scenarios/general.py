"""What must hold at the end of every scenario (conventions, G1 to G6): functions over any two consoles; AssertionError."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from app.bootstrap.checking import verify_site
from app.kernel.paths import DataDir
from db.tables import ENTITIES

_ALIKE_BUT = {"n"}  # the row's number on the shelf, which each site gives for itself
_OWN = {"account": {"secret_at", "updated_at"}}  # what is internal to an agency
_INTERNAL = ("refusal", "contact_access")  # an agency keeps these to itself
_BOOKKEEPING = ("entry", "conflict", "flag", "quarantine")
# What a telephone number looks like: mobile, or with an area code.
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-\d{7,8})(?!\d)")


class Console(Protocol):
    """What is asked of a console."""

    agency: str
    data: DataDir
    outside: list[str]

    def rows(self, statement: str, *given: Any) -> list[dict[str, Any]]:
        """Rows of its database by name."""
        ...


def business(console: Console) -> dict[str, list[str]]:
    """Shared rows as both sides must hold them alike, table by table."""
    out: dict[str, list[str]] = {}
    for name in [entity.table.name for entity in ENTITIES.values()] + list(_BOOKKEEPING):
        if name in _INTERNAL:
            continue
        without = _ALIKE_BUT | _OWN.get(name, set())
        rows = console.rows(f"SELECT * FROM {name}")  # nosec B608
        out[name] = sorted(
            repr({column: value for column, value in row.items() if column not in without}) for row in rows
        )
    return out


def equal_rows(one: Console, other: Console) -> None:
    """G1: both databases hold equal business rows over the shared scopes."""
    ours, theirs = business(one), business(other)
    apart = {
        name: {
            one.agency: sorted(set(ours[name]) - set(theirs[name])),
            other.agency: sorted(set(theirs[name]) - set(ours[name])),
        }
        for name in ours
        if ours[name] != theirs[name]
    }
    assert not apart, apart


def record_is_whole(console: Console) -> None:
    """G2: the check of the record finds nothing."""
    found = verify_site(console.data)
    assert not found["damaged"], (console.agency, found["report"])


def duplicates(console: Console) -> list[str]:
    """Whatever stands twice: a change, its place in its chain, an incident number, an alarm."""
    out = []
    for what, statement in {
        "change": "SELECT hash AS it FROM op",
        "place": "SELECT site || ':' || seq AS it FROM op",
        "number": "SELECT no AS it FROM incident WHERE no IS NOT NULL AND retracted = 0",
        "alarm": "SELECT alarm_no || ':' || agency AS it FROM incident WHERE alarm_no IS NOT NULL AND status <> 'void'",
    }.items():
        counts = Counter(row["it"] for row in console.rows(statement))
        out += [f"{what} {it!r}" for it, count in counts.items() if count > 1]
    return out


def chains_are_whole(console: Console) -> None:
    """Every chain runs from 1 without a hole, and every transaction is there to its last operation."""
    for row in console.rows(
        "SELECT site, min(seq) AS first, max(seq) AS last, count(*) AS n FROM op GROUP BY site"
    ):
        assert (row["first"], row["last"]) == (1, row["n"]), f"{console.agency}: chain {row}"
    torn = console.rows("SELECT site, tx FROM op GROUP BY site, tx HAVING sum(tx_last) <> 1")
    assert not torn, (console.agency, torn)


def nothing_lost(console: Console, acknowledged: Mapping[str, str]) -> None:
    """G3: every chain whole, nothing twice, and every record an act has answered for is there (id -> entity)."""
    chains_are_whole(console)
    assert not duplicates(console), duplicates(console)
    lost = {
        record: entity
        for record, entity in acknowledged.items()
        if not console.rows(f"SELECT 1 FROM {entity} WHERE id = ?", record)  # nosec B608
    }
    assert not lost, (console.agency, lost)


def reached_outside(console: Console) -> list[str]:
    """What tried to reach another machine (noticed inside the process), with the sockets open now."""
    process: Any = getattr(console, "process", None)
    return [*console.outside, *(foreign_sockets(process.pid) if process is not None else [])]


def nothing_outside(console: Console) -> None:
    """G4: no traffic left loopback."""
    assert not reached_outside(console), (console.agency, reached_outside(console))


def foreign_sockets(pid: int) -> list[str]:
    """Remote ends beyond this machine of the internet sockets a process has open now (Linux)."""
    mine = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            mine.add(os.readlink(link))
        except OSError:  # closed meanwhile
            continue
    out = []
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text("ascii").splitlines()[1:]:
            parts = line.split()
            if f"socket:[{parts[9]}]" in mine and not _inside(parts[2]) and not _inside(parts[1]):
                out.append(f"{name} {parts[1]} {parts[2]}")
    return out


_HERE = ("0" * 24 + "01000000", "0" * 16 + "FFFF00000100007F")  # ::1 and 127.0.0.1 as the kernel writes them
_IPV4_CHARS = 8


def _inside(end: str) -> bool:
    """An end as the kernel writes it, address:port, is this machine's own."""
    address = end.partition(":")[0]
    return address in _HERE or (len(address) == _IPV4_CHARS and address.endswith("7F"))


def no_contact_data(console: Console, planted: Sequence[str] = ()) -> None:
    """G5, as far as it goes: no telephone number in the logs, and of what was entered as a contact (`planted`) nothing in the
    duty log, in what was refused, or anywhere in the clear in the database.
    """
    told = [*console.data.logs.rglob("*"), *console.data.root.parent.glob("*.err")]
    for path in told:
        if path.is_file():
            found = _PHONE.search(path.read_text("utf-8", "replace"))
            assert found is None, f"{path.name}: {found}"
    read = [*console.rows("SELECT text FROM log_entry"), *console.rows("SELECT about FROM refusal")]
    said = "\n".join(str(value) for row in read for value in row.values())
    kept = b"".join(path.read_bytes() for path in console.data.database.parent.glob("console.db*"))
    for text in planted:
        assert text not in said, f"{text} stands in the log"
        assert text.encode() not in kept, f"{text} lies open in the database"


def numbers_without_holes(console: Console) -> None:
    """D-20, D-35: incident numbers per agency, day and workstation run from 1 without a hole."""
    series: dict[str, list[int]] = {}
    for row in console.rows("SELECT no FROM incident WHERE no IS NOT NULL"):
        head, _, number = row["no"].rpartition("-")
        series.setdefault(head + number.rstrip("0123456789"), []).append(
            int(number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        )
    for head, numbers in series.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), (head, numbers)
