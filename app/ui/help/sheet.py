"""The manual (Shift+F1): contents and search at the left, the chapter at the right; nothing of it comes over a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QRect, QStringListModel, Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QImage,
    QKeyEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextFragment,
    QTextImageFormat,
)
from PySide6.QtWidgets import (
    QAbstractSlider,
    QFrame,
    QHBoxLayout,
    QListView,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.ui.board.search_field import SearchField
from app.ui.help import pages
from app.ui.help.pages import Heading, Hit
from app.ui.session import Session
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

WIDTH, LIST_WIDTH, SIDE = 1180, 320, 16
INDENT, LINE_PER_CENT = 40, 130


class Page(QTextBrowser):
    """A chapter as text: only what lies in the manual's folder is shown."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Pictures of the manual, by their name in its folder; anything else is not fetched."""
        url = QUrl(name)
        path = (pages.FOLDER / url.path()).resolve()
        if url.scheme() not in ("", "file") or not path.is_relative_to(pages.FOLDER.resolve()):
            return None
        return super().loadResource(kind, QUrl.fromLocalFile(str(path)))


class ManualSheet(Sheet):
    """`show_place(file, heading)` opens it where it is wanted."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("manualSheet", texts.get("ui.help.title"), texts.get("ui.help.hint"), parent)
        self._theme, self._texts = theme, texts
        self.file = ""
        self._lines: list[Heading | Hit] = []
        row = QHBoxLayout()
        row.setSpacing(SIDE)
        row.addWidget(self._left())
        self.page = Page()
        self.page.setObjectName("manualPage")
        self.page.setAccessibleName(texts.get("ui.help.title"))
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.page.document().setDocumentMargin(SIDE)
        self.page.anchorClicked.connect(self._followed)
        row.addWidget(self.page, 1)
        self.body.addLayout(row, 1)
        theme.changed.connect(self._redress)
        del session

    def _left(self) -> QWidget:
        texts, side = self._texts, QWidget()
        side.setFixedWidth(LIST_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.search = SearchField(self._theme, texts.get("ui.help.search"), "", texts.get("ui.help.clear"))
        self.search.setObjectName("manualSearch")
        self.search.setAccessibleName(texts.get("ui.help.search"))
        self.search.textChanged.connect(lambda _text: self._fill())
        self.search.stepped.connect(self._step)
        self.search.accepted.connect(lambda: self._step(1))
        self.search.left.connect(self.dismiss)
        self.names = QStringListModel(self)
        self.list = QListView()
        self.list.setObjectName("manualContents")
        self.list.setAccessibleName(texts.get("ui.help.contents"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setModel(self.names)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("manualNote")
        self.note.setWordWrap(True)
        for part in (self.search, self.note):
            column.addWidget(part)
        column.addWidget(self.list, 1)
        return side

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(640, whole.width() - 24)), max(1, whole.height() - 24))

    def first_field(self) -> QWidget:
        """The search: arrows go through contents or places, Page keys scroll the text."""
        return self.search

    def show_place(self, file: str, heading: str) -> None:
        """Open a chapter at a heading."""
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self._fill(keep=True)
        self.open()
        at = pages.heading_at(file, heading)
        self._go(file, at)
        self._follow(file, at)

    # -- contents and search -----------------------------------------------------------------------------------------------
    def _fill(self, *, keep: bool = False) -> None:
        """The contents; while something is typed, where it stands."""
        typed = self.search.text().strip()
        if typed:
            hits = pages.search(typed)
            self._lines = list(hits)
            names = [f"{hit.heading}\N{MIDDLE DOT}{hit.excerpt}" for hit in hits]
            said = (
                self._texts.get("ui.help.found", n=len(hits))
                if hits
                else self._texts.get("ui.help.nothing", typed=typed)
            )
        else:
            heads = [head for file in pages.files() for head in pages.headings(file)]
            self._lines = list(heads)
            names = ["\N{EM SPACE}" * (head.level - 1) + head.text for head in heads]
            said = "" if self._texts.language == "zh_CN" else self._texts.get("ui.help.chinese")
        choosing = self.list.selectionModel()
        choosing.blockSignals(True)
        self.names.setStringList(names)
        choosing.blockSignals(False)
        self.note.setText(said if names or typed else self._texts.get("ui.help.absent"))
        self.note.setVisible(bool(self.note.text()))
        if typed and names and not keep:
            self._step(1)

    def _follow(self, file: str, heading: int) -> None:
        """The contents stand where the text does."""
        heads = pages.headings(file)
        if heading < len(heads) and heads[heading] in self._lines:
            choosing = self.list.selectionModel()
            choosing.blockSignals(True)
            self.list.setCurrentIndex(self.names.index(self._lines.index(heads[heading])))
            choosing.blockSignals(False)

    def _step(self, by: int) -> None:
        at = self.list.currentIndex().row() + by if self.list.currentIndex().isValid() else 0
        if 0 <= at < len(self._lines):
            self.list.setCurrentIndex(self.names.index(at))

    def _chosen(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not now.isValid():
            return
        line = self._lines[now.row()]
        if isinstance(line, Hit):
            self._go(line.file, 0)
            self._mark(self.search.text().split()[0], line.nth)
        else:
            self._go(line.file, pages.headings(line.file).index(line))

    # -- the page ----------------------------------------------------------------------------------------------------------
    def _go(self, file: str, heading: int) -> None:
        if file != self.file:
            self.file = file
            self._load()
        found = [block for block in _blocks(self.page) if block.blockFormat().headingLevel() > 0]
        if heading < len(found):
            cursor = QTextCursor(found[heading])
            self.page.setTextCursor(cursor)
            top = self.page.cursorRect(cursor).top() + self.page.verticalScrollBar().value()
            self.page.verticalScrollBar().setValue(max(0, top - SIDE // 2))

    def _load(self) -> None:
        text = pages.text_of(self.file)
        self.page.setMarkdown(text or self._texts.get("ui.help.absent"))
        self._dress()

    def _dress(self) -> None:
        """Room between the lines, headings apart, keys in the screen's own type, no picture wider than the page."""
        room = self.page.viewport().width() - 2 * SIDE
        plain_font = self._theme.font("body", True)
        for block in _blocks(self.page):
            cursor = QTextCursor(block)
            form = block.blockFormat()
            level = form.headingLevel()
            form.setTopMargin(SIDE if level else 0)
            form.setBottomMargin(SIDE // 2)
            form.setLineHeight(LINE_PER_CENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            steps = form.indent() + (
                block.textList().format().indent() if block.textList() is not None else 0
            )
            indent = steps * INDENT
            pieces = _pieces(block)
            if any(piece.charFormat().isImageFormat() for piece in pieces):
                form.setLineHeight(0, QTextBlockFormat.LineHeightTypes.SingleHeight.value)
            cursor.setBlockFormat(form)
            for piece in pieces:
                self._dress_piece(piece, room - indent, plain_font)

    def _dress_piece(self, piece: QTextFragment, room: int, keys: QFont) -> None:
        form = piece.charFormat()
        if form.isImageFormat():
            picture = QTextImageFormat(form.toImageFormat())
            image = QImage(str(pages.FOLDER / QUrl(picture.name()).path()))
            picture.setWidth(min(room, image.width()) if not image.isNull() else room)
            form = picture
        elif form.fontFixedPitch():
            form.setFont(keys)
            form.setForeground(self._theme.colour("accent"))
        else:
            return
        cursor = QTextCursor(self.page.document())
        cursor.setPosition(piece.position())
        cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(form)

    def _mark(self, word: str, nth: int) -> None:
        """Mark the place that was found, in the middle of what is seen."""
        self.page.moveCursor(QTextCursor.MoveOperation.Start)
        for _ in range(nth + 1):
            if not self.page.find(word):
                break

    def _followed(self, url: QUrl) -> None:
        """A link to another chapter; what leads out of the manual is not followed."""
        if url.scheme() in ("", "file") and url.fileName() in pages.files():
            self._go(url.fileName(), 0)

    def _redress(self) -> None:
        if self.file:
            self._load()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page keys scroll the text wherever the focus is."""
        turn = {
            Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
            Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
        }.get(Qt.Key(event.key()))
        if turn is not None:
            self.page.verticalScrollBar().triggerAction(turn)
            event.accept()
            return
        super().keyPressEvent(event)


def _pieces(block: QTextBlock) -> list[QTextFragment]:
    found: list[QTextFragment] = []
    each = block.begin()
    while not each.atEnd():
        found.append(each.fragment())
        each += 1
    return found


def _blocks(page: QTextBrowser) -> list[QTextBlock]:
    found: list[QTextBlock] = []
    block = page.document().begin()
    while block.isValid():
        found.append(block)
        block = block.next()
    return found
