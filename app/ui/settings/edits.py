"""Numbers that were typed and not saved yet: kept over closing, locking and a restart. No widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.ui.settings.port import NumberRow

if TYPE_CHECKING:
    from app.ui.console import Console

MEMORY = "draft.settings"


@dataclass(frozen=True, slots=True)
class Edit:
    """What was typed, and the value that stood there when it was begun."""

    text: str
    begun_at: int


class Edits:
    """By key of the number."""

    def __init__(self, console: Console) -> None:
        self._console = console
        kept = console.memory(MEMORY)
        self._edits = {key: edit for key, each in _pairs(kept) if (edit := _read(each)) is not None}

    def __len__(self) -> int:
        return len(self._edits)

    def keys(self) -> tuple[str, ...]:
        """Numbers with something typed."""
        return tuple(self._edits)

    def text(self, key: str) -> str:
        """What was typed for a number, empty for nothing."""
        edit = self._edits.get(key)
        return edit.text if edit is not None else ""

    def overtaken(self, row: NumberRow) -> bool:
        """True when the number was changed after somebody here had begun to type."""
        edit = self._edits.get(row.key)
        return edit is not None and edit.begun_at != row.value

    def put(self, row: NumberRow, text: str) -> bool:
        """Keep what was typed; the value itself, or nothing, is no edit. True when the marks in the list change."""
        before = self._edits.get(row.key)
        if not text.strip() or text.strip() == str(row.value):
            return self.drop(row.key)
        self._edits[row.key] = Edit(text, before.begun_at if before is not None else row.value)
        self._keep()
        return before is None

    def drop(self, key: str) -> bool:
        """Forget what was typed; True if anything was."""
        if self._edits.pop(key, None) is None:
            return False
        self._keep()
        return True

    def _keep(self) -> None:
        kept = {key: {"text": edit.text, "begun_at": edit.begun_at} for key, edit in self._edits.items()}
        self._console.remember(MEMORY, kept or None)


def _pairs(kept: Any) -> list[tuple[str, Any]]:
    return [(str(key), each) for key, each in kept.items()] if isinstance(kept, dict) else []


def _read(each: Any) -> Edit | None:
    match each:
        case {"text": str(text), "begun_at": int(begun)}:
            return Edit(text, begun)
    return None
