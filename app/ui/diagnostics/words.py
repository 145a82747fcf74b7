"""The diagnostics page in words: rows of a section, name and value; what may leave is chosen here. No widgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS
from app.kernel.enums import LinkState
from app.kernel.texts import Texts
from app.ui.backup.words import number, size
from app.ui.diagnostics.port import Facts, LinkFact
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.ui.console import DistrictView

LOW_DISK = 2 << 30  # bytes: below, the page warns
SKEW_MS = 60_000  # D-24
STATES = ("enrolled", "closed", "revoked", "forked")


@dataclass(frozen=True, slots=True)
class Row:
    """A line; `private` ones are shown here and never copied or written into a file."""

    section: str
    name: str
    value: str
    tone: str = ""
    private: bool = False


class Telling:
    """Facts of one moment, told."""

    def __init__(self, texts: Texts, district: DistrictView, facts: Facts, qt: str) -> None:
        self._texts, self._district, self._facts, self._qt = texts, district, facts, qt

    def rows(self) -> list[Row]:
        """All of them, section by section."""
        return [*self._versions(), *self._database(), *self._links(), *self._rest()]

    def _row(self, section: str, name: str, value: str, tone: str = "", *, private: bool = False) -> Row:
        get = self._texts.get
        title = get(f"ui.diagnostics.section.{section}")
        return Row(title, get(f"ui.diagnostics.name.{name}"), value, tone, private)

    def _console(self, agency: str, letter: str) -> str:
        view = self._district.agencies.get(agency)
        short = view.short if view is not None else agency
        key = "ui.history.console_letter" if letter else "ui.history.console"
        return (
            self._texts.get(key, agency=short, letter=letter)
            if letter
            else self._texts.get(key, agency=short)
        )

    def _when(self, at: int | None) -> str:
        if at is None:
            return self._texts.get("ui.diagnostics.never")
        age = moments.age(self._texts, self._facts.now - at)
        return self._texts.get("ui.diagnostics.when", time=moments.exact_text(at), age=age)

    def _versions(self) -> Iterator[Row]:
        facts = self._facts
        realm = self._texts.get(f"ui.diagnostics.realm.{'exercise' if facts.realm == 'exercise' else 'live'}")
        pack = self._texts.get(
            f"ui.diagnostics.pack.{'own' if facts.pack_own else 'program'}", code=facts.pack
        )
        yield self._row("versions", "program", facts.program)
        yield self._row("versions", "python", facts.python)
        yield self._row("versions", "qt", self._qt)
        yield self._row("versions", "sqlite", facts.sqlite)
        yield self._row("versions", "schema", facts.schema)
        yield self._row("versions", "pack", pack)
        yield self._row("versions", "system", facts.system)
        yield self._row("versions", "console", self._console(facts.agency, facts.letter))
        yield self._row("versions", "realm", realm)

    def _database(self) -> Iterator[Row]:
        facts, get = self._facts, self._texts.get
        late = facts.backup_at is None or facts.now - facts.backup_at > facts.backup_limit_ms
        count = get("ui.diagnostics.copies", n=facts.backup_count)
        backup = get("ui.diagnostics.backup", when=self._when(facts.backup_at), copies=count)
        yield self._row("database", "size", size(facts.database_bytes))
        yield self._row("database", "wal", size(facts.wal_bytes))
        yield self._row("database", "entries", number(facts.entries))
        yield self._row(
            "database", "checked", self._when(facts.checked_at), "" if facts.checked_at else "warn"
        )
        yield self._row("database", "verified", self._verified(), "bad" if facts.damaged else "")
        yield self._row("database", "backup", backup, "warn" if late else "")
        yield self._row("database", "folder", str(facts.folder), private=True)
        if facts.free_bytes is None or facts.disk_bytes is None:
            yield self._row("disk", "free", get("ui.diagnostics.unknown"), "warn")
        else:
            told = get("ui.diagnostics.free", free=size(facts.free_bytes), all=size(facts.disk_bytes))
            yield self._row("disk", "free", told, "warn" if facts.free_bytes < LOW_DISK else "")
        fault = facts.disk_fault
        yield self._row("disk", "state", fault or get("ui.diagnostics.fine"), "bad" if fault else "")

    def _verified(self) -> str:
        """When the whole record was last checked by hand, and what it gave."""
        if self._facts.verified_at is None:
            return self._texts.get("ui.diagnostics.never")
        key = "damaged" if self._facts.damaged else "whole"
        return self._texts.get(f"ui.diagnostics.{key}", when=self._when(self._facts.verified_at))

    def _links(self) -> Iterator[Row]:
        facts, get = self._facts, self._texts.get
        title = get("ui.diagnostics.section.links")
        if not facts.links:
            yield Row(title, get("ui.diagnostics.name.links"), get("ui.diagnostics.no_links"))
        for link in facts.links:
            name = self._console(link.agency, link.letter)
            tone = {"up": "good", "degraded": "warn"}.get(link.state, "bad")
            yield Row(title, name, self._state(link), tone)
            waits = get("ui.diagnostics.unknown") if link.waiting_out is None else number(link.waiting_out)
            out = get("ui.diagnostics.out", when=self._when(link.acked_at), n=waits)
            into = get("ui.diagnostics.in", when=self._when(link.applied_at), n=number(link.waiting_in))
            yield Row(title, get("ui.diagnostics.name.out"), out)
            yield Row(title, get("ui.diagnostics.name.in"), into)

    def _state(self, link: LinkFact) -> str:
        word = self._texts.get(f"enum.link_state.{link.state}")
        if (
            link.rtt_ms is None or link.state == LinkState.DOWN
        ):  # what was before the cut is not said as if it were now (JD-01)
            return word
        return self._texts.get("ui.diagnostics.state", state=word, ms=f"{link.rtt_ms:.0f}")

    def _rest(self) -> Iterator[Row]:
        facts, get = self._facts, self._texts.get
        for link in facts.links:
            if link.offset_ms is not None:
                seconds = f"{link.offset_ms / SECOND_MS:+.1f}"
                said = get(
                    "ui.diagnostics.offset", console=self._console(link.agency, link.letter), s=seconds
                )
                yield self._row("clock", "offset", said, "warn" if abs(link.offset_ms) > SKEW_MS else "")
        yield self._row("clock", "now", get("ui.diagnostics.now", time=moments.exact_text(facts.now)))
        yield self._row("clock", "started", self._when(facts.started_at))
        if not facts.jumps:
            yield self._row("clock", "jumps", get("ui.diagnostics.no_jumps"))
        for at, seconds_ in facts.jumps:
            said = get("ui.diagnostics.jump", time=moments.exact_text(at), s=f"{seconds_:+d}")
            yield self._row("clock", "jumps", said, "warn")
        for site in facts.sites:
            state = get(f"ui.diagnostics.site.{site.state if site.state in STATES else 'other'}")
            own = get("ui.diagnostics.site.own", state=state) if site.own else state
            title = get("ui.diagnostics.section.sites")
            yield Row(
                title,
                self._console(site.agency, site.letter),
                own,
                "" if site.state == "enrolled" else "warn",
            )
        if facts.crash_at is None:
            yield self._row("crash", "crash", get("ui.diagnostics.no_crash"))
        else:
            when = self._when(facts.crash_at)
            kind = facts.crash_error or get("ui.diagnostics.unknown")
            yield self._row("crash", "crash", get("ui.diagnostics.crash", when=when, kind=kind), "warn")


def document(texts: Texts, rows: Sequence[Row], stacks: str = "") -> str:
    """The page as a text that may leave this workstation: nothing private, and of a crash the places in the program."""
    lines, section = [texts.get("ui.diagnostics.document"), texts.get("ui.diagnostics.nobody")], ""
    for row in rows:
        if row.private:
            continue
        if row.section != section:
            section = row.section
            lines += ["", section]
        lines.append(f"    {row.name}  {row.value}")
    if stacks:
        lines += ["", texts.get("ui.diagnostics.stacks"), stacks]
    return "\n".join(lines) + "\n"
