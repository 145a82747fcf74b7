"""Workstations: the list, and what can be done about one; what will happen stands there before anything is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.kernel.clock import from_ms, to_ms
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries.trust import SiteView, TrustView
from app.ui.forms.field import Field, line
from app.ui.shell import moments
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.rows import Row
from app.ui.shell.sheet import plain, set_tone
from app.ui.sites import words
from app.ui.sites.model import CellsModel
from app.ui.sites.page import PageView
from app.ui.sites.parts import table_of, wrapped
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.session import Session
    from app.ui.shell.ports import SiteDoor

COLUMNS = ("agency", "letter", "label", "state", "state_at", "heard_at", "key_at", "tls_until")
DEEDS = ("rotate", "renew", "seal", "recovery", "close", "revoke")
OF_CHOSEN = ("close", "revoke")
PAGES = ("seal", "recovery")
WITH_KEY = ("recovery", "close", "revoke")
_OPEN = {"close": ("enrolled", "forked"), "revoke": ("enrolled", "closed", "forked", "forked_closed")}
_BELOW = 196  # the most that any deed takes
_WIDTHS = (142, 50, 166, 94, 112, 112, 112)
_STATE, _UNTIL = COLUMNS.index("state"), COLUMNS.index("tls_until")


class SitePart(QWidget):
    """`acted` when something was carried out: the rows are to be read again."""

    acted = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        self._console, self._session, self._theme, self._texts = console, session, theme, console.texts
        self.view: TrustView | None = None
        self.deed, self._busy = "", False
        self._doing = ("", "")  # what is under way, and for whom
        self.key_file: Path | None = None
        self._dialog: QFileDialog | None = None
        self._last_good: tuple[str, int, int] | None = (
            None  # site, number, moment of its last act to be trusted
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        texts = self._texts
        names = [texts.get(f"ui.sites.column.{name}") for name in COLUMNS]
        self.model = CellsModel(theme, names, self)
        self.table = table_of(self.model, "sitesTable", texts.get("ui.sites.table"), _WIDTHS)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show())
        column.addWidget(self.table, 1)
        column.addLayout(self._deeds())
        self.about = wrapped()
        self.about.setObjectName("sitesAbout")
        self.page = PageView(console, session, theme)
        self.page.forgotten.connect(self._page_gone)
        column.addWidget(self._below())
        session.account_changed.connect(lambda _account: self._hand_over())

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _below(self) -> QWidget:
        """What is said and asked of a deed; its room is kept, so that the buttons above stay where they are."""
        below = QWidget()
        below.setMinimumHeight(_BELOW)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.about)
        column.addLayout(self._inputs())
        column.addWidget(self.page)
        column.addStretch(1)
        column.addLayout(self._foot())
        return below

    def _deeds(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.chips: dict[str, QPushButton] = {}
        for deed in DEEDS:
            chip = QPushButton(self._texts.get(f"ui.sites.deed.{deed}"))
            chip.setObjectName(f"sitesDeed.{deed}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, deed=deed: self.choose(deed))
            self.chips[deed] = chip
            row.addWidget(chip)
        row.addStretch(1)
        return row

    def _inputs(self) -> QHBoxLayout:
        texts = self._texts
        self.heir = QComboBox()
        self.heir.setObjectName("sitesHeir")
        self.heir.setProperty("form", "true")
        self.heir.setAccessibleName(texts.get("ui.sites.heir"))
        self.heir.setMinimumWidth(200)
        self.heir_name = plain(texts.get("ui.sites.heir"), tone="muted", size="small")
        self.stolen = Field(
            "stolen_at", texts.get("ui.sites.stolen_at"), line(texts.get("ui.sites.stolen_hint"))
        )
        self.stolen.editor.setMinimumWidth(220)
        self.stolen.editor.textChanged.connect(lambda _text: self._find_last(typed=True))
        self.choose_key = HintButton(
            self._theme, texts.get("ui.sites.choose_key"), icon="file", hint="Ctrl+O"
        )
        self.choose_key.setObjectName("sitesKey")
        self.choose_key.clicked.connect(self.ask_key)
        self.key_name = plain(tone="muted", size="small")
        row = QHBoxLayout()
        row.setSpacing(12)
        for widget in (self.heir_name, self.heir, self.stolen, self.choose_key):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.key_name, 1, Qt.AlignmentFlag.AlignBottom)
        return row

    def _foot(self) -> QHBoxLayout:
        self.note = wrapped(tone="muted")
        self.note.setObjectName("sitesNote")
        self.run = HintButton(self._theme, "", hint="Ctrl+Enter", kind="primary")
        self.run.setObjectName("sitesRun")
        self.run.clicked.connect(self.submit)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.note, 1)
        row.addWidget(self.run, 0, Qt.AlignmentFlag.AlignBottom)
        return row

    # -- rows --------------------------------------------------------------------------------------------------------------
    def take(self, view: TrustView) -> None:
        """Show other rows; what was chosen stays chosen."""
        self.view = view
        kept = self._chosen_id()
        now, texts, console = self._console.clock.now_ms(), self._texts, self._console
        lines = []
        for each in view.sites:
            state = words.state(each.row)
            until = words.certificate(texts, each.row.tls_until, now)[1]
            cells = words.cells(texts, console.district, console.site, each, now)
            lines.append(
                Row(
                    each.row.id,
                    tuple(cells),
                    words.TONES[state],
                    words.ICONS[state],
                    marked=_STATE,
                    tones=((_UNTIL, until),),
                )
            )
        if self.model.show(lines):
            at = self.model.place_of(kept or console.site)
            if at >= 0:
                self.table.selectRow(at)
        self._show()

    def _chosen_id(self) -> str:
        at = self.table.currentIndex().row()
        return self.model.rows[at].id if 0 <= at < len(self.model.rows) else ""

    def chosen(self) -> SiteView | None:
        """The selected workstation."""
        wanted = self._chosen_id()
        rows = self.view.sites if self.view is not None else ()
        return next((each for each in rows if each.row.id == wanted), None)

    # -- what is to be done ------------------------------------------------------------------------------------------------
    def choose(self, deed: str) -> None:
        """Look at what a deed will do; the same again puts it away."""
        self.deed = "" if deed == self.deed else deed
        self.page.make_way()
        self._say("")
        self._show()
        if self.deed and self.run.isEnabled():
            self.run.setFocus(Qt.FocusReason.OtherFocusReason)

    def why_not(self) -> str:
        """Text key of what stands against the deed, empty for nothing."""
        if self.deed in PAGES and self.page.page and self.page.kind != self.deed:
            return "ui.sites.why_not.page"
        if self.deed not in OF_CHOSEN:
            return ""
        chosen = self.chosen()
        if chosen is None:
            return "ui.sites.why_not.none"
        if chosen.row.agency != self._console.agency:
            return "ui.sites.why_not.other"
        if chosen.row.id == self._console.site:
            return "ui.sites.why_not.own"
        return "" if words.state(chosen.row) in _OPEN[self.deed] else "ui.sites.why_not.ended"

    def heirs(self) -> list[SiteView]:
        """Who may take over from the chosen one."""
        rows = self.view.sites if self.view is not None else ()
        wanted = self._chosen_id()
        fit = [v for v in rows if v.row.agency == self._console.agency and v.row.state == "enrolled"]
        return [each for each in fit if each.row.id != wanted]

    def _shows_page(self) -> bool:
        """A page that was made is shown with its own deed and with none, never before another."""
        return bool(self.page.kind) and self.deed in ("", self.page.kind)

    def _hand_over(self) -> None:
        """Another sits there, or nobody: nothing that is shown once stays, nor what was begun."""
        lost = bool(self.page.page)
        self.page.clear()
        self.deed, self.key_file = "", None
        if self._dialog is not None:
            self._dialog.close()
        self.stolen.editor.clear()
        self.stolen.say("")
        self._say(self._texts.get("ui.sites.page_lost") if lost else "", "warn")
        self._show()

    def _show(self) -> None:
        texts, deed = self._texts, self.deed
        shows_page = self._shows_page()
        self.page.setVisible(shows_page)
        for name, chip in self.chips.items():
            chip.setChecked(name == deed)
        against = self.why_not()
        chosen = self.chosen()
        copied = chosen is not None and chosen.row.state == "forked"
        about = (
            texts.get(f"ui.sites.about.{deed}") if deed else texts.get("ui.sites.copied") if copied else ""
        )
        self.about.setText(texts.get(against) if against else about)
        set_tone(self.about, "warn" if against or (copied and not deed) else "")
        self.about.setVisible(bool(against or about) and not shows_page)
        ready = bool(deed) and not against and not shows_page
        self.heir.setVisible(ready and deed == "close")
        self.heir_name.setVisible(ready and deed == "close")
        self.stolen.setVisible(ready and deed == "revoke")
        self.choose_key.setVisible(ready and deed in WITH_KEY)
        self.key_name.setVisible(ready and deed in WITH_KEY)
        self._show_heirs()
        key = self.key_file
        self.key_name.setText(
            texts.get("ui.sites.key_file", name=key.name) if key else texts.get("ui.sites.no_key_file")
        )
        self.run.setVisible(ready)
        self.run.setText(texts.get(f"ui.sites.run.{deed}") if deed else "")
        self.run.setEnabled(not self._busy and (deed not in WITH_KEY or key is not None))
        if deed == "revoke" and ready:
            self._find_last()

    def _show_heirs(self) -> None:
        found = [(words.label(self._texts, each.row), each.row.id) for each in self.heirs()]
        known = [(self.heir.itemText(at), self.heir.itemData(at)) for at in range(self.heir.count())]
        if found != known:
            self.heir.clear()
            for name, site in found:
                self.heir.addItem(name, site)

    # -- the recovery key --------------------------------------------------------------------------------------------------
    def ask_key(self) -> None:
        """Which file holds the recovery key; it is read when the deed is confirmed, and not kept."""
        title, places = self._texts.get("ui.sites.choose_key"), self._console
        self._dialog = file_dialog(self, title, self._texts, places=places, purpose="sites.key", medium=True)
        self._dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._dialog.fileSelected.connect(lambda path: self.take_key(Path(path)))
        self._dialog.open()

    def take_key(self, path: Path) -> None:
        """This file."""
        self.key_file = path
        self._show()
        self.run.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- the last act to be trusted ----------------------------------------------------------------------------------------
    def _find_last(self, *, typed: bool = False) -> None:
        if typed:
            self.stolen.say("")
            self._say("")
        chosen = self.chosen()
        when = words.stolen_moment(self.stolen.editor.text(), self._console.clock.now_ms())
        if chosen is None or when is None or self.deed != "revoke":
            self._last_good = None
            return
        site, at = chosen.row.id, to_ms(when)

        def read(connection: Any) -> tuple[str, int, int]:
            from app.queries import trust

            return (site, *trust.last_before(connection, site, at))

        self._session.ask(read, self._found_last, "sites.last")

    def _found_last(self, found: tuple[str, int, int]) -> None:
        self._last_good = found
        if self.deed != "revoke" or self._busy:
            return
        seq, at = found[1:]
        time = f"{from_ms(at).astimezone(moments.local(at).tzinfo):%m-%d %H:%M:%S}" if seq else ""
        key = "ui.sites.last_good" if seq else "ui.sites.no_last_good"
        self._say(self._texts.get(key, time=time) if seq else self._texts.get(key))

    # -- doing it ----------------------------------------------------------------------------------------------------------
    def submit(self) -> None:
        """Carry out what is explained there."""
        account = self._session.account
        if not self.deed or self.why_not() or self._busy or self._shows_page():
            return
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        if self.deed in WITH_KEY and self.key_file is None:
            self.ask_key()
            return
        begin = self._begin(account.id)
        if begin is None:
            return
        self._busy, self._doing = True, (self.deed, account.id)
        self._say(self._texts.get("ui.sites.busy"))
        self._show()
        self._session.follow(begin(), self._done, self._refused)

    def _begin(self, account: str) -> Callable[[], Future[Any]] | None:
        """What is to be asked of the site, None where something is missing (and said)."""
        sites, chosen, key = self._console.sites, self.chosen(), self.key_file
        if self.deed == "rotate":
            return lambda: sites.rotate_key(account)
        if self.deed == "renew":
            return lambda: sites.renew(account)
        if self.deed == "seal":
            return lambda: sites.seal(account)
        if key is None:
            return None
        if self.deed == "recovery":
            return lambda: sites.recovery_page(key, account)
        return self._begin_certified(chosen.row.id if chosen else "", key, account)

    def _begin_certified(self, site: str, key: Path, account: str) -> Callable[[], Future[Any]] | None:
        sites = self._console.sites
        if self.deed == "close":
            heir = str(self.heir.currentData() or "")
            if not heir:
                self._say(self._texts.get("ui.sites.no_heir"), "bad")
                return None
            return lambda: sites.close_site(site, heir, key, account)
        if words.stolen_moment(self.stolen.editor.text(), self._console.clock.now_ms()) is None:
            self.stolen.say(self._texts.get("ui.forms.time_format"))
            self.stolen.focus()
            return None
        self.stolen.say("")
        last = self._last_good
        if last is None or last[0] != site or not last[1]:
            self._say(self._texts.get("ui.sites.no_last_good"), "bad")
            return None
        return lambda: sites.revoke_site(site, last[1], key, account)

    def _done(self, result: Any) -> None:
        self._busy, (was, whose) = False, self._doing
        self.key_file = None
        self._say(self._texts.get("ui.sites.done"), "good")
        account = self._session.account
        if isinstance(result, str) and (account is None or account.id != whose):
            self._say(self._texts.get("ui.sites.page_lost"), "warn")
        elif isinstance(result, str):
            self.deed = was
            self._say("")
            self.page.take(result, was)
        else:
            self.deed = ""
            self.table.setFocus(
                Qt.FocusReason.OtherFocusReason
            )  # before the button goes and the focus with it
        self._show()
        self.acted.emit()

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        self._say("")
        self._show()
        if not isinstance(error, Refusal | EnvironmentFault):
            return False
        who = self._console.who(error) if isinstance(error, Refusal) else ""
        said = self._console.sentence(error)
        self._say(said if not who or who in said else f"{said} {who}", "bad")
        return True

    def _page_gone(self) -> None:
        self.deed = ""
        self._show()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, text: str, tone: str = "muted") -> None:
        self.note.setText(text)
        set_tone(self.note, tone)
