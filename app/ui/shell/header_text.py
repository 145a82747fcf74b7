"""What the header says, as runs: pure words from rows and link states, so that a tick compares instead of painting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS
from app.kernel.enums import LinkState, Post
from app.kernel.texts import Texts
from app.queries.presence import Presence, presence
from app.ui.links.judgement import Standing
from app.ui.shell import moments
from app.ui.shell.runs import Run
from app.ui.theme.chips import Look

if TYPE_CHECKING:
    from app.queries.duty import WatchRow
    from app.ui.console import AgencyView

Line = list[Run]
WHOLE_FROM_S = 10


def agency_lines(
    texts: Texts,
    view: AgencyView,
    own: bool,
    rows: Iterable[WatchRow],
    *,
    known: bool,
    fresh: bool,
    dropped: bool = True,
) -> tuple[Line, Line]:
    """Name of an agency, and its posts: present with a tick, missing with a warning (JD-04, IS-03). Fewer than two are red
    once somebody has left (`dropped`), amber as long as the shift only begins, as the alarm has it.

    `known` is False until the first rows were read; `fresh` is False while the partner cannot tell us.
    """
    side = Run(texts.get(f"ui.shell.side.{'own' if own else 'partner'}"), size="small", look=_look(own))
    head = [side, Run(view.full, size="body", bold=True, shrinks=True)]
    if not known:
        return head, [Run(texts.get("ui.shell.watch.reading"), "muted", "small")]
    present = [row for row in rows if row.agency == view.key]
    if not present:
        return head, [_nobody(texts, fresh, dropped)]
    line = _posts(texts, present, presence(present, view.key), dropped)
    return head, line if fresh else _stale(texts, line)


def _nobody(texts: Texts, fresh: bool, dropped: bool) -> Run:
    """Nobody there; or nobody could say so."""
    if not fresh:
        return Run(texts.get("ui.shell.watch.unknown"), "muted", "small", icon="ring-dashed")
    return Run(texts.get("ui.shell.watch.nobody"), _short_tone(dropped), "small", icon="alert")


def _short_tone(dropped: bool) -> str:
    return "bad" if dropped else "warn"


def _look(own: bool) -> Look:
    return Look.OUTLINED if own else Look.FILLED


def _posts(texts: Texts, present: Sequence[WatchRow], shift: Presence, dropped: bool) -> Line:
    counted = Counter(row.post for row in present)
    line: Line = []
    for post in Post:
        name, number = texts.get(f"enum.post.{post.value}"), counted[post.value]
        if number > 1:
            name = texts.get("ui.shell.watch.several", post=name, n=number)
        if number:
            line.append(Run(name, "text", "small", icon="check"))
        else:
            tone = "warn" if shift.two_persons else _short_tone(dropped)
            line.append(Run(texts.get("ui.shell.watch.missing", post=name), tone, "small", icon="alert"))
    since = min((row.taken_at for row in present if row.taken_at is not None), default=None)
    if since is not None:
        line.append(Run(texts.get("ui.shell.watch.since", time=moments.minute_text(since)), "muted", "small"))
    return line


def _stale(texts: Texts, line: Line) -> Line:
    """What was known before the link broke is not said as if it were now (JD-01: never stale-green)."""
    grey = [replace(run, token="muted", icon="") for run in line]  # nosec B106
    return [Run(texts.get("ui.shell.watch.stale"), "warn", "small", icon="ring-dashed"), *grey]


def missing_said(texts: Texts, shift: Presence) -> str:
    """The sentence of the alarm about a shift (JD-04); empty when nobody is missing."""
    if not shift.missing:
        return ""
    posts = texts.get("wording.comma").join(texts.get(f"enum.post.{post.value}") for post in shift.missing)
    key = "nobody" if not shift.people else "leader" if shift.two_persons else "below_two"
    return texts.get(f"ui.shell.alarm.watch_{key}", posts=posts)


def agency_short(
    texts: Texts,
    view: AgencyView,
    own: bool,
    rows: Iterable[WatchRow],
    *,
    known: bool,
    fresh: bool,
    dropped: bool = True,
) -> Line:
    """The same in one line for narrow windows: two persons present or not (JD-04), and how many."""
    side = Run(texts.get(f"ui.shell.side.{'own' if own else 'partner'}"), size="small", look=_look(own))
    if not known:
        return [side, Run(texts.get("ui.shell.watch.reading"), "muted", "small")]
    present = [row for row in rows if row.agency == view.key]
    if not present:
        return [side, _nobody(texts, fresh, dropped)]
    shift = presence(present, view.key)
    line = [side]
    if not fresh:
        stale = texts.get("ui.shell.watch.stale")
        people = texts.get("ui.shell.watch.people", n=shift.people)
        return [side, Run(stale, "warn", "small", icon="ring-dashed"), Run(people, "muted", "small")]
    if shift.two_persons:
        line += [Run(texts.get("ui.shell.watch.two"), size="small"), Run("", "good", "small", icon="check")]
    else:
        line.append(Run(texts.get("ui.shell.watch.below_two"), _short_tone(dropped), "small", icon="alert"))
    if shift.missing:
        names = texts.get("wording.comma").join(
            texts.get(f"enum.post.{post.value}") for post in shift.missing
        )
        tone = "warn" if shift.two_persons else _short_tone(dropped)
        line.append(Run(texts.get("ui.shell.watch.missing", post=names), tone, "small", shrinks=True))
    else:
        line.append(Run(texts.get("ui.shell.watch.people", n=shift.people), "muted", "small"))
    return line


def link_lines(texts: Texts, standing: Standing, now_ms: int) -> tuple[Line, Line]:
    """The link block: two ages and what waits; colour on the age that is bad, not on the channel."""
    if standing.state is None:
        why = [Run(texts.get(f"{standing.word}_why"), "muted", "small", shrinks=True)]
        word = Run(texts.get(standing.word), standing.tone, "small", icon=standing.icon, shrinks=True)
        return [_data(texts), word], why
    first = [_data(texts), *ages(texts, standing), *waiting(texts, standing)]
    return first, _figures(texts, standing)


def _data(texts: Texts) -> Run:
    return Run(texts.get("enum.channel.data"), "muted", "small")


def ages(texts: Texts, standing: Standing) -> Line:
    """Age of what went out and of what came in."""
    line = []
    for icon, age_ms, tone in (
        ("arrow-up", standing.out_ms, standing.out_tone),
        ("arrow-down", standing.in_ms, standing.in_tone),
    ):
        text = moments.age(texts, age_ms) if age_ms is not None else texts.get("ui.shell.none")
        line.append(Run(text, tone, "small", tone in ("warn", "bad"), 10, icon))
    return line


def waiting(texts: Texts, standing: Standing) -> Line:
    """What waits in each direction; amber when it should not wait any more."""
    out = standing.waiting_out
    out_text = texts.get("ui.links.waiting_out", n=texts.get("ui.shell.none") if out is None else out)
    in_text = texts.get("ui.links.waiting_in", n=standing.waiting_in)
    return [
        Run(out_text, _waiting_tone(out or 0, standing.out_tone), "small", gap=10),
        Run(in_text, _waiting_tone(standing.waiting_in, standing.in_tone), "small", gap=10),
    ]


def _waiting_tone(count: int, age_tone: str) -> str:
    return age_tone if count and age_tone in ("warn", "bad") else "muted"


def _figures(texts: Texts, standing: Standing) -> Line:
    line = [Run(texts.get(standing.word), standing.tone, "small", icon=standing.icon)]
    if standing.rtt_ms is not None:
        line.append(Run(texts.get("ui.links.rtt", ms=round(standing.rtt_ms)), "muted", "small"))
    if standing.offset_ms is not None:
        tone = "warn" if standing.clock_warns else "muted"
        line.append(Run(offset_text(texts, standing.offset_ms), tone, "small", standing.clock_warns))
    return line


def offset_text(texts: Texts, offset_ms: int) -> str:
    """The partner's clock against ours: 0.3 s, or whole seconds from ten on."""
    seconds = abs(offset_ms) / SECOND_MS
    figure = f"{seconds:.1f}" if seconds < WHOLE_FROM_S else str(round(seconds))
    return texts.get("ui.links.offset", s=figure)


def single_sided_lines(texts: Texts, standing: Standing, now_ms: int) -> tuple[Line, Line]:
    """What replaces the link block while the partner cannot be reached: since when, and what waits (JD-01)."""
    since = standing.since if standing.since is not None else now_ms
    first = [
        Run(texts.get("ui.shell.single_sided"), "bad", "table", True, icon="alert"),
        Run(texts.get("ui.shell.single_since", time=moments.minute_text(since)), "text", "small"),
        Run(texts.get("ui.shell.single_for", age=moments.age(texts, now_ms - since)), "text", "small", gap=0),
    ]
    out = standing.waiting_out
    count = texts.get("ui.shell.none") if out is None else out
    second = [
        Run(texts.get("ui.links.waiting_out", n=count), "text", "small", True),
        Run(texts.get("ui.shell.single_works"), "muted", "small", shrinks=True),
    ]
    return first, second


def is_single_sided(standing: Standing) -> bool:
    """True while duty is single-sided (JD-01)."""
    return standing.state is LinkState.DOWN
