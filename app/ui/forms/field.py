"""One field of a form: name above, input, fault below; the fault stands at the field and nowhere else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.ui.shell.sheet import plain, tip


class Field(QWidget):
    """`name` is the field of the command, so that a Refusal finds it."""

    def __init__(self, name: str, label: str, editor: QLineEdit, *, required: bool = False) -> None:
        super().__init__()
        self.name, self.editor = name, editor
        editor.setObjectName(f"field.{name}")
        editor.setAccessibleName(label)
        if not editor.toolTip():  # a narrow field cuts its hint off
            editor.setToolTip(tip(editor.placeholderText()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.label = plain(f"{label} *" if required else label, tone="muted", size="small")
        self.fault = plain(tone="bad", size="small")
        self.fault.setWordWrap(True)
        self.fault.setObjectName(f"wrong.{name}")
        self.fault.hide()
        column.addWidget(self.label)
        column.addWidget(editor)
        column.addWidget(self.fault)
        column.addStretch(1)

    def say(self, text: str) -> None:
        """Show what is wrong, or nothing."""
        self.fault.setText(text)
        self.fault.setVisible(bool(text))
        self.mark(bool(text))

    def mark(self, wrong: bool) -> None:
        """Show that something is wrong here, where the sentence stands elsewhere for want of room."""
        flag = "true" if wrong else "false"
        if self.editor.property("fault") != flag:
            self.editor.setProperty("fault", flag)
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)

    def focus(self) -> None:
        """Put the cursor here, all of it selected."""
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.editor.selectAll()


def line(placeholder: str = "") -> QLineEdit:
    """A plain input of a form."""
    editor = QLineEdit()
    editor.setProperty("form", "true")
    editor.setPlaceholderText(placeholder)
    editor.setToolTip(tip(placeholder))
    return editor
