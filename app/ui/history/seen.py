"""What somebody had seen when he wrote: in plain words, the same in both rooms (XC-03, XC-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.incidents import ConflictRow

LONGEST = 40  # characters of another's value within a sentence
Entries = Sequence[Any]
"""Operations on one record (app.journal.history.HistoryEntry)."""


@dataclass(frozen=True)
class Teller:
    """Says people, consoles and moments of one record's history."""

    words: Words
    accounts: Mapping[str, AccountRow]
    now_ms: int

    def time(self, ms: int) -> str:
        """A moment, with its day when that is not today."""
        return moments.day_clock(ms, self.now_ms)

    def who(self, entry: Any) -> str:
        """Agency and post; of an account not known here the agency."""
        return self.words.who(entry.account_id, self.accounts) or self.words.side(entry.agency)

    def console(self, entry: Any) -> str:
        """The workstation it was written at."""
        agency = self.words.side(entry.site_agency) or self.words.texts.get("ui.history.console_unknown")
        if entry.letter:
            return self.words.texts.get("ui.history.console_letter", agency=agency, letter=entry.letter)
        return self.words.texts.get("ui.history.console", agency=agency)

    def up_to(self, entry: Any, other: Any) -> str:
        """Up to when the author had the content of another console."""
        at = entry.seen_at.get(other.site)
        agency = self.console(other)
        if at is None:
            return self.words.texts.get("ui.history.seen_nothing", console=agency)
        return self.words.texts.get("ui.history.seen_up_to", console=agency, time=self.time(at))

    def unseen(self, entry: Any, other: Any, value: str) -> str:
        """That the author had not seen what another wrote."""
        who, time = self.who(other), self.time(other.recorded_at)
        if len(value) > LONGEST:
            value = value[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
        return self.words.texts.get("ui.history.unseen", who=who, time=time, value=value)


def concurrent(entry: Any, other: Any) -> bool:
    """True if neither had seen the other."""
    return not entry.had_seen(other.site, other.seq) and not other.had_seen(entry.site, entry.seq)


def before(entry: Any, field: str) -> tuple[Any, ...]:
    """What the author found in a field."""
    return next((tuple(change.before) for change in entry.changes if change.field == field), ())


def decision_of(entries: Entries, field: str) -> Any:
    """The act that settled a disagreement: the last valid one that wrote the field; None where none is held."""
    wrote = (each for each in reversed(entries) if any(change.field == field for change in each.changes))
    return next((each for each in wrote if each.quarantined is None), None)


def decision_words(teller: Teller, entry: Any, field: str, key: str) -> str:
    """Who settled a disagreement, when, how and why; `key`: the sentence."""
    texts = teller.words.texts
    after = next(change.after for change in entry.changes if change.field == field)
    return texts.get(
        key,
        who=teller.who(entry),
        time=teller.time(entry.recorded_at),
        field=field_name(texts, field),
        value=teller.words.value(field, after),
        why=(entry.details or {}).get("why") or texts.get("ui.shell.none"),
    )


def of_values(teller: Teller, rows: Sequence[ConflictRow], entries: Entries) -> dict[bytes, list[str]]:
    """For each value of a disagreement what its author had seen: the value before, and what he had not seen of the others."""
    known = {entry.hash: entry for entry in entries}
    return {row.hash: _of_value(teller, row, rows, known) for row in rows if row.hash.hex() in known}


def _of_value(
    teller: Teller, row: ConflictRow, rows: Sequence[ConflictRow], known: Mapping[str, Any]
) -> list[str]:
    words, entry = teller.words, known[row.hash.hex()]
    found = [words.value(row.field, value) for value in before(entry, row.field) if value is not None]
    if found:
        joined = words.texts.get("wording.comma").join(found)
        lines = [words.texts.get("ui.history.found", value=joined)]
    else:
        lines = [words.texts.get("ui.history.found_nothing")]
    for other in rows:
        theirs = known.get(other.hash.hex())
        if other.hash == row.hash or theirs is None or entry.had_seen(theirs.site, theirs.seq):
            continue
        value = words.value(row.field, other.value)
        lines.append(teller.unseen(entry, theirs, value))
        if theirs.site != entry.site:
            lines.append(teller.up_to(entry, theirs))
    return lines
