"""How the line to the partner stands, in words: ages of what should have moved, never a bare green light (JD-01).

Pure: a `LinkStatus` goes in, keys and figures come out; header, panel and alarms say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS
from app.kernel.enums import LinkState

if TYPE_CHECKING:
    from app.replication.status import LinkStatus, Moved

LATE_MS = 10 * SECOND_MS
CONNECTING_MS = 10 * SECOND_MS  # after the start; before that nobody can say that the partner is not there
CATCHING_UP = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """A link as shown. `word`: text key of the state; ages in ms, None when nothing is known; tones are colour tokens.

    `out_ms`: since the partner last answered for what we sent, or the age of the oldest thing that waits here.
    `in_ms`: since anything arrived, or since what the partner announced stopped arriving. `heard_ms`: since anything at all
    was heard. `bodies_in`: acts here without what they say. `waiting_out` counts acts where they are known (D-38).
    `last_out`, `last_in`: newest act there, newest here.
    """

    state: LinkState | None
    word: str
    icon: str
    tone: str
    since: int | None = None
    out_ms: int | None = None
    in_ms: int | None = None
    out_tone: str = "muted"
    in_tone: str = "muted"
    waiting_out: int | None = None
    waiting_in: int = 0
    rtt_ms: float | None = None
    offset_ms: int | None = None
    clock_warns: bool = False
    reason: str | None = None
    note: str | None = None
    heard_ms: int | None = None
    applied_at: int | None = None
    last_out: Moved | None = None
    last_in: Moved | None = None
    bodies_in: int = 0


NO_NETWORK = Standing(None, "ui.links.state.starting", "ring-dashed", "muted")
CONNECTING = Standing(None, "ui.links.state.connecting", "ring-dashed", "muted")
OWN_ENDED = Standing(None, "ui.links.state.own_ended", "alert", "bad")
NOT_PAIRED = Standing(None, "ui.links.state.unpaired", "ring-dashed", "warn")


def of_partner(links: Sequence[LinkStatus], partner: str) -> LinkStatus | None:
    """The link to the partner's agency; of several the one that stands best. A closed or copied workstation is nobody's seat any
    more: what it says is taken, and it never counts as the link, whether it answers or not."""
    order = {LinkState.UP: 0, LinkState.DEGRADED: 1, LinkState.DOWN: 2}
    fitting = [link for link in links if link.agency == partner and not link.ended]
    return min(fitting, key=lambda link: order[link.state], default=None)


def judge_partner(
    links: Sequence[LinkStatus], partner: str, now_ms: int, *, network: bool = True
) -> Standing:
    """How the line to the partner stands: with nothing but closed or copied workstations of theirs, duty is single-sided since
    the last of them was closed (JD-01)."""
    link = of_partner(links, partner) if network else None
    ended = [each.ended_at or each.since for each in links if each.agency == partner and each.ended]
    if link is None and network and ended:
        return Standing(
            LinkState.DOWN,
            "ui.links.state.down",
            "cross",
            "bad",
            max(ended),
            None,
            None,
            "bad",
            "bad",
            reason="ui.links.stuck.ended",
        )
    return judge(link, now_ms, network=network)


def judge(link: LinkStatus | None, now_ms: int, *, network: bool = True) -> Standing:
    """Judge a link now; None is a partner that was never paired, or a network that is not up yet."""
    if link is None:
        return NOT_PAIRED if network else NO_NETWORK
    if link.state is LinkState.DOWN and link.last_heard_at is None and now_ms - link.since < CONNECTING_MS:
        return CONNECTING
    waiting = link.acts_out or link.waiting_out
    out_ms = _out_age(link, now_ms)
    in_ms = _in_age(link, now_ms)
    word, icon, tone = _word(link, out_ms, in_ms)
    down = link.state is LinkState.DOWN
    return Standing(
        link.state,
        word,
        icon,
        tone,
        link.since,
        out_ms,
        in_ms,
        _tone(out_ms, down),
        _tone(in_ms, down),
        waiting.count if waiting is not None else None,
        link.waiting_in,
        None if down else link.rtt_ms,  # nothing comes back: an old figure would be taken for a new one
        link.clock_offset_ms,
        link.clock_warns,
        link.reason,
        link.note,
        max(0, now_ms - link.last_heard_at) if link.last_heard_at is not None else None,
        link.last_applied_at,
        link.last_out,
        link.last_in,
        link.bodies_in,
    )


def _out_age(link: LinkStatus, now_ms: int) -> int | None:
    if link.waiting_out is not None and link.waiting_out.count and link.waiting_out.oldest_ms is not None:
        return link.waiting_out.oldest_ms
    answered = [
        at for at in (link.last_acked_at, link.rtt_samples[-1][0] if link.rtt_samples else None) if at
    ]
    return max(0, now_ms - max(answered)) if answered else None


def _in_age(link: LinkStatus, now_ms: int) -> int | None:
    if link.waiting_in:
        stood_since = max(link.last_applied_at or 0, link.since)
        return max(0, now_ms - stood_since)
    return max(0, now_ms - link.last_heard_at) if link.last_heard_at is not None else None


def _tone(age_ms: int | None, down: bool) -> str:
    if age_ms is None:
        return "bad" if down else "muted"
    if down:
        return "bad"
    return "warn" if age_ms > LATE_MS else "good"


def _word(link: LinkStatus, out_ms: int | None, in_ms: int | None) -> tuple[str, str, str]:
    if link.state is LinkState.DOWN:
        return "ui.links.state.down", "cross", "bad"
    late_in, late_out = in_ms is not None and in_ms > LATE_MS, out_ms is not None and out_ms > LATE_MS
    backlog = link.waiting_in + (link.waiting_out.count if link.waiting_out is not None else 0)
    if link.state is LinkState.DEGRADED or late_in or late_out:
        if late_out and not late_in:
            return "ui.links.state.late_out", "alert", "warn"
        return ("ui.links.state.late_in" if late_in else "ui.links.state.degraded"), "alert", "warn"
    if backlog > CATCHING_UP:
        return "ui.links.state.catching_up", "play", "accent"
    return "ui.links.state.up", "check", "good"
