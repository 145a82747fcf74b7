"""A pairing over the network as this workstation sees it; what it says, the screens and the command line show."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WINDOW_S: Final = 600  # so long a pairing window stays open
TRIES: Final = 3
LISTEN_MEMORY: Final = "net.listen"  # where this workstation takes links, when that was chosen on the screen
DIGITS: Final = 6  # of a number compared over the network; files have more time against them
FILE_DIGITS: Final = 20


def digits_of(typed: str) -> str:
    """The digits of a number as typed: spaces, hyphens and the wide digits of an input method do not matter."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", typed) if sign.isascii() and sign.isdigit())


class Stage(StrEnum):
    """Where a pairing stands."""

    CLOSED = "closed"  # no window is open
    LISTENING = "listening"  # waits for the other to dial
    DIALLING = "dialling"  # the other does not answer yet
    COMPARING = "comparing"  # the number is there, our officer has not decided
    WAITING = "waiting"  # ours has confirmed, theirs not yet
    DONE = "done"  # entered here
    FAILED = "failed"  # over, with a reason


@dataclass(frozen=True, slots=True)
class PairingView:
    """Snapshot. `until`: UTC ms when the window closes; `address`: host:port listened on or dialled; `reason`: text key of how
    the last connection or the whole window ended; `wrong`: the number typed last was not the one shown.

    `wrong_there`: how often another number was typed at the other side, by its own word; `left_there`: how often the number
    may still be compared there. `entered_there`: the other side has said that it entered us as well. `link_address`: where its
    link will be dialled, empty when only it dials; `own_port`: where our link listens, 0 for nowhere.
    """

    stage: Stage = Stage.CLOSED
    until: int = 0
    address: str = ""
    tries_left: int = TRIES
    number: str = ""
    site: str = ""
    agency: str = ""
    agency_name: str = ""
    confirmed_there: bool = False
    entered_there: bool = False
    link_address: str = ""
    own_port: int = 0
    reason: str = ""
    wrong: bool = False
    wrong_there: int = 0
    left_there: int = TRIES

    @property
    def open(self) -> bool:
        """True while a window is open."""
        return self.stage in (Stage.LISTENING, Stage.DIALLING, Stage.COMPARING, Stage.WAITING)

    @property
    def reachable(self) -> bool:
        """True if after the pairing at least one side can dial the other."""
        return bool(self.link_address) or bool(self.own_port)
