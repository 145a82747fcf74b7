"""Rule numbers of a window: the pack's, what was changed, by whom and when (D-31)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork
from app.ui.settings.port import FIXED, LATER, USED, NumberRow

if TYPE_CHECKING:
    import sqlite3

    from app.bootstrap.node import Node
    from app.domain.rule_numbers import RuleKey, RuleNumber

_ENTITY, _FIELD = "rule_number", "value"


class SiteSettings:
    """The settings port over a site that may not be open yet."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site, self._work = site, WindowWork("settings-screen", threads=1)

    def numbers(self) -> Future[Sequence[NumberRow]]:
        """See the port."""
        return self._work.submit(self._numbers)

    def close(self) -> None:
        """Wait for what is under way."""
        self._work.close()

    def _numbers(self) -> Sequence[NumberRow]:
        from app.queries import settings

        node = self._site()
        pack = node.bus.pack.rules

        def read(connection: sqlite3.Connection) -> list[NumberRow]:
            now = settings.in_force(connection, pack)
            changed = {row.id for row in settings.rule_numbers(connection)}
            return [
                _row(connection, pack[key], number, touched=key.value in changed)
                for key, number in now.items()
            ]

        return node.read(read)


def _row(connection: sqlite3.Connection, own: RuleNumber, number: RuleNumber, *, touched: bool) -> NumberRow:
    from app.domain.rule_numbers import SPECS

    at, agency, title = _last(connection, number.key.value) if touched else (None, "", "")
    return NumberRow(
        key=number.key.value,
        value=number.value,
        own=own.value,
        default=number.default,
        unit=number.unit.value,
        low=SPECS[number.key].low,
        high=SPECS[number.key].high,
        rule=number.rule,
        clause=number.clause,
        standing=_standing(number.key),
        changed_at=at,
        agency=agency,
        title=title,
        disputed=_disputed(connection, number.key.value) if touched else (),
    )


def _standing(key: RuleKey) -> str:
    from app.domain import rule_numbers

    if key in rule_numbers.FIXED:
        return FIXED
    return USED if key in rule_numbers.IN_USE else LATER


def _last(connection: sqlite3.Connection, key: str) -> tuple[int | None, str, str]:
    """(when, agency, post) of the last change that counts."""
    from app.journal.history import history
    from app.queries import accounts

    wrote = (
        entry
        for entry in reversed(history(connection, _ENTITY, key))
        if entry.quarantined is None and any(change.field == _FIELD for change in entry.changes)
    )
    entry = next(wrote, None)
    if entry is None:
        return None, "", ""
    account = accounts.account(connection, entry.account_id)
    title = (account.title or account.name or "") if account is not None else ""
    return entry.recorded_at, entry.agency or "", title


def _disputed(connection: sqlite3.Connection, key: str) -> tuple[int, ...]:
    """Values that differ; both rooms having written the same is no disagreement."""
    from app.queries import conflicts

    said = {row.value for row in conflicts.conflicts_of(connection, _ENTITY, key) if row.field == _FIELD}
    return tuple(sorted(said)) if len(said) > 1 else ()
