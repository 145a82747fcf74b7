"""One table of what can be done: menus, shortcuts, cheat sheet and command palette are all built from it.

Later features add their actions with `ActionTable.add`; an id, like a text key, stands once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

Rule = Callable[[], bool]


def always() -> bool:
    """The rule of what can be done at any time."""
    return True


@dataclass(frozen=True)
class Action:
    """One thing a person can do: id, key of its text, shortcut ("" for none), what happens, when it can.

    `group` is the text key of its heading in the cheat sheet; `why_not` the text key of the reason when the rule says no;
    `why` words it as things stand, empty where the text says enough.
    """

    id: str
    text: str
    shortcut: str
    handler: Callable[[], None]
    enabled: Rule = always
    group: str = "ui.shell.group.window"
    why_not: str = ""
    why: Callable[[], str] | None = None

    def run(self) -> bool:
        """Do it when its rule allows; True if it was done."""
        if not self.enabled():
            return False
        self.handler()
        return True


class ActionTable:
    """All actions of one window in the order they were added."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}
        self._own: dict[str, str] = {}  # id -> a key of an officer's own, beside that of the table

    def add(self, action: Action) -> None:
        """Enter an action; ValueError when its id or its shortcut stands already."""
        if action.id in self._actions:
            raise ValueError(f"action {action.id} stands twice")
        taken = {_sequence(known.shortcut) for known in self if known.shortcut}
        if action.shortcut and _sequence(action.shortcut) in taken:
            raise ValueError(f"shortcut {action.shortcut} stands twice")
        self._actions[action.id] = action

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __getitem__(self, action_id: str) -> Action:
        return self._actions[action_id]

    def own_key(self, action_id: str) -> str:
        """The officer's own key of an action, "" for none."""
        return self._own.get(action_id, "")

    def holder(self, keys: str) -> str:
        """Id of the action that a key belongs to already, by the table or as somebody's own; "" for none."""
        wanted = _sequence(keys)
        for action in self:
            if wanted in (_sequence(action.shortcut), _sequence(self.own_key(action.id))):
                return action.id
        return ""

    def take_own(self, window: QWidget, keys: Mapping[str, str]) -> None:
        """Whoever acts now has these keys beside those of the table, which hold for everybody at any time."""
        self._own = {
            action_id: each for action_id, each in keys.items() if action_id in self._actions and each
        }
        for action in window.actions():
            entry = self._actions.get(action.objectName().removeprefix("action."))
            if entry is not None:
                both = filter(None, (entry.shortcut, self.own_key(entry.id)))
                action.setShortcuts([QKeySequence(each) for each in both])

    def install(
        self, window: QWidget, text_of: Callable[[str], str], denied: Callable[[Action], None]
    ) -> None:
        """Give the window a QAction for each one that it has not got yet; `denied` hears what its rule forbade."""
        known = {action.objectName() for action in window.actions()}
        for entry in self:
            if f"action.{entry.id}" in known:
                continue
            action = QAction(text_of(entry.text), window)
            action.setObjectName(f"action.{entry.id}")
            if entry.shortcut:
                action.setShortcut(QKeySequence(entry.shortcut))
            action.triggered.connect(partial(_trigger, entry, denied))
            window.addAction(action)


def _trigger(entry: Action, denied: Callable[[Action], None], _checked: bool = False) -> None:
    if not entry.run():
        denied(entry)


def _sequence(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.PortableText)
