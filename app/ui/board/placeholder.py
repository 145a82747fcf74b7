"""What stands in the board when no row does: says what would be there and how to add it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme.theme import Theme

ICON = 32


class Placeholder(QWidget):
    """Icon, title, sentence and buttons in the middle of an empty list."""

    def __init__(
        self, theme: Theme, icon: str, token: str, buttons: list[QWidget], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._name, self._token = theme, icon, token
        self._icon, self.title, self.text = QLabel(), QLabel(), QLabel()
        self.title.setProperty("type", "head")
        self.text.setProperty("tone", "muted")
        self.text.setWordWrap(True)
        for label in (self._icon, self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setTextFormat(Qt.TextFormat.PlainText)
        stack = QVBoxLayout()  # a narrow board has no room for two beside each other
        stack.setSpacing(8)
        for button in buttons:
            stack.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 32, 24, 32)
        column.setSpacing(8)
        for label in (self._icon, self.title, self.text):
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(stack)
        column.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(self._name, self._token, ICON))
