"""What an account searched for lately, on this workstation. Telephone numbers are never kept (XC-07)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MEMORY = "search.recent"
MOST = 12
LONGEST = 120
# Seven digits and more in a row, blanks and dashes inside or not: a telephone number. What hangs on letters, such as the
# number of an incident or an alarm, is none.
_NUMBER = re.compile(r"(?<![A-Za-z0-9-])\+?\(?\d(?:[ ()-]?\d){6,}")
_DAY = re.compile(r"(?<!\d)20\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)")


def looks_personal(text: str) -> bool:
    """True if something in it may be a telephone number."""
    return _NUMBER.search(_DAY.sub("\n", text)) is not None


class Recents:
    """Newest first, by account; nobody's are not kept."""

    def __init__(self, memory: Callable[[str], Any], remember: Callable[[str, Any], None]) -> None:
        self._memory, self._remember = memory, remember

    def of(self, account_id: str) -> list[str]:
        """Searches of an account."""
        kept = self._all().get(account_id) if account_id else None
        return [str(each) for each in kept][:MOST] if isinstance(kept, list) else []

    def keep(self, account_id: str, text: str) -> None:
        """One more; what was searched before moves to the front."""
        text = " ".join(text.split())
        if not account_id or not text or len(text) > LONGEST or looks_personal(text):
            return
        kept = [text, *(each for each in self.of(account_id) if each != text)][:MOST]
        self._remember(MEMORY, {**self._all(), account_id: kept})

    def forget(self, account_id: str, text: str = "") -> None:
        """One of them, or all."""
        kept = [each for each in self.of(account_id) if text and each != text]
        self._remember(MEMORY, {**self._all(), account_id: kept})

    def _all(self) -> dict[str, Any]:
        stored = self._memory(MEMORY)
        return stored if isinstance(stored, dict) else {}
