"""The watch (JD-01, JD-04) and the duty log (JD-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.alarms import check_snooze, snoozed_until
from app.domain.log_entry import check_log_entry
from app.domain.required import require_text
from app.domain.rule_numbers import RuleKey
from app.domain.watch import Holder, check_end_watch, check_take_post
from app.journal.operation import Act
from app.kernel.enums import Agency, LinkState, LogKind, Post, Role
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import derived_id
from app.queries import accounts, alarms, duty
from app.queries.duty import LogRow, WatchRow
from app.usecases.commands import Command, Moment, Outcome, creates, handles, outcome, writes
from app.usecases.context import Context, missing, ms
from app.usecases.incidents import find

_ROLE_OF_POST = {
    Post.LEADER_ON_SHIFT: frozenset({Role.LEADER}),
    Post.DUTY_CHIEF: frozenset({Role.DUTY_CHIEF}),
    Post.DUTY_OFFICER: frozenset({Role.DUTY_OFFICER, Role.DUTY_CHIEF}),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeWatch(Command):
    """Take the watch on a post (JD-04)."""

    post: Post


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveWatch(Command):
    """Leave the watch; without a post, all posts one holds."""

    post: Post | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EndWatch(Command):
    """End the watch that somebody else of one's own agency forgot to leave (JD-04)."""

    watch_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AcknowledgeAlarm(Command):
    """Somebody has heard a red alarm (JD-11). `alarm` names it, `text` is what the screen said of it."""

    alarm: str
    text: str
    incident_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SnoozeAlarm(Command):
    """Put an amber alarm off for some minutes, with a reason; it comes back by itself (JD-11)."""

    alarm: str
    text: str
    minutes: int
    reason: str
    incident_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteLogEntry(Command):
    """Write into the duty log (JD-11)."""

    text: str
    at: Moment | None = None
    kind: LogKind = LogKind.NOTE
    incident_id: str | None = None
    late_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AmendLogEntry(Command):
    """Amend an entry by a new, linked one; entries are never edited (JD-11)."""

    entry_id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteLinkState(Command):
    """The console notes a change of a link's state (JD-01).

    `seconds`: how long the state before it lasted (of `degraded`: how long it has lasted); `first`: the first link-up since
    the start, nothing was cut before it; `steady`: up, after an unsteadiness that was noted. `moved_by`: no change of state, but
    this person dials the peer elsewhere from now on (who, never where).
    """

    peer: str
    state: LinkState
    seconds: int = 0
    first: bool = False
    steady: bool = False
    moved_by: str = ""


def _present(context: Context) -> list[WatchRow]:
    return [row for row in duty.on_watch(context.connection) if row.agency == context.agency]


def log_acts(
    context: Context,
    kind: LogKind,
    text: str,
    at: int,
    incident_id: str | None = None,
    amends_id: str | None = None,
    cause: Sequence[str] = (),
) -> list[Act]:
    """An entry of the author's, with posts or roles as they are now (JD-11); `at`: UTC ms."""
    posts = sorted(str(row.post) for row in _present(context) if row.account_id == context.author.id)
    roles = sorted(context.author.role_set)
    values = {
        "agency": context.agency.value,
        "at": at,
        "entered_at": context.now_ms,
        "kind": kind.value,
        "text": text,
        "account_id": context.author.id,
        "author_role": ",".join(posts or roles),
        "incident_id": incident_id,
        "amends_id": amends_id,
    }
    entry_id = derived_id(context.agency, *cause) if cause else context.new_id()
    return context.create("log_entry", entry_id, values, cause=cause)


def peer_said(context: Context, peer: str) -> str:
    """The other end of a link in words: an agency by its short name, another workstation of our own as such."""
    if peer not in set(Agency):
        return peer
    short = context.district.agencies[Agency(peer)].short
    return context.texts.get("log.colleague", agency=short) if peer == context.agency else short


def _said(context: Context, key: str, post: str) -> str:
    """The sentence of the log, as it was said in this room's language at that time."""
    return context.texts.get(
        key, post=context.texts.get(f"enum.post.{post}"), title=context.author.title or ""
    )


@handles(TakeWatch, creates("watch"), creates("log_entry"))
def take_watch(command: TakeWatch, context: Context) -> Outcome:
    """Take a post: a presence row and a log entry; one person cannot be chief and officer at once (JD-04)."""
    if not context.author.role_set & _ROLE_OF_POST[command.post]:
        who = tuple(sorted(_ROLE_OF_POST[command.post]))
        raise Refusal(
            ErrorCode.PERM,
            "refusal.permission.denied",
            field="post",
            who=who,
            clause="JD-04",
            act="take_watch",
        )
    present = _present(context)
    holders = [Holder(row.account_id or "", Post(row.post)) for row in present if row.post in set(Post)]
    check_take_post(context.author.id, command.post, holders)
    if any(row.account_id == context.author.id and row.post == command.post for row in present):
        raise Refusal(
            ErrorCode.STATE, "refusal.duty.already_on_post", field="post", clause="JD-04", post=command.post
        )
    watch_id = context.new_id()
    values = {
        "agency": context.agency.value,
        "post": command.post.value,
        "account_id": context.author.id,
        "taken_at": context.now_ms,
    }
    acts = context.create("watch", watch_id, values)
    acts += log_acts(
        context, LogKind.WATCH, _said(context, "log.watch_taken", command.post.value), context.now_ms
    )
    return outcome(*acts, watch_id=watch_id)


@handles(LeaveWatch, writes("watch", "left_at"), creates("log_entry"))
def leave_watch(command: LeaveWatch, context: Context) -> Outcome:
    """Leave one's posts; whoever holds none has nothing to leave (E_STATE)."""
    mine = [
        row
        for row in _present(context)
        if row.account_id == context.author.id and command.post in (None, row.post)
    ]
    if not mine:
        raise Refusal(ErrorCode.STATE, "refusal.duty.not_on_watch", field="post", clause="JD-04")
    acts: list[Act] = []
    for row in mine:
        acts += context.change("watch", row.id, {"left_at": context.now_ms})
        acts += log_acts(
            context, LogKind.WATCH, _said(context, "log.watch_left", str(row.post)), context.now_ms
        )
    return outcome(*acts, watch_ids=[row.id for row in mine])


@handles(EndWatch, writes("watch", "left_at"), creates("log_entry"))
def end_watch(command: EndWatch, context: Context) -> Outcome:
    """Chief or leader ends a forgotten watch of the own agency, with a reason; the log says who, whose and why (JD-04).

    The officer is told by that entry at the next sign-in: its id follows from the watch (`duty.end_entry_cause`).
    """
    require_text(command.reason, "refusal.duty.end_reason_required", field="reason", clause="JD-04")
    row = duty.watch(context.connection, command.watch_id)
    if row is None:
        raise missing("watch", "watch_id")
    if row.agency != context.agency:
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.owner.row",
            field="watch_id",
            who=(str(row.agency),),
            clause="JD-04",
            owner=row.agency,
        )
    check_end_watch(context.author.id, row.account_id or "", row.left_at)
    holder = accounts.account(context.connection, row.account_id or "")
    said = context.texts.get(
        "log.watch_ended",
        title=context.author.title or "",
        holder=(holder.title if holder is not None else None) or "",
        post=context.texts.get(f"enum.post.{row.post}"),
        reason=command.reason.strip(),
    )
    acts = context.change("watch", row.id, {"left_at": context.now_ms}, why=command.reason.strip())
    acts += log_acts(context, LogKind.WATCH, said, context.now_ms, cause=duty.end_entry_cause(row.id))
    return outcome(*acts, watch_id=row.id)


@handles(AcknowledgeAlarm, creates("log_entry"))
def acknowledge_alarm(command: AcknowledgeAlarm, context: Context) -> Outcome:
    """One entry for each alarm and agency, whoever of it came first; a second key changes nothing (JD-11)."""
    for name, value in (("alarm", command.alarm), ("text", command.text)):
        require_text(value, "refusal.duty.alarm_required", field=name, clause="JD-11")
    cause = alarms.alarm_entry_cause(command.alarm)
    entry_id = derived_id(context.agency, *cause)
    if duty.log_entry(context.connection, entry_id) is not None:
        return outcome(entry_id=entry_id, new=False)
    incident_id = find(context, command.incident_id).id if command.incident_id is not None else None
    said = context.texts.get(
        "log.alarm_acknowledged", title=context.author.title or "", text=command.text.strip()
    )
    acts = log_acts(context, LogKind.ALARM, said, context.now_ms, incident_id, cause=cause)
    return outcome(*acts, entry_id=entry_id, new=True)


@handles(SnoozeAlarm, creates("log_entry"))
def snooze_alarm(command: SnoozeAlarm, context: Context) -> Outcome:
    """One entry with minutes and reason; while an earlier one still runs, nothing is added (JD-11)."""
    for name, value in (("alarm", command.alarm), ("text", command.text)):
        require_text(value, "refusal.duty.alarm_required", field=name, clause="JD-11")
    state = alarms.states(context.connection, context.agency, [command.alarm])[command.alarm]
    if state.until is not None and context.now_ms < state.until:
        return outcome(entry_id=state.entry_id, until=state.until, new=False)
    check_snooze(command.alarm, command.minutes, command.reason, state.times)
    incident_id = find(context, command.incident_id).id if command.incident_id is not None else None
    cause = alarms.snooze_entry_cause(command.alarm, state.times + 1, command.minutes)
    said = context.texts.get(
        "log.alarm_snoozed",
        title=context.author.title or "",
        text=command.text.strip(),
        minutes=command.minutes,
        reason=command.reason.strip(),
    )
    acts = log_acts(context, LogKind.ALARM, said, context.now_ms, incident_id, cause=cause)
    until = snoozed_until(context.now_ms, command.minutes)
    return outcome(*acts, entry_id=acts[0].entity_id, until=until, new=True)


@handles(WriteLogEntry, creates("log_entry"))
def write_log_entry(command: WriteLogEntry, context: Context) -> Outcome:
    """One entry with the time of the event and the time of entry (JD-11, D-26)."""
    at = ms(command.at) if command.at else context.now_ms
    assert at is not None
    _check_text(command.text, at, context, command.late_confirmed)
    incident_id = find(context, command.incident_id).id if command.incident_id is not None else None
    acts = log_acts(context, command.kind, command.text.strip(), at, incident_id)
    return outcome(*acts, entry_id=acts[0].entity_id)


def _check_text(text: str, at: int, context: Context, late_confirmed: bool) -> None:
    check_log_entry(
        text,
        at,
        context.now_ms,
        late_confirmed=late_confirmed,
        tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
        late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
    )


def _own_entry(context: Context, entry_id: str) -> LogRow:
    row = duty.log_entry(context.connection, entry_id)
    if row is None:
        raise missing("log_entry", "entry_id")
    if row.agency != context.agency:
        raise Refusal(
            ErrorCode.OWNER, "refusal.owner.row", who=(str(row.agency),), clause="JD-11", owner=row.agency
        )
    return row


@handles(AmendLogEntry, creates("log_entry"))
def amend_log_entry(command: AmendLogEntry, context: Context) -> Outcome:
    """A new row that links to the amended one and keeps its event time (JD-11)."""
    row = _own_entry(context, command.entry_id)
    at = row.at if row.at is not None else context.now_ms
    _check_text(command.text, at, context, late_confirmed=True)
    kind = LogKind(row.kind) if row.kind in set(LogKind) else LogKind.NOTE
    acts = log_acts(context, kind, command.text.strip(), at, row.incident_id, row.id)
    return outcome(*acts, entry_id=acts[0].entity_id)


@handles(NoteLinkState, creates("log_entry"))
def note_link_state(command: NoteLinkState, context: Context) -> Outcome:
    """Every change of a link's state is a log row (JD-01)."""
    peer = peer_said(context, command.peer)
    said = "first" if command.first else "steady" if command.steady else command.state.value
    text = context.texts.get(f"log.link_{said}", peer=peer, seconds=command.seconds)
    if command.moved_by:
        text = context.texts.get("log.link_moved", peer=peer, who=command.moved_by)
    acts = log_acts(context, LogKind.LINK, text, context.now_ms)
    return outcome(*acts, entry_id=acts[0].entity_id)
