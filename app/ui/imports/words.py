"""What the import screen says, worked out from where the import stands. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS
from app.kernel.texts import Texts
from app.ui.imports.flow import ImportFlow, State
from app.ui.shell import moments
from app.ui.shell.runs import Run
from app.ui.shell.under_way import Progress

if TYPE_CHECKING:
    from app.exchange.imports.run import Checked
    from app.queries.imports import ImportRow

_REASONS = 4  # named beside the figures; the rest stands in the rows
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-8": "UTF-8",
    "gb18030": "GB18030",
    "cp950": "Big5",
    "utf-16": "UTF-16",
}
TONES = {"finished": "good", "begun": "warn", "undone": "muted"}


def number(n: int) -> str:
    """A number with its thousands apart: 5 929."""
    return f"{n:,}".replace(",", "\N{NO-BREAK SPACE}")


def encoding_name(encoding: str) -> str:
    """An encoding as people call it."""
    return _ENCODINGS.get(encoding, encoding)


def facts(texts: Texts, checked: Checked) -> str:
    """How the file was read."""
    table = checked.table
    return texts.get(
        "ui.imports.facts",
        delimiter=texts.get(f"ui.imports.delimiter.{_DELIMITERS[table.delimiter]}"),
        columns=len(table.header),
        rows=number(len(table.rows)),
    )


def reasons(texts: Texts, checked: Checked) -> list[Run]:
    """The most frequent reasons with their numbers, then the reminders."""
    from app.exchange.imports.run import reason_text

    ranked = sorted(checked.reasons.items(), key=lambda item: -item[1])
    runs = [
        Run(
            texts.get("ui.imports.counted", what=reason_text(texts, reason), n=number(count)),
            "bad",
            "small",
            gap=12,
        )
        for reason, count in ranked[:_REASONS]
    ]
    warned = sorted(checked.warnings.items(), key=lambda item: -item[1])
    runs += [
        Run(
            texts.get("ui.imports.counted", what=texts.get(warning), n=number(count)), "warn", "small", gap=12
        )
        for warning, count in warned[:_REASONS]
    ]
    return runs


def next_step(texts: Texts, flow: ImportFlow, register: str) -> tuple[str, str]:
    """(sentence, tone): what the button would do, or why it cannot be pressed."""
    checked = flow.checked
    if checked is None:
        return "", "muted"
    if checked.missing:
        names = texts.get("wording.comma").join(
            texts.get(f"ui.imports.field.{name}") for name in checked.missing
        )
        return texts.get("ui.imports.missing", fields=names), "warn"
    if flow.before is not None:
        return known_before(texts, flow.before), "warn"
    if not checked.good:
        return texts.get("ui.imports.none_good"), "warn"
    key = "will_load_all" if not checked.bad else "will_load"
    said = texts.get(
        f"ui.imports.{key}", good=number(len(checked.good)), bad=number(len(checked.bad)), register=register
    )
    return said, "muted"


def known_before(texts: Texts, row: ImportRow) -> str:
    """E_DUP in words, before anybody tries."""
    return texts.get(
        "ui.imports.before",
        when=moments.exact_text(row.begun_at or 0)[:16],
        name=row.file_name or "",
        n=number(row.accepted or 0),
    )


def progress_line(texts: Texts, state: State, progress: Progress) -> str:
    """How far it is and how long it will take."""
    done, total = number(progress.done), number(progress.total)
    if state is State.UNDOING:
        return texts.get("ui.imports.undoing", done=done, total=total) if progress.total else ""
    left = progress.left_s
    if left is None:
        return texts.get("ui.imports.loading", done=done, total=total)
    span = moments.age(texts, round(left * SECOND_MS + SECOND_MS / 2))
    return texts.get("ui.imports.loading_left", done=done, total=total, left=span)


def outcome(texts: Texts, flow: ImportFlow, register: str) -> tuple[str, str, str]:
    """(icon, tone, sentence) of how it ended."""
    if flow.state is State.CANCELLED:
        return "undo", "warn", texts.get("ui.imports.cancelled")
    report = flow.report
    if report is None:
        return "alert", "bad", texts.get("ui.imports.failed")
    span = moments.age(texts, round(flow.progress.seconds * SECOND_MS + SECOND_MS / 2))
    said = texts.get("ui.imports.done", good=number(report.accepted), register=register, span=span)
    if report.rejected:
        said = texts.get("ui.imports.done_bad", said=said, bad=number(report.rejected))
    return "check", "good", said


def latest(texts: Texts, rows: Sequence[ImportRow]) -> list[list[Run]]:
    """Earlier imports, a line each."""
    lines = []
    for row in rows:
        state = row.state or "begun"
        kind = texts.get(f"ui.imports.kind.{row.entity}") if row.entity in ("shelter", "point") else ""
        runs = [
            Run(moments.exact_text(row.begun_at or 0)[:16], "muted", "small"),
            Run(kind, "muted", "small", gap=12, wide=64),
            Run(row.file_name or "", "text", "small", gap=12, shrinks=True),
            Run(texts.get(f"ui.imports.state.{state}"), TONES.get(state, "muted"), "small", gap=12),
        ]
        if row.accepted is not None and state == "finished":
            figures = texts.get(
                "ui.imports.figures", good=number(row.accepted), bad=number(row.rejected or 0)
            )
            runs.append(Run(figures, "muted", "small", gap=12))
        lines.append(runs)
    return lines


def card_line(texts: Texts, state: State, progress: Progress) -> str:
    """The short form for the card."""
    left = progress.left_s
    if left is None or state is not State.LOADING:
        return texts.get("ui.imports.card_line", done=number(progress.done), total=number(progress.total))
    return texts.get("ui.imports.card_left", left=moments.age(texts, round(left * SECOND_MS + SECOND_MS / 2)))
