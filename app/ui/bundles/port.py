"""What the screen for exchange by stick asks of a running site; everything long happens on other threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.exchange.bundles import Examined, Exported, Imported, Partner, Past, Watch

COMMAND = "note_bundle"  # who may not enter an exchange into the log may do none


class BundleDoor(Protocol):
    """Bundles made, looked at and taken in behind the window."""

    def partners(self) -> Future[Sequence[Partner]]:
        """Paired workstations and what waits to be carried to them."""
        ...

    def past(self) -> Future[Sequence[Past]]:
        """Earlier bundles both ways, the newest first."""
        ...

    def export(
        self, site: str, folder: Path, account_id: str, watch: Watch, *, follow: bool, resume: bool
    ) -> Future[Exported]:
        """Make a bundle in a folder that is there; `watch` is told and asked on another thread.

        The future raises app.exchange.bundles.CancelledError after its files were removed, Refusal, EnvironmentFault.
        """
        ...

    def examine(self, paths: Sequence[Path], account_id: str) -> Future[Examined]:
        """What files or folders hold; a newer question makes an older one end with CancelledError.

        The future raises Refusal or EnvironmentFault when nothing of it can be used.
        """
        ...

    def take(self, paths: Sequence[Path], account_id: str, watch: Watch) -> Future[Imported]:
        """Take files or folders in; `watch` is told and asked on another thread.

        The future raises app.exchange.bundles.CancelledError (what was taken in stays), Refusal, EnvironmentFault.
        """
        ...
