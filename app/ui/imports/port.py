"""What the import screen asks of a running site; everything long happens on other threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.exchange.imports.run import Ask, Checked, Report, Watch


class ImportDoor(Protocol):
    """Files looked at and loaded behind the window."""

    def examine(self, ask: Ask, account_id: str) -> Future[Checked]:
        """Read and judge a file; a newer question makes an older one end with CancelledError.

        The future raises Refusal (E_PERM, E_FORMAT) or EnvironmentFault.
        """
        ...

    def load(self, ask: Ask, checked: Checked, account_id: str, watch: Watch) -> Future[Report]:
        """Load what was judged; `watch` is told and asked on another thread.

        The future raises app.exchange.imports.run.CancelledError after everything was taken back, Refusal, EnvironmentFault.
        """
        ...

    def commands(self, kind: str) -> Sequence[str]:
        """Names of the commands an import of a kind (shelters | points) needs."""
        ...
