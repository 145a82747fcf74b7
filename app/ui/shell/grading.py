"""Ctrl+Up: the next alarm grade is proposed where it may be raised at all; where not, the act stands disabled with its reason
(RC-16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.forms import kinds

if TYPE_CHECKING:
    from app.kernel.errors import Refusal
    from app.queries.incidents import IncidentRow
    from app.ui.shell.main_window import MainWindow

_COMMAND = "raise_alarm_grade"


def denial(window: MainWindow) -> Refusal | None:
    """Why whoever acts here may not raise grades, and who may (XC-06); None when they may, or when only the sign-in lacks."""
    from app.kernel.enums import Role
    from app.usecases.permissions import matrix

    account, agency = window.session.account, window.console.agency
    if account is None:
        return matrix().denial(_COMMAND, agency, frozenset(Role))
    return matrix().denial(_COMMAND, account.agency or agency, account.role_set)


def is_ours(agency: str) -> bool:
    """True if anybody of an agency raises grades."""
    from app.kernel.enums import Role
    from app.usecases.permissions import matrix

    return matrix().denial(_COMMAND, agency, frozenset(Role)) is None


def why_not(window: MainWindow) -> str:
    """The same in words, for the list of acts; "" for nothing."""
    refusal = denial(window)
    return window.texts.get("ui.shell.why.raise", who=window.console.who(refusal)) if refusal else ""


def raise_grade(window: MainWindow, row: IncidentRow) -> None:
    """Propose the next grade; a right that lacks and the end of the scale are said before anything is confirmed."""
    refusal = denial(window)
    if refusal is not None:
        window.show_error(refusal)
        return
    sheet = window.overlays.grade
    window.overlays.dismiss_others(sheet)
    if not sheet.ask(row):
        texts = window.texts
        grade = texts.get("ui.forms.grade", n=kinds.numeral(texts, row.alarm_grade or sheet.highest(row)))
        said = texts.get("ui.forms.raise.highest", no=row.no or "", grade=grade)
        window.overlays.toasts.say(said, icon="info", tone="muted")
