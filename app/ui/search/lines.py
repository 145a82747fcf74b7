"""What was found, as lines: two lines of words for each record, and where in them what was typed stands. No widgets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.kernel.texts import Texts
from app.queries.board_view import BoardRow
from app.queries.register_search import RegisterHit
from app.queries.search import Hit, Kind, TextHit
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.ui.console import DistrictView

SHOWN_BEFORE = 16  # characters in front of the first hit of a long text
FAR = 36  # a hit behind so many characters may have no room in its line
LONGEST = 240
_CUT = "\N{HORIZONTAL ELLIPSIS}"
_ICONS = {
    "incident": "list",
    "log_entry": "pencil",
    "oral_report": "mic",
    "report": "send",
    "shelter": "shelter",
    "point": "point",
    "station": "station",
    "vehicle": "vehicle",
}
# As LIKE folds: ASCII letters and nothing else; a text keeps its length.
_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
Marks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One record: first and second line, words at the right of each, hits (from, to) in both; `level` of an incident."""

    kind: Kind
    entity: str
    id: str
    icon: str
    first: str
    second: str
    at: str = ""
    side: str = ""
    level: str = ""
    incident_id: str = ""
    first_marks: Marks = ()
    second_marks: Marks = ()
    dim: bool = False
    struck: bool = False
    hit: Hit | None = None


def marks(text: str, words: Iterable[str]) -> Marks:
    """Where words stand in a text, in order, without overlaps."""
    folded, found = text.translate(_FOLD), []
    for word in filter(None, (each.translate(_FOLD) for each in words)):
        at = folded.find(word)
        while at >= 0:
            found.append((at, at + len(word)))
            at = folded.find(word, at + len(word))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def snippet(text: str, words: Sequence[str]) -> str:
    """One line of a long text from its beginning, or from shortly before a first hit that stands far behind."""
    line = " ".join(text.split())
    found = marks(line, words)
    if not found or found[0][0] <= FAR:
        return line[:LONGEST]
    start = found[0][0] - SHOWN_BEFORE
    return _CUT + line[start : start + LONGEST]


class LineWording:
    """Puts hits into lines. `needles`: every spelling of every word, to be marked."""

    def __init__(self, texts: Texts, district: DistrictView, own: str) -> None:
        self._texts, self._district, self._own = texts, district, own
        self._streets = dict(district.streets)

    def line(self, kind: Kind, hit: Hit, needles: Sequence[str], now_ms: int) -> Line:
        """A hit as a line."""
        if isinstance(hit, BoardRow):
            return self._incident(hit, needles, now_ms)
        if isinstance(hit, TextHit):
            return self._text(kind, hit, needles, now_ms)
        return self._register(hit, needles)

    def _dot(self, *parts: str | None) -> str:
        return self._texts.get("ui.map.word.dot").join(
            " ".join(part[:LONGEST].split()) for part in parts if part
        )

    def _when(self, at: int | None, now_ms: int) -> str:
        return moments.day_clock(at, now_ms).rpartition(":")[0] if at is not None else ""

    def word(self, table: str, value: str | None) -> str:
        """The word for a value of a vocabulary; as it came when it has none."""
        key = f"{table}.{value}"
        return self._texts.get(key) if value and self._texts.has(key) else value or ""

    def side(self, agency: str | None) -> str:
        """Short name of an agency."""
        view = self._district.agencies.get(agency or "")
        return view.short if view is not None else agency or ""

    def roles(self, stored: str | None) -> str:
        """Posts or roles of whoever wrote."""
        said = [
            self.word("enum.post", role)
            if self._texts.has(f"enum.post.{role}")
            else self.word("enum.role", role)
            for role in (stored or "").split(",")
            if role
        ]
        return self._texts.get("wording.comma").join(said)

    def _marked(self, line: Line, needles: Sequence[str]) -> Line:
        return replace(line, first_marks=marks(line.first, needles), second_marks=marks(line.second, needles))

    def _incident(self, row: BoardRow, needles: Sequence[str], now_ms: int) -> Line:
        title = " ".join(row.title.split()) or self._texts.get("ui.board.no_place")
        state = self.word("ui.board.state", row.status)
        second = self._dot(
            row.no or self._texts.get("ui.board.no_number"), state, self._streets.get(row.unit_code or "")
        )
        at = self._when(row.received_at, now_ms)
        line = Line(
            Kind.INCIDENT, "incident", row.id, _ICONS["incident"], snippet(title, needles), second, hit=row
        )
        line = replace(
            line,
            at=at,
            side=self.side(row.agency),
            level=row.level or "level_none",
            incident_id=row.id,
            dim=not row.open,
            struck=row.status == "void",
        )
        return self._marked(line, needles)

    def _text(self, kind: Kind, hit: TextHit, needles: Sequence[str], now_ms: int) -> Line:
        whole = hit.text or ""
        if hit.title and hit.title not in whole:
            whole = f"{hit.title} {whole}"
        about = self._dot(self.kind_of(hit), self.roles(hit.role) or self.word("enum.recipient", hit.to))
        incident = self._dot(hit.incident_no, hit.incident)
        at, side = self._when(hit.at, now_ms), self.side(hit.agency)
        first, second = snippet(whole, needles), self._dot(about, incident)
        line = Line(kind, hit.entity, hit.id, _ICONS[hit.entity], first, second, at, side, hit=hit)
        return self._marked(replace(line, incident_id=hit.incident_id or ""), needles)

    def kind_of(self, hit: TextHit) -> str:
        """Kind of an entry or a report."""
        if hit.entity == "oral_report":
            return self._texts.get("ui.search.oral.kind")
        return self.word("enum.log_kind" if hit.entity == "log_entry" else "enum.report_kind", hit.kind)

    def _register(self, hit: RegisterHit, needles: Sequence[str]) -> Line:
        kind = self.word("ui.map.point", hit.kind) if hit.entity == "point" else hit.kind
        street = self._streets.get(hit.unit_code or "", hit.unit_code or "")
        table = "enum.shelter_state" if hit.entity == "shelter" else "enum.vehicle_state"
        name = " ".join(hit.name.split()) or hit.code or hit.id
        second = self._dot(kind, hit.code, hit.beside, street, hit.address)
        what = self._texts.get(f"ui.registers.kind.{hit.entity}")
        at, side = self.word(table, hit.more) or what, self.side(hit.agency)
        line = Line(
            Kind.REGISTER, hit.entity, hit.id, _ICONS[hit.entity], snippet(name, needles), second, at, side
        )
        return self._marked(replace(line, hit=hit), needles)
