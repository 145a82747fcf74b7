"""What a person is told once at the sign-in: who ended the watch that they had forgotten to leave, and why (JD-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.clock import DAY_MS
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.queries.duty import LogRow
    from app.ui.shell.main_window import MainWindow

TOLD = "watch.told"
TOLD_FOR_DAYS = 30


def tell_ended(window: MainWindow) -> None:
    """Tell whoever is signed in, and nobody else: an answer that comes after the lock is told at the next sign-in."""
    console, session = window.console, window.session
    account = session.account
    if account is None:
        return
    account_id, now = account.id, console.clock.now_ms()
    known = console.memory(TOLD)
    told = known if isinstance(known, dict) else {}
    after = max(int(told.get(account_id, 0)), now - TOLD_FOR_DAYS * DAY_MS)

    def read(connection: Any) -> list[LogRow]:
        from app.queries.duty import ended_by_others

        return ended_by_others(connection, account_id, after)

    def tell(rows: list[LogRow]) -> None:
        here = session.account
        if not rows or here is None or here.id != account_id:
            return
        lines = [
            console.texts.get(
                "ui.forms.watch.told", time=moments.exact_text(row.at or 0)[5:16], text=row.text or ""
            )
            for row in rows
        ]
        console.remember(TOLD, {**told, account_id: max(row.at or 0 for row in rows)})
        window.overlays.refusals.say("\n".join(lines))

    session.ask(read, tell, "watch.told")
