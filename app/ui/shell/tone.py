"""The sounds of alarms: our own pattern for each rank, made here; without a device the screen alone tells (SCREEN, Manners)."""

from __future__ import annotations

import logging
import math
import struct
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl

from app.kernel import imports
from app.kernel.enums import Severity

log = logging.getLogger(__name__)
RATE = 22_050
_LOUDNESS = 0.5
VOLUMES = (30, 60, 100)  # per cent of what the machine is set to
VOLUME_MEMORY = "sound.volume"
_RAMP_S = 0.01
Notes = Sequence[tuple[float, float]]


def samples(notes: Notes) -> bytes:
    """Notes (Hz, 0 for a pause; seconds) as 16 bit mono PCM, ramped so that they do not click."""
    frames = bytearray()
    for pitch, seconds in notes:
        count = int(RATE * seconds)
        for n in range(count):
            edge = min(1.0, n / (RATE * _RAMP_S), (count - n) / (RATE * _RAMP_S))
            value = math.sin(2 * math.pi * pitch * n / RATE) * _LOUDNESS * edge if pitch else 0.0
            frames += struct.pack("<h", int(value * 32_767))
    return bytes(frames)


def write_tone(path: Path, notes: Notes) -> None:
    """Write a pattern as a WAV file."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples(notes))


class Tone(QObject):
    """Plays the pattern of a rank; knows whether there is anything to play it on. Loads its library when first asked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on = True
        self.volume = VOLUMES[-1]
        self._effects: dict[Severity, Any] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._asked = False

    def prepare(self) -> None:
        """Load the library now, which takes some 50 ms."""
        if not self._asked:
            self._asked = True
            self._load()

    @property
    def available(self) -> bool:
        """True when a sound device and the library for it are there."""
        self.prepare()
        return bool(self._effects)

    def _load(self) -> None:
        try:
            with (
                imports.turn()
            ):  # not beside the plot's library: two loaders of native code once waited for each other
                from PySide6.QtMultimedia import QMediaDevices, QSoundEffect
        except ImportError as missing:
            log.warning("no alarm sound: %s", missing)
            return
        if not QMediaDevices.audioOutputs():
            log.info("no alarm sound: no device")
            return
        self._folder = tempfile.TemporaryDirectory(prefix="jdc-tone-")
        from app.queries.alarms import SOUNDS

        for rank, sound in SOUNDS.items():
            path = Path(self._folder.name) / f"{rank.name.lower()}.wav"
            write_tone(path, sound.notes)
            self._effects[rank] = effect = QSoundEffect(self)
            effect.setSource(QUrl.fromLocalFile(str(path)))
            effect.setVolume(self.volume / 100)

    def set_volume(self, volume: object) -> None:
        """As loud as this share of what the machine is set to; what is no choice leaves it as it is."""
        if not isinstance(volume, int) or volume not in VOLUMES:
            return
        self.volume = volume
        for effect in self._effects.values():
            effect.setVolume(volume / 100)

    def play(self, rank: Severity) -> bool:
        """Sound a rank's pattern once; False when the sound is off, the rank has none or there is nothing to sound on."""
        return self.on and self.test(rank)

    def test(self, rank: Severity) -> bool:
        """Sound once also while the sound is off; False when there is nothing to sound on."""
        if not self.available or rank not in self._effects:
            return False
        self._effects[rank].play()
        return True

    def dispose(self) -> None:
        """Silence, and the files go."""
        for effect in self._effects.values():
            effect.stop()
            effect.deleteLater()
        self._effects = {}
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
