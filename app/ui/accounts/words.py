"""What the screen of accounts says: state, roles, period, use. Titles are posts, never names (CM-04)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.kernel.clock import SHANGHAI
from app.kernel.enums import AccountKind, Role
from app.kernel.texts import Texts
from app.queries.account_use import AccountUse, ActRow
from app.queries.accounts import AccountRow
from app.ui.shell import moments
from app.ui.shell.rows import Row

COLUMNS = ("agency", "title", "name", "roles", "state", "until", "signed_in")
ACTS = ("at", "act", "where")
_TONES = {"revoked": "muted", "expired": "bad", "coming": "warn", "emergency": "muted"}
_NO_END_MS = (
    253_370_764_800_000  # the year 9999: as good as no end, and no rule keeps a moment beyond it (D-26)
)
_STATE = COLUMNS.index("state")


def state(row: AccountRow, now_ms: int) -> str:
    """active, revoked, expired, coming (its period has not begun) or emergency (sealed)."""
    if row.state == "revoked":
        return "revoked"
    if row.valid_from is not None and row.valid_from > now_ms:
        return "coming"
    if row.valid_to is not None and row.valid_to <= now_ms:
        return "expired"
    return "emergency" if row.kind == AccountKind.EMERGENCY else "active"


def last_day(row: AccountRow) -> str:
    """The last day of its period as it is typed, "" for none: what lies beyond all kept times is none."""
    if row.valid_to is None or row.valid_to >= _NO_END_MS:
        return ""
    return f"{moments.local(row.valid_to):%Y-%m-%d}"


def roles(texts: Texts, names: Iterable[str]) -> str:
    """Roles in words, in the order of the permission table."""
    given = set(names)
    return texts.get("wording.comma").join(
        texts.get(f"enum.role.{role.value}") for role in Role if role.value in given
    )


def row(texts: Texts, use: AccountUse, agencies: dict[str, str], now_ms: int) -> Row:
    """One line of the list."""
    account, get = use.row, texts.get
    standing = state(account, now_ms)
    signed_in = moments.day_clock(use.signed_in_at, now_ms) if use.signed_in_at is not None else ""
    if not signed_in:
        signed_in = get("ui.accounts.never") if use.secret_here else get("ui.accounts.no_secret")
    cells = (
        agencies.get(account.agency or "", account.agency or ""),
        account.title or "",
        account.name or "",
        roles(texts, account.role_set),
        get(f"ui.accounts.state.{standing}"),
        last_day(account) or get("ui.accounts.no_end"),
        signed_in,
    )
    tone = _TONES.get(standing, "")
    return Row(
        account.id, cells, tip="\n".join(filter(None, cells)), marked=_STATE,
        tones=((_STATE, tone),) if tone else (),
    )  # fmt: skip


def act(texts: Texts, found: ActRow, agencies: dict[str, str], at: int) -> Row:
    """One act of an account."""
    key = f"act.{found.command}"
    said = texts.get(key) if texts.has(key) else found.command
    where = " ".join(filter(None, (agencies.get(found.agency or "", ""), found.letter)))
    return Row(str(at), (moments.exact_text(found.at), said, where))


def end_of_day(text: str) -> datetime | None:
    """The last moment of a day typed as 2026-12-31; None when it is no day. Empty is no end: not asked here."""
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    return day + timedelta(days=1) - timedelta(milliseconds=1)
