"""Who hears whom in the window: made once, after its parts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from app.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow


def connect(window: MainWindow) -> None:
    """Connect the parts of a furnished window."""
    feeds, session, deeds = window.feeds, window.session, window.deeds
    header, features = window.header, window.features
    window.pulse.second.connect(window._tick)
    feeds.watch_changed.connect(header.show_watch)
    feeds.link_changed.connect(window.show_link)
    feeds.alarms_changed.connect(window.show_alarms)
    feeds.health_changed.connect(window.status.show_health)
    feeds.committed.connect(window.committed)
    feeds.lost.connect(window.lost)
    session.refused.connect(window.show_error)
    session.failed.connect(window.lost)
    session.acted.connect(window.overlays.acted)
    session.sign_in_wanted.connect(partial(_ask_sign_in, window))
    session.locked_changed.connect(deeds.locked_changed)
    _connect_board(window)
    window.columns.moved.connect(header.set_columns)
    window.columns.moved.connect(lambda *_: window.place_overlays())
    header.lock_wanted.connect(deeds.lock_or_sign_in)
    header.account_clicked.connect(deeds.account)
    header.links_wanted.connect(deeds.links)
    header.link_desk_wanted.connect(features.link_desk.open)
    window.strip.acknowledge_wanted.connect(deeds.acknowledge)
    window.strip.incident_wanted.connect(session.select_incident)
    window.line.open_wanted.connect(window.open_desk)
    window.line.oral_wanted.connect(deeds.oral)
    told = {
        "palette": deeds.palette,
        "keys": deeds.keys,
        "backup": features.backup.open,
        "conflicts": features.conflicts.conflicts,
        "layout": features.layouts.open_menu,
    }
    window.status.wanted.connect(lambda what: told[what]())
    window.theme.changed.connect(window.theme_changed)
    window.follow(window.console.opened, lambda: _opened(window), lambda error: _not_opened(window, error))


def _connect_board(window: MainWindow) -> None:
    """The board's own wishes, where this build has a board."""
    board: Any = window.board
    if hasattr(board, "register_wanted"):
        board.held_elsewhere = lambda: window.desk_shown
        board.opened.connect(lambda _id: window.open_desk())
        board.register_wanted.connect(window.deeds.register)
        board.oral_wanted.connect(lambda _id: window.deeds.runner("oral")())


def _ask_sign_in(window: MainWindow, why: str) -> None:
    window.overlays.sign_in.ask(why)  # made with its first opening


def _opened(window: MainWindow) -> None:
    """The site behind is open."""
    window.feeds.opened()
    if window.session.locked and window.overlays.top_open() is None:
        window.overlays.sign_in.ask()


def _not_opened(window: MainWindow, error: BaseException) -> None:
    """Nothing can be done on this data: said once, in place of everything (an empty board would be a false one)."""
    if isinstance(error, EnvironmentFault):
        window.fault = error
        sentence = window.console.sentence(error)
    else:
        window.fault = EnvironmentFault("bug", "ui.shell.refusal.bug")
        sentence = window.texts.get("ui.shell.refusal.bug")
    from app.ui.shell.fault_sheet import FaultSheet

    for part in (window.header, window.columns, window.strip, window.line, window.status):
        part.hide()
    sheet = FaultSheet(window.texts, window.theme, window.shell, sentence, window.fault.code)
    sheet.restore_wanted.connect(window.restore)
    sheet.closed.connect(window.close)
    sheet.open()
    shell = window.shell
    sheet.move((shell.width() - sheet.width()) // 2, (shell.height() - sheet.height()) // 3)
