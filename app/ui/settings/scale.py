"""How large everything is drawn on this workstation: chosen in the settings, taken at the next start (SCREEN, 100 to 200 %)."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SHARES = (100, 125, 150, 175, 200)  # per cent of what the system asks for
MEMORY = "scale"
_FACTOR = "QT_SCALE_FACTOR"
_LEAST = (900, 600)  # px that a window needs, as in app/ui/shell/main_window.py


def take(chosen: object, environment: MutableMapping[str, str] = os.environ) -> None:
    """Before the QApplication is made: what was chosen, unless whoever started the program asked for something else."""
    if isinstance(chosen, int) and chosen in SHARES[1:] and not environment.get(_FACTOR):
        environment[_FACTOR] = str(chosen / 100)


def taken(environment: MutableMapping[str, str] = os.environ) -> int:
    """What holds in this process."""
    try:
        return round(float(environment.get(_FACTOR, "1")) * 100)
    except ValueError:
        return 100


def fits(width: int, height: int, now: int, share: int) -> bool:
    """True if a window has room on a screen that is `width` × `height` px large at `now` per cent."""
    return width * now >= _LEAST[0] * share and height * now >= _LEAST[1] * share
