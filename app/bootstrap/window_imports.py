"""Imports of a window: files are read and loaded on threads of their own, one question at a time counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.exchange.imports.run import Ask, Checked, Report, Watch


class SiteImports:
    """The import port over a site that may not be open yet. `close` gives up what runs and has it taken back first."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site, self._work = site, WindowWork("imports")

    def examine(self, ask: Ask, account_id: str) -> Future[Checked]:
        """Read and judge a file; a newer question makes an older one end with CancelledError."""
        unwanted = self._work.newest()

        def work() -> Checked:
            from app.bootstrap import importing
            from app.exchange.imports.tables import UnwantedError

            try:
                if unwanted():
                    raise UnwantedError
                return importing.examine(self._site(), ask, account_id, unwanted)
            except UnwantedError as nobody:
                raise CancelledError from nobody

        return self._work.submit(work)

    def load(self, ask: Ask, checked: Checked, account_id: str, watch: Watch) -> Future[Report]:
        """Load what was judged; given up and taken back when the window closes."""
        mine = replace(watch, cancelled=lambda: self._work.closing or watch.cancelled())

        def work() -> Report:
            from app.bootstrap import importing

            return importing.load_checked(self._site(), ask, checked, account_id, mine)

        return self._work.submit(work)

    def commands(self, kind: str) -> Sequence[str]:
        """Names of the commands an import of a kind needs."""
        from app.bootstrap import importing

        return importing.commands_of(kind)

    def close(self) -> None:
        """End everything; what was loading is taken back before this returns."""
        self._work.close()
