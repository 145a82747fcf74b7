"""What the wall says, as rows of runs: pure words from what was read. Titles pass `clean`, accounts are never asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS
from app.kernel.enums import Figure, IncidentClass, VerifyState
from app.kernel.texts import Texts
from app.queries.titles import title_of
from app.ui.desk import words as says
from app.ui.desk.figures import MARKS, name_of, state_words
from app.ui.forms import kinds
from app.ui.shell import moments
from app.ui.shell.runs import Run
from app.ui.theme.shapes import NUMERALS
from app.ui.wall.clean import clean
from app.ui.wall.data import Discussed, Situation, burning_first

if TYPE_CHECKING:
    from app.queries.board_view import BoardRow
    from app.queries.casualties import FigureRow
    from app.queries.incidents import IncidentRow
    from app.ui.console import DistrictView
    from app.ui.links.judgement import Standing

_FACTS = 10  # facts of the incident stay longer than what else is open
_LABEL, _AFTER = 210, 24  # units: labels of facts, and the gap behind them
_SHOWN = tuple(figure for figure in Figure if figure is not Figure.DIRECT_LOSS_YUAN)
_FITS = {
    4: (10, 3),
    3: (14, 5),
    2: (22, 8),
}  # figures in a row: widest word (a Han character counts two), longest number


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a column: cells side by side, each a line of runs; heights in units of the drawn wall (3840 wide).

    `split`: the second cell ends at the right edge, the first gets what is left. `plate`: token of the ground it stands on.
    `drop`: 0 always stays; of the others the highest goes first where there is no room. `wraps`: its first may take two rows.
    """

    cells: tuple[tuple[Run, ...], ...]
    height: int
    gap: int = 0
    plate: str = ""
    split: bool = False
    rule: bool = False
    drop: int = 0
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Where and how it is said."""

    texts: Texts
    district: DistrictView
    agency: str
    now_ms: int

    def side(self, agency: str | None) -> str:
        """Short name of an agency."""
        view = self.district.agencies.get(agency or "")
        return view.short if view is not None else agency or ""

    def sides(self, agencies: Sequence[str]) -> str:
        """Several of them."""
        return self.texts.get("wording.comma").join(map(self.side, agencies))


def title(speech: Speech, row: IncidentRow | BoardRow, disputed: Collection[str] = ()) -> str:
    """Place and what happened, without what could be personal; the street and a number where nothing is left. What is in
    dispute is not said as if it were settled (D-19)."""
    place = None if "place" in disputed else row.place
    said = clean(title_of(place, None if "what" in disputed else row.what))
    street = dict(speech.district.streets).get(row.unit_code or "", "")
    return said or " ".join(part for part in (street, row.no or "") if part)


# -- one incident ----------------------------------------------------------------------------------------------------------
def incident_rows(speech: Speech, data: Discussed) -> list[Row]:
    """The incident under discussion: what and where, state, figures, clocks, forces, what comes next."""
    texts, row = speech.texts, data.row
    level = says.level_of(row)
    named = title(speech, row, data.disputed)
    if "what" in data.disputed and row.type_code in kinds.CLASS_OF_TYPE:
        named = f"{named} {texts.get(f'ui.forms.type.{row.type_code}')}"
    head = Row(
        ((*_level(level, "title"), Run(named, "text", "title", True, gap=28, shrinks=True)),), 104, wraps=True
    )
    rows = [head, *(Row((line,), 68, gap=8 if at == 0 else 0) for at, line in enumerate(_state(speech, row)))]
    rows += _figures(speech, data.figures)
    rows += _clocks(speech, data)
    rows += _kind(speech, row)
    if data.units:
        arrived = sum(unit.arrived_at is not None for unit in data.units)
        said = texts.get("ui.wall.units", n=len(data.units), arrived=arrived)
        rows.append(_fact(texts, "forces", [Run(said, "text", "body")], drop=2))
    if data.disputed:
        said = texts.get("wording.comma").join(says.field_name(texts, name) for name in data.disputed)
        rows.append(_fact(texts, "disputed", [Run(said, "warn", "body", icon="bolt", shrinks=True)], drop=1))
    return rows + _others(speech, data)


def _others(speech: Speech, data: Discussed) -> list[Row]:
    """What else is open meanwhile, one line each, as far as there is room."""
    amber_ms = speech.district.amber_s * SECOND_MS
    others = burning_first([row for row in data.others if row.id != data.row.id], speech.now_ms, amber_ms)
    if not others:
        return []
    said = Run(speech.texts.get("ui.wall.others", n=len(others)), "muted", "body")
    rows = [Row(((said,),), 76, gap=32, rule=True, drop=_FACTS)]
    for at, row in enumerate(others):
        first, due = _line(speech, row)
        rows.append(Row((first, due), 84, split=True, drop=_FACTS + 1 + at))
    return rows


def _level(level: str, size: str) -> list[Run]:
    """Shape, then numeral."""
    numeral = NUMERALS.get(level, "")
    runs = [Run(size=size, level=level)]
    return [*runs, Run(numeral, level, size, True, gap=20)] if numeral else runs


def _kind(speech: Speech, row: IncidentRow) -> list[Row]:
    """Street and kind, and when something of it was last written."""
    texts, rows = speech.texts, []
    street = dict(speech.district.streets).get(row.unit_code or "", "")
    if street:
        rows.append(_fact(texts, "street", [Run(street, "text", "body")], drop=4))
    parts = []
    if row.class_code in set(IncidentClass):
        parts.append(texts.get(f"enum.incident_class.{row.class_code}"))
    if row.type_code in kinds.CLASS_OF_TYPE:
        parts.append(texts.get(f"ui.forms.type.{row.type_code}"))
    if parts:
        rows.append(
            _fact(
                texts,
                "kind",
                [Run(texts.get("ui.map.word.dot").join(parts), "text", "body", shrinks=True)],
                drop=3,
            )
        )
    at = moments.day_clock(row.updated_at, speech.now_ms)
    rows.append(_fact(texts, "updated", [Run(at, "text", "body")], drop=5))
    return rows


def _state(speech: Speech, row: IncidentRow) -> list[tuple[Run, ...]]:
    texts = speech.texts
    first = (says.state_run(texts, row, "body"), Run(says.level_words(texts, row), "muted", "body", gap=32))
    runs = []
    at = row.occurred_at or row.received_at
    if at is not None:
        key = "occurred" if row.occurred_at else "received"
        runs.append(Run(texts.get(f"ui.wall.{key}", time=moments.minute_text(at)), "muted", "body"))
    if row.alarm_grade:
        grade = texts.get("ui.forms.grade", n=kinds.numeral(texts, row.alarm_grade))
        runs.append(Run(texts.get("ui.desk.grade", grade=grade), "muted", "body", gap=32))
    return [first, tuple(runs)]


def _figures(speech: Speech, figures: Sequence[FigureRow]) -> list[Row]:
    """Numbers of persons, each with how sure it is; disputed ones as being verified with both numbers (IS-14, D-19)."""
    texts = speech.texts
    known = {row.figure: row for row in figures}
    stated = [
        known[name]
        for name in _SHOWN
        if name in known and (known[name].disputed or known[name].value is not None)
    ]
    if not stated:
        return [Row(((Run(texts.get("ui.wall.no_figures"), "muted", "body"),),), 76, gap=32, rule=True)]
    rows: list[Row] = []
    wide = _in_a_row(texts, stated)
    for at in range(0, len(stated), wide):
        three = stated[at : at + wide]
        names = tuple((Run(name_of(texts, each.figure), "muted", "body", shrinks=True),) for each in three)
        numbers = tuple((_number(each),) for each in three)
        sure = tuple((_sure(texts, each),) for each in three)
        missing = ((),) * (wide - len(three))
        rows += [
            Row(names + missing, 60, gap=32, rule=True),
            Row(numbers + missing, 148),
            Row(sure + missing, 60),
        ]
    return rows


def _in_a_row(texts: Texts, stated: Sequence[FigureRow]) -> int:
    """How many figures fit beside each other with their words, without one alone in the last row where that can be."""
    words = [run.text for each in stated for run in (Run(name_of(texts, each.figure)), _sure(texts, each))]
    widest = max(sum(1 if char.isascii() else 2 for char in word) for word in words)
    longest = max(len(_number(each).text) for each in stated)
    fitting = [count for count, (word, number) in _FITS.items() if widest <= word and longest <= number]
    even = [count for count in fitting if len(stated) <= count or len(stated) % count != 1]
    return next(iter(even or fitting), min(_FITS))


def _number(row: FigureRow) -> Run:
    if row.disputed:
        return Run("/".join(map(str, row.numbers)), "warn", "casualties", True)
    refuted = row.verify_state == VerifyState.REFUTED
    return Run(str(row.value), "muted" if refuted else "text", "casualties", True)


def _sure(texts: Texts, row: FigureRow) -> Run:
    if row.disputed:
        return Run(texts.get("enum.verify_state.verifying"), "warn", "body", icon="bolt")
    state = row.verify_state if row.verify_state in set(VerifyState) else VerifyState.REPORTED.value
    token, icon, _ = MARKS[state]
    token = "warn" if state == VerifyState.REPORTED else token  # nosec B105
    return Run(state_words(texts, state), token, "body", icon=icon)


def _clocks(speech: Speech, data: Discussed) -> list[Row]:
    """Both clocks, met or running, and the next one with who owes it."""
    texts, row = speech.texts, data.row
    clocks = says.clocks(texts, row, speech.now_ms, speech.district.amber_s)
    rows = [
        Row(
            (
                (Run(clock.name, "muted", "body"), Run(clock.second, "muted", "body", gap=32, shrinks=True)),
                (Run(clock.figure, clock.tone, "figure", True),),
            ),
            92,
            gap=32 if at == 0 else 0,
            rule=at == 0,
            split=True,
        )
        for at, clock in enumerate(clocks)
    ]
    if not clocks:
        word = "ui.desk.everyday" if not row.owes_reports else "ui.wall.no_clock"
        rows.append(Row(((Run(texts.get(word), "muted", "body"),),), 76, gap=32, rule=True))
    if data.owed:
        said = texts.get("ui.wall.owes", who=speech.sides(data.owed), what=next_clock(texts, row.next_clock))
        rows.append(_fact(texts, "next", [Run(said, "text", "body", True, shrinks=True)], plate="warnbg"))
    return rows


def next_clock(texts: Texts, name: str | None) -> str:
    """Name of a clock; empty for none."""
    key = f"enum.deadline_kind.{name}"
    return texts.get(key) if name and texts.has(key) else ""


def _fact(texts: Texts, name: str, runs: list[Run], *, plate: str = "", drop: int = 0) -> Row:
    label = Run(
        texts.get(f"ui.wall.label.{name}"), "warn" if plate else "muted", "body", bool(plate), wide=_LABEL
    )
    runs = [replace(runs[0], gap=_AFTER), *runs[1:]]
    return Row(((label, *runs),), 112 if plate else 76, gap=24 if plate else 0, plate=plate, drop=drop)


# -- the situation ---------------------------------------------------------------------------------------------------------
def situation_rows(speech: Speech, data: Situation) -> list[Row]:
    """All open incidents, those that burn first; counts on top."""
    texts, now = speech.texts, speech.now_ms
    amber_ms = speech.district.amber_s * SECOND_MS
    dues = [row.due_at for row in data.rows if row.due_at is not None]
    over = sum(due < now for due in dues)
    soon = sum(0 <= due - now <= amber_ms for due in dues)
    counts = [Run(texts.get("ui.wall.over", n=over), "bad" if over else "muted", "body", bool(over))]
    counts.append(
        Run(texts.get("ui.wall.soon", n=soon), "warn" if soon else "muted", "body", bool(soon), gap=40)
    )
    rows = [
        Row(((Run(texts.get("ui.wall.open", n=len(data.rows)), "text", "title", True),),), 104),
        Row((tuple(counts),), 68, gap=8),
    ]
    if not data.rows:
        rows.append(Row(((Run(texts.get("ui.wall.nothing"), "muted", "body"),),), 76, gap=32, rule=True))
    for at, row in enumerate(burning_first(data.rows, now, amber_ms)):
        rows += _listed(speech, row, at)
    return rows


def _line(speech: Speech, row: BoardRow) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Level and title; and the running clock."""
    said = title(speech, row, {each.field for each in row.disputed})
    first = (*_level_place(row.level or "level_none"), Run(said, "text", "body", True, gap=12, shrinks=True))
    if row.due_at is None:
        return first, ()
    left = row.due_at - speech.now_ms
    tone = "bad" if left < 0 else "warn" if left <= speech.district.amber_s * SECOND_MS else "good"
    key = "ui.shell.alarm.over" if left < 0 else "ui.shell.alarm.left"
    due = Run(speech.texts.get(key, time=moments.countdown(speech.texts, left)), tone, "figure", True)
    return first, (due,)


def _listed(speech: Speech, row: BoardRow, at: int) -> list[Row]:
    texts = speech.texts
    first, due = _line(speech, row)
    second = [Run("", wide=140), Run(_status(texts, row), "muted", "body", gap=12)]
    if row.due_at is not None:
        second.append(Run(next_clock(texts, row.clock), "muted", "body", gap=32))
    if row.owed_by:
        second.append(Run(speech.sides(row.owed_by), "muted", "body", gap=24))
    drop = at + 1
    return [
        Row((first, due), 84, gap=20, rule=True, split=True, drop=drop),
        Row((tuple(second),), 64, drop=drop),
    ]


def _level_place(level: str) -> list[Run]:
    """The level in a place of its own, so that titles stand under each other."""
    numeral = NUMERALS.get(level, "")
    shape = Run(size="body", level=level, wide=52)
    return [shape, Run(numeral, level if numeral else "muted", "body", True, gap=12, wide=76)]


def _status(texts: Texts, row: BoardRow) -> str:
    key = f"enum.incident_status.{row.status}"
    return texts.get(key) if texts.has(key) else ""


# -- the strip -------------------------------------------------------------------------------------------------------------
def link_rows(
    speech: Speech, standing: Standing | None, alone: bool
) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """How the line stands, in two lines: ages of what went and came, or since when we are alone (JD-01)."""
    texts = speech.texts
    name = Run(texts.get("ui.wall.data"), "muted", "body")
    if standing is None or standing.state is None:
        word = texts.get("ui.links.state.starting" if standing is None else standing.word)
        return (name,), (Run(word, "muted", "body", True),)
    if alone:
        since = standing.since if standing.since is not None else speech.now_ms
        return (
            (Run(texts.get("ui.shell.single_sided"), "bad", "body", True, icon="alert"),),
            (
                Run(
                    texts.get("ui.shell.single_since", time=moments.minute_text(since)), "bad", "figure", True
                ),
            ),
        )
    ages = []
    for icon, age_ms, tone in (
        ("arrow-up", standing.out_ms, standing.out_tone),
        ("arrow-down", standing.in_ms, standing.in_tone),
    ):
        said = moments.age(texts, age_ms) if age_ms is not None else texts.get("ui.shell.none")
        ages.append(Run(said, tone, "figure", True, gap=40, icon=icon))
    return (name,), tuple(ages)


def day_runs(speech: Speech, exercise: bool) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Weekday and date; what this is."""
    texts, now = speech.texts, speech.now_ms
    day = f"{moments.weekday_text(texts, now)} {moments.day_text(texts, now)}"
    what = Run(texts.get("enum.realm.exercise"), "warn", "body", True) if exercise else Run("", size="body")
    return (Run(day, "text", "body"),), (what,)
