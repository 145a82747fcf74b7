"""A field for a moment: what is typed is read against the day it was typed on, and a day that was not typed is asked."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QLineEdit

from app.kernel.clock import DAY_MS, Clock, to_ms
from app.kernel.texts import Texts
from app.ui.shell import moments

FUTURE = "refusal.time.future"


class MomentLine(QLineEdit):
    """`typed_ms`: when its text last changed. A form that stays open over midnight does not move its times by a day."""

    def __init__(self, clock: Clock, placeholder: str = "") -> None:
        super().__init__()
        self.setProperty("form", "true")
        self.setPlaceholderText(placeholder)
        self._clock = clock
        self.typed_ms = clock.now_ms()
        self.textChanged.connect(self._changed)

    def _changed(self) -> None:
        self.typed_ms = self._clock.now_ms()

    def restore(self, text: str, typed_ms: int) -> None:
        """Text of a draft; without a date it gets one when it is of another day than today."""
        self.setText(text)
        self.typed_ms = typed_ms
        if self.assumed():
            self.write_date()

    def moment(self) -> datetime | None:
        """The moment that stands here, None when it is none."""
        return moments.parse_time(self.text(), self.typed_ms)

    def assumed(self) -> bool:
        """True when it is of another day than today and nobody typed that day (D-26): to be shown and asked."""
        when = self.moment()
        return (
            when is not None
            and not moments.has_date(self.text())
            and when.date() != moments.local(self._clock.now_ms()).date()
        )

    def write_date(self) -> str:
        """Write the day that is meant into the field; tells it."""
        when = self.moment()
        assert when is not None
        self.setText(moments.day_clock(to_ms(when), self._clock.now_ms()))
        return self.text()

    def yesterday(self) -> str:
        """What stands here as it would be written for yesterday; empty when a date was typed or it is no time."""
        when = self.moment()
        if when is None or moments.has_date(self.text()):
            return ""
        return moments.day_clock(to_ms(when) - DAY_MS, self._clock.now_ms())


def future_sentence(texts: Texts, editor: MomentLine, sentence: str) -> str:
    """The refusal of a time ahead of now; without a date typed, how yesterday's is written (D-26)."""
    example = editor.yesterday()
    return texts.get("ui.forms.yesterday", example=example) if example else sentence
