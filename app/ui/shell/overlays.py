"""What lies over the panels: sheets, toasts, refusals; where each of them stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.ui.session import Session
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ui.accounts.sheet import AccountsSheet
    from app.ui.actions import ActionTable
    from app.ui.alarms.sheet import AlarmSheet
    from app.ui.attachments.sheet import AttachmentSheet
    from app.ui.backup.sheet import BackupSheet
    from app.ui.board.output_sheet import OutputSheet
    from app.ui.board.views_sheet import ViewsSheet
    from app.ui.board.void_sheet import VoidSheet
    from app.ui.bundles.sheet import BundleSheet
    from app.ui.casualties.sheet import CasualtySheet
    from app.ui.conflicts.sheet import ConflictSheet
    from app.ui.contacts.sheet import ContactSheet
    from app.ui.diagnostics.sheet import DiagnosticsSheet
    from app.ui.forms.oral import OralSheet
    from app.ui.forms.raise_grade import RaiseSheet
    from app.ui.forms.register import RegisterSheet
    from app.ui.forms.watch import WatchSheet
    from app.ui.help.sheet import ManualSheet
    from app.ui.history.sheet import HistorySheet
    from app.ui.imports.sheet import ImportSheet
    from app.ui.link_desk.sheet import LinkDeskSheet
    from app.ui.pairing.sheet import PairingSheet
    from app.ui.registers.card import RecordSheet
    from app.ui.registers.sheet import RegisterListSheet
    from app.ui.search.sheet import SearchSheet
    from app.ui.settings.sheet import SettingsSheet
    from app.ui.shell.key_sheet import KeySheet
    from app.ui.shell.palette import Entry, Palette
    from app.ui.shell.ports import SiteDoor
    from app.ui.shell.refusal_bar import RefusalBar
    from app.ui.shell.sheet import Sheet
    from app.ui.shell.sign_in import SignInSheet
    from app.ui.shell.toasts import Toasts
    from app.ui.shortcuts.sheet import ShortcutsSheet
    from app.ui.sites.sheet import SitesSheet
    from app.ui.situation.sheet import SituationSheet

GAP = 12
MAP_FOOT = 56  # legend and attribution of the map stay readable
TOOLS, CARD_FOOT = 60, 64  # px at the edges of the map that belong to its tools and its scale
SheetT = TypeVar("SheetT", bound="Sheet")


class Overlays:
    """All sheets of one window, made when they are first asked for: none of them costs the first paint anything."""

    def __init__(
        self,
        console: SiteDoor,
        session: Session,
        theme: Theme,
        parent: QWidget,
        table: ActionTable,
        entries: Callable[[], Sequence[Entry]],
    ) -> None:
        self._console, self._session, self._theme, self._parent = console, session, theme, parent
        self._table, self._entries = table, entries
        self._made: dict[str, Sheet] = {}
        self.when_made: dict[
            str, Callable[[Sheet], None]
        ] = {}  # the window's connections, made with the sheet
        self.cards: list[QWidget] = []  # small ones that stand at the foot of the map while something goes on
        self._map = QRect()
        self._right = QRect()
        self._toasts: Toasts | None = None
        self._refusals: RefusalBar | None = None

    # -- sheets: each module is loaded with its first opening ------------------------------------------------------------
    def _sheet(self, name: str, make: Callable[[], SheetT]) -> SheetT:
        if name not in self._made:
            self._made[name] = made = make()
            if name in self.when_made:
                self.when_made[name](made)
            self.place(self._map, self._right)
        return cast("SheetT", self._made[name])

    @property
    def toasts(self) -> Toasts:
        """Notes of what was done."""
        if self._toasts is None:
            from app.ui.shell.toasts import Toasts

            self._toasts = Toasts(self._theme, self._console.texts, self._parent)
            self.place(self._map, self._right)
        return self._toasts

    @property
    def refusals(self) -> RefusalBar:
        """What was refused."""
        if self._refusals is None:
            from app.ui.shell.refusal_bar import RefusalBar

            self._refusals = RefusalBar(self._console, self._theme, self._parent)
            self._refusals.appeared.connect(lambda: self.place(self._map, self._right))
            self.place(self._map, self._right)
        return self._refusals

    @property
    def sign_in(self) -> SignInSheet:
        """Signing in and unlocking."""
        from app.ui.shell.sign_in import SignInSheet

        return self._sheet(
            "sign_in", lambda: SignInSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def register(self) -> RegisterSheet:
        """Registration."""
        from app.ui.forms.register import RegisterSheet

        limits = self._console.limits_s
        return self._sheet(
            "register", lambda: RegisterSheet(self._console, self._session, self._theme, self._parent, limits)
        )

    @property
    def oral(self) -> OralSheet:
        """Oral report."""
        from app.ui.forms.oral import OralSheet

        return self._sheet("oral", lambda: OralSheet(self._console, self._session, self._theme, self._parent))

    @property
    def grade(self) -> RaiseSheet:
        """Alarm grade."""
        from app.ui.forms.raise_grade import RaiseSheet

        return self._sheet(
            "grade", lambda: RaiseSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def watch(self) -> WatchSheet:
        """Watch."""
        from app.ui.forms.watch import WatchSheet

        return self._sheet(
            "watch", lambda: WatchSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def palette(self) -> Palette:
        """Commands, incidents, places."""
        from app.ui.shell.palette import Palette

        return self._sheet(
            "palette", lambda: Palette(self._console.texts, self._theme, self._parent, self._entries)
        )

    @property
    def keys(self) -> KeySheet:
        """Cheat sheet."""
        from app.ui.shell.key_sheet import KeySheet

        return self._sheet(
            "keys", lambda: KeySheet(self._console.texts, self._theme, self._parent, self._table)
        )

    @property
    def bundles(self) -> BundleSheet:
        """Exchange by stick."""
        from app.ui.bundles.sheet import BundleSheet

        return self._sheet(
            "bundles", lambda: BundleSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def imports(self) -> ImportSheet:
        """Import of registers from files."""
        from app.ui.imports.sheet import ImportSheet

        return self._sheet(
            "imports", lambda: ImportSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def shortcuts(self) -> ShortcutsSheet:
        """Keys of one's own."""
        from app.ui.shortcuts.sheet import ShortcutsSheet

        def who() -> str:
            account = self._session.account
            return (account.title or account.name or "") if account is not None else ""

        return self._sheet(
            "shortcuts",
            lambda: ShortcutsSheet(self._console.texts, self._theme, self._parent, self._table, who),
        )

    @property
    def situation(self) -> SituationSheet:
        """The situation on one page."""
        from app.ui.situation.sheet import SituationSheet

        return self._sheet(
            "situation", lambda: SituationSheet(self._console.texts, self._theme, self._parent)
        )

    @property
    def accounts(self) -> AccountsSheet:
        """Accounts and rights."""
        from app.ui.accounts.sheet import AccountsSheet

        return self._sheet(
            "accounts", lambda: AccountsSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def sites(self) -> SitesSheet:
        """Workstations and certificates, and what was not accepted."""
        from app.ui.sites.sheet import SitesSheet

        return self._sheet(
            "sites", lambda: SitesSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def registers(self) -> RegisterListSheet:
        """Lists of shelters and points."""
        from app.ui.registers.sheet import RegisterListSheet

        return self._sheet(
            "registers", lambda: RegisterListSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def search(self) -> SearchSheet:
        """Everything from one field."""
        from app.ui.search.sheet import SearchSheet

        return self._sheet(
            "search", lambda: SearchSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def record(self) -> RecordSheet:
        """The card of a record chosen on the map."""
        from app.ui.registers.card import RecordSheet

        return self._sheet(
            "record", lambda: RecordSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def link_desk(self) -> LinkDeskSheet:
        """Every line as it really stands."""
        from app.ui.link_desk.sheet import LinkDeskSheet

        return self._sheet(
            "link_desk", lambda: LinkDeskSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def pairing(self) -> PairingSheet:
        """Pairing with another workstation."""
        from app.ui.pairing.sheet import PairingSheet

        return self._sheet(
            "pairing", lambda: PairingSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def backup(self) -> BackupSheet:
        """Backups, the check of the record, how to restore."""
        from app.ui.backup.sheet import BackupSheet

        return self._sheet(
            "backup", lambda: BackupSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def attachments(self) -> AttachmentSheet:
        """Files of an incident."""
        from app.ui.attachments.sheet import AttachmentSheet

        return self._sheet(
            "attachments", lambda: AttachmentSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def contacts(self) -> ContactSheet:
        """Whom to ring at an incident."""
        from app.ui.contacts.sheet import ContactSheet

        return self._sheet(
            "contacts", lambda: ContactSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def casualties(self) -> CasualtySheet:
        """Casualty figures."""
        from app.ui.casualties.sheet import CasualtySheet

        return self._sheet(
            "casualties", lambda: CasualtySheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def output(self) -> OutputSheet:
        """An export under way."""
        from app.ui.board.output_sheet import OutputSheet

        return self._sheet(
            "output", lambda: OutputSheet(self._console.texts, self._session, self._theme, self._parent)
        )

    @property
    def views(self) -> ViewsSheet:
        """Views of the board."""
        from app.ui.board.views_sheet import ViewsSheet

        return self._sheet("views", lambda: ViewsSheet(self._console.texts, self._theme, self._parent))

    @property
    def void(self) -> VoidSheet:
        """Voiding a registration."""
        from app.ui.board.void_sheet import VoidSheet

        return self._sheet("void", lambda: VoidSheet(self._console, self._session, self._theme, self._parent))

    @property
    def conflicts(self) -> ConflictSheet:
        """The conflict desk."""
        from app.ui.conflicts.sheet import ConflictSheet

        return self._sheet(
            "conflicts", lambda: ConflictSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def history(self) -> HistorySheet:
        """Who changed what."""
        from app.ui.history.sheet import HistorySheet

        return self._sheet(
            "history", lambda: HistorySheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def alarms(self) -> AlarmSheet:
        """What stands, what was put off, what the shift did about it."""
        from app.ui.alarms.sheet import AlarmSheet

        return self._sheet(
            "alarms", lambda: AlarmSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def settings(self) -> SettingsSheet:
        """Rule numbers, and this console."""
        from app.ui.settings.sheet import SettingsSheet

        return self._sheet(
            "settings", lambda: SettingsSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def diagnostics(self) -> DiagnosticsSheet:
        """How this workstation is."""
        from app.ui.diagnostics.sheet import DiagnosticsSheet

        return self._sheet(
            "diagnostics", lambda: DiagnosticsSheet(self._console, self._session, self._theme, self._parent)
        )

    @property
    def manual(self) -> ManualSheet:
        """The manual."""
        from app.ui.help.sheet import ManualSheet

        return self._sheet(
            "manual", lambda: ManualSheet(self._console, self._session, self._theme, self._parent)
        )

    def top_name(self) -> str:
        """Name of a sheet that is open, empty for none."""
        return next((name for name, sheet in self._made.items() if sheet.is_open), "")

    def top_open(self) -> Sheet | None:
        """A sheet that is open, if any."""
        return next((sheet for sheet in self._made.values() if sheet.is_open), None)

    def made(self, name: str) -> Sheet | None:
        """A sheet if it was made already."""
        return self._made.get(name)

    def put_away_refusal(self) -> bool:
        """Put a refusal that is shown away; True if there was one."""
        if self._refusals is None or self._refusals.isHidden():
            return False
        self._refusals.dismiss()
        return True

    def acted(self) -> None:
        """An act was carried out: the refusal of an earlier one is history."""
        if self._refusals is not None and self._refusals.of_act:
            self._refusals.dismiss()

    def dismiss_others(self, keep: Sheet) -> None:
        """One sheet at a time: the others go (drafts stay)."""
        for sheet in self._made.values():
            if sheet is not keep:
                sheet.dismiss()

    # -- places ------------------------------------------------------------------------------------------------------------
    def place(self, map_area: QRect, right: QRect) -> None:
        """`map_area`: the room between board and links; `right`: the column at the right edge."""
        self._map, self._right = map_area, right
        for name, sheet in self._made.items():
            sheet.fit(map_area, right)
            x, y = self._corner(name, sheet)
            sheet.move(x, y)
        foot = map_area.bottom() - CARD_FOOT
        for card in self.cards:  # one over the other
            card.move(map_area.right() - card.width() - GAP, foot - card.height())
            foot -= 0 if card.isHidden() else card.height() + GAP
        foot = map_area.bottom() - MAP_FOOT
        for widget in (self._refusals, self._toasts):  # notes stand above a refusal
            if widget is not None:
                left = map_area.center().x() - widget.width() // 2
                beside = [
                    card for card in self.cards if not card.isHidden() and card.x() < left + widget.width()
                ]
                foot = min(foot, *(card.y() - GAP for card in beside)) if beside else foot
                widget.move(left, foot - widget.height())
                foot -= 0 if widget.isHidden() else widget.height() + GAP

    def _corner(self, name: str, sheet: Sheet) -> tuple[int, int]:
        if name == "record":  # beside the tools of the map
            return self._map.right() - sheet.width() - TOOLS, self._map.top() + GAP
        if name == "search":
            return self._right.left() + (self._right.width() - sheet.width()) // 2, self._right.top() + GAP
        if name in ("sign_in", "registers"):
            return self._right.right() - sheet.width() - GAP, self._right.top() + GAP
        middle = self._map.left() + max(GAP, (self._map.width() - sheet.width()) // 2)
        most = self._parent.width() - sheet.width() - GAP
        return max(0, min(middle, most)), self._map.top() + GAP
