"""What the link desk says of one line, from its state and its card: pure words, so that a tick compares instead of painting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.kernel.clock import FOR_LONG_MS
from app.kernel.enums import LinkState
from app.kernel.texts import Texts
from app.ui.link_desk.port import LogLine, PeerCard
from app.ui.links.judgement import NO_NETWORK, Standing, judge
from app.ui.links.sentences import why
from app.ui.shell import header_text, moments
from app.ui.shell.runs import Run

if TYPE_CHECKING:
    from app.replication.status import LinkStatus, Moved
    from app.ui.console import AgencyView

REVOKED = "revoked"
ENDED = ("closed", "forked")  # met only to take what they never sent
SOON_MS = 60 * 86_400_000  # a certificate that ends within sixty days is said


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table: its name, what stands there, a tone ("" for none)."""

    name: str
    value: str
    tone: str = ""


@dataclass(frozen=True)
class Wording:
    """Texts and the names of agencies of one window."""

    texts: Texts
    agencies: Mapping[str, AgencyView]
    own: str

    def name(self, card: PeerCard) -> str:
        """Whose workstation it is; of our own agency the seat says which."""
        view = self.agencies.get(card.agency)
        short = view.short if view is not None else card.agency
        label = "" if card.site.startswith(card.label) else card.label  # a piece of its id says nothing
        seat = label or (self.texts.get("ui.link_desk.letter", letter=card.letter) if card.letter else "")
        side = self.texts.get("ui.link_desk.own", agency=short) if card.agency == self.own else short
        return f"{side} {seat}".strip()

    def standing(self, card: PeerCard, links: Sequence[LinkStatus], now_ms: int) -> Standing:
        """How its line stands."""
        link = next((each for each in links if each.site == card.site), None)
        if card.state == REVOKED:
            return Standing(None, "ui.link_desk.state.revoked", "lock", "muted", card.state_at)
        if card.state in ENDED and (link is None or link.state is LinkState.DOWN):
            return Standing(None, f"ui.link_desk.state.{card.state}", "ring", "muted", card.state_at)
        if card.state in ENDED and link is not None:  # it talks, and is no working line (JD-01)
            word = f"ui.link_desk.state.{card.state}_talks"
            return replace(judge(link, now_ms), word=word, icon="alert", tone="warn")
        return judge(link, now_ms) if link is not None else NO_NETWORK

    def head(self, standing: Standing, now_ms: int) -> list[Run]:
        """State and since when."""
        texts = self.texts
        line = [Run(texts.get(standing.word), standing.tone, "summary", True, icon=standing.icon)]
        if standing.since is not None:
            since = moments.day_clock(standing.since, now_ms)
            age = moments.age(texts, now_ms - standing.since)
            line.append(Run(texts.get("ui.link_desk.since", time=since, age=age), "muted", "small"))
        return line

    def advice(self, card: PeerCard, standing: Standing, now_ms: int) -> tuple[str, str]:
        """What is stuck and what to do next, and its tone."""
        texts, said = self.texts, []
        if card.state in ENDED:
            said.append(texts.get(f"ui.link_desk.ended.{card.state}"))
        if standing.state is None and texts.has(f"{standing.word}_why"):
            said.append(texts.get(f"{standing.word}_why"))
        down = standing.state is LinkState.DOWN
        said += self._changed_here(card, standing, now_ms)
        if card.copied and card.state == REVOKED:
            said.append(texts.get("ui.link_desk.copied_too"))
        if stuck := why(texts, standing, self.name(card)):
            said.append(stuck)
        if standing.clock_warns and standing.offset_ms is not None:
            said.append(texts.get("ui.shell.alarm.skew", s=abs(standing.offset_ms) // 1000))
        if standing.note is not None and texts.has(standing.note):
            said.append(texts.get(standing.note))
        if standing.bodies_in:
            said.append(texts.get("ui.link_desk.bodies_why", n=standing.bodies_in))
        if card.valid_until is not None and card.valid_until - now_ms < SOON_MS:
            said.append(texts.get("ui.link_desk.certificate_soon", day=self._day(card.valid_until)))
        if down and not said:
            said.append(texts.get("ui.link_desk.down_why"))
        if not said:
            return texts.get("ui.link_desk.all_well"), "muted"
        return "\n".join(said), "bad" if down else "warn"

    def _changed_here(self, card: PeerCard, standing: Standing, now_ms: int) -> list[str]:
        """What was done at this workstation that may have ended the line: a restore, another address."""
        texts, said = self.texts, []
        if standing.state not in (None, LinkState.DOWN) or card.state in (REVOKED, *ENDED):
            return []
        if card.inherited:
            said.append(texts.get("ui.link_desk.pair_anew"))
        if card.moved is not None:
            time = moments.day_clock(card.moved[0], now_ms)
            said.append(texts.get("ui.link_desk.address_moved", time=time, who=card.moved[1]))
        return said

    # -- facts -------------------------------------------------------------------------------------------------------------
    def facts(self, card: PeerCard, standing: Standing, listening: str, now_ms: int) -> list[Fact]:
        """Both directions, clock, address, certificate, version, pairing; of a line that is none any more whose it was."""
        texts = self.texts
        rows = [
            ("out", self._out(standing, now_ms), standing.out_tone if standing.waiting_out else ""),
            ("last_out", self._moved(standing.last_out, now_ms), ""),
            ("in", self._in(standing), self._in_tone(standing)),
            ("last_in", self._applied(standing, now_ms), ""),
            ("heard", self._heard(standing), ""),
            ("offset", self._offset(standing), "warn" if standing.clock_warns else ""),
            ("address", card.address or texts.get("ui.link_desk.dials_us"), ""),
            ("listening", listening or texts.get("ui.link_desk.not_listening"), ""),
            ("certificate", *self._certificate(card, now_ms)),
            ("version", *self._version(standing)),
            ("paired", moments.exact_text(card.confirmed_at), ""),
            ("site", card.site, ""),
        ]
        return [
            Fact(texts.get(f"ui.link_desk.fact.{name}"), value, tone if tone in ("warn", "bad") else "")
            for name, value, tone in rows
            if card.state != REVOKED or name in ("paired", "site")
        ]

    def _out(self, standing: Standing, now_ms: int) -> str:
        texts = self.texts
        if standing.waiting_out is None:
            return texts.get("ui.link_desk.unknown_out")
        if not standing.waiting_out:
            return texts.get("ui.link_desk.nothing_waits")
        if standing.out_ms is None:
            return texts.get("ui.link_desk.waits", n=standing.waiting_out)
        age = moments.age(texts, standing.out_ms)
        return texts.get("ui.link_desk.waits_since", n=standing.waiting_out, age=age)

    def _in(self, standing: Standing) -> str:
        texts = self.texts
        said = self._announced(standing)
        if not standing.bodies_in:
            return said
        return said + texts.get("ui.link_desk.bodies", n=standing.bodies_in)

    def _in_tone(self, standing: Standing) -> str:
        return standing.in_tone if standing.waiting_in else "warn" if standing.bodies_in else ""

    def _announced(self, standing: Standing) -> str:
        texts = self.texts
        if standing.state is None or standing.heard_ms is None:
            return texts.get("ui.link_desk.unknown_in")
        if not standing.waiting_in:
            return texts.get("ui.link_desk.nothing_announced")
        age = moments.age(texts, standing.in_ms or 0)
        return texts.get("ui.link_desk.announced", n=standing.waiting_in, age=age)

    def _moved(self, moved: Moved | None, now_ms: int) -> str:
        texts = self.texts
        if moved is None:
            return texts.get("ui.link_desk.never")
        key = f"act.{moved.command}"
        act = texts.get(key) if texts.has(key) else texts.get("ui.link_desk.some_act")
        return texts.get("ui.link_desk.moved", act=act, time=moments.day_clock(moved.at, now_ms))

    def _applied(self, standing: Standing, now_ms: int) -> str:
        said = self._moved(standing.last_in, now_ms)
        if standing.last_in is None or standing.applied_at is None:
            return said
        time = moments.day_clock(standing.applied_at, now_ms)
        return f"{said}{self.texts.get('ui.link_desk.applied', time=time)}"

    def _heard(self, standing: Standing) -> str:
        texts = self.texts
        if standing.heard_ms is None:
            return texts.get("ui.link_desk.not_heard")
        age = moments.age(texts, standing.heard_ms)
        if standing.rtt_ms is None:
            return texts.get("ui.link_desk.ago", age=age)
        return texts.get("ui.link_desk.ago_rtt", age=age, ms=round(standing.rtt_ms))

    def _offset(self, standing: Standing) -> str:
        if standing.offset_ms is None:
            return self.texts.get("ui.link_desk.not_measured")
        return header_text.offset_text(self.texts, standing.offset_ms)

    def _certificate(self, card: PeerCard, now_ms: int) -> tuple[str, str]:
        if card.valid_until is None:
            return self.texts.get("ui.link_desk.certificate_unknown"), ""
        if card.valid_until < now_ms:
            return self.texts.get("ui.link_desk.certificate_over", day=self._day(card.valid_until)), "bad"
        if card.valid_until - now_ms > FOR_LONG_MS:
            return self.texts.get("ui.link_desk.certificate_long"), ""
        tone = "warn" if card.valid_until - now_ms < SOON_MS else ""
        return self.texts.get("ui.link_desk.certificate_until", day=self._day(card.valid_until)), tone

    def _version(self, standing: Standing) -> tuple[str, str]:
        texts = self.texts
        if standing.note is not None and texts.has(standing.note):
            key = "newer" if standing.note.endswith("newer") else "older"
            return texts.get(f"ui.link_desk.version.{key}"), "warn"
        known = standing.state in (LinkState.UP, LinkState.DEGRADED)
        return texts.get(f"ui.link_desk.version.{'same' if known else 'unknown'}"), ""

    def _day(self, ms: int) -> str:
        return f"{moments.local(ms):%Y-%m-%d}"

    # -- the story ---------------------------------------------------------------------------------------------------------
    def log_line(self, line: LogLine, now_ms: int) -> list[Run]:
        """A change of a link, as the duty log has it."""
        view = self.agencies.get(line.agency)
        return [
            Run(moments.day_clock(line.at, now_ms), "muted", "small", wide=110),
            Run(view.short if view is not None else line.agency, "muted", "small", wide=64),
            Run(line.text, "text", "small", shrinks=True),
        ]
