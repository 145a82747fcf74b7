"""Whether an assertion holds: every kind of the conventions, over what the consoles hold and what their windows paint."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.queries import board
from app.queries.board_view import BoardView
from tests.scenarios import general
from tests.scenarios.duo import Room
from tests.scenarios.play import Answer, NotYet, Play, plain
from tests.scenarios.reading import Assertion

PEER_S = 5.0  # the conventions' limit for what must be seen on the other side
PATIENCE_S = 20.0  # so long a loaded machine may take
PAUSE_S = 0.05


class State(StrEnum):
    """What became of an assertion."""

    HELD = "held"
    NOT_YET = "not yet"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """State, and for what did not hold the reason; `seconds`: how long it took to hold."""

    state: State
    why: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Before:
    """What stood before an act: for refused ones, which change nothing but one audit row."""

    rows: Mapping[str, Any]
    refusals: int


def before(room: Room) -> Before:
    """Take down what a console holds, but for what it notes itself of its links and its clock meanwhile."""
    rows = general.business(room)
    rows["log_entry"] = [
        row for row in rows["log_entry"] if not any(f"'kind': '{kind}'" in row for kind in _OWN_NOTES)
    ]
    return Before(rows, len(room.rows("SELECT id FROM refusal WHERE born_agency = ?", room.agency)))


_OWN_NOTES = ("link", "fault")

Check = Callable[[Play, Assertion, Room], str]
"""Empty when the assertion holds at a console, else what was found instead. Raises NotYet."""


def judge(play: Play, assertion: Assertion, answers: list[Answer], was: Before | None, gap: str) -> Verdict:
    """Judge one assertion after its act; `gap`: why it is known not to hold yet, empty when it must."""
    try:
        if assertion.kind == "error":
            found = _refused(play, assertion, answers, was)
            return Verdict(State.FAILED, found) if found else Verdict(State.HELD)
        begun, patience = time.monotonic(), (0.5 if gap else PATIENCE_S)
        while found := _found(play, assertion):
            if time.monotonic() - begun > patience:
                return Verdict(State.NOT_YET, gap) if gap else Verdict(State.FAILED, found)
            time.sleep(PAUSE_S)
    except NotYet as lacking:
        return Verdict(State.NOT_YET, str(lacking))
    if gap:
        return Verdict(State.FAILED, f"holds, although it was said not to: {gap}")
    return Verdict(State.HELD, seconds=time.monotonic() - begun)


def _found(play: Play, assertion: Assertion) -> str:
    check = CHECKS[assertion.kind]
    wrong = [
        f"{room.agency}: {found}"
        for room in play.rooms(assertion.peer)
        if (found := check(play, assertion, room))
    ]
    return "; ".join(wrong)


# -- refusals --------------------------------------------------------------------------------------------------------------
def _refused(play: Play, assertion: Assertion, answers: list[Answer], was: Before | None) -> str:
    """The code, the field, the owner; nothing changed but one audit row."""
    assert was is not None
    [answer] = answers
    if answer["ok"]:
        return "it was carried out"
    error, room = answer["error"], play.here
    if error["code"] != assertion.says:
        return f"{error['code']}: {error['text']}"
    if "field" in assertion.extra and error["field"] != assertion.extra["field"]:
        return f"field {error['field']}"
    if "owner" in assertion.extra and assertion.extra["owner"] not in error["who"]:
        return f"owner {error['who']}"
    now = before(room)
    if now.rows != was.rows:
        return "it changed something"
    return "" if now.refusals == was.refusals + 1 else f"{now.refusals - was.refusals} audit rows"


# -- rows ------------------------------------------------------------------------------------------------------------------
def _row(play: Play, assertion: Assertion, room: Room) -> str:
    says = assertion.says
    entity, has = says["entity"], says.get("has", {})
    if "first_report_owner" in has:
        return _owner(play, has, room)
    if entity in SPECIAL:
        return SPECIAL[entity](play, has, room)
    where = says.get("where") or {name: has[name] for name in ("no",) if name in has}
    rows = _rows_of(play, entity, where, room)
    names = {name: _column(entity, name, room) for name in has}
    for row in rows:
        if all(_fits(play, row, names[name], wanted) for name, wanted in has.items()):
            return ""
    shown = [{name: row.get(names[name]) for name in has} for row in rows]
    return f"{entity} {shown}"


def _fits(play: Play, row: Mapping[str, Any], column: str, wanted: Any) -> bool:
    if column == "sent_at" and wanted == "sent":
        return row[column] is not None
    return play.fits(row[column], wanted)


RENAMED = {("report", "status"): "sent_at"}
"""Fields under another name: a report is a row because it was sent (RP-15), so that its moment says its state."""


def _column(entity: str, name: str, room: Room) -> str:
    column = RENAMED.get((entity, name), name)
    known = {row["name"] for row in room.rows(f"PRAGMA table_info({entity})")}
    if column not in known:
        raise NotYet(f"{entity} has no `{name}` yet")
    return column


def _rows_of(play: Play, entity: str, where: Mapping[str, Any], room: Room) -> list[dict[str, Any]]:
    if not room.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", entity):
        raise NotYet(f"no `{entity}` yet")
    if entity == "incident":
        if where:
            return room.rows("SELECT * FROM incident WHERE no = ?", where["no"])
        return room.rows("SELECT * FROM incident WHERE id = ?", play.incident)
    if entity == "report":
        return room.rows("SELECT * FROM report WHERE incident_id = ?", play.incident)
    if entity == "shelter":
        given = play.given().get("id", "")
        return room.rows("SELECT * FROM shelter WHERE id = ?", play.ids.get(given, ""))
    raise NotYet(f"`{entity}` is here now, but no translation of it")


def _owner(play: Play, has: Mapping[str, Any], room: Room) -> str:
    """Who owes the first report is no field: the board says it with the clock that runs (RP-01, D-03)."""
    view = BoardView(room.agency, play.duo.other(room).agency)
    with contextlib.closing(room.connect()) as connection:
        found = [row.owed_by for row in board.rows(connection, view, [play.incident])]
    return "" if found == [(has["first_report_owner"],)] and len(has) == 1 else f"owed by {found}"


def _casualties(play: Play, has: Mapping[str, Any], room: Room) -> str:
    """Figures and how far each is verified stand on the incident; one that is in conflict is no value."""
    figures = {name: wanted for name, wanted in has.items() if name != "verify_state"}
    for name in figures:
        _column("incident", name, room)
    [row] = room.rows("SELECT * FROM incident WHERE id = ?", play.incident)
    if "verify_state" in has:
        figures |= {f"{name}_state": has["verify_state"] for name in list(figures)}
    found = {name: row[name] for name in figures}
    disputed = room.rows("SELECT 1 FROM conflict WHERE entity_id = ? LIMIT 1", play.incident)
    return (
        ""
        if found == figures and not disputed
        else f"casualties {found}{', in conflict' if disputed else ''}"
    )


def _link_log(play: Play, has: Mapping[str, Any], room: Room) -> str:
    """The entries of the duty log about the link: when it broke, when it came back, how long that was."""
    entries = room.rows("SELECT at, text FROM log_entry WHERE kind = 'link' ORDER BY n")
    broke = any(row["at"] == play.at_ms(has["down_from"]) and "中断" in row["text"] for row in entries)
    seconds = f"中断 {has['seconds']} 秒"
    back = any(row["at"] == play.at_ms(has["up_at"]) and seconds in row["text"] for row in entries)
    return "" if broke and back else f"duty log {[row['text'] for row in entries]}"


def _report_seen(play: Play, has: Mapping[str, Any], room: Room) -> str:
    """`peer_seen`: the partner's console has durably projected the row, as far as its acknowledgements say here."""
    if "peer_seen" not in has:
        return _row_plain(play, "report", has, room)
    rows = room.rows(
        "SELECT r.id, o.site, max(o.seq) AS seq FROM report r JOIN op o ON o.entity = 'report' AND o.entity_id = r.id"
        " WHERE r.incident_id = ? AND r.kind = ? GROUP BY r.id, o.site",
        play.incident,
        has["kind"],
    )
    own = {
        row["site"]: row["seq"]
        for row in room.rows("SELECT site, max(seq) AS seq FROM peer_ack GROUP BY site")
    }
    ours = [row for row in rows if row["site"] == room.rows("SELECT site FROM self")[0]["site"]]
    if not rows:
        return "no report"
    return "" if all(own.get(row["site"], 0) >= row["seq"] for row in ours) else "not acknowledged"


def _row_plain(play: Play, entity: str, has: Mapping[str, Any], room: Room) -> str:
    names = {name: _column(entity, name, room) for name in has}
    rows = _rows_of(play, entity, {}, room)
    if any(all(_fits(play, row, names[name], wanted) for name, wanted in has.items()) for row in rows):
        return ""
    return f"{entity} {[{name: row[names[name]] for name in has} for row in rows]}"


SPECIAL: dict[str, Callable[[Play, Mapping[str, Any], Room], str]] = {
    "casualties": _casualties,
    "link_log": _link_log,
    "report": _report_seen,
}


# -- counts ----------------------------------------------------------------------------------------------------------------
_CONFLICTS = "SELECT DISTINCT entity, entity_id, field FROM conflict"
COUNTS: dict[str, str] = {
    "conflict": _CONFLICTS,
    "conflict_open": _CONFLICTS,
    "report_first": "SELECT 1 FROM report WHERE kind = 'first' AND retracted = 0",
    "report_follow_up": "SELECT 1 FROM report WHERE kind = 'follow_up' AND retracted = 0",
    "report_final": "SELECT 1 FROM report WHERE kind = 'final' AND retracted = 0",
    "incident": "SELECT 1 FROM incident WHERE retracted = 0",
    "incident_open": "SELECT 1 FROM incident WHERE open = 1 AND retracted = 0",
    "shelter_open": "SELECT 1 FROM shelter WHERE state = 'open' AND retracted = 0",
}


def _count(play: Play, assertion: Assertion, room: Room) -> str:
    [(name, wanted)] = assertion.says.items()
    if name == "duplicate_rows":
        found: Any = len(general.duplicates(room))
    elif name == "outside_requests":
        found = len(general.reached_outside(room))
    elif name == "refused":
        if play.refused_missing:
            raise NotYet(f"{play.refused_missing} of the acts that are to be refused do not exist yet")
        found = sum(
            len(each.rows("SELECT 1 FROM refusal WHERE born_agency = ?", each.agency))
            for each in play.duo.both
        )
    elif name in COUNTS:
        found = len(room.rows(COUNTS[name]))
    else:
        raise NotYet(f"nothing to count as `{name}` yet")
    return "" if found == wanted else f"{name} {found}"


# -- clocks, alerts, files -------------------------------------------------------------------------------------------------
CLOCKS = {"oral_report": "oral", "written_report": "written"}
_CLOCK_FIELDS = {"due": "due_at", "met_at": "met_at", "status": "status"}


def _deadline(play: Play, assertion: Assertion, room: Room) -> str:
    says = dict(assertion.says)
    kind = says.pop("kind")
    if kind not in CLOCKS:
        raise NotYet(f"no clock `{kind}` yet")
    [row] = room.rows("SELECT * FROM incident WHERE id = ?", play.incident)
    found = {name: row[f"{CLOCKS[kind]}_{_CLOCK_FIELDS[name]}"] for name in says}
    return "" if all(play.fits(found[name], wanted) for name, wanted in says.items()) else f"{kind} {found}"


ALERTS = {"single_sided_duty": "单方值守"}
"""Alerts that the program has, by the words on its screen; of any other kind neither presence nor absence says anything."""


def _alert(play: Play, assertion: Assertion, room: Room) -> str:
    kind = assertion.says["kind"] if isinstance(assertion.says, dict) else assertion.says
    if kind not in ALERTS:
        raise NotYet(f"no alert `{kind}` yet")
    shown = _painted(play, room, ALERTS[kind])
    return "" if shown is (assertion.kind == "alert") else f"{kind} {'shown' if shown else 'not shown'}"


_ENDS = {True: r"(?!\d)", False: ""}


def _screen(play: Play, assertion: Assertion, room: Room) -> str:
    shown = _painted(play, room, assertion.says)
    return "" if shown is (assertion.kind == "screen") else f"{'painted' if shown else 'not painted'}"


def _painted(play: Play, room: Room, text: str) -> bool:
    """In the whole window: as it stands, or with the incident's desk open beside board and links."""
    room.sit_down()
    views = [None, play.incident] if play.incident else [None]
    return any(any(says(line, text) for line in room.texts(view)) for view in views)


def says(line: str, text: str) -> bool:
    """True if a painted line says it: a number of the text is that number and no part of a longer one, and what is followed by
    a bare nought is said not to be there.
    """
    return (
        re.search(rf"{re.escape(plain(text))}(?!0(?!\d)){_ENDS[text[-1:].isdigit()]}", plain(line))
        is not None
    )


def _file(_play: Play, _assertion: Assertion, _room: Room) -> str:
    raise NotYet("no documents are put out yet")


CHECKS: dict[str, Check] = {
    "row": _row,
    "count": _count,
    "deadline": _deadline,
    "alert": _alert,
    "no_alert": _alert,
    "screen": _screen,
    "screen_absent": _screen,
    "file": _file,
}
