"""What the page of the situation says: pure words from rows, link and alarms, the same on screen, in a message and on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel.clock import MINUTE_MS
from app.kernel.enums import IncidentLevel, LinkState, Post
from app.ui.board.table import BoardTable
from app.ui.board.wording import Wording
from app.ui.shell import moments
from app.ui.theme.shapes import NUMERALS

if TYPE_CHECKING:
    from app.kernel.texts import Texts
    from app.queries.board_view import BoardRow
    from app.queries.situation import Situation
    from app.ui.console import AgencyView
    from app.ui.links.judgement import Standing

COLUMNS = ("level", "no", "what", "state", "clock", "owed", "figures")
SHARES = (6.0, 13.0, 28.0, 7.0, 18.0, 9.0, 19.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line above the incidents: what it is about, what is said, in which tone."""

    name: str
    text: str
    tone: str = "text"


@dataclass(frozen=True, slots=True)
class Cells:
    """One incident: its id, a cell for each of COLUMNS, the tone of its clock."""

    id: str
    cells: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The page. `mark`: of an exercise, else empty; `rest`: that there are more, else empty."""

    title: str
    at: str
    mark: str
    lines: tuple[Line, ...]
    heads: tuple[str, ...]
    rows: tuple[Cells, ...]
    rest: str = ""

    def message(self) -> str:
        """Plain text for a message: the lines, then one for each incident."""
        head = "  ".join(filter(None, (self.title, self.at, self.mark)))
        rows = ["  ".join(filter(None, row.cells)) for row in self.rows]
        numbered = [f"{at}. {text}" for at, text in enumerate(rows, start=1)]
        said = [f"{line.name}  {line.text}" for line in self.lines]
        return "\n".join(filter(None, (head, *said, *numbered, self.rest)))


class SituationWords:
    """Words for one console. Agencies stand by their names: who reads a copy need not be one of them."""

    def __init__(
        self, texts: Texts, wording: Wording, streets: Mapping[str, str], agencies: Mapping[str, AgencyView]
    ) -> None:
        self._texts, self._wording, self._agencies = texts, wording, agencies
        self._table = BoardTable(texts, wording, streets, {key: view.short for key, view in agencies.items()})

    def page(
        self,
        found: Situation,
        standing: Standing | None,
        unheard: int,
        *,
        district: str,
        partner: str,
        mark: str = "",
    ) -> Said:
        """`unheard`: alarms nobody has acknowledged; `partner`: the other agency's key."""
        get = self._texts.get
        return Said(
            get("ui.situation.page", district=district),
            moments.exact_text(found.at),
            mark,
            (
                *(self._watch(key, found, key == partner, standing) for key in found.present),
                self._link(standing, partner, found.at),
                *self._figures(found, unheard),
            ),
            tuple(get(f"ui.situation.column.{name}") for name in COLUMNS),
            tuple(self._row(row, found.at, found.sure.get(row.id, "")) for row in found.rows),
            get("ui.situation.rest", n=found.rest) if found.rest else "",
        )

    # -- who is there, and the line ------------------------------------------------------------------------------------------
    def _watch(self, key: str, found: Situation, other: bool, standing: Standing | None) -> Line:
        """Posts with how many stand there (JD-04); the partner's as last known while nobody can tell (JD-01)."""
        get, present = self._texts.get, found.present[key]
        stale = other and (standing is None or standing.state in (None, LinkState.DOWN))
        counted = Counter(row.post for row in present)
        comma = get("wording.comma")
        names = {post: get(f"enum.post.{post.value}") for post in Post}
        there = [
            get("ui.shell.watch.several", post=name, n=counted[post.value])
            if counted[post.value] > 1
            else name
            for post, name in names.items()
            if counted[post.value]
        ]
        missing = comma.join(name for post, name in names.items() if not counted[post.value])
        text = comma.join(there) if there else get("ui.situation.nobody")
        if there and missing:
            text = get("ui.situation.short", there=text, missing=missing)
        if stale:
            text = get("ui.situation.stale", text=text)
        return Line(self._agencies[key].full, text, "muted" if stale else "warn" if missing else "text")

    def _link(self, standing: Standing | None, partner: str, now_ms: int) -> Line:
        """The line to the partner as the header has it: never a bare word that all is well (JD-01)."""
        get = self._texts.get
        name = get("ui.situation.link", partner=self._agencies[partner].short)
        if standing is None or standing.state is None:
            word = standing.word if standing is not None else "ui.links.state.starting"
            return Line(name, get(word), "muted" if standing is None else standing.tone)
        nothing = get("ui.shell.none")
        out = nothing if standing.waiting_out is None else str(standing.waiting_out)
        if standing.state is LinkState.DOWN:
            since = standing.since if standing.since is not None else now_ms
            alone = get("ui.situation.alone", time=moments.day_clock(since, now_ms), n=out)
            return Line(name, alone, "bad")
        ages = [
            nothing if age is None else moments.age(self._texts, age)
            for age in (standing.out_ms, standing.in_ms)
        ]
        said = get(
            "ui.situation.line",
            word=get(standing.word),
            out_age=ages[0],
            in_age=ages[1],
            out=out,
            came=standing.waiting_in,
        )
        return Line(name, said, standing.tone)

    # -- figures ---------------------------------------------------------------------------------------------------------------
    def _figures(self, found: Situation, unheard: int) -> list[Line]:
        get, tally = self._texts.get, found.counts.everything
        levels = [
            f"{NUMERALS.get(level) or get(f'enum.incident_level.{level}')} {found.levels[level]}"
            for level in (each.value for each in IncidentLevel)
            if found.levels.get(level)
        ]
        open_ = get("ui.situation.open", n=tally.open)
        if levels:
            open_ = get("ui.situation.by_level", open=open_, levels="  ".join(levels))
        minutes = self._wording.amber_ms // MINUTE_MS
        due = get(
            "ui.situation.due",
            overdue=tally.overdue,
            soon=tally.soon,
            minutes=minutes,
            ours=found.counts.ours,
        )
        left = get("ui.situation.left", conflicts=found.counts.conflicts, alarms=unheard)
        return [
            Line(get("ui.situation.incidents"), open_),
            Line(
                get("ui.situation.clocks"), due, "bad" if tally.overdue else "warn" if tally.soon else "text"
            ),
            Line(get("ui.situation.waiting"), left, "warn" if found.counts.conflicts or unheard else "text"),
        ]

    def _row(self, row: BoardRow, now_ms: int, sure: str) -> Cells:
        """`sure`: how sure its figures are, "" when verified (IS-14)."""
        shown, table = self._wording.row(row), self._table
        left, tone = table.left(row, now_ms), ""
        if left and row.due_at is not None:
            clock = self._wording.countdown(row.due_at, now_ms)
            tone = "bad" if clock.overdue else "warn" if clock.amber else ""
        told = shown.figures
        if told and sure:
            state = self._texts.get(f"enum.verify_state.{sure}")
            told = self._texts.get("ui.situation.unsure", figures=told, state=state)
        figures = self._texts.get("wording.comma").join(filter(None, (told, shown.dispute)))
        return Cells(
            row.id,
            (
                table.level(row),
                shown.number,
                shown.title,
                shown.state,
                " ".join(filter(None, (left or shown.clock, shown.clock_name))),
                table.owed(row),
                figures,
            ),
            tone,
        )
