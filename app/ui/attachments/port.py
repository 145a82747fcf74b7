"""What the screen of attachments asks of a running site."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """One attachment; `state`: here | coming | barred | purged; `came`: bytes of it that have arrived; `by`: title of who
    attached it.

    `destroyed`: agencies whose workstations have said that they destroyed it; `why`: the reason of the order;
    `reached`: of our own file, (other agency of which a workstation has said that it held it whole, when it said so first);
    `waits`: folders of backups that are out of reach, while the copy in them is not destroyed; `barred`: why its file is not
    taken in here: kind | size.
    """

    id: str
    name: str
    media_type: str
    size: int
    at: int
    agency: str
    by: str
    note: str
    state: str
    came: int = 0
    destroyed: tuple[str, ...] = ()
    why: str = ""
    reached: tuple[tuple[str, int], ...] = ()
    waits: str = ""
    barred: str = ""


class AttachmentDoor(Protocol):
    """Attachments of the site behind the window."""

    def lines(self, incident_id: str) -> Future[Sequence[AttachmentLine]]:
        """Attachments of an incident, oldest first."""
        ...

    def attach(self, path: Path, incident_id: str, account_id: str, note: str) -> Future[bool]:
        """Take a file in; False when it was given up. The future raises Refusal or EnvironmentFault."""
        ...

    def taken(self) -> int:
        """Bytes of the file under way that have been taken in; a snapshot."""
        ...

    def give_up(self) -> None:
        """Give the file under way up; nothing of it stays."""
        ...

    def save(self, attachment_id: str, target: Path) -> Future[Path]:
        """Write a copy, never over another file. The future raises Refusal or EnvironmentFault."""
        ...

    def picture(self, attachment_id: str) -> Future[bytes | None]:
        """The bytes of a picture to look at; None when it is none or not here whole."""
        ...
