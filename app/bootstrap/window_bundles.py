"""Exchange by stick of a window: made, looked at and taken in on threads of their own, one question at a time counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.exchange.bundles import Examined, Exported, Imported, Partner, Past, Watch

ResultT = TypeVar("ResultT")


class SiteBundles:
    """The port over a site that may not be open yet. `close` gives up what runs and waits for it."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site = site
        self._guard = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._closing = False
        self._newest = 0

    def partners(self) -> Future[Sequence[Partner]]:
        """See the port."""

        def work() -> Sequence[Partner]:
            from app.bootstrap import bundles

            return bundles.partners(self._site())

        return self._submit(work)

    def past(self) -> Future[Sequence[Past]]:
        """See the port."""

        def work() -> Sequence[Past]:
            from app.bootstrap import bundles

            return bundles.past(self._site())

        return self._submit(work)

    def export(
        self, site: str, folder: Path, account_id: str, watch: Watch, *, follow: bool, resume: bool
    ) -> Future[Exported]:
        """See the port; given up when the window closes."""
        mine = self._until_closed(watch)

        def work() -> Exported:
            from app.bootstrap import bundle_export

            return bundle_export.export(
                self._site(),
                site,
                folder,
                account_id,
                follow=follow,
                resume=resume,
                folder_only=True,
                watch=mine,
            )

        return self._submit(work)

    def examine(self, paths: Sequence[Path], account_id: str) -> Future[Examined]:
        """See the port."""
        with self._guard:
            self._newest += 1
            mine = self._newest

        def work() -> Examined:
            from app.bootstrap import bundle_look
            from app.exchange.bundles import CancelledError as GivenUpError
            from app.exchange.bundles import Watch

            watch = Watch(cancelled=lambda: self._closing or self._newest != mine)
            try:
                return bundle_look.examine(self._site(), paths, account_id, watch)
            except GivenUpError as nobody:
                raise CancelledError from nobody

        return self._submit(work)

    def take(self, paths: Sequence[Path], account_id: str, watch: Watch) -> Future[Imported]:
        """See the port; given up when the window closes."""
        mine = self._until_closed(watch)

        def work() -> Imported:
            from app.bootstrap import bundle_import

            return bundle_import.take(self._site(), paths, account_id, mine)

        return self._submit(work)

    def _until_closed(self, watch: Watch) -> Watch:
        return replace(watch, cancelled=lambda: self._closing or watch.cancelled())

    def _submit(self, work: Callable[[], ResultT]) -> Future[ResultT]:
        with self._guard:
            if self._closing:
                given_up: Future[ResultT] = Future()
                given_up.cancel()
                return given_up
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="bundles")
            return self._pool.submit(work)

    def close(self) -> None:
        """End everything before this returns."""
        with self._guard:
            self._closing = True
            pool = self._pool
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
