"""Words and signs of the board: worked out once per row and change, never while painting. All words from the catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.kernel.clock import HOUR_MS, SECOND_MS, SHANGHAI, from_ms
from app.queries.board_view import COUNTED, BoardRow, Counts, Seen, Sort
from app.queries.disputes import Disputed
from app.ui.board.arrange import CLOSED, DAY, OVERDUE, RUNNING, SOON
from app.ui.theme.chips import Look
from app.ui.theme.shapes import NUMERALS

STATES = ("clue", "registered", "handling", "controlled", "closed", "merged", "void")
_TICKS = {
    Seen.QUEUED: ("ring-dashed", "muted"),
    Seen.DELIVERED: ("check", "muted"),
    Seen.SEEN: ("check-double", "good"),
    Seen.UNSEEN: ("ring-dashed", "warn"),
}
_GROUPS = (Sort.LEVEL, Sort.STREET, Sort.OWNER)
_DIGITAL_H = 10  # longer than this is told in hours, longer than _HOURS_H in days
_HOURS_H = 48
_LONGEST_VALUE = 6


class Catalogue(Protocol):
    """What is needed of Texts."""

    def get(self, key: str, **params: Any) -> str:
        """A sentence."""
        ...

    def has(self, key: str) -> bool:
        """True if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """One row in words and signs. `clock` stands when no countdown runs."""

    title: str
    number: str
    short_number: str
    level: str
    state_icon: str
    state: str
    clock: str
    clock_name: str
    tick: tuple[str, str, str] | None  # icon, token, word beside it
    tick_word: str
    chips: tuple[tuple[str, Look], ...]
    dispute: str
    dim: bool
    struck: bool
    figures: str = ""
    received: str = ""


@dataclass(frozen=True, slots=True)
class Countdown:
    """A running clock as painted: words, and whether it is overdue or within the amber time."""

    text: str
    overdue: bool
    amber: bool


def clock_time(at_ms: int | None) -> str:
    """HH:MM in Shanghai; empty for none."""
    return from_ms(at_ms).astimezone(SHANGHAI).strftime("%H:%M") if at_ms is not None else ""


def exact_time(at_ms: int | None) -> str:
    """YYYY-MM-DD HH:MM:SS in Shanghai; empty for none."""
    return from_ms(at_ms).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at_ms is not None else ""


class Wording:
    """Makes words of rows, groups and counts for one console."""

    def __init__(self, texts: Catalogue, own: str, streets: Mapping[str, str], amber_s: int = 600) -> None:
        """`own`: our agency; `streets`: names by code."""
        self._texts, self._own, self._streets = texts, own, streets
        self.amber_ms = amber_s * SECOND_MS

    # -- clocks ------------------------------------------------------------------------------------------------------
    def countdown(self, due_at: int, now_ms: int) -> Countdown:
        """Time left or over (RP-07, D-02): amber from ten minutes, over from the first ms after the due one."""
        left = due_at - now_ms
        if left < 0:
            over = self._texts.get("ui.board.clock.over", time=self._span(-left // SECOND_MS))
            return Countdown(over, True, False)
        text = self._texts.get("ui.board.clock.left", time=self._span(-(-left // SECOND_MS)))
        return Countdown(text, False, left <= self.amber_ms)

    def _span(self, seconds: int) -> str:
        hours, rest = divmod(seconds, HOUR_MS // SECOND_MS)
        if hours < 1:
            return f"{rest // 60:02d}:{rest % 60:02d}"
        if hours < _DIGITAL_H:
            return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
        if hours < _HOURS_H:
            return self._texts.get("ui.board.clock.hours", hours=hours)
        return self._texts.get("ui.board.clock.days", days=hours // 24)

    def _clock(self, row: BoardRow) -> tuple[str, str]:
        """(word in the place of a countdown, name below it)."""
        get = self._texts.get
        if row.open and row.due_at is not None:
            return "", self._clock_name(row.clock or "")
        if not row.open:
            closing = row.reason if row.status == "void" and row.reason else None
            key = "everyday" if not row.owes_reports else "final" if row.status == "closed" else "ended"
            return clock_time(row.updated_at), closing or get(f"ui.board.clock_name.{key}")
        if row.owes_reports and row.written_status is not None:
            late = "met_late" in (row.oral_status, row.written_status)
            word = get("ui.board.clock.late" if late else "ui.board.clock.met")
            return word, get("ui.board.clock_name.written_at", time=clock_time(row.written_met_at))
        return get("ui.board.clock.none"), get("ui.board.clock_name.everyday")

    # -- rows --------------------------------------------------------------------------------------------------------
    def row(self, row: BoardRow) -> Shown:
        """Everything a row paints that does not change with time."""
        clock, clock_name = self._clock(row)
        status = row.status if row.status in STATES else "clue"
        number = row.no or self._texts.get("ui.board.no_number")
        tick, tick_word = self._tick(row.seen)
        return Shown(
            title=row.title or self._streets.get(row.unit_code or "") or self._texts.get("ui.board.no_place"),
            number=number,
            short_number="-".join(number.split("-")[::2]) if number.count("-") == 2 else number,  # noqa: PLR2004
            level=row.level or "level_none",
            state_icon=f"state-{status}",
            state=self._texts.get(f"ui.board.state.{status}"),
            clock=clock,
            clock_name=clock_name,
            tick=tick,
            tick_word=tick_word,
            chips=tuple(self._chip(agency) for agency in row.owed_by),
            dispute=self._dispute(row.disputed),
            dim=not row.open,
            struck=row.status == "void",
            figures=self._figures(row),
            received=self._received(row.received_at),
        )

    def _received(self, at_ms: int | None) -> str:
        return self._texts.get("ui.board.received", time=clock_time(at_ms)) if at_ms is not None else ""

    def _figures(self, row: BoardRow) -> str:
        """Casualties that are known and not nought (IS-14)."""
        hurt = (row.injured_serious, row.injured_minor)
        figures = {
            "deaths": row.deaths,
            "injured": None if hurt == (None, None) else sum(each or 0 for each in hurt),
            "missing": row.missing,
            "trapped": row.trapped,
            "evacuated": row.evacuated,
        }
        return " ".join(
            self._texts.get(f"ui.board.figure.{name}", number=number)
            for name, number in figures.items()
            if number
        )

    def _tick(self, seen: Seen | None) -> tuple[tuple[str, str, str] | None, str]:
        if seen is None:
            return None, ""
        word = self._texts.get(f"ui.board.seen.{seen}")
        return (*_TICKS[seen], word if seen is Seen.UNSEEN else ""), word

    def _chip(self, owner: str) -> tuple[str, Look]:
        if owner == self._own:
            return self._texts.get("ui.board.owed.own"), Look.OUTLINED
        if owner == "HQ":
            return self._texts.get("ui.board.owed.hq"), Look.DASHED
        return self._texts.get("ui.board.owed.partner"), Look.FILLED

    def _dispute(self, disputed: tuple[Disputed, ...]) -> str:
        """Field and its values (D-19), as far as they are short; further fields as a number."""
        if not disputed:
            return ""
        first = disputed[0]
        label, values = self._label(first.field), [self._value(first.field, value) for value in first.values]
        if first.figure:
            numbers = "/".join(f"{value:,}" for value in first.values)
            text = self._texts.get("ui.board.dispute.figure", field=label, numbers=numbers)
        elif all(values) and len("".join(filter(None, values))) <= 2 * _LONGEST_VALUE:
            text = f"{label} {'/'.join(value for value in values if value)}"
        else:
            text = self._texts.get("ui.board.dispute.values", field=label, count=len(values))
        if len(disputed) > 1:
            text = self._texts.get("ui.board.dispute.more", first=text, rest=len(disputed) - 1)
        return text

    def _label(self, field: str) -> str:
        return self._first_of((f"ui.board.field.{field}", f"field.{field}"), field)

    def _value(self, field: str, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        if isinstance(value, int | float):
            return str(value) if abs(value) < 10**_LONGEST_VALUE else None
        keys = (f"ui.board.state.{value}", f"enum.incident_{field.removesuffix('_code')}.{value}")
        known = self._first_of(keys, "") if field in ("status", "class_code") else ""
        return known or (value if len(value) <= _LONGEST_VALUE else None)

    def _clock_name(self, kind: str) -> str:
        keys = (f"ui.board.clock_name.{kind}", f"enum.deadline_kind.{kind}", "ui.board.clock_name.other")
        return self._first_of(keys, kind)

    def _first_of(self, keys: tuple[str, ...], otherwise: str) -> str:
        return next((self._texts.get(key) for key in keys if self._texts.has(key)), otherwise)

    # -- heads and figures -------------------------------------------------------------------------------------------
    def group(self, group: str) -> str:
        """Name of a group."""
        sort, dash, key = group.partition("-")
        if dash and sort in _GROUPS:
            return self._group_of(sort, key)
        if not group.startswith(DAY):
            return self._texts.get(f"ui.board.group.{group}", minutes=self.amber_ms // 60_000)
        day = group.removeprefix(DAY)
        if not day:
            return self._texts.get("ui.board.group.no_time")
        return self._texts.get("ui.board.group.day", year=day[:4], month=int(day[4:6]), day=int(day[6:]))

    def _group_of(self, sort: str, key: str) -> str:
        get = self._texts.get
        if sort == Sort.LEVEL:
            return " ".join(filter(None, (NUMERALS.get(key), get(f"enum.incident_level.{key}"))))
        if sort == Sort.STREET:
            return self._streets.get(key) or key or get("ui.board.group.no_street")
        if not key:
            return get("ui.board.group.no_owner")
        return get("ui.board.group.owed", owner=self._chip(key)[0])

    def figures(self, counts: Counts, sort: Sort = Sort.DEADLINE) -> dict[str, str]:
        """Numbers of the groups by their names."""
        tally = counts.shown
        closed = f"{COUNTED}+" if tally.closed > COUNTED else str(tally.closed)
        return {
            OVERDUE: str(tally.overdue),
            SOON: str(tally.soon),
            RUNNING: str(tally.running),
            CLOSED: closed,
            **{f"{sort}-{group}": str(count) for group, count in counts.groups.items()},
        }

    def facts(self, counts: Counts) -> str:
        """Line beside the title of the board."""
        tally = counts.everything
        return self._texts.get("ui.board.facts", open=tally.open, overdue=tally.overdue, ours=counts.ours)

    # -- for screen readers and tool tips ----------------------------------------------------------------------------
    def spoken(self, row: BoardRow, shown: Shown) -> str:
        """The row as one sentence: nothing of it is colour or shape alone (XC-13)."""
        level = self._texts.get(f"enum.incident_level.{shown.level}")
        clock = exact_time(row.due_at) if not shown.clock else shown.clock
        due = self._texts.get("ui.board.spoken.due", clock=shown.clock_name, at=clock) if clock else ""
        chips = [text for text, _ in shown.chips]
        parts = [level, shown.title, due, shown.number, shown.state, *chips, shown.tick_word, shown.dispute]
        return self._texts.get("wording.comma").join(filter(None, parts))

    def tip(self, row: BoardRow, shown: Shown) -> str:
        """Exact times and whatever may be cut off. Tool tips guess whether they are HTML: this one is, with every word of
        an officer escaped.
        """
        from html import escape

        lines = [
            shown.title,
            shown.number,
            self._texts.get("ui.board.tip.received", at=exact_time(row.received_at))
            if row.received_at
            else "",
            self._texts.get("ui.board.tip.due_why", clock=shown.clock_name, at=exact_time(row.due_at))
            if row.due_at is not None
            else "",
            self._texts.get("ui.board.tip.seen", state=shown.tick_word) if shown.tick_word else "",
            self._texts.get("ui.board.tip.dispute", what=shown.dispute) if shown.dispute else "",
            self._texts.get("ui.board.tip.reason", reason=row.reason) if row.reason else "",
        ]
        return "<qt>" + "<br>".join(escape(line) for line in lines if line) + "</qt>"
