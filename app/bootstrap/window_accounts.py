"""Passwords from the window: on a thread of its own, over the site behind it (decision 0009)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork

if TYPE_CHECKING:
    from app.bootstrap.node import Node


class SiteAccounts:
    """The port over a site that may not be open yet."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site, self._work = site, WindowWork("accounts-screen", threads=1)

    def set_password(self, account_id: str, password: str, by: str) -> Future[None]:
        """Set a password on this workstation."""

        def work() -> None:
            self._site().set_password(account_id, password, by)

        return self._work.submit(work)

    def close(self) -> None:
        """Wait for what is under way."""
        self._work.close()
