"""Exchange by stick of a window: made, looked at and taken in on threads of their own, one question at a time counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.exchange.bundles import Examined, Exported, Imported, Partner, Past, Watch


class SiteBundles:
    """The port over a site that may not be open yet. `close` gives up what runs and waits for it."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site, self._work = site, WindowWork("bundles")

    def partners(self) -> Future[Sequence[Partner]]:
        """See the port."""

        def work() -> Sequence[Partner]:
            from app.bootstrap import bundles

            return bundles.partners(self._site())

        return self._work.submit(work)

    def past(self) -> Future[Sequence[Past]]:
        """See the port."""

        def work() -> Sequence[Past]:
            from app.bootstrap import bundles

            return bundles.past(self._site())

        return self._work.submit(work)

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

        return self._work.submit(work)

    def examine(self, paths: Sequence[Path], account_id: str) -> Future[Examined]:
        """See the port."""
        unwanted = self._work.newest()

        def work() -> Examined:
            from app.bootstrap import bundle_look
            from app.exchange.bundles import CancelledError as GivenUpError
            from app.exchange.bundles import Watch

            try:
                return bundle_look.examine(self._site(), paths, account_id, Watch(cancelled=unwanted))
            except GivenUpError as nobody:
                raise CancelledError from nobody

        return self._work.submit(work)

    def take(self, paths: Sequence[Path], account_id: str, watch: Watch) -> Future[Imported]:
        """See the port; given up when the window closes."""
        mine = self._until_closed(watch)

        def work() -> Imported:
            from app.bootstrap import bundle_import

            return bundle_import.take(self._site(), paths, account_id, mine)

        return self._work.submit(work)

    def _until_closed(self, watch: Watch) -> Watch:
        return replace(watch, cancelled=lambda: self._work.closing or watch.cancelled())

    def close(self) -> None:
        """End everything before this returns."""
        self._work.close()
