"""This console: theme, language, alarm sound, locking; kept on this workstation, told to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.kernel.enums import Severity
from app.kernel.texts import Texts
from app.ui.settings import scale
from app.ui.shell.languages import languages
from app.ui.shell.lock import IDLE_CHOICES, IDLE_MEMORY
from app.ui.shell.sheet import plain, set_tone
from app.ui.shell.tone import VOLUME_MEMORY, VOLUMES
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme
from app.ui.theme.tokens import DESK_KINDS

if TYPE_CHECKING:
    from app.ui.console import Console
    from app.ui.shell.lock import IdleLock
    from app.ui.shell.tone import Tone

_LANGUAGE = "language"


class Choices(QWidget):
    """One of a few, as chips."""

    def __init__(self, name: str, called: str, options: Sequence[tuple[object, str]]) -> None:
        super().__init__()
        self.setObjectName(f"own.{name}")
        self.setAccessibleName(called)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.chips: dict[object, QPushButton] = {}
        for value, said in options:
            chip = QPushButton(said)
            chip.setObjectName(f"own.{name}.{value}")
            chip.setAccessibleName(f"{called} {said}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            self.chips[value] = chip
            row.addWidget(chip)
        row.addStretch(1)

    def on(self, chosen: Callable[[object], None]) -> None:
        """What a choice does."""
        for value, chip in self.chips.items():
            chip.clicked.connect(lambda _on=False, value=value: chosen(value))

    def show_chosen(self, value: object) -> None:
        """Mark what holds."""
        for each, chip in self.chips.items():
            chip.setChecked(each == value)


class OwnPage(QWidget):
    """What is chosen holds at once, the language from the next start. `tone` and `idle` are given by the window."""

    def __init__(self, console: Console, theme: Theme) -> None:
        super().__init__()
        self._console, self._theme, self._texts = console, theme, console.texts
        self.tone: Tone | None = None
        self.idle: IdleLock | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(14)
        self._grid.setColumnStretch(1, 1)
        self.notes: dict[str, QLabel] = {}
        texts = self._texts
        column.addWidget(_wrapped(texts.get("ui.settings.own.about")))
        column.addLayout(self._grid)
        column.addStretch(1)
        self.theme_choice = self._row(
            "theme", [(kind, texts.get(f"ui.settings.own.theme_{kind}")) for kind in DESK_KINDS]
        )
        self.language_choice = self._row("language", [(each, _own_name(texts, each)) for each in languages()])
        self.scale_choice = self._row(
            "scale", [(share, texts.get("ui.settings.own.percent", n=share)) for share in scale.SHARES]
        )
        self.sound_choice = self._row(
            "sound", [(on, texts.get(f"ui.settings.own.{on}")) for on in ("on", "off")]
        )
        self.volume_choice = self._row(
            "volume", [(share, texts.get("ui.settings.own.percent", n=share)) for share in VOLUMES]
        )
        self.test = HintButton(theme, texts.get("ui.settings.own.test"), icon="bell", hint="Ctrl+T")
        self.test.setObjectName("own.test")
        self.test.clicked.connect(self.try_sound)
        layout = self.volume_choice.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(layout.count() - 1, self.test)
        self.lock_choice = self._row(
            "lock", [(n, texts.get("ui.settings.own.minutes", n=n)) for n in IDLE_CHOICES]
        )
        self.theme_choice.on(lambda kind: theme.use(str(kind)))
        self.language_choice.on(self._language)
        self.scale_choice.on(self._scale)
        self.sound_choice.on(self._sound)
        self.volume_choice.on(self._volume)
        self.lock_choice.on(self._lock)
        theme.changed.connect(self.show_state)

    def _row(self, name: str, options: Sequence[tuple[object, str]]) -> Choices:
        called, at = self._texts.get(f"ui.settings.own.{name}"), 2 * len(self.notes)
        choices = Choices(name, called, options)
        note = _wrapped(self._texts.get(f"ui.settings.own.{name}_note"))
        note.setObjectName(f"own.{name}.note")
        self.notes[name] = note
        self._grid.addWidget(plain(called, size="body"), at, 0)
        self._grid.addWidget(choices, at, 1)
        self._grid.addWidget(note, at + 1, 1)
        return choices

    def first_field(self) -> QWidget:
        """The theme that holds."""
        chips = self.theme_choice.chips
        return chips.get(self._theme.kind) or next(iter(chips.values()))

    def show_state(self) -> None:
        """What holds now; it may have been changed by a key as well."""
        self.theme_choice.show_chosen(self._theme.kind)
        wanted = str(self._console.memory(_LANGUAGE) or self._texts.language)
        self.language_choice.show_chosen(wanted)
        later = wanted != self._texts.language
        self.notes["language"].setText(
            self._texts.get("ui.settings.own.language_later" if later else "ui.settings.own.language_note")
        )
        set_tone(self.notes["language"], "warn" if later else "muted")
        self._show_scale()
        if self.tone is not None:
            self.sound_choice.show_chosen("on" if self.tone.on else "off")
            self.volume_choice.show_chosen(self.tone.volume)
        if self.idle is not None:
            self.lock_choice.show_chosen(self.idle.minutes)

    def _show_scale(self) -> None:
        """What holds and what will; shares for which this screen is too small are not offered."""
        kept, now = self._console.memory(scale.MEMORY), scale.taken()
        wanted = kept if kept in scale.SHARES else 100
        self.scale_choice.show_chosen(wanted)
        room = self.screen().availableSize()
        for share, chip in self.scale_choice.chips.items():
            small = not scale.fits(room.width(), room.height(), now, int(str(share)))
            chip.setHidden(small and share not in (scale.SHARES[0], wanted))
        later = wanted != now
        key = "ui.settings.own.scale_later" if later else "ui.settings.own.scale_note"
        self.notes["scale"].setText(self._texts.get(key))
        set_tone(self.notes["scale"], "warn" if later else "muted")

    # -- choosing ----------------------------------------------------------------------------------------------------------
    def _language(self, language: object) -> None:
        self._console.remember(_LANGUAGE, language)
        self.show_state()

    def _scale(self, share: object) -> None:
        self._console.remember(scale.MEMORY, None if share == scale.SHARES[0] else share)
        self.show_state()

    def _sound(self, on: object) -> None:
        if self.tone is not None:
            self.tone.on = on == "on"
        self.show_state()

    def _volume(self, share: object) -> None:
        if self.tone is not None:
            self.tone.set_volume(share)
            self._console.remember(VOLUME_MEMORY, share)
        self.show_state()

    def try_sound(self) -> None:
        """Red's pattern once, also while the sound is off; without a device that is said."""
        heard = self.tone is not None and self.tone.test(Severity.RED)
        key = "ui.settings.own.tested" if heard else "ui.settings.own.no_audio"
        self.notes["volume"].setText(self._texts.get(key))
        set_tone(self.notes["volume"], "muted" if heard else "warn")

    def _lock(self, minutes: object) -> None:
        if self.idle is not None:
            self.idle.set_minutes(minutes)
            self._console.remember(IDLE_MEMORY, minutes)
        self.show_state()


def _own_name(texts: Texts, language: str) -> str:
    """A language by its own name, so that whoever reads no other finds it."""
    known = texts if language == texts.language else Texts.load(language)
    return known.get("ui.settings.own.itself")


def _wrapped(text: str) -> QLabel:
    label = plain(text, tone="muted", size="small")
    label.setWordWrap(True)
    return label
