"""The sheet of accounts: one account is one person on duty or one machine; who may what, until when, used when (CM-04)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.kernel.changes import ChangeSet
from app.kernel.enums import AccountKind, Role
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries.account_use import AccountUse, ActRow
from app.ui.accounts import words
from app.ui.accounts.forms import DEEDS, DeedForm, explained, form_of
from app.ui.forms.field import Field
from app.ui.session import Session
from app.ui.shell.rows import RowsModel, RowsTable
from app.ui.shell.sheet import Sheet, plain, press_focused
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.duty import WatchRow
    from app.ui.shell.ports import SiteDoor
    from app.usecases.commands import Command

WIDTH, BELOW = 1080, 230
_WIDTHS = (140, 170, 120, 250, 90, 100)
_ACT_WIDTHS = (170, 320)
_MARGIN, _AGAIN_MS = 24, 150


class AccountsSheet(Sheet):
    """`done` tells what was carried out, in words."""

    done = Signal(str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "accountsSheet", texts.get("ui.accounts.title"), texts.get("ui.accounts.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._agencies = {key: view.short for key, view in console.district.agencies.items()}
        self.uses: dict[str, AccountUse] = {}
        self.deed, self._busy, self._wanted = "used", False, ""
        self.posts: dict[str, tuple[str, ...]] = {}  # who is on watch now
        self._armed = False  # the next press disables the account: nothing brings it back
        self._filled: tuple[str, str] = (
            "",
            "",
        )  # deed and account the form was filled for: what is typed since then stays
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.read)
        self._build()
        session.account_changed.connect(lambda _account: self._account_changed())
        self.choose("used")

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        get = self._texts.get
        self.model = RowsModel(
            self._theme, [get(f"ui.accounts.column.{name}") for name in words.COLUMNS], self
        )
        self.table = RowsTable("accountsTable", get("ui.accounts.title"), self.model, _WIDTHS)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        self.body.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.chips: dict[str, QPushButton] = {}
        for number, deed in enumerate(DEEDS, start=1):
            chip = QPushButton(get("ui.accounts.chip", name=get(f"ui.accounts.deed.{deed}"), n=number))
            chip.setObjectName(f"accounts.{deed}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, deed=deed: self.choose(deed))
            keys = QShortcut(QKeySequence(f"Alt+{number}"), self)
            keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            keys.activated.connect(lambda deed=deed: self.choose(deed))
            self.chips[deed] = chip
            row.addWidget(chip)
        row.addStretch(1)
        self.body.addLayout(row)
        self.forms = {deed: form_of(self._texts, deed) for deed in DEEDS}
        self.stack = QStackedWidget()
        self.stack.setFixedHeight(BELOW)
        for form in self.forms.values():
            self.stack.addWidget(form)
        self._add_acts(self.forms["used"].column)
        reason = self.forms["revoke"].fields["reason"]
        assert isinstance(reason, Field)
        reason.editor.textEdited.connect(lambda _text: self._disarm())
        self.body.addWidget(self.stack)
        self.body.addLayout(self._foot())

    def _add_acts(self, column: QVBoxLayout) -> None:
        get = self._texts.get
        self.acts = RowsModel(self._theme, [get(f"ui.accounts.column.{name}") for name in words.ACTS], self)
        table = RowsTable("accountActs", get("ui.accounts.deed.used"), self.acts, _ACT_WIDTHS)
        column.insertWidget(1, table, 1)

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("accounts.note")
        self.note.setWordWrap(True)
        self.confirm = HintButton(self._theme, "", hint="Ctrl+Enter", kind="primary")
        self.confirm.setObjectName("accounts.confirm")
        self.confirm.clicked.connect(self.submit)
        row.addWidget(self.note, 1)
        row.addWidget(self.confirm)
        return row

    def first_field(self) -> QWidget:
        """The list: arrows walk it."""
        return self.table

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(480, whole.width() - _MARGIN)), max(1, whole.height() - _MARGIN))

    # -- reading -----------------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Look anew with every opening."""
        super().open()
        self.read()

    def heard(self, changes: ChangeSet) -> None:
        """A commit touched it: read again, gathered."""
        if self.is_open and changes.touches("account", "watch") and not self._again.isActive():
            self._again.start()

    def read(self) -> None:
        """All accounts known here."""

        def look(connection: Any) -> tuple[list[AccountUse], list[WatchRow]]:
            from app.queries import account_use, duty

            return account_use.uses(connection), duty.on_watch(connection)

        self._session.ask(look, self._take, "accounts.uses")

    def _take(self, read: tuple[list[AccountUse], list[WatchRow]]) -> None:
        own, (found, watches) = self._console.agency, read
        self.posts = {}
        for watch in watches:
            held = self.posts.get(watch.account_id or "", ())
            self.posts[watch.account_id or ""] = (*held, watch.post or "")
        found = sorted(found, key=lambda use: (use.row.agency != own, use.row.state != "active"))
        self.uses = {use.row.id: use for use in found}
        now = self._console.clock.now_ms()
        chosen = self._wanted or self.table.chosen
        if self.model.show([words.row(self._texts, use, self._agencies, now) for use in found]) and found:
            self.table.choose(chosen if chosen in self.uses else found[0].row.id)
        elif self._wanted in self.uses:
            self.table.choose(self._wanted)
        if self._wanted in self.uses:
            self._wanted = ""
        self._show_chosen()

    @property
    def chosen(self) -> AccountUse | None:
        """The account that is meant."""
        return self.uses.get(self.table.chosen)

    @property
    def form(self) -> DeedForm:
        """The form that is shown."""
        return self.forms[self.deed]

    # -- what is to be done ------------------------------------------------------------------------------------------------
    def choose(self, deed: str) -> None:
        """Another thing to do."""
        self.deed = deed
        for name, chip in self.chips.items():
            chip.setChecked(name == deed)
        self.stack.setCurrentWidget(self.form)
        self._show_chosen()
        if self.is_open:
            (self.form.first() or self.table).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _account_changed(self) -> None:
        """Somebody else sits here: what was typed was not theirs."""
        for form in self.forms.values():
            form.clear()
        self._filled = ("", "")
        self._show_chosen()

    def _show_chosen(self) -> None:
        """What the form will do to the account that is chosen, and whether it can be done."""
        get, use = self._texts.get, self.chosen
        title = (use.row.title or use.row.name or "") if use is not None else ""
        filled = (self.deed, use.row.id if use is not None else "")
        if filled != self._filled:
            self._filled, self._armed = filled, False
            self.form.quiet()
            self._fill(use)
        if use is not None and self.deed == "used":
            self._read_acts(use.row.id)
        name = (use.row.name or "") if use is not None else ""
        said = get(f"ui.accounts.said.{self.deed}", title=title, name=name)
        explained(self.form.said, "\n".join(filter(None, (said, self._on_watch(use, title)))))
        why = self._why_not(use)
        self.note.setText(why)
        self.confirm.setVisible(self.deed != "used")
        self.confirm.setEnabled(not why and not self._busy)
        confirm = "revoke_again" if self._armed else self.deed
        self.confirm.setText(get(f"ui.accounts.confirm.{confirm}") if self.deed != "used" else "")

    def _on_watch(self, use: AccountUse | None, title: str) -> str:
        """That an account to be disabled is on watch now, and who must act (JD-04)."""
        held = self.posts.get(use.row.id, ()) if use is not None and self.deed == "revoke" else ()
        if not held or (use is not None and use.row.state == "revoked"):
            return ""
        posts = self._texts.get("wording.comma").join(self._texts.get(f"enum.post.{post}") for post in held)
        return self._texts.get("ui.accounts.said.on_watch", title=title, posts=posts)

    def _disarm(self) -> None:
        if self._armed:
            self._armed = False
            self._show_chosen()

    def _fill(self, use: AccountUse | None) -> None:
        """How it stands now; a password typed for another account is gone."""
        if self.deed == "password":
            self.form.clear()
        if use is None:
            return
        if self.deed == "roles":
            self.form.roles.tick(use.row.role_set)
            self.form.put("valid_to", words.last_day(use.row))
        elif self.deed == "title":
            self.form.put("title", use.row.title or "")

    def _why_not(self, use: AccountUse | None) -> str:
        """Why it cannot be done now, and who can (XC-06); the rules themselves say it once more when it is tried."""
        get, who = self._texts.get, self._session.account
        if self.deed == "used":
            return ""
        if who is None:
            return get("ui.shell.why.signed_out")
        own = use is not None and use.row.id == who.id
        if Role.ACCOUNT_ADMIN not in who.role_set and not (self.deed == "password" and own):
            return get("ui.accounts.why.admin")
        if self.deed == "create":
            return ""
        if use is None:
            return get("ui.accounts.why.choose")
        if use.row.agency != self._console.agency:
            return get("ui.accounts.why.partner", agency=self._agencies.get(use.row.agency or "", ""))
        if use.row.state == "revoked":
            return get("ui.accounts.why.revoked")
        if self.deed == "password" and use.row.kind == AccountKind.EMERGENCY:
            return get("ui.accounts.why.sealed")
        return ""

    def _read_acts(self, account_id: str) -> None:
        def look(connection: Any) -> list[ActRow]:
            from app.queries import account_use

            return account_use.acts(connection, account_id)

        def take(found: list[ActRow]) -> None:
            rows = [words.act(self._texts, each, self._agencies, at) for at, each in enumerate(found)]
            self.acts.show(rows)
            said = "some" if rows else "none"
            use = self.uses.get(account_id)
            title = (use.row.title or use.row.name or "") if use is not None else ""
            key = f"ui.accounts.used.{said}"
            explained(self.forms["used"].said, self._texts.get(key, title=title, n=len(rows)))

        self._session.ask(look, take, "accounts.acts")

    # -- doing it ----------------------------------------------------------------------------------------------------------
    def submit(self) -> None:
        """Do what the form says, once; what the rules refuse stands at its field."""
        if self._busy or self.deed == "used" or not self.confirm.isEnabled():
            return
        self.form.quiet()
        doing: dict[str, Callable[[], bool]] = {
            "create": self._create,
            "roles": self._roles,
            "title": self._title,
            "password": self._password,
            "revoke": self._revoke,
        }
        self._busy = doing[self.deed]()
        self.confirm.setEnabled(not self._busy)

    def _until(self) -> tuple[bool, Any]:
        """(whether it can be read, the last moment of the day or None)."""
        typed = self.form.text("valid_to").strip()
        until = words.end_of_day(typed) if typed else None
        if typed and until is None:
            self.form.tell("valid_to", self._texts.get("ui.accounts.wrong.day"))
            return False, None
        return True, until

    def _create(self) -> bool:
        from app.usecases.accounts import CreateAccount

        good, until = self._until()
        if not good:
            return False
        name, title = self.form.text("name"), self.form.text("title")
        command = CreateAccount(name=name, title=title, roles=self.form.roles.chosen(), valid_to=until)

        def heard(done: Any) -> None:
            self._ended("create", title.strip())
            self._wanted = str(done.result["account_id"])
            self.read()
            self.choose("password")

        return self._session.act(command, heard, self._refused)

    def _roles(self) -> bool:
        from app.usecases.accounts import SetAccountRoles

        good, until = self._until()
        return good and self._about(
            lambda id_: SetAccountRoles(account_id=id_, roles=self.form.roles.chosen(), valid_to=until)
        )

    def _title(self) -> bool:
        from app.usecases.accounts import RenameAccount

        return self._about(lambda id_: RenameAccount(account_id=id_, title=self.form.text("title")))

    def _revoke(self) -> bool:
        from app.usecases.accounts import RevokeAccount

        reason = self.form.text("reason").strip()
        if reason and not self._armed:
            self._armed = True
            self._show_chosen()
            return False
        self._armed = False
        return self._about(lambda id_: RevokeAccount(account_id=id_, reason=reason))

    def _about(self, command: Callable[[str], Command]) -> bool:
        use, deed = self.chosen, self.deed
        if use is None:
            return False
        title = use.row.title or use.row.name or ""
        return self._session.act(command(use.row.id), lambda _done: self._ended(deed, title), self._refused)

    def _password(self) -> bool:
        use, who = self.chosen, self._session.account
        if use is None or who is None:
            return False
        secret, again = self.form.text("password"), self.form.text("again")
        if secret != again:
            self.form.tell("again", self._texts.get("ui.accounts.wrong.again"))
            return False
        title = use.row.title or use.row.name or ""
        future = self._console.accounts.set_password(use.row.id, secret, who.id)
        self._session.follow(future, lambda _none: self._ended("password", title), self._refused)
        return True

    def _ended(self, deed: str, title: str) -> None:
        self._busy = False
        self.forms[deed].clear()
        self._filled = ("", "")
        self.read()
        self.done.emit(self._texts.get(f"ui.accounts.done.{deed}", title=title))

    def _refused(self, error: BaseException) -> bool:
        """At its field where there is one; what was typed stays, a password does not."""
        self._busy = False
        self.confirm.setEnabled(True)
        if self.deed == "password":
            self.form.clear()
        if not isinstance(error, Refusal | EnvironmentFault):
            return False
        field = str(error.field or "") if isinstance(error, Refusal) else ""
        if not self.form.tell(field, self._session.told(error)):
            self.note.setText(self._session.told(error))
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on a button presses it."""
        if not press_focused(self, event):
            super().keyPressEvent(event)
