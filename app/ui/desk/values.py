"""Stored values as an officer reads them: moments in local time, codes by their names, streets by theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.kernel.enums import (
    AccountKind,
    Channel,
    IncidentClass,
    IncidentStatus,
    Recipient,
    ReportForm,
    ReportKind,
    Source,
)
from app.kernel.texts import Texts
from app.ui.desk.figures import figure_words, is_figure
from app.ui.forms import kinds
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.console import DistrictView

_ENUMS: dict[str, tuple[str, type[StrEnum]]] = {
    "source": ("source", Source),
    "class_code": ("incident_class", IncidentClass),
    "status": ("incident_status", IncidentStatus),
    "channel": ("channel", Channel),
    "to_role": ("recipient", Recipient),
    "recipient": ("recipient", Recipient),
    "kind": ("report_kind", ReportKind),
    "form": ("report_form", ReportForm),
}
_ACCOUNTS = ("registered_by", "account_id")
_ORIGINS = ("person", "feed")


class Words:
    """Says values and people of one district in one language."""

    def __init__(self, texts: Texts, district: DistrictView, own: str) -> None:
        self.texts, self.district, self.own = texts, district, own
        self._streets = dict(district.streets)

    def value(self, field: str, value: Any, accounts: Mapping[str, AccountRow] | None = None) -> str:
        """A value of a field; nothing is a dash. `accounts`: who is meant by an account's id."""
        if value is None or value == "":
            return self.texts.get("ui.shell.none")
        if field in _ACCOUNTS:
            return self.who(str(value), accounts or {}) or self.texts.get("ui.desk.account_unknown")
        if field == "agency":
            return self.side(str(value))
        if field == "origin" and value in _ORIGINS:
            return self.texts.get(f"ui.desk.origin.{value}")
        return self._told(field, value)

    def _told(self, field: str, value: Any) -> str:
        if field in _ENUMS:
            table, members = _ENUMS[field]
            return self.texts.get(f"enum.{table}.{value}") if value in set(members) else str(value)
        if field.endswith("_at") and isinstance(value, int):
            return moments.exact_text(value)
        if field == "unit_code":
            return self._streets.get(str(value), str(value))
        if field == "type_code" and str(value) in kinds.CLASS_OF_TYPE:
            return self.texts.get(f"ui.forms.type.{value}")
        if field == "alarm_grade" and isinstance(value, int):
            return self.texts.get("ui.forms.grade", n=kinds.numeral(self.texts, value))
        if is_figure(field) and isinstance(value, list | tuple):
            return figure_words(self.texts, field, value)
        if field == "report_duty" and isinstance(value, list | tuple):
            return self._duty(value)
        if field == "position" and isinstance(value, list | tuple):
            return " ".join(f"{part:.5f}" if isinstance(part, float) else str(part) for part in value)
        return self._plain(value)

    def _duty(self, value: Sequence[Any]) -> str:
        """Whether reports are owed, and why (D-34)."""
        why = str(value[1]) if len(value) > 1 else ""
        return self.texts.get(why) if self.texts.has(why) else self._plain(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return self.texts.get("wording.comma").join(self._plain(part) for part in value)
        return str(value)

    def side(self, agency: str | None) -> str:
        """Ours or the partner's, by the district's own short names."""
        view = self.district.agencies.get(agency or "")
        return view.short if view is not None else agency or ""

    def post(self, account_id: str | None, accounts: Mapping[str, AccountRow]) -> str:
        """Title of an account, without its agency."""
        account = accounts.get(account_id or "")
        return self._title(account) if account is not None else ""

    def who(self, account_id: str | None, accounts: Mapping[str, AccountRow]) -> str:
        """Agency and title of an account: roles, never persons' names."""
        account = accounts.get(account_id or "")
        if account is None:
            return ""
        return " ".join(part for part in (self.side(account.agency), self._title(account)) if part)

    def _title(self, account: AccountRow) -> str:
        """A post; a console's own account that has no label of its own is the workstation, never its id."""
        said = account.title or account.name or ""
        if account.kind == AccountKind.MACHINE and said == account.name:
            return self.texts.get("enum.role.console")
        return said
