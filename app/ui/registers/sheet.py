"""Lists of shelters and points at the right edge: filter, walk by keys, the record below, and on the map (RS-08, MP-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QPushButton, QWidget

from app.kernel.changes import ChangeSet
from app.ui.board.search_field import SearchField
from app.ui.registers import facts
from app.ui.registers.facts import Record, Wording
from app.ui.registers.facts_view import FactsView
from app.ui.registers.list_model import RegisterDelegate, RegisterModel
from app.ui.session import Session
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.registers import ListCounts, ListPage, Words
    from app.ui.shell.ports import SiteDoor

WIDTH = 440
SHOW_MS = 120  # after the last step of the selection the map follows
ENTITIES = {"shelters": "shelter", "points": "point"}
POINT_KINDS = ("hospital", "school", "metro", "other")
_STATES = ("open", "full", "preparing", "closing", "closed")


class RegisterListSheet(Sheet):
    """`record_wanted(kind, id)`: bring it into view on the map; `import_wanted(kind)`: more of them from a file."""

    record_wanted = Signal(str, str)
    import_wanted = Signal(str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "registerSheet", texts.get("ui.registers.title"), texts.get("ui.registers.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self.wording = Wording(texts, console.district)
        self.entity = "shelter"
        self._asked, self._again_wanted = 0, False
        self._wanted_id = ""  # to be selected as soon as it is loaded
        self.counts: ListCounts | None = None
        self._follow = QTimer(self, singleShot=True, interval=SHOW_MS)
        self._follow.timeout.connect(self._show_chosen)
        self._again = QTimer(self, singleShot=True, interval=SHOW_MS)
        self._again.timeout.connect(self._refresh)
        self._build()

    def _build(self) -> None:
        self._build_head()
        self._build_list()
        self._build_foot()
        self._show_state()

    def _build_head(self) -> None:
        texts, theme = self._texts, self._theme
        row = QHBoxLayout()
        row.setSpacing(8)
        self.chips: dict[str, QPushButton] = {}
        for kind, entity in ENTITIES.items():
            chip = QPushButton(texts.get(f"ui.imports.kind.{kind}"))
            chip.setObjectName(f"register.{kind}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, entity=entity: self._choose(entity))
            self.chips[entity] = chip
            row.addWidget(chip)
        self.figures = plain(tone="muted", size="small")
        self.figures.setObjectName("registerFigures")
        row.addWidget(self.figures, 1)
        self.body.addLayout(row)
        self.search = SearchField(
            theme, texts.get("ui.registers.search"), "", texts.get("ui.registers.clear")
        )
        self.search.setObjectName("registerSearch")
        self.search.setAccessibleName(texts.get("ui.registers.search"))
        self.search.textChanged.connect(lambda _text: self._load())
        self.search.stepped.connect(self._step)
        self.search.accepted.connect(self._show_chosen)
        self.search.left.connect(self.dismiss)
        self.body.addWidget(self.search)

    def _build_list(self) -> None:
        texts, theme = self._texts, self._theme
        self.model = RegisterModel(self.wording, texts, self)
        self.model.more_wanted.connect(self._more)
        self.list = QListView()
        self.list.setObjectName("registerRows")
        self.list.setAccessibleName(texts.get("ui.registers.title"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setModel(self.model)
        self.list.setItemDelegate(RegisterDelegate(theme, self.model, self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.list.activated.connect(lambda _index: self._show_chosen())
        self.body.addWidget(self.list, 1)

    def _build_foot(self) -> None:
        texts, theme = self._texts, self._theme
        self.empty = plain(tone="muted")
        self.empty.setObjectName("registerEmpty")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(self.empty, 1)
        self.bring = HintButton(theme, texts.get("ui.imports.action"), icon="import")
        self.bring.setObjectName("registerImport")
        self.bring.clicked.connect(self._bring)
        self.body.addWidget(self.bring, 0, Qt.AlignmentFlag.AlignHCenter)
        self.line = QFrame()
        self.line.setProperty("plane", "line")
        self.body.addWidget(self.line)
        self.view = FactsView(texts)
        self.body.addWidget(self.view)
        self._show_record(None)

    # -- opening -----------------------------------------------------------------------------------------------------------
    def first_field(self) -> QWidget:
        """The filter."""
        return self.search

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(WIDTH, max(1, whole.height() - 24))

    def ask(self, entity: str, record_id: str = "") -> None:
        """Open with a register; with a record, that one is selected."""
        if record_id:
            self.search.blockSignals(True)
            self.search.clear()
            self.search.blockSignals(False)
        self._wanted_id = record_id
        self._choose(entity)
        self.open()

    def _choose(self, entity: str) -> None:
        self.entity = entity
        self._load()

    def _bring(self) -> None:
        kind = next(kind for kind, entity in ENTITIES.items() if entity == self.entity)
        self.import_wanted.emit(kind)

    # -- reading -----------------------------------------------------------------------------------------------------------
    def words(self) -> Words:
        """What was typed, each word with its other spellings: streets by initials, kinds and states by their names."""
        return tuple((word, *self._spellings(word)) for word in self.search.text().split())

    def _spellings(self, word: str) -> tuple[str, ...]:
        from app.ui.shell.initials import initials

        texts, found = self._texts, []
        for code, name in self._console.district.streets:
            letters = word.isascii() and word.isalpha() and initials(name).startswith(word.lower())
            if word in name or letters:
                found.append(code)
        if self.entity == "point":
            found += [
                kind for kind in POINT_KINDS if word.lower() in texts.get(f"ui.map.point.{kind}").lower()
            ]
        else:
            found += [
                state for state in _STATES if word.lower() in texts.get(f"enum.shelter_state.{state}").lower()
            ]
        return tuple(found)

    def _load(self) -> None:
        """The first page, and the figures, of what is wanted now."""
        self._asked += 1
        mine, entity, typed, limit = self._asked, self.entity, self.words(), self._limit()
        for each, chip in self.chips.items():
            chip.setChecked(each == entity)

        def read(connection: Any) -> tuple[ListPage, ListCounts]:
            from app.queries import registers

            return registers.page(connection, entity, typed, None, limit), registers.counts(
                connection, entity, typed
            )

        def take(found: tuple[ListPage, ListCounts]) -> None:
            if mine == self._asked:
                self._take(*found)

        self._session.ask(read, take, "registers.page")

    def _limit(self) -> int:
        """A page; when the list is read again, as much as was loaded."""
        from app.queries.registers import PAGE

        return max(PAGE, len(self.model.rows)) if self._again_wanted else PAGE

    def _take(self, page: ListPage, counts: ListCounts) -> None:
        chosen = self._wanted_id or self.chosen_id()
        at_top = self.list.verticalScrollBar().value()
        again, self._again_wanted = self._again_wanted, False
        self.counts = counts
        self.model.show_page(self.entity, page)
        self._select(chosen, follow=bool(self._wanted_id))
        if again:
            self.list.verticalScrollBar().setValue(at_top)
        if self._wanted_id and self.model.place_of(self._wanted_id) is None:
            self._read_record(self.entity, self._wanted_id)
        self._wanted_id = ""
        self._show_state()

    def _more(self) -> None:
        if not self.model.rows:
            return
        mine, entity, typed, last = self._asked, self.entity, self.words(), self.model.rows[-1]

        def read(connection: Any) -> ListPage:
            from app.queries import registers

            return registers.page(connection, entity, typed, last)

        def take(page: ListPage) -> None:
            if mine == self._asked:
                self.model.add_page(page)

        self._session.ask(read, take, "registers.more")

    def heard(self, changes: ChangeSet) -> None:
        """A commit touched this register: read again, gathered."""
        if self.is_open and changes.touches(self.entity) and not self._again.isActive():
            self._again.start()

    def _refresh(self) -> None:
        if self.is_open:
            self._again_wanted = True
            self._load()

    # -- choosing ----------------------------------------------------------------------------------------------------------
    def chosen_id(self) -> str:
        """Id of the selected line, empty for none."""
        at = self.list.currentIndex().row()
        return self.model.rows[at].id if 0 <= at < len(self.model.rows) else ""

    def _select(self, record_id: str, *, follow: bool) -> None:
        at = self.model.place_of(record_id) if record_id else None
        if at is None:
            self._show_record(None)
            return
        chosen = self.list.selectionModel()
        chosen.blockSignals(not follow)
        self.list.setCurrentIndex(self.model.index(at))
        chosen.blockSignals(False)
        self._read_record(self.entity, record_id)

    def _step(self, by: int) -> None:
        at = self.list.currentIndex().row() + by if self.list.currentIndex().isValid() else 0
        if 0 <= at < len(self.model.rows):
            self.list.selectionModel().setCurrentIndex(
                self.model.index(at), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def _current_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self._read_record(self.entity, self.model.rows[now.row()].id)
            self._follow.start()

    def _show_chosen(self) -> None:
        """The map follows the selected line, where it has a place."""
        self._follow.stop()
        at = self.list.currentIndex().row()
        if self.is_open and 0 <= at < len(self.model.rows) and self.model.rows[at].placed:
            self.record_wanted.emit(self.entity, self.model.rows[at].id)

    def _read_record(self, entity: str, record_id: str) -> None:
        def take(row: Any) -> None:
            record: Record | None = self.wording.record(entity, row) if row is not None else None
            self._show_record(record)

        self._session.ask(
            lambda connection: facts.read(connection, entity, record_id), take, "registers.record"
        )

    def _show_record(self, record: Record | None) -> None:
        self.view.show_record(record)
        self.view.setVisible(record is not None)
        self.line.setVisible(record is not None)

    # -- showing -----------------------------------------------------------------------------------------------------------
    def _show_state(self) -> None:
        texts, counts = self._texts, self.counts
        nothing = counts is None or not self.model.rows
        self.list.setVisible(not nothing)
        self.empty.setVisible(nothing)
        self.bring.setVisible(counts is not None and not counts.everything)
        if counts is None:
            self.empty.setText("")
            self.figures.setText("")
            return
        typed = self.search.text().strip()
        key = "nothing_fits" if counts.everything else f"nothing_{self.entity}"
        self.empty.setText(texts.get(f"ui.registers.{key}", typed=typed) if nothing else "")
        figures = texts.get("ui.registers.figures", n=counts.everything, unplaced=counts.unplaced)
        if typed:
            figures = texts.get("ui.registers.fitting", n=counts.fitting, all=counts.everything)
        self.figures.setText(figures)
