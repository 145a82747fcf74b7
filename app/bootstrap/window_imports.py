"""Imports of a window: files are read and loaded on threads of their own, one question at a time counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.exchange.imports.run import Ask, Checked, Report, Watch

ResultT = TypeVar("ResultT")


class SiteImports:
    """The import port over a site that may not be open yet. `close` gives up what runs and has it taken back first."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site = site
        self._guard = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._closing = False
        self._newest = 0

    def examine(self, ask: Ask, account_id: str) -> Future[Checked]:
        """Read and judge a file; a newer question makes an older one end with CancelledError."""
        with self._guard:
            self._newest += 1
            mine = self._newest

        def unwanted() -> bool:
            return self._closing or self._newest != mine

        def work() -> Checked:
            from app.bootstrap import importing
            from app.exchange.imports.tables import UnwantedError

            try:
                if unwanted():
                    raise UnwantedError
                return importing.examine(self._site(), ask, account_id, unwanted)
            except UnwantedError as nobody:
                raise CancelledError from nobody

        return self._submit(work)

    def load(self, ask: Ask, checked: Checked, account_id: str, watch: Watch) -> Future[Report]:
        """Load what was judged; given up and taken back when the window closes."""
        mine = replace(watch, cancelled=lambda: self._closing or watch.cancelled())

        def work() -> Report:
            from app.bootstrap import importing

            return importing.load_checked(self._site(), ask, checked, account_id, mine)

        return self._submit(work)

    def commands(self, kind: str) -> Sequence[str]:
        """Names of the commands an import of a kind needs."""
        from app.bootstrap import importing

        return importing.commands_of(kind)

    def _submit(self, work: Callable[[], ResultT]) -> Future[ResultT]:
        with self._guard:
            if self._closing:
                given_up: Future[ResultT] = Future()
                given_up.cancel()
                return given_up
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="imports")
            return self._pool.submit(work)

    def close(self) -> None:
        """End everything; what was loading is taken back before this returns."""
        with self._guard:
            self._closing = True
            pool = self._pool
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
