"""What the pairing screen asks of a running site; nothing here waits on the window's thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.local.pairing_view import PairingView


@dataclass(frozen=True, slots=True)
class FileNumber:
    """The other side's file as read: whose it is, and the number of twenty digits both sides must show."""

    site: str
    agency: str
    agency_name: str
    number: str


class PairingDoor(Protocol):
    """Pairing of the site behind the window. All futures may raise Refusal or EnvironmentFault."""

    def view(self) -> PairingView:
        """How a pairing over the network stands; a snapshot, from any thread."""
        ...

    def own_addresses(self) -> Sequence[str]:
        """Addresses of this machine, the one that leads outward first."""
        ...

    def check(self, address: str, *, waits: bool) -> Future[None]:
        """Try the address of a window, ours if it `waits`, without opening or keeping anything."""
        ...

    def listen(self, address: str, account_id: str) -> Future[PairingView]:
        """Open a window that waits for the other side at host:port."""
        ...

    def dial(self, address: str, account_id: str) -> Future[PairingView]:
        """Open a window that dials the other side's."""
        ...

    def confirm(self, number: str, account_id: str) -> Future[PairingView]:
        """The officer has heard this number."""
        ...

    def mismatch(self) -> Future[PairingView]:
        """The officer has heard another number."""
        ...

    def cancel(self) -> Future[PairingView]:
        """Close the window."""
        ...

    def write_file(self, path: Path, endpoint: str, account_id: str) -> Future[Path]:
        """Write our identity file; `endpoint`: where the other side may dial us, "" nowhere."""
        ...

    def read_file(self, path: Path, account_id: str) -> Future[FileNumber]:
        """Read the other side's file and make the number to compare."""
        ...

    def confirm_file(self, path: Path, number: str, address: str, account_id: str) -> Future[None]:
        """The officer has heard this number; the other side is entered."""
        ...
