"""Typing a third value in a disagreement: the same inputs as in the forms, by the kind of the field (D-19)."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLineEdit

from app.kernel.clock import Clock
from app.kernel.enums import IncidentClass
from app.ui.desk.figures import is_figure, number_words
from app.ui.desk.values import Words
from app.ui.forms import kinds
from app.ui.forms.choice import Choice, ChoiceField
from app.ui.forms.field import line
from app.ui.forms.moment import MomentLine
from app.ui.forms.numbers import read_number
from app.ui.shell.initials import initials
from app.ui.theme.theme import Theme

_NUMBERS = frozenset({("rule_number", "value")})
_NO_INPUT = frozenset({"position"})  # a point is picked on the map, not typed here


class Third:
    """One input for a field; `editor` is None where no third value can be typed."""

    def __init__(self, theme: Theme, words: Words, clock: Clock, entity: str, field: str) -> None:
        self._words, self._field = words, field
        self._number = is_figure(field) or (entity, field) in _NUMBERS
        self.editor: QLineEdit | None = None if field in _NO_INPUT else self._editor(theme, clock)

    def _editor(self, theme: Theme, clock: Clock) -> QLineEdit:
        texts = self._words.texts
        if self._field == "occurred_at":
            return MomentLine(clock)
        offered: dict[str, list[Choice]] = {
            "source": kinds.sources(texts),
            "unit_code": kinds.streets(self._words.district.streets),
            "type_code": [each for each in kinds.types(texts) if each.code in kinds.CLASS_OF_TYPE],
            "class_code": [
                Choice(known.value, name, initials(name) if not name.isascii() else "", (known.value,))
                for known in IncidentClass
                if known is not IncidentClass.PENDING
                for name in (texts.get(f"enum.incident_class.{known.value}"),)
            ],
        }
        return ChoiceField(theme, offered[self._field]) if self._field in offered else line()

    def settle(self) -> None:
        """Take what was typed into a list."""
        if isinstance(self.editor, ChoiceField):
            self.editor.settle()

    def value(self) -> Any:
        """What the command takes; None while nothing readable stands here."""
        editor = self.editor
        if editor is None or not editor.text().strip():
            return None
        if isinstance(editor, MomentLine):
            when = editor.moment()
            return when.isoformat() if when is not None else None
        if isinstance(editor, ChoiceField):
            return editor.code or None
        return read_number(editor.text()) if self._number else editor.text().strip()

    def fault(self) -> str:
        """Why nothing readable stands here."""
        texts, editor = self._words.texts, self.editor
        if editor is None or not editor.text().strip():
            return texts.get("ui.conflicts.needs_other")
        if isinstance(editor, MomentLine):
            return texts.get("ui.forms.time_format")
        if isinstance(editor, ChoiceField):
            return texts.get("ui.forms.unknown", text=editor.text().strip())
        return texts.get("ui.conflicts.needs_number")

    def said(self) -> str:
        """The value in words; empty while there is none."""
        value = self.value()
        if value is None or self.editor is None:
            return ""
        if is_figure(self._field) and isinstance(value, int):
            return number_words(self._words.texts, self._field, value)
        return self.editor.text().strip()
