"""The incident board: pages in its own order, filters, counts (RC-01, RP-07, SCREEN; QUALITY, Speed).

Light on purpose: plain SQL, nothing imported that the first paint need not wait for. Moments in UTC ms.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.domain.first_reporter import Arrival, first_arrived
from app.kernel.enums import Agency
from app.queries.disputes import Disputed, disputes
from app.queries.titles import title_of
from db import search
from db.given import ID, packed
from db.search import Order, Stretch, Wanted

NEVER = 9_223_372_036_854_775_807
COUNTED = 999  # closed incidents are counted up to here
PAGE = 50
_SECOND_MS = 1_000
ENROLLED = "enrolled"  # state of a workstation that may write
LITTLE = 1_000  # operations that wait for the partner: up to here they are looked through


class Chip(StrEnum):
    """Filters of the board's head."""

    ALL = "all"
    OURS = "ours"  # a running clock is owed by our agency
    CONFLICTS = "conflicts"


class Sort(StrEnum):
    """Orders of the board."""

    DEADLINE = "deadline"  # what burns first
    RECEIVED = "received"  # newest first


class Seen(StrEnum):
    """How far the changes of an incident have come at the partner's."""

    QUEUED = "queued"  # something of it is not acknowledged there
    DELIVERED = "delivered"  # a console of the partner's has durably projected all of it
    SEEN = "seen"  # a person there has seen it: nothing here claims that yet
    UNSEEN = "unseen"  # a notice that waits longer than it should


@dataclass(frozen=True, slots=True)
class BoardRow:
    """What one row of the board paints."""

    id: str
    no: str | None
    agency: str | None
    place: str | None
    what: str | None
    unit_code: str | None
    level: str | None
    status: str | None
    reason: str | None
    owes_reports: int | None
    received_at: int | None
    due_at: int | None
    clock: str | None
    open: int
    updated_at: int
    oral_status: str | None
    written_status: str | None
    written_met_at: int | None
    owed_by: tuple[str, ...] = ()  # agencies that owe what the clock runs for
    seen: Seen | None = None
    disputed: tuple[Disputed, ...] = ()

    @property
    def title(self) -> str:
        """Place and event as one line; empty when neither is known."""
        return title_of(self.place, self.what)


_COLUMNS = (
    "r.id, r.no, r.agency, r.place, r.what, r.unit_code, r.incident_level, r.status, r.status_reason,"
    " r.owes_reports, r.received_at, r.next_due_at, r.next_clock, coalesce(r.open, 0), r.updated_at,"
    " r.oral_status, r.written_status, r.written_met_at, r.conflicts"
)


@dataclass(frozen=True, slots=True)
class BoardView:
    """What the board shows: for whom, which words (all of them, each by any spelling), which chip, which order."""

    agency: str
    partner: str
    words: tuple[tuple[str, ...], ...] = ()
    chip: Chip = Chip.ALL
    sort: Sort = Sort.DEADLINE

    @property
    def whole(self) -> bool:
        """True if nothing is filtered out."""
        return not self.words and self.chip is Chip.ALL

    def key(self, row: BoardRow | Place) -> tuple[Any, ...]:
        """Sort key of a row or of a place, the same order as SQLite's."""
        received = (row.received_at is None, -(row.received_at or 0), row.id)
        if self.sort is Sort.RECEIVED:
            return received
        return (-row.open, NEVER if row.due_at is None else row.due_at, *received)


def words_of(text: str) -> tuple[tuple[str, ...], ...]:
    """Words of what was typed: all of them must be found."""
    return tuple((word,) for word in dict.fromkeys(text.split()))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the board's order: that of the last row of a page."""

    open: int
    due_at: int | None
    received_at: int | None
    id: str

    @classmethod
    def of(cls, row: BoardRow) -> Place:
        """The place of a row."""
        return cls(row.open, row.due_at, row.received_at, row.id)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows after a place, and where to go on; `end` is None when there is nothing more."""

    rows: tuple[BoardRow, ...]
    end: Place | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Open incidents by urgency and closed ones; `closed` is COUNTED + 1 for "many": nobody waits for their count."""

    overdue: int = 0
    soon: int = 0
    running: int = 0
    closed: int = 0
    changes_at: int | None = field(
        default=None, compare=False
    )  # UTC ms: from then on time alone makes it untrue

    @property
    def open(self) -> int:
        """All that are not closed."""
        return self.overdue + self.soon + self.running


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of the head: of everything, of what the view shows, what we owe, what stands in conflict."""

    everything: Tally = Tally()
    shown: Tally = Tally()
    ours: int = 0
    conflicts: int = 0


# -- order -------------------------------------------------------------------------------------------------------------
_DUE = f"coalesce(r.next_due_at, {NEVER})"  # written as in ix_incident_board, or the index would not serve
_BY_DEADLINE = f"r.open DESC, {_DUE}, r.received_at DESC, r.id"
_BY_RECEIVED = "r.received_at DESC, r.id"


def _behind(place: Place) -> list[Stretch]:
    """Stretches behind a place among rows of the same deadline: same moment, earlier ones, those without."""
    params = {"received": place.received_at, "id": place.id}
    if place.received_at is None:
        return [Stretch("r.received_at IS NULL AND r.id > :id", "r.id", params)]
    return [
        Stretch("r.received_at = :received AND r.id > :id", "r.id", params),
        Stretch("r.received_at < :received", _BY_RECEIVED, params),
        Stretch("r.received_at IS NULL", "r.id", params),
    ]


def _order(view: BoardView, after: Place | None) -> Order:
    """Keyset: every stretch is one range of the index, so a page costs the same wherever it is."""
    if view.sort is Sort.RECEIVED:
        stretches = (Stretch("1", _BY_RECEIVED),) if after is None else tuple(_behind(after))
        return Order(_BY_RECEIVED, "ix_incident_received_at", stretches, "r.retracted = 0")
    if after is None:
        stretches = (Stretch("1", _BY_DEADLINE),)
    else:
        params = {"open": after.open, "due": NEVER if after.due_at is None else after.due_at}
        same = f"r.open = :open AND {_DUE} = :due"
        stretches = (
            *(
                Stretch(f"{same} AND {part.where}", part.by, {**params, **part.params})
                for part in _behind(after)
            ),
            Stretch(f"r.open = :open AND {_DUE} > :due", f"{_DUE}, {_BY_RECEIVED}", params),
            Stretch("r.open < :open", _BY_DEADLINE, params),
        )
    return Order(_BY_DEADLINE, "ix_incident_board", stretches, "r.retracted = 0")


# -- pages -------------------------------------------------------------------------------------------------------------
def page(
    connection: sqlite3.Connection, view: BoardView, after: Place | None = None, limit: int = PAGE
) -> Page:
    """The first `limit` rows of a view behind a place, in the board's order; keyset, never OFFSET."""
    if view.chip is Chip.OURS:
        found = _ours(connection, view, after, limit)
    elif view.whole:
        found = _enriched(connection, view, _straight(connection, _order(view, after), limit))
    else:
        rowids = _filtered(connection, view, _order(view, after), limit)
        sql = (
            f"SELECT {_COLUMNS} FROM json_each(:rowids) j CROSS JOIN incident r ON r.rowid = j.value"  # nosec B608
            " ORDER BY j.key"
        )
        found = _enriched(connection, view, _read(connection, sql, {"rowids": json.dumps(rowids)}))
    return Page(tuple(found), Place.of(found[-1]) if len(found) == limit else None)


def _straight(connection: sqlite3.Connection, order: Order, limit: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for stretch in order.stretches:
        sql = (
            f"SELECT {_COLUMNS} FROM incident r INDEXED BY {order.index}"  # nosec B608
            f" WHERE {stretch.where} AND {order.where} ORDER BY {stretch.by} LIMIT :limit"
        )
        found += _read(connection, sql, {**stretch.params, "limit": limit - len(found)})
        if len(found) == limit:
            break
    return found


def _filtered(connection: sqlite3.Connection, view: BoardView, order: Order, limit: int) -> list[int]:
    wanted = Wanted(view.words)
    if view.chip is Chip.CONFLICTS:
        sql = (
            "SELECT r.rowid FROM (SELECT DISTINCT entity_id FROM conflict WHERE entity = 'incident') c"  # nosec B608
            f" CROSS JOIN incident r ON r.id = c.entity_id {_containing(wanted)}"
        )
        rowids = [row[0] for row in _read(connection, sql, wanted.params)]
        return search.sorted_rows(connection, "incident", rowids, order, limit)
    return search.ordered(connection, "incident", wanted, order, limit)


def _containing(wanted: Wanted) -> str:
    return f"CROSS JOIN search_incident d ON d.n = r.rowid AND {wanted.like()}" if wanted else ""


def _ours(connection: sqlite3.Connection, view: BoardView, after: Place | None, limit: int) -> list[BoardRow]:
    """Rows whose running clock our agency owes. Open incidents are few: all of them are read."""
    wanted = Wanted(view.words)
    sql = (
        f"SELECT {_COLUMNS} FROM incident r INDEXED BY ix_incident_board {_containing(wanted)}"  # nosec B608
        " WHERE r.open = 1 AND r.next_due_at IS NOT NULL AND r.retracted = 0"
    )
    rows = [_row(columns) for columns in _read(connection, sql, wanted.params)]
    ours = [row for row in _with_owners(connection, rows) if view.agency in row.owed_by]
    ours.sort(key=view.key)
    if after is not None:
        behind = view.key(after)
        ours = [row for row in ours if view.key(row) > behind]
    return _with_rest(connection, view, ours[:limit])


def rows(
    connection: sqlite3.Connection, view: BoardView, ids: Iterable[str], unit_ids: Iterable[str] = ()
) -> list[BoardRow]:
    """Those of some incidents that belong to a view, in no order; with the incidents of some alarm units."""
    wanted = Wanted(view.words)
    chip = {
        Chip.ALL: "",
        Chip.OURS: "AND r.open = 1 AND r.next_due_at IS NOT NULL",
        Chip.CONFLICTS: "AND r.conflicts > 0",
    }[view.chip]
    sql = (
        f"SELECT {_COLUMNS} FROM (SELECT {ID} AS id FROM json_each(:ids) j UNION SELECT u.incident_id"  # nosec B608
        f" FROM json_each(:units) j CROSS JOIN alarm_unit u ON u.id = {ID}) j"
        f" CROSS JOIN incident r ON r.id = j.id {_containing(wanted)} WHERE r.retracted = 0 {chip}"
    )
    given = {"ids": packed(ids), "units": packed(unit_ids)}
    found = _enriched(connection, view, _read(connection, sql, {**wanted.params, **given}))
    return [row for row in found if view.chip is not Chip.OURS or view.agency in row.owed_by]


# -- what else a row shows ---------------------------------------------------------------------------------------------
def _row(columns: tuple[Any, ...]) -> BoardRow:
    return BoardRow(*columns[:-1])


def _enriched(
    connection: sqlite3.Connection, view: BoardView, found: list[tuple[Any, ...]]
) -> list[BoardRow]:
    disputed = {columns[0] for columns in found if columns[-1]}
    rows = _with_owners(connection, [_row(columns) for columns in found])
    return _with_rest(connection, view, rows, disputed)


def _with_owners(connection: sqlite3.Connection, rows: list[BoardRow]) -> list[BoardRow]:
    """Both clocks of RP-07 are owed by the first-arrived force's agency, before that by who took the call (D-03)."""
    running = [row.id for row in rows if row.open and row.due_at is not None]
    if not running:
        return rows
    sql = (
        "SELECT u.incident_id, u.born_agency, u.arrived_at"  # nosec B608
        " FROM json_each(:ids) j CROSS JOIN alarm_unit u"
        f" ON u.incident_id = {ID} WHERE u.arrived_at IS NOT NULL AND u.retracted = 0"
    )
    arrivals: dict[str, list[Arrival]] = {}
    for incident_id, agency, arrived_at in _read(connection, sql, {"ids": packed(running)}):
        if agency in set(Agency):
            arrivals.setdefault(incident_id, []).append(Arrival(Agency(agency), arrived_at))
    owes = {row.id: first_arrived(arrivals.get(row.id, ())) or row.agency for row in rows}
    at_stake = set(running)
    return [
        replace(row, owed_by=(str(owner),)) if row.id in at_stake and (owner := owes[row.id]) else row
        for row in rows
    ]


def _with_rest(
    connection: sqlite3.Connection,
    view: BoardView,
    rows: list[BoardRow],
    disputed: Iterable[str] | None = None,
) -> list[BoardRow]:
    ids = [row.id for row in rows]
    fields = disputes(connection, ids if disputed is None else sorted(disputed))
    states = seen(connection, ids, view.partner)
    return [replace(row, seen=states.get(row.id), disputed=fields.get(row.id, ())) for row in rows]


def seen(connection: sqlite3.Connection, ids: Sequence[str], partner: str) -> dict[str, Seen]:
    """Whether a console of the partner's has acknowledged all that is known here of each incident (ACK: projected there).

    What his own consoles wrote he has. A console of his that was closed or cut off vouches for nothing: who took over from it
    was restored, perhaps from an older copy. Nothing for an incident without operations here.
    """
    latest = (
        f"SELECT {ID}, o.site FROM json_each(:ids) j CROSS JOIN op o ON o.n ="  # nosec B608
        f" (SELECT max(n) FROM op WHERE entity = 'incident' AND entity_id = {ID})"
    )
    made = dict(_read(connection, latest, {"ids": packed(ids)}))
    if not made:
        return {}
    lag = _lag(connection, set(made.values()), partner)
    waiting = _waiting(connection, list(made), lag) if lag else frozenset()
    return {incident_id: Seen.QUEUED if incident_id in waiting else Seen.DELIVERED for incident_id in made}


def _lag(connection: sqlite3.Connection, sites: set[str], partner: str) -> dict[str, tuple[int, int]]:
    """Sites but the partner's of which he lacks something: (acknowledged by a console of his, end here). Mostly none."""
    known = {
        site: (agency, state)
        for site, agency, state in _read(connection, "SELECT id, agency, state FROM site", {})
    }
    his = [site for site, (agency, state) in known.items() if (agency, state) == (partner, ENROLLED)]
    best = "SELECT a.site, max(a.seq) FROM json_each(:his) j CROSS JOIN peer_ack a ON a.peer = j.value GROUP BY a.site"
    acked: dict[str, int] = dict(_read(connection, best, {"his": json.dumps(his)}))
    others = [site for site in sites | known.keys() if known.get(site, ("", ""))[0] != partner]
    end = "SELECT j.value, (SELECT max(seq) FROM op WHERE site = j.value) FROM json_each(:sites) j"
    ends = _read(connection, end, {"sites": json.dumps(others)})
    return {site: (acked.get(site, 0), seq) for site, seq in ends if seq and seq > acked.get(site, 0)}


def _waiting(
    connection: sqlite3.Connection, ids: Sequence[str], lag: dict[str, tuple[int, int]]
) -> frozenset[str]:
    """Those of some incidents on which an operation waits: told by what waits if that is little, else by their own operations."""
    asked = json.dumps({site: acked for site, (acked, _) in lag.items()})
    if sum(end - acked for acked, end in lag.values()) <= LITTLE:
        sql = (
            "SELECT o.entity_id FROM json_each(:lag) j CROSS JOIN op o INDEXED BY ix_op_site_seq"
            " ON o.site = j.key AND o.seq > j.value WHERE o.entity = 'incident'"
        )
        return frozenset(row[0] for row in _read(connection, sql, {"lag": asked}))
    sql = (
        f"SELECT DISTINCT {ID} FROM json_each(:ids) j CROSS JOIN op o INDEXED BY ix_op_entity"  # nosec B608
        f" ON o.entity = 'incident' AND o.entity_id = {ID} CROSS JOIN json_each(:lag) l"
        " ON l.key = o.site AND o.seq > l.value"
    )
    return frozenset(row[0] for row in _read(connection, sql, {"ids": packed(ids), "lag": asked}))


# -- counts ------------------------------------------------------------------------------------------------------------
def counts(connection: sqlite3.Connection, view: BoardView, now_ms: int, amber_s: int) -> Counts:
    """Figures of the board's head and group heads; overdue from the first ms after the due one (D-02)."""
    running = _ours(connection, replace(view, words=(), chip=Chip.OURS), None, NEVER)
    (conflicts,) = _read(
        connection,
        "SELECT count(DISTINCT c.entity_id) FROM conflict c CROSS JOIN incident r ON r.id = c.entity_id"
        " WHERE c.entity = 'incident' AND r.retracted = 0",
        {},
    )[0]
    everything = _tally(connection, replace(view, words=(), chip=Chip.ALL), now_ms, amber_s)
    shown = everything if view.whole else _tally(connection, view, now_ms, amber_s)
    return Counts(everything, shown, len(running), conflicts)


def _tally(connection: sqlite3.Connection, view: BoardView, now_ms: int, amber_s: int) -> Tally:
    if view.chip is Chip.OURS:
        dues = [row.due_at for row in _ours(connection, view, None, NEVER)]
        closed = 0
    else:
        dues = [due for (due,) in _read(connection, *_open_of(view))]
        closed = _closed(connection, view)
    overdue = sum(1 for due in dues if due is not None and due < now_ms)
    soon = sum(1 for due in dues if due is not None and 0 <= due - now_ms <= amber_s * _SECOND_MS)
    return Tally(overdue, soon, len(dues) - overdue - soon, closed, _next_change(dues, now_ms, amber_s))


def _next_change(dues: Iterable[int | None], now_ms: int, amber_s: int) -> int | None:
    """The first moment after now at which a clock comes into the amber span or is overdue; None when none will."""
    moments = (at for due in dues if due is not None for at in (due - amber_s * _SECOND_MS, due + 1))
    return min((at for at in moments if at > now_ms), default=None)


def _open_of(view: BoardView) -> tuple[str, dict[str, Any]]:
    wanted = Wanted(view.words)
    chip = "AND r.conflicts > 0" if view.chip is Chip.CONFLICTS else ""
    return (
        f"SELECT r.next_due_at FROM incident r INDEXED BY ix_incident_board {_containing(wanted)}"  # nosec B608
        f" WHERE r.open = 1 AND r.retracted = 0 {chip}",
        wanted.params,
    )


def _closed(connection: sqlite3.Connection, view: BoardView) -> int:
    most = COUNTED + 1
    if view.whole:
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM incident r INDEXED BY ix_incident_board"
            " WHERE r.open = 0 AND r.retracted = 0 LIMIT :most)"
        )
        return int(_read(connection, sql, {"most": most})[0][0])
    wanted = Wanted(view.words)
    if view.chip is Chip.CONFLICTS:
        sql = (
            f"SELECT count(DISTINCT r.rowid) FROM conflict c CROSS JOIN incident r ON r.id = c.entity_id"  # nosec B608
            f" {_containing(wanted)} WHERE c.entity = 'incident' AND r.open = 0 AND r.retracted = 0"
        )
        return int(_read(connection, sql, wanted.params)[0][0])
    few = search.few_or_none(connection, "incident", wanted)
    if few is None:
        return most
    sql = (
        "SELECT count(*) FROM json_each(:rowids) j CROSS JOIN incident r ON r.rowid = j.value"
        " WHERE r.open = 0 AND r.retracted = 0"
    )
    return min(most, int(_read(connection, sql, {"rowids": json.dumps(few)})[0][0]))


def _read(connection: sqlite3.Connection, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.row_factory = None
    try:
        return list(cursor.execute(sql, params))
    finally:
        cursor.close()
