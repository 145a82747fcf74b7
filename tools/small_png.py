"""Pictures of screens made small: at most 256 colours, those they use most."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from tools.stage import StageError

COLOURS = 256
MOST_BYTES = 200_000


def small_png(path: Path) -> None:
    """Rewrite a picture with the colours it uses most; every other colour becomes the nearest of them."""
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    width, height = image.width(), image.height()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(height, image.bytesPerLine() // 4)[:, :width]
    known, where, count = np.unique(pixels, return_inverse=True, return_counts=True)
    kept = known[_palette(known, count)]
    nearest = _nearest(_channels(known), _channels(kept))
    lines = nearest[where].reshape(height, width).astype(np.uint8)
    padded = np.zeros((height, -(-width // 4) * 4), np.uint8)
    padded[:, :width] = lines
    small = QImage(padded.tobytes(), width, height, padded.shape[1], QImage.Format.Format_Indexed8)
    small.setColorTable([int(colour) | 0xFF000000 for colour in kept])
    if not small.save(str(path), quality=0):
        raise StageError(f"not written: {path}")
    if path.stat().st_size > MOST_BYTES:
        raise StageError(f"{path.name} has {path.stat().st_size} bytes")


def _palette(known: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Indices of the colours to keep: the commonest of each coarse cell first, then the commonest of the rest."""
    order = np.argsort(-count, kind="stable")
    if len(order) <= COLOURS:
        return order
    channels = _channels(known[order]).astype(np.int64) >> 4
    cells = channels[:, 0] << 8 | channels[:, 1] << 4 | channels[:, 2]
    _, first = np.unique(cells, return_index=True)
    wide = np.sort(first)[: COLOURS * 3 // 4]
    rest = np.setdiff1d(np.arange(len(order)), wide)[: COLOURS - len(wide)]
    kept: np.ndarray = order[np.concatenate([wide, rest])]
    return kept


def _channels(colours: np.ndarray) -> np.ndarray:
    return np.stack([(colours >> shift) & 0xFF for shift in (16, 8, 0)], axis=1).astype(np.float32)


def _nearest(colours: np.ndarray, kept: np.ndarray) -> np.ndarray:
    found = np.empty(len(colours), np.int64)
    for begin in range(0, len(colours), 4096):
        part = colours[begin : begin + 4096]
        distance = ((part[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2)
        found[begin : begin + 4096] = distance.argmin(axis=1)
    return found
