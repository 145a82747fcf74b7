"""Former places of backups: what was ordered to be destroyed waits for each, until it was there or is said to be gone (XC-07)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.backup.flow import BackupFlow
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme


class FormerRow(QWidget):
    """Which ones there are, and a button that is pressed twice: it is an entry of the duty log, and nothing takes it back."""

    def __init__(self, flow: BackupFlow, texts: Texts, theme: Theme) -> None:
        super().__init__()
        self._flow, self._texts, self._armed = flow, texts, ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        label = plain(texts.get("ui.backup.former.label"), tone="muted", size="small")
        self.place = QComboBox()
        self.place.setObjectName("backupFormer")
        self.place.setAccessibleName(label.text())
        self.place.currentIndexChanged.connect(self._disarm)
        self.gone = HintButton(theme, texts.get("ui.backup.former.gone"), kind="quiet")
        self.gone.setObjectName("backupGone")
        self.gone.clicked.connect(self.press)
        row.addWidget(label)
        row.addWidget(self.place, 1)
        row.addWidget(self.gone)
        self.note = plain(tone="warn", size="small")
        self.note.setObjectName("backupGoneNote")
        self.note.setWordWrap(True)
        column.addLayout(row)
        column.addWidget(self.note)
        self.show_places(())

    def show_places(self, names: Sequence[str]) -> None:
        """These are waited for; without any the row is not there."""
        before = [self.place.itemText(at) for at in range(self.place.count())]
        if list(names) != before:
            meant = self.place.currentText()
            self.place.clear()
            self.place.addItems(list(names))
            self.place.setCurrentIndex(max(0, self.place.findText(meant)))
            self._disarm()
        self.setVisible(bool(names))

    def press(self) -> None:
        """First for who may what it means, then it is done."""
        name = self.place.currentText()
        if self._armed == name:
            self._disarm()
            self._flow.forget_former(name)
        else:
            self._flow.ask_right(lambda: self._arm(name))

    def _arm(self, name: str) -> None:
        if name != self.place.currentText():
            return
        self._armed = name
        self.gone.setText(self._texts.get("ui.backup.former.again"))
        self.note.setText(self._texts.get("ui.backup.former.warning"))
        self.note.show()

    def _disarm(self, _at: int = 0) -> None:
        self._armed = ""
        self.gone.setText(self._texts.get("ui.backup.former.gone"))
        self.note.hide()
