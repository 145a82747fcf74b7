"""The history of a record in words: who, when, at which console, what it was and became, and what he had seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.texts import Texts
from app.ui.desk.words import act_of, field_name
from app.ui.history.seen import Entries, Teller, concurrent

AGAINST = " / "  # between values that stand against each other
# Fields that follow from the act itself and say nothing more.
_SILENT = frozenset({"no", "agency", "registered_at", "registered_by", "origin"})


@dataclass(frozen=True, slots=True)
class Block:
    """One act: its head, the lines below it, the fields it wrote; `void` when it has no effect."""

    at: int
    head: str
    lines: tuple[str, ...]
    fields: frozenset[str]
    void: bool

    def text(self) -> str:
        """As it is copied."""
        return "\n".join((self.head, *(f"    {line}" for line in self.lines)))


def blocks(entries: Entries, teller: Teller, field: str = "") -> list[Block]:
    """The acts on a record, or those that wrote one field of it, the newest first: in one order in both rooms."""
    newest = sorted(entries, key=lambda entry: (entry.recorded_at, entry.site, entry.seq), reverse=True)
    made = [_block(entry, newest, teller, field) for entry in newest]
    return [block for block in made if not field or field in block.fields]


def fields_of(entries: Entries) -> list[str]:
    """Fields that somebody wrote, in the order in which they were written first."""
    return list(
        dict.fromkeys(
            change.field for entry in entries for change in entry.changes if change.field not in _SILENT
        )
    )


def reason_words(texts: Texts, reason: str) -> str:
    """Why an act was not accepted, in plain words; what this version has no words for, in general ones."""
    key = "ui.conflicts.reason." + reason.replace(" ", "_")
    return texts.get(key if texts.has(key) else "ui.conflicts.reason.other")


def act_words(texts: Texts, command: str | None) -> str:
    """Name of an act; of one that only a newer version knows, in general words."""
    key = f"act.{command}"
    return texts.get(key) if texts.has(key) else texts.get("ui.conflicts.act_unknown")


def _block(entry: Any, entries: Entries, teller: Teller, only: str) -> Block:
    texts = teller.words.texts
    head = texts.get(
        "ui.history.head",
        time=teller.time(entry.recorded_at),
        who=teller.who(entry),
        console=teller.console(entry),
        act=act_words(texts, act_of(entry)),
    )
    lines = []
    if entry.quarantined is not None:
        lines.append(texts.get("ui.history.void", why=reason_words(texts, entry.quarantined)))
    told = [c for c in entry.changes if c.field not in _SILENT and only in ("", c.field)]
    lines += [_change(teller, change) for change in told]
    why = entry.details.get("why") if entry.details else None
    if why:
        lines.append(texts.get("ui.desk.moment.why", why=why))
    lines += _seen(teller, entry, entries, [change.field for change in told])
    written = frozenset(change.field for change in entry.changes)
    return Block(entry.recorded_at, head, tuple(lines), written, entry.quarantined is not None)


def _change(teller: Teller, change: Any) -> str:
    words, texts = teller.words, teller.words.texts
    name = field_name(texts, change.field)
    after = words.value(change.field, change.after, teller.accounts)
    found = [words.value(change.field, value) for value in change.before if value is not None]
    if not found:
        return texts.get("ui.desk.moment.set", field=name, value=after)
    joined = AGAINST.join(found)
    return texts.get("ui.desk.moment.changed", field=name, before=joined, value=after)


def _seen(teller: Teller, entry: Any, entries: Entries, fields: Sequence[str]) -> list[str]:
    """Up to when he had the other consoles' content; and what stood beside his own that he had not seen."""
    others = {other.site: other for other in entries if other.site != entry.site}
    lines = [teller.up_to(entry, others[site]) for site in sorted(others)]
    for other in entries:
        if other is entry or other.quarantined is not None or not concurrent(entry, other):
            continue
        for change in other.changes:
            if change.field in fields:
                name = field_name(teller.words.texts, change.field)
                value = f"{name} {teller.words.value(change.field, change.after)}"
                lines.append(teller.unseen(entry, other, value))
    return lines
