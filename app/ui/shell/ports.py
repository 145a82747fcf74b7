"""What the window asks of a running site beyond the two doors of `Console`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from app.kernel.errors import EnvironmentFault
from app.ui.accounts.port import AccountsDoor
from app.ui.attachments.port import AttachmentDoor
from app.ui.backup.port import BackupDoor
from app.ui.board.port import ExportDoor
from app.ui.bundles.port import BundleDoor
from app.ui.console import Console
from app.ui.contacts.port import ContactDoor
from app.ui.diagnostics.port import DiagnosticsDoor
from app.ui.imports.port import ImportDoor
from app.ui.link_desk.port import LinkDeskDoor
from app.ui.pairing.port import PairingDoor
from app.ui.settings.port import SettingsDoor
from app.ui.sites.port import SitesDoor

if TYPE_CHECKING:
    from app.exchange.feed.intake import FeedCounts
    from app.kernel.running import Former


@dataclass(frozen=True, slots=True)
class Health:
    """Figures of the status line: bytes of the database, newest verified backup (UTC ms or None) and how old it may be (ms),
    operations held."""

    size_bytes: int
    backup_at: int | None
    backup_limit_ms: int
    operations: int


class SiteDoor(Console, Protocol):
    """The console as the window itself sees it."""

    former: (
        Former | None
    )  # how the last run ended if it was not closed, until somebody has read it; known once open
    limits_s: Mapping[str, int]  # rule numbers of the pack that are spans, by name, in seconds (D-31)

    @property
    def attachments(self) -> AttachmentDoor:
        """Files of incidents."""
        ...

    @property
    def contacts(self) -> ContactDoor:
        """Contacts of incidents."""
        ...

    @property
    def bundles(self) -> BundleDoor:
        """Exchange by stick."""
        ...

    @property
    def exports(self) -> ExportDoor:
        """The board as a file or on paper."""
        ...

    @property
    def imports(self) -> ImportDoor:
        """Imports of files into registers."""
        ...

    @property
    def link_desk(self) -> LinkDeskDoor:
        """Every line to other workstations, and where they are dialled."""
        ...

    @property
    def pairing(self) -> PairingDoor:
        """Pairing with another workstation."""
        ...

    @property
    def backup(self) -> BackupDoor:
        """Backups, and the check of the record (XC-09, XC-04)."""
        ...

    @property
    def accounts(self) -> AccountsDoor:
        """Passwords of accounts."""
        ...

    @property
    def sites(self) -> SitesDoor:
        """Keys, certificates and seals of this workstation and its agency's."""
        ...

    @property
    def settings(self) -> SettingsDoor:
        """Rule numbers (D-31)."""
        ...

    @property
    def diagnostics(self) -> DiagnosticsDoor:
        """How this workstation is, and what is left of a crash."""
        ...

    @property
    def opened(self) -> Future[None]:
        """Done once acts are possible; carries the EnvironmentFault when the site cannot be opened."""
        ...

    def history(self, entity: str, entity_id: str, asker: str = "") -> Future[Sequence[Any]]:
        """Operations on one record in their order (app.journal.history.HistoryEntry); a newer question of the same `asker`
        about this kind of record supersedes an older."""
        ...

    def health(self) -> Future[Health]:
        """Figures of the status line."""
        ...

    def feed(self) -> FeedCounts | None:
        """What came in through the 119 feed since the start (IS-01), None while nobody knows; a snapshot, from any thread."""
        ...

    def troubles(self) -> list[EnvironmentFault]:
        """What does not work although the site is open (a port in use, say); a snapshot, from any thread."""
        ...
