"""The incident board: pages in its own order, filters, counts (RC-01, RP-07, SCREEN; QUALITY, Speed).

Light on purpose: plain SQL, nothing imported that the first paint need not wait for. Moments in UTC ms.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.first_arrival import Arrival, first_arrived
from app.kernel.enums import Agency
from app.queries.board_view import (
    COUNTED,
    GROUPED,
    NEVER,
    PAGE,
    BoardRow,
    BoardView,
    Chip,
    Counts,
    Page,
    Place,
    Seen,
    Sort,
    Tally,
)
from app.queries.disputes import disputes
from db import search
from db.given import ID, packed
from db.search import Order, Stretch, Wanted

if TYPE_CHECKING:
    from app.queries.narrowing import Conditions

_SECOND_MS = 1_000
PIECE = 2_000  # rows read at once where all are wanted
ENROLLED = "enrolled"  # state of a workstation that may write
LITTLE = 1_000  # operations that wait for the partner: up to here they are looked through

_COLUMNS = (
    "r.id, r.no, r.agency, r.place, r.what, r.unit_code, r.incident_level, r.status, r.status_reason,"
    " r.owes_reports, r.received_at, r.next_due_at, r.next_clock, coalesce(r.open, 0), r.updated_at,"
    " r.oral_status, r.written_status, r.written_met_at, r.deaths, r.injured_serious,"
    " r.injured_minor, r.missing, r.trapped, r.evacuated, r.conflicts"
)


_CHIPPED = {
    Chip.ALL: "",
    Chip.OURS: "AND r.open = 1 AND r.next_due_at IS NOT NULL",
    Chip.THEIRS: "AND r.open = 1 AND r.next_due_at IS NOT NULL",
    Chip.CONFLICTS: "AND r.conflicts > 0",
    Chip.OPEN: "AND r.open = 1",
}


# -- filters -----------------------------------------------------------------------------------------------------------
def _conditions(view: BoardView) -> Conditions | None:
    """The view's filters as SQL; None without any."""
    if view.narrow is None:
        return None
    from app.queries.narrowing import dated, of_incidents  # noqa: PLC0415 - with the first filter

    return dated(view.narrow, of_incidents(view.narrow), "incident", "received_at")


def _also(view: BoardView) -> tuple[str, dict[str, Any]]:
    """What else a row must be, with its values."""
    found = _conditions(view)
    chip = _CHIPPED[view.chip]
    if view.debtors:
        chip += " AND r.open = 1 AND r.next_due_at IS NOT NULL"
    return (chip, {}) if found is None else (f"{chip} AND {found.where}", found.params)


def _wanted(view: BoardView) -> Wanted:
    """Words to be found anywhere; texts of filters stand in what is searched as well, so that the index finds them."""
    texts = () if view.narrow is None else tuple((text,) for _, text in view.narrow.texts)
    return Wanted(tuple(dict.fromkeys((*view.words, *texts))))


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
    if view.only_open:
        found = _with_rest(connection, view, _owned(connection, view, _open(connection, view, after)[:limit]))
    elif view.sort in GROUPED:
        found = _grouped(connection, view, after, limit)
    else:
        found = _ranged(connection, view, _order(view, after), limit)
    return Page(tuple(found), view.place(found[-1]) if len(found) == limit else None)


def every_row(connection: sqlite3.Connection, view: BoardView) -> Iterator[BoardRow]:
    """All rows of a view in its order, read piece by piece; as of one moment inside a transaction of the caller's."""
    end: Place | None = None
    while True:
        found = page(connection, view, end, PIECE)
        yield from found.rows
        end = found.end
        if end is None:
            return


def total(connection: sqlite3.Connection, view: BoardView) -> int:
    """How many rows a view has; 0 where counting would take as long as reading."""
    if view.words or view.narrow is not None:
        return 0
    if view.debtors:
        return len(_open(connection, view))
    sql = f"SELECT count(*) FROM incident r WHERE r.retracted = 0 {_CHIPPED[view.chip]}"  # nosec B608
    return int(_read(connection, sql, {})[0][0])


def _ranged(connection: sqlite3.Connection, view: BoardView, order: Order, limit: int) -> list[BoardRow]:
    """Rows of the stretches of an order."""
    if view.whole:
        return _enriched(connection, view, _straight(connection, order, limit))
    rowids = _filtered(connection, view, _narrowed(view, order), limit)
    sql = (
        f"SELECT {_COLUMNS} FROM json_each(:rowids) j CROSS JOIN incident r ON r.rowid = j.value"  # nosec B608
        " ORDER BY j.key"
    )
    return _enriched(connection, view, _read(connection, sql, {"rowids": json.dumps(rowids)}))


def _narrowed(view: BoardView, order: Order) -> Order:
    found = _conditions(view)
    if found is None:
        return order
    return replace(order, where=f"{order.where} AND {found.where}", params=found.params, facets=found.facets)


def count_found(connection: sqlite3.Connection, view: BoardView, most: int) -> int:
    """How many rows a view has, counted up to `most`."""
    if view.only_open:
        return min(most, len(_open(connection, view)))
    return len(_filtered(connection, view, _narrowed(view, _order(view, None)), most))


def _grouped(
    connection: sqlite3.Connection, view: BoardView, after: Place | None, limit: int
) -> list[BoardRow]:
    """Open rows by their groups; behind them the closed ones, which have none, in the index's own order."""
    found: list[BoardRow] = []
    if after is None or after.open:
        found = _with_rest(connection, view, _owned(connection, view, _open(connection, view, after)[:limit]))
        after = None
    if len(found) < limit:
        by_deadline = replace(view, sort=Sort.DEADLINE)
        order = _order(by_deadline, after)
        if after is None:
            closed = Stretch("r.open = 0", f"{_DUE}, {_BY_RECEIVED}")
            order = replace(order, stretches=(closed,))
        found += _ranged(connection, view, order, limit - len(found))
    return found


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
    wanted = _wanted(view)
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


def _needs_owners(view: BoardView) -> bool:
    """True where who owes a clock says which rows are shown, or in which order."""
    return bool(view.debtors) or view.sort in GROUPED


def _owned(connection: sqlite3.Connection, view: BoardView, rows: list[BoardRow]) -> list[BoardRow]:
    """Rows of `_open` that are shown, all of them with who owes their clocks."""
    return rows if _needs_owners(view) else _with_owners(connection, rows)


def _open(connection: sqlite3.Connection, view: BoardView, after: Place | None = None) -> list[BoardRow]:
    """Open rows of a view behind a place, sorted; with who owes their clocks where that matters. They are few: all are read."""
    wanted, (also, values) = Wanted(view.words), _also(view)
    sql = (
        f"SELECT {_COLUMNS} FROM incident r INDEXED BY ix_incident_board {_containing(wanted)}"  # nosec B608
        f" WHERE r.open = 1 AND r.retracted = 0 {also}"
    )
    rows = [_row(columns) for columns in _read(connection, sql, {**wanted.params, **values})]
    if _needs_owners(view):
        rows = _with_owners(connection, rows)
    found = [row for row in rows if view.debtors <= set(row.owed_by)]
    found.sort(key=view.key)
    if after is None:
        return found
    behind = view.key(after)
    return [row for row in found if view.key(row) > behind]


def rows(
    connection: sqlite3.Connection, view: BoardView, ids: Iterable[str], unit_ids: Iterable[str] = ()
) -> list[BoardRow]:
    """Those of some incidents that belong to a view, in no order; with the incidents of some alarm units."""
    wanted, (also, values) = Wanted(view.words), _also(view)
    sql = (
        f"SELECT {_COLUMNS} FROM (SELECT {ID} AS id FROM json_each(:ids) j UNION SELECT u.incident_id"  # nosec B608
        f" FROM json_each(:units) j CROSS JOIN alarm_unit u ON u.id = {ID}) j"
        f" CROSS JOIN incident r ON r.id = j.id {_containing(wanted)} WHERE r.retracted = 0 {also}"
    )
    given = {"ids": packed(ids), "units": packed(unit_ids)}
    found = _enriched(connection, view, _read(connection, sql, {**wanted.params, **values, **given}))
    return [row for row in found if view.debtors <= set(row.owed_by)]


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
    running = _open(connection, replace(view, words=(), chip=Chip.OURS, narrow=None))
    (conflicts,) = _read(
        connection,
        "SELECT count(DISTINCT c.entity_id) FROM conflict c CROSS JOIN incident r ON r.id = c.entity_id"
        " WHERE c.entity = 'incident' AND r.retracted = 0",
        {},
    )[0]
    everything = _tally(connection, replace(view, words=(), chip=Chip.ALL, narrow=None), now_ms, amber_s)
    shown = everything if view.whole else _tally(connection, view, now_ms, amber_s)
    groups = Counter(map(view.group, _open(connection, view))) if view.sort in GROUPED else {}
    return Counts(everything, shown, len(running), conflicts, groups)


def _tally(connection: sqlite3.Connection, view: BoardView, now_ms: int, amber_s: int) -> Tally:
    if view.only_open:
        dues = [row.due_at for row in _open(connection, view)]
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
    wanted, (also, values) = Wanted(view.words), _also(view)
    return (
        f"SELECT r.next_due_at FROM incident r INDEXED BY ix_incident_board {_containing(wanted)}"  # nosec B608
        f" WHERE r.open = 1 AND r.retracted = 0 {also}",
        {**wanted.params, **values},
    )


def _closed(connection: sqlite3.Connection, view: BoardView) -> int:
    most = COUNTED + 1
    if view.whole:
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM incident r INDEXED BY ix_incident_board"
            " WHERE r.open = 0 AND r.retracted = 0 LIMIT :most)"
        )
        return int(_read(connection, sql, {"most": most})[0][0])
    if view.narrow is not None:
        closed = Stretch("r.open = 0", f"{_DUE}, {_BY_RECEIVED}")
        order = replace(_order(replace(view, sort=Sort.DEADLINE), None), stretches=(closed,))
        return len(_filtered(connection, view, _narrowed(view, order), most))
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
