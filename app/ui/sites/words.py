"""What the screen of workstations says, worked out from rows. No widgets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.kernel.clock import FOR_LONG_MS, SHANGHAI, from_ms
from app.kernel.enums import Severity
from app.kernel.texts import Texts
from app.ui.console import DistrictView
from app.ui.shell import moments
from app.ui.shell.alarms import Alarm

if TYPE_CHECKING:  # heavy, and only named: the shell asks for alarms before the board is painted
    from app.queries.accounts import SiteRow
    from app.queries.reentries import OfferRow
    from app.queries.trust import Calls, SealRow, SiteView
    from app.ui.desk.values import Words

TONES = {
    **{"enrolled": "good", "closed": "muted", "revoked": "bad", "unknown": "warn"},
    **dict.fromkeys(("forked", "forked_closed", "forked_revoked"), "bad"),
}
ICONS = {
    **{"enrolled": "check", "closed": "minus", "revoked": "cross", "unknown": "alert"},
    **{"forked": "copy", "forked_closed": "copy", "forked_revoked": "cross"},
}
WARN_DAYS = 30
SOON_DAYS = 7  # from here on it is no mere notice
_DAY_MS = 86_400_000
_HIDDEN = (
    *(
        "agency",
        "registered_by",
        "account_id",
        "author_role",
        "entered_at",
        "no",
        "crs",
        "lon",
        "lat",
        "origin",
    ),
    *("oral_limit_s", "written_limit_s", "owes_reports"),  # numbers of rules, which come anew
)


def short(district: DistrictView, agency: str | None) -> str:
    """Short name of an agency, as the room calls it."""
    view = district.agencies.get(agency or "")
    return view.short if view is not None else agency or ""


def day(ms: int) -> str:
    """A date."""
    return from_ms(ms).astimezone(SHANGHAI).strftime("%Y-%m-%d")


def certificate(texts: Texts, until: int | None, now_ms: int) -> tuple[str, str]:
    """When a certificate ends, and the tone of it: amber in its last 30 days."""
    if until is None:
        return texts.get("ui.sites.unknown"), "muted"
    left = (until - now_ms) // _DAY_MS
    if until <= now_ms:
        return texts.get("ui.sites.ended", day=day(until)), "bad"
    if left < WARN_DAYS:
        return texts.get("ui.sites.days_left", n=left, day=day(until)), "warn"
    if until - now_ms > FOR_LONG_MS:
        return texts.get("ui.sites.for_long"), "muted"
    return texts.get("ui.sites.unlimited", day=day(until)), "muted"


def state(row: SiteRow) -> str:
    """One of the states that have words. A copied workstation that was closed or revoked besides is both."""
    if row.state == "forked" and row.last_seq is not None:
        return "forked_revoked"
    if row.state == "forked" and row.heir is not None:
        return "forked_closed"
    return row.state if row.state in TONES else "unknown"


def label(texts: Texts, row: SiteRow) -> str:
    """What a workstation is called: its label, or its letter where it was given none; nothing of its id."""
    if row.label and not row.id.startswith(row.label):
        return row.label
    return f"{texts.get('enum.role.console')} {row.letter or ''}".strip()


def cells(texts: Texts, district: DistrictView, own: str, view: SiteView, now_ms: int) -> list[str]:
    """A line of the list."""
    row = view.row
    name = label(texts, row)

    def moment(ms: int | None) -> str:
        return moments.day_clock(ms, now_ms) if ms else texts.get("ui.sites.never")

    return [
        short(district, row.agency),
        row.letter or texts.get("ui.sites.first"),
        f"{name} · {texts.get('ui.sites.own')}" if row.id == own else name,
        texts.get(f"ui.sites.state.{state(row)}"),
        moment(row.state_at),
        moment(view.heard_at),
        moment(row.key_at),
        certificate(texts, row.tls_until, now_ms)[0],
    ]


def offer_cells(texts: Texts, district: DistrictView, row: OfferRow, now_ms: int) -> list[str]:
    """A line of the acts that were not accepted."""
    return [
        moments.day_clock(row.recorded_at, now_ms),
        row.title or "",
        texts.get(f"act.{row.command}"),
        said(texts, district, row).replace("\n", " "),
        why(texts, row),
    ]


def why(texts: Texts, row: OfferRow) -> str:
    """Why it was not accepted, without a word of how records are kept."""
    return texts.get(f"ui.sites.quarantined.{row.reason if row.reason in ('cut', 'role') else 'other'}")


_TELLING = ("text", "gist", "place", "what", "name", "title")
_VOCABULARY = {
    ("log_entry", "kind"): "log_kind",
    ("incident", "class_code"): "incident_class",
    ("incident", "status"): "incident_status",
    ("incident", "source"): "source",
    ("vehicle", "state"): "vehicle_state",
    ("shelter", "state"): "shelter_state",
    ("oral_report", "channel"): "channel",
    ("oral_report", "to_role"): "role",
    ("report", "kind"): "report_kind",
    ("report", "form"): "report_form",
    ("report", "recipient"): "recipient",
}


def said(texts: Texts, district: DistrictView, row: OfferRow) -> str:
    """What the old act said, most telling first: texts and places, then figures, states and times with their names."""
    telling = [str(row.values[name]) for name in _TELLING if row.values.get(name)]
    from app.ui.desk.values import Words
    from app.ui.desk.words import field_name

    others = []
    named = Words(texts, district, "")
    for name, value in row.values.items():
        if value is None or isinstance(value, bool) or name in (*_HIDDEN, *_TELLING):
            continue
        shown = "report_duty" if name == "owes_why" else name
        label = field_name(texts, shown)
        label = label if label != shown else ""  # no name of how it is stored
        others.append(f"{label} {_value(named, row.entity, name, value)}".strip())
    return " · ".join((*telling, *others))


def sentence(texts: Texts, district: DistrictView, row: OfferRow) -> str:
    """The whole act, with all its text."""
    return texts.get("ui.sites.said", act=texts.get(f"act.{row.command}"), said=said(texts, district, row))


def _value(words: Words, entity: str, name: str, value: Any) -> str:
    texts = words.texts
    if isinstance(value, int) and (name == "at" or name.endswith("_at")):
        return from_ms(value).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S") if value >= 0 else ""
    vocabulary = "verify_state" if name.endswith("_state") else _VOCABULARY.get((entity, name), "")
    key = f"enum.{vocabulary}.{value}"
    if vocabulary and texts.has(key):
        return texts.get(key)
    if name == "owes_why":
        return texts.get(str(value)) if texts.has(str(value)) else str(value)
    return words.value(name, value) if entity == "incident" else str(value)


def stolen_moment(typed: str, now_ms: int) -> datetime | None:
    """The time somebody typed, of today or yesterday; None for none."""
    return moments.parse_time(typed, now_ms) if typed.strip() else from_ms(now_ms).astimezone(SHANGHAI)


# -- alarms ------------------------------------------------------------------------------------------------------------------
def alarms(texts: Texts, district: DistrictView, calls: Calls, now_ms: int) -> list[Alarm]:
    """A copied workstation and an opened seal are red at both rooms, and so it is here that this one was closed; waiting acts and
    a certificate in its last week amber."""
    found = [_ended(texts, calls.ended, calls.heir, now_ms)] if calls.ended is not None else []
    found += [_forked(texts, district, row, now_ms) for row in calls.forked]
    found += [_opened(texts, district, seal, now_ms) for seal in calls.opened]
    until = calls.tls_until
    if until is not None and until - now_ms < WARN_DAYS * _DAY_MS:
        title = texts.get("ui.sites.alarm.certificate", n=max(0, (until - now_ms) // _DAY_MS))
        rank = Severity.AMBER if until - now_ms < SOON_DAYS * _DAY_MS else Severity.NOTICE
        found.append(Alarm(f"certificate:{until}:{rank.name}", rank, "certificate", title=title))
    if calls.waiting:
        title = texts.get("ui.sites.alarm.offers", n=calls.waiting)
        found.append(Alarm("offers", Severity.AMBER, "offers", title=title))
    return found


def _ended(texts: Texts, row: SiteRow, heir: SiteRow | None, now_ms: int) -> Alarm:
    """Nothing can be saved here any more, whoever signs in: said from the start, not when an act is lost."""
    time = moments.day_clock(row.state_at, now_ms) if row.state_at else ""
    kind = "closed" if heir is not None and row.state == "closed" else "other"
    letter = (heir.letter if heir is not None else None) or texts.get("ui.sites.first")
    named = {"time": time, "letter": letter} if kind == "closed" else {"time": time}
    title = texts.get(f"ui.sites.alarm.ended_{kind}", **named)
    return Alarm(f"ended:{row.id}:{row.state}", Severity.RED, "ended", title=title, since=row.state_at)


def _forked(texts: Texts, district: DistrictView, row: SiteRow, now_ms: int) -> Alarm:
    time = moments.day_clock(row.state_at, now_ms) if row.state_at else ""
    letter = row.letter or texts.get("ui.sites.first")
    agency = short(district, row.agency)
    title = texts.get("ui.sites.alarm.forked", letter=letter, agency=agency, time=time)
    return Alarm(f"forked:{row.id}", Severity.RED, "forked", title=title, since=row.state_at)


def _opened(texts: Texts, district: DistrictView, seal: SealRow, now_ms: int) -> Alarm:
    at, agency = seal.opened_at or 0, short(district, seal.agency)
    time = moments.day_clock(at, now_ms)
    title = texts.get("ui.sites.alarm.opened", agency=agency, name=seal.name or "", time=time)
    return Alarm(f"seal:{seal.id}:{at}", Severity.RED, "seal", title=title, since=at)
