"""What the screen says of an alarm: its clock, its words; strip, list and log say the same. No widgets."""

from __future__ import annotations

from app.kernel.texts import Texts
from app.ui.shell import moments
from app.ui.shell.alarms import Alarm


def clock(texts: Texts, alarm: Alarm, now_ms: int) -> str:
    """Time left or passed of an alarm with a due moment; nothing for others."""
    if alarm.due_at is None:
        return ""
    left = alarm.due_at - now_ms
    key = "ui.shell.alarm.over" if left < 0 else "ui.shell.alarm.left"
    return texts.get(key, time=moments.countdown(texts, left))


def words(texts: Texts, alarm: Alarm, now_ms: int) -> str:
    """What has happened, without the clock."""
    if alarm.due_at is not None:
        kind = texts.get(f"enum.deadline_kind.{alarm.kind}")
        return texts.get("ui.shell.alarm.clock", title=alarm.title, clock=kind)
    since = alarm.since if alarm.since is not None else now_ms
    span = moments.age(texts, now_ms - since)
    if alarm.kind == "single_sided":
        return texts.get("ui.shell.alarm.single_sided", time=moments.minute_text(since), age=span)
    if alarm.kind == "class_pending":
        time = moments.minute_text(since)
        return texts.get(
            "ui.shell.alarm.class_pending", title=alarm.title, time=time, age=span, minutes=alarm.number
        )
    if alarm.kind == "skew":
        return texts.get("ui.shell.alarm.skew", s=abs(alarm.number))
    return alarm.title


def owed(texts: Texts, alarm: Alarm, agency: str) -> str:
    """Who owes what a clock counts, seen from an agency; nothing for others."""
    if alarm.due_at is None:
        return ""
    side = texts.get(f"ui.shell.side.{'own' if alarm.owner == agency else 'partner'}")
    return texts.get("ui.shell.alarm.owed", side=side)


def sentence(texts: Texts, alarm: Alarm, agency: str, now_ms: int) -> str:
    """All of it, as the log keeps it."""
    parts = (clock(texts, alarm, now_ms), words(texts, alarm, now_ms), owed(texts, alarm, agency))
    return " ".join(part for part in parts if part)
