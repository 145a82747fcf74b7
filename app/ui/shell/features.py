"""The features a window has beyond its panels: each enters its actions into the table and makes its sheet when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.changes import ChangeSet
from app.ui.accounts.deeds import AccountDeeds
from app.ui.alarms.deeds import AlarmDeeds
from app.ui.attachments.deeds import AttachmentDeeds
from app.ui.backup.deeds import BackupDeeds
from app.ui.board.deeds import BoardDeeds
from app.ui.board.output_deeds import OutputDeeds
from app.ui.board.view_deeds import ViewDeeds
from app.ui.bundles.deeds import BundleDeeds
from app.ui.conflicts.deeds import ConflictDeeds
from app.ui.diagnostics.deeds import DiagnosticsDeeds
from app.ui.help.deeds import HelpDeeds
from app.ui.imports.deeds import ImportDeeds
from app.ui.layouts.deeds import LayoutDeeds
from app.ui.link_desk.deeds import LinkDeskDeeds
from app.ui.registers.deeds import RegisterDeeds
from app.ui.search.deeds import SearchDeeds
from app.ui.settings.deeds import SettingsDeeds
from app.ui.shortcuts.deeds import ShortcutDeeds
from app.ui.sites.deeds import SiteDeeds
from app.ui.situation.deeds import SituationDeeds
from app.ui.wall.deeds import WallDeeds

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow


class Features:
    """All of them, by name."""

    def __init__(self, window: MainWindow) -> None:
        self.alarms = AlarmDeeds(window)
        self.imports = ImportDeeds(window)
        self.registers = RegisterDeeds(window)
        self.backup = BackupDeeds(window)
        self.bundles = BundleDeeds(window)
        self.conflicts = ConflictDeeds(window)
        self.link_desk = LinkDeskDeeds(window)
        self.attachments = AttachmentDeeds(window)
        self.sites = SiteDeeds(window)
        self.accounts = AccountDeeds(window)
        self.search = SearchDeeds(window)
        self.settings = SettingsDeeds(window)
        self.diagnostics = DiagnosticsDeeds(window)
        self.help = HelpDeeds(window)
        self.board = BoardDeeds(window)
        self.views = ViewDeeds(window)
        self.output = OutputDeeds(window, self.board)
        self.situation = SituationDeeds(window)
        self.shortcuts = ShortcutDeeds(window)
        self.layouts = LayoutDeeds(window)
        self.wall = WallDeeds(window)

    def heard(self, changes: ChangeSet) -> None:
        """A commit, for the sheets that show what it may have changed."""
        self.alarms.heard(changes)
        self.attachments.heard(changes)
        self.sites.heard(changes)
        self.accounts.heard(changes)
        self.situation.heard(changes)
        self.search.heard(changes)
        self.settings.heard(changes)
        self.wall.heard(changes)

    def dispose(self) -> None:
        """Hear nothing any more."""
        parts = (
            self.wall,
            self.imports,
            self.output,
            self.bundles,
            self.backup,
            self.link_desk,
            self.sites,
            self.conflicts,
            self.search,
            self.help,
        )
        for each in parts:
            each.dispose()
