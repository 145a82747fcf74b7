"""Workstations and certificates of a window: on a thread of its own, over the site behind it (docs/decisions/0033, 0034)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork
from app.kernel.errors import EnvironmentFault, Refusal

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.usecases.commands import Command


class SiteTrust:
    """The port over a site that may not be open yet."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site, self._work = site, WindowWork("sites-screen", threads=1)

    def rotate_key(self, account_id: str) -> Future[None]:
        """Change the signing key."""

        def work() -> None:
            from app.bootstrap import trusting

            trusting.rotate_key(self._site(), account_id)

        return self._work.submit(work)

    def renew(self, account_id: str) -> Future[None]:
        """Renew the certificate."""

        def work() -> None:
            from app.bootstrap import renewing

            renewing.renew(self._site(), account_id)

        return self._work.submit(work)

    def close_site(self, site: str, heir: str, recovery_file: Path, account_id: str) -> Future[None]:
        """Sign the certificate and enter it."""
        return self._certified("close_site", "close", site, recovery_file, account_id, heir=heir)

    def revoke_site(self, site: str, last_seq: int, recovery_file: Path, account_id: str) -> Future[None]:
        """Sign the certificate and enter it."""
        return self._certified("revoke_site", "revoke", site, recovery_file, account_id, last_seq=last_seq)

    def _certified(
        self, command: str, what: str, site: str, recovery_file: Path, account_id: str, **terms: str | int
    ) -> Future[None]:
        def work() -> None:
            from app.bootstrap.certifying import certify
            from app.bootstrap.parsing import parse_command

            node = self._site()
            node.check_right(command, account_id)
            heir, last_seq = str(terms.get("heir", "")), int(terms.get("last_seq", 0))
            made = certify(recovery_file, what, site, heir=heir, last_seq=last_seq, clock=node.clock)
            entered: Command = parse_command(made["command"], made["arguments"])
            node.execute(entered, account_id)

        return self._work.submit(work)

    def seal(self, account_id: str) -> Future[str]:
        """Seal the emergency account anew; its page."""

        def work() -> str:
            from app.bootstrap import sheets

            node = self._site()
            sealed = sheets.seal_account(node, account_id)
            return sheets.document(node.texts, [sheets.seal_page(node.texts, sheets.where_of(node), sealed)])

        return self._work.submit(work)

    def recovery_page(self, recovery_file: Path, account_id: str) -> Future[str]:
        """The recovery key's page; only for who may use the key."""

        def work() -> str:
            from app.bootstrap import sheets

            node = self._site()
            node.check_right("close_site", account_id)
            return sheets.document(node.texts, [sheets.print_recovery(node, recovery_file)])

        return self._work.submit(work)

    def save_page(self, page: str, path: Path) -> Future[None]:
        """Write a page where it was asked for."""

        def work() -> None:
            from app.bootstrap import sheets

            sheets.save(path, page)

        return self._work.submit(work)

    def on_data_disk(self, path: Path) -> bool:
        """Whether it would stay on this workstation."""
        try:
            there = next(each for each in (path, *path.absolute().parents) if each.exists())
            return there.stat().st_dev == self._site().data.root.stat().st_dev
        except (OSError, StopIteration, Refusal, EnvironmentFault):
            return False

    def close(self) -> None:
        """Wait for what is under way: a key half changed would be finished at the next start only."""
        self._work.close()
