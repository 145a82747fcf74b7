"""Technical log: to standard error and a rotating file, with anything that looks personal masked (XC-07)."""

from __future__ import annotations

import logging
import re
from pathlib import Path

_PHONE_LIKE = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(?:1\d{2}[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}|\d{17}[\dXx])(?!\d)"
)

FILE = "console.log"


def mask(text: str) -> str:
    """Replace what looks like a telephone or identity number by asterisks."""
    return _PHONE_LIKE.sub(lambda found: "*" * len(found.group()), text)


class _Masking(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def configure(folder: Path | None = None, level: int = logging.INFO) -> None:
    """Send the log of this process to standard error and, with a folder, to console.log (5 × 2 MB)."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if folder is not None:
        from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - the board is painted without it

        handlers.append(
            RotatingFileHandler(folder / FILE, maxBytes=2_000_000, backupCount=5, encoding="utf-8")
        )
    formatter = _Masking("%(asctime)s %(levelname)s %(name)s %(message)s")
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=handlers, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
