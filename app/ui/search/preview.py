"""What stands beside the results: the main facts of the chosen record. Contacts are counted, never shown (XC-07)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.queries.search import Kind, TextHit
from app.ui.desk import words as says
from app.ui.registers import facts
from app.ui.search.lines import Line, LineWording
from app.ui.shell import moments
from app.ui.shell.sheet import plain, set_tone

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.desk.data import DeskData
    from app.ui.desk.values import Words

LONGEST = 2_000
_NAME_PX = 76
_LATEST = 3
_TWO_LINES = 40  # characters of an entry of the log among the facts of its incident
_WORST = ("bad", "warn")
_REPORTED = ("deaths", "injured_serious", "injured_minor", "missing", "trapped")


@dataclass(frozen=True, slots=True)
class Fact:
    """A line: name, value, tone."""

    name: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything of one record: title, what it is, its whole text, facts, and what Enter does."""

    title: str
    what: str
    text: str
    facts: tuple[Fact, ...]
    foot: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was read of a record; `contacts`: of whom there are how many."""

    row: Any
    accounts: Mapping[str, AccountRow]
    contacts: Mapping[str, int]


def read(connection: Any, line: Line) -> Told:
    """What the preview of a line needs. On the reader's thread."""
    from app.queries import accounts, contacts
    from app.ui.desk import data

    if line.kind is Kind.REGISTER:
        return Told(facts.read(connection, line.entity, line.id), {}, {})
    if line.kind is Kind.INCIDENT:
        row = data.read(connection, line.id)
        known = {} if row is None else row.accounts
        about = Counter(
            each.about or "" for each in contacts.contacts(connection, line.id) if each.purged_at is None
        )
        return Told(row, known, about)
    return Told(line.hit, {account.id: account for account in accounts.accounts(connection)}, {})


class PreviewWording:
    """Puts what was read into words."""

    def __init__(self, words: Words, lines: LineWording, amber_s: int) -> None:
        self._words, self._lines, self._amber_s = words, lines, amber_s
        self._texts = words.texts
        self._registers = facts.Wording(words.texts, words.district)

    def shown(self, line: Line, told: Told, now_ms: int) -> Shown | None:
        """Facts of a line; None when its record is not there any more."""
        if told.row is None:
            return None
        if line.kind is Kind.REGISTER:
            return self._register(line, told.row)
        if line.kind is Kind.INCIDENT:
            return self._incident(told.row, told.contacts, now_ms)
        return self._text(told.row, told.accounts)

    def _get(self, name: str, **params: Any) -> str:
        return self._texts.get(f"ui.search.preview.{name}", **params)

    def _incident(self, data: DeskData, contacts: Mapping[str, int], now_ms: int) -> Shown:
        row, words = data.row, self._words
        clocks = says.clocks(self._texts, row, now_ms, self._amber_s)
        tone = next((each for each in _WORST if any(clock.tone == each for clock in clocks)), "")
        found = [
            Fact(says.field_name(self._texts, "no"), row.no or ""),
            *(
                Fact(says.field_name(self._texts, name), words.value(name, getattr(row, name)))
                for name in ("received_at", "place", "unit_code", "what", "type_code", "class_code", "source")
                if getattr(row, name)
            ),
            Fact(self._get("clock"), "\n".join(map(_clock, clocks)), tone if row.open else ""),
            *(self._figures(row)),
            Fact(self._get("disputed"), self._disputed(data), "warn"),
            Fact(self._get("contacts"), self._contacts(contacts)),
            Fact(self._get("latest"), self._latest(data)),
        ]
        state = self._lines.word("enum.incident_status", row.status)
        what = self._texts.get("ui.map.word.dot").join(
            (says.level_words(self._texts, row), state, words.side(row.agency))
        )
        return Shown(says.title(row), what, "", _known(found), self._get("enter_incident"))

    def _figures(self, row: Any) -> list[Fact]:
        return [
            Fact(says.field_name(self._texts, name), str(number))
            for name in _REPORTED
            if (number := getattr(row, name, None)) is not None
        ]

    def _disputed(self, data: DeskData) -> str:
        fields = [says.field_name(self._texts, name) for name in says.conflict_fields(data.conflicts)]
        return self._texts.get("wording.comma").join(fields)

    def _contacts(self, contacts: Mapping[str, int]) -> str:
        if not contacts:
            return ""
        named = [
            f"{self._lines.word('enum.contact_about', about)} {count}"
            for about, count in sorted(contacts.items())
        ]
        masked = self._get("contacts_masked", n=sum(contacts.values()))
        return f"{self._texts.get('wording.comma').join(named)}\n{masked}"

    def _latest(self, data: DeskData) -> str:
        said = [
            f"{moments.minute_text(entry.at or 0)} {' '.join((entry.text or '').split())[:_TWO_LINES]}"
            for entry in list(data.log)[-_LATEST:]
        ]
        return "\n".join(reversed(said))

    def _text(self, hit: TextHit, accounts: Mapping[str, AccountRow]) -> Shown:
        who = self._words.who(hit.account_id, accounts)
        incident = " ".join(part for part in (hit.incident_no, hit.incident) if part)
        found = [
            Fact(self._get("at"), moments.exact_text(hit.at) if hit.at is not None else ""),
            Fact(
                self._get("entered"), moments.exact_text(hit.entered_at) if hit.entered_at is not None else ""
            ),
            Fact(self._get("who"), who or self._lines.roles(hit.role)),
            Fact(self._get("to"), self._lines.word("enum.recipient", hit.to)),
            Fact(says.field_name(self._texts, "channel"), self._lines.word("enum.channel", hit.channel)),
            Fact(self._get("incident"), incident or self._get("no_incident")),
        ]
        title = hit.title or self._lines.kind_of(hit)
        what = " ".join(part for part in (self._words.side(hit.agency), self._lines.kind_of(hit)) if part)
        foot = self._get("enter_log" if hit.incident_id else "enter_text")
        return Shown(title, what, hit.text or "", _known(found), foot)

    def _register(self, line: Line, row: Any) -> Shown:
        record = self._registers.record(line.entity, row)
        found = tuple(
            Fact(self._texts.get(f"ui.registers.fact.{fact.name}"), fact.value, fact.tone)
            for fact in record.facts
        )
        listed = line.entity in ("shelter", "point")
        return Shown(
            record.title, record.what, "", found, self._get("enter_register" if listed else "enter_map")
        )


def _clock(clock: says.ClockWords) -> str:
    """Name and countdown; of one that was met, when."""
    met = clock.figure in clock.second
    return f"{clock.name} {clock.second if met else clock.figure}"


def _known(found: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in found if fact.value)


class PreviewView(QScrollArea):
    """The facts of one record, plain text; all of it can be marked and copied."""

    def __init__(self, nothing: str) -> None:
        super().__init__()
        self.setObjectName("searchPreview")
        self.setAccessibleName(nothing)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = nothing
        self.shown: Shown | None = None
        self.title, self.what = _label(size="summary"), _label(tone="muted", size="small")
        self.text, self.foot = _label(size="body"), _label(tone="muted", size="small")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._lines: list[tuple[QLabel, QLabel]] = []
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 12, 12)
        column.setSpacing(8)
        for part in (self.title, self.what, self.text):
            column.addWidget(part)
        column.addLayout(self._grid)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setWidget(inside)
        self.show_record(None)

    def show_record(self, shown: Shown | None) -> None:
        """Show a record, or what would stand here."""
        self.shown = shown
        self.title.setText(" ".join(shown.title.split())[:200] if shown is not None else "")
        self.what.setText(shown.what if shown is not None else self._nothing)
        self.text.setText(shown.text[:LONGEST] if shown is not None else "")
        self.foot.setText(shown.foot if shown is not None else "")
        self.title.setVisible(shown is not None)
        self.text.setVisible(shown is not None and bool(shown.text))
        facts_shown = shown.facts if shown is not None else ()
        while len(self._lines) < len(facts_shown):
            self._add_line()
        for at, (name, value) in enumerate(self._lines):
            used = at < len(facts_shown)
            name.setVisible(used)
            value.setVisible(used)
            if used:
                name.setText(facts_shown[at].name)
                value.setText(facts_shown[at].value[:LONGEST])
                set_tone(value, facts_shown[at].tone)
        self.verticalScrollBar().setValue(0)

    def _add_line(self) -> None:
        name, value = plain(tone="muted", size="small"), _label()
        name.setMinimumWidth(_NAME_PX)
        name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(name, len(self._lines), 0)
        self._grid.addWidget(value, len(self._lines), 1)
        self._lines.append((name, value))

    def words(self) -> dict[str, str]:
        """What is shown, by name."""
        return {name.text(): value.text() for name, value in self._lines if not value.isHidden()}


def _label(*, tone: str = "", size: str = "") -> QLabel:
    label = plain(tone=tone, size=size)
    label.setMinimumWidth(1)  # a long word is cut, it does not push
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
