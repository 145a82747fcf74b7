"""The forms below the list: one for each thing that can be done to an account; faults stand at their fields."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.kernel.enums import Role
from app.kernel.texts import Texts
from app.ui.forms.field import Field, line
from app.ui.shell.sheet import plain

DEEDS = ("create", "roles", "title", "password", "revoke", "used")
_LONGEST = {"name": 32, "title": 30}  # as the rule has it (app.domain.sign_in)
_ACROSS = 4  # roles beside each other
OFFERED = tuple(role for role in Role if role is not Role.CONSOLE)


class RolesField(QWidget):
    """Roles to be ticked; what is wrong stands below."""

    name = "roles"

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(plain(f"{texts.get('ui.accounts.field.roles')} *", tone="muted", size="small"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        self.boxes: dict[Role, QCheckBox] = {}
        for at, role in enumerate(OFFERED):
            box = QCheckBox(texts.get(f"enum.role.{role.value}"))
            box.setObjectName(f"role.{role.value}")
            self.boxes[role] = box
            grid.addWidget(box, at // _ACROSS, at % _ACROSS)
        column.addLayout(grid)
        self.fault = plain(tone="bad", size="small")
        self.fault.setObjectName("wrong.roles")
        self.fault.setWordWrap(True)
        self.fault.hide()
        column.addWidget(self.fault)

    def chosen(self) -> list[Role]:
        """Roles that are ticked."""
        return [role for role, box in self.boxes.items() if box.isChecked()]

    def tick(self, names: Iterable[str]) -> None:
        """Tick exactly these."""
        given = set(names)
        for role, box in self.boxes.items():
            box.setChecked(role.value in given)

    def say(self, text: str) -> None:
        """What is wrong, or nothing."""
        self.fault.setText(text)
        self.fault.setVisible(bool(text))

    def focus(self) -> None:
        """To the first one."""
        next(iter(self.boxes.values())).setFocus(Qt.FocusReason.OtherFocusReason)


class DeedForm(QWidget):
    """One form: what will happen, then its fields."""

    def __init__(self, texts: Texts, deed: str) -> None:
        super().__init__()
        self.deed, self._texts = deed, texts
        self.fields: dict[str, Field | RolesField] = {}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.said = plain()
        self.said.setObjectName(f"accounts.said.{deed}")
        self.said.setWordWrap(True)
        self.column.addWidget(self.said)

    def add(self, *names: str, secret: bool = False) -> None:
        """Fields beside each other."""
        row = QHBoxLayout()
        row.setSpacing(12)
        for name in names:
            editor = line(self._texts.get(f"ui.accounts.example.{name}"))
            if name in _LONGEST:
                editor.setMaxLength(_LONGEST[name])
            if secret:
                editor.setEchoMode(QLineEdit.EchoMode.Password)
            field = Field(
                name, self._texts.get(f"ui.accounts.field.{name}"), editor, required=name != "valid_to"
            )
            self.fields[name] = field
            row.addWidget(field, 1)
        self.column.addLayout(row)

    def add_roles(self) -> None:
        """Ticks."""
        self.fields["roles"] = roles = RolesField(self._texts)
        self.column.addWidget(roles)

    def text(self, name: str) -> str:
        """What is typed in a field."""
        field = self.fields[name]
        return field.editor.text() if isinstance(field, Field) else ""

    def put(self, name: str, text: str) -> None:
        """Put a text into a field."""
        field = self.fields[name]
        if isinstance(field, Field):
            field.editor.setText(text)

    @property
    def roles(self) -> RolesField:
        """The ticks of this form."""
        found = self.fields["roles"]
        assert isinstance(found, RolesField)
        return found

    def tell(self, name: str, text: str) -> bool:
        """Say what is wrong at its field; False when there is no such field here."""
        field = self.fields.get(name)
        if field is None:
            return False
        field.say(text)
        field.focus()
        return True

    def quiet(self) -> None:
        """Nothing is wrong (any more)."""
        for field in self.fields.values():
            field.say("")

    def clear(self) -> None:
        """Empty, as for the next account."""
        self.quiet()
        for field in self.fields.values():
            if isinstance(field, Field):
                field.editor.clear()
            else:
                field.tick(())

    def first(self) -> QWidget | None:
        """Where typing begins."""
        for field in self.fields.values():
            return field.editor if isinstance(field, Field) else next(iter(field.boxes.values()))
        return None


def form_of(texts: Texts, deed: str) -> DeedForm:
    """The form of one of DEEDS."""
    form = DeedForm(texts, deed)
    if deed == "create":
        form.add("name", "title", "valid_to")
        form.add_roles()
    elif deed == "roles":
        form.add_roles()
        form.add("valid_to")
    elif deed == "title":
        form.add("title")
    elif deed == "revoke":
        form.add("reason")
    elif deed == "password":
        form.add("password", "again", secret=True)
    if deed != "used":  # there a table takes the room
        form.column.addStretch(1)
    return form


def explained(label: QLabel, text: str) -> None:
    """What a form will do; hidden when there is nothing to say."""
    label.setText(text)
    label.setVisible(bool(text))
