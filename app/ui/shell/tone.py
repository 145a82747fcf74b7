"""The alarm sound: a short tone of our own, made here; without a sound device the screen alone tells (SCREEN, Manners)."""

from __future__ import annotations

import logging
import math
import struct
import tempfile
import wave
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl

log = logging.getLogger(__name__)
RATE = 22_050
_NOTES = ((880.0, 0.16), (0.0, 0.06), (880.0, 0.16), (0.0, 0.06), (660.0, 0.30))
_LOUDNESS = 0.5
_RAMP_S = 0.01


def samples() -> bytes:
    """Three notes as 16 bit mono PCM, ramped so that they do not click."""
    frames = bytearray()
    for pitch, seconds in _NOTES:
        count = int(RATE * seconds)
        for n in range(count):
            edge = min(1.0, n / (RATE * _RAMP_S), (count - n) / (RATE * _RAMP_S))
            value = math.sin(2 * math.pi * pitch * n / RATE) * _LOUDNESS * edge if pitch else 0.0
            frames += struct.pack("<h", int(value * 32_767))
    return bytes(frames)


def write_tone(path: Path) -> None:
    """Write the tone as a WAV file."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples())


class Tone(QObject):
    """Plays the tone; knows whether there is anything to play it on. Loads its library when first asked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on = True
        self._effect: Any = None
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
        return self._effect is not None

    def _load(self) -> None:
        try:
            from PySide6.QtMultimedia import QMediaDevices, QSoundEffect
        except ImportError as missing:
            log.warning("no alarm sound: %s", missing)
            return
        if not QMediaDevices.audioOutputs():
            log.info("no alarm sound: no device")
            return
        self._folder = tempfile.TemporaryDirectory(prefix="jdc-tone-")
        path = Path(self._folder.name) / "alarm.wav"
        write_tone(path)
        self._effect = QSoundEffect(self)
        self._effect.setSource(QUrl.fromLocalFile(str(path)))

    def play(self) -> bool:
        """Sound once; False when it is off or there is nothing to sound on."""
        if not self.on or not self.available:
            return False
        self._effect.play()
        return True

    def dispose(self) -> None:
        """Silence, and the file goes."""
        if self._effect is not None:
            self._effect.stop()
            self._effect.deleteLater()
            self._effect = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
