"""What the backup screen says, worked out from where things stand. No widgets."""

from __future__ import annotations

from app.kernel.texts import Texts
from app.ui.backup.flow import BackupFlow
from app.ui.backup.port import BackupView, Checked, CopyRow, Step
from app.ui.shell import moments
from app.ui.shell.runs import Run

_KB, _MB, _GB = 1 << 10, 1 << 20, 1 << 30
_STAGES = ("copy", "restore", "pages", "entries", "projection", "second")
TONES = {"verified": "good", "unchecked": "warn", "failed": "bad"}
ICONS = {"verified": "check", "unchecked": "clock", "failed": "cross"}
_SECOND = {"none": ("muted", ""), "missing": ("warn", "alert"), "kept": ("good", "check")}


def number(n: int) -> str:
    """A number with its thousands apart."""
    return f"{n:,}".replace(",", "\N{NO-BREAK SPACE}")


def size(n: int) -> str:
    """Bytes as people say them."""
    if n >= _GB:
        return f"{n / _GB:.1f} GB"
    return f"{n / _MB:.1f} MB" if n >= _MB else f"{n / _KB:.0f} KB"


def summary(texts: Texts, view: BackupView, now_ms: int) -> list[list[Run]]:
    """The last good one and its age; then the rule it follows."""
    if view.last_at is None:
        head = [Run(texts.get("ui.backup.none_good"), "warn", "body", True, icon="alert")]
    else:
        late = now_ms - view.last_at > view.interval_h * 3_600_000
        head = [
            Run(
                texts.get("ui.backup.last", time=moments.day_clock(view.last_at, now_ms)),
                "warn" if late else "good",
                "body",
                True,
                icon="alert" if late else "check",
            ),
            Run(
                texts.get("ui.backup.age", age=moments.age(texts, now_ms - view.last_at)),
                "muted",
                "body",
                gap=12,
            ),
        ]
    rule = texts.get("ui.backup.rule", hours=view.interval_h, all=view.keep_all_h, days=view.keep_days)
    place = texts.get("ui.backup.place", path=str(view.folder), free=size(view.free))
    return [head, [Run(rule, "muted", "small", shrinks=True)], [Run(place, "muted", "small", shrinks=True)]]


def second(texts: Texts, view: BackupView) -> list[Run]:
    """Where the copies go as well, and whether that place is there."""
    tone, icon = _SECOND[view.second_state]
    if view.second is None:
        return [Run(texts.get("ui.backup.second.none"), "muted", "small", shrinks=True)]
    runs = [
        Run(texts.get("ui.backup.second.head"), "muted", "small"),
        Run(str(view.second), "text", "small", shrinks=True),
        Run(texts.get(f"ui.backup.second.{view.second_state}"), tone, "small", gap=12, icon=icon),
    ]
    if view.same_disk:
        runs.append(
            Run(texts.get("ui.backup.second.same_disk"), "warn", "small", gap=12, icon="alert", shrinks=True)
        )
    return runs


def cells(texts: Texts, row: CopyRow, now_ms: int) -> list[str]:
    """Time, age, size, entries, standing, why, place."""
    return [
        moments.exact_text(row.at),
        texts.get("ui.backup.ago", age=moments.age(texts, now_ms - row.at)),
        size(row.size),
        "" if row.entries is None else number(row.entries),
        texts.get(f"ui.backup.standing.{row.standing}"),
        texts.get(f"ui.backup.why.{row.why}") if row.why else "",
        texts.get("ui.backup.where.second" if row.second else "ui.backup.where.here"),
    ]


def progress(texts: Texts, step: Step) -> tuple[str, int, int]:
    """(sentence, done, total) of something that goes on; before its first figures the bar is empty."""
    if step.stage not in _STAGES:
        return texts.get("ui.backup.stage.begin"), 0, 1
    said = texts.get(f"ui.backup.stage.{step.stage}")
    if step.stage in ("entries", "projection") and step.total:
        said = texts.get(
            "ui.backup.stage.counted", what=said, done=number(step.done), total=number(step.total)
        )
    return said, step.done, max(1, step.total)


def ended(texts: Texts, flow: BackupFlow) -> tuple[str, str]:
    """(sentence, tone) after a backup that was asked for here; ("", "") before."""
    if flow.given_up:
        return texts.get("ui.backup.given_up"), "warn"
    if flow.made_here and flow.making.ended and flow.making.trouble is None and not flow.busy:
        return texts.get("ui.backup.made"), "good"
    return "", "muted"


def verdict(texts: Texts, found: Checked) -> Run:
    """What checking the record gave."""
    if not found.damaged:
        said = texts.get("ui.backup.check.fine", n=number(found.entries), sites=found.chains)
        return Run(said, "good", "body", True, icon="check", shrinks=True)
    return Run(texts.get("ui.backup.check.bad", n=number(found.total)), "bad", "body", True, icon="alert")


def findings(texts: Texts, found: Checked) -> str:
    """The sentences, a line each; and how many are not shown."""
    lines = list(found.findings)
    if found.total > len(lines):
        lines.append(texts.get("ui.backup.check.more", n=number(found.total - len(lines))))
    return "\n".join(lines)
