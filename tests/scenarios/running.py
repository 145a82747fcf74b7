"""Runs a scenario from its first step to its last assertion and says what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.scenarios import acts, general
from tests.scenarios.duo import Duo, duo
from tests.scenarios.gaps import GAPS
from tests.scenarios.judging import PATIENCE_S, PAUSE_S, PEER_S, State, Verdict, before, judge
from tests.scenarios.play import Missing, NotYet, Play
from tests.scenarios.reading import Assertion, Scenario, Step

SETUP_MS = 60_000  # what was there before stands a minute before the first step


class Ran(StrEnum):
    """What became of an act."""

    WHOLE = "run"
    PART = "in part"
    MISSING = "missing"


@dataclass
class Judged:
    """An assertion and what became of it."""

    text: str
    state: State
    why: str = ""


@dataclass
class StepResult:
    """A step, how far its act exists, and its assertions."""

    number: int
    at: str
    text: str
    ran: Ran
    note: str = ""
    assertions: list[Judged] = field(default_factory=list)


@dataclass
class Result:
    """A scenario: its steps, what must hold at the end, and the general assertions. `late`: what took longer than it should."""

    id: str
    title: str
    steps: list[StepResult] = field(default_factory=list)
    final: list[Judged] = field(default_factory=list)
    general: list[Judged] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As it is kept; without what depends on the machine."""
        kept = asdict(self)
        del kept["late"]
        return kept

    def judged(self) -> Iterator[tuple[str, Judged]]:
        """Where and what, all of them."""
        for step in self.steps:
            yield from ((f"{self.id} step {step.number}", each) for each in step.assertions)
        yield from ((f"{self.id} at the end", each) for each in self.final)
        yield from ((f"{self.id} in general", each) for each in self.general)


def run(scenario: Scenario, founded: Path, folder: Path, *, restart: bool = False) -> Result:
    """Run one scenario on two fresh consoles; `restart`: both are restarted where the scenario says so."""
    result = Result(scenario.id, scenario.title)
    with duo(founded, folder, scenario.day) as consoles:
        consoles.set_clocks(scenario.steps[0].at_ms - SETUP_MS)
        consoles.start()
        play = Play(consoles, scenario)
        if scenario.id in acts.SETUP:
            acts.SETUP[scenario.id](play)
        for step in scenario.steps:
            result.steps.append(_step(play, step, result.late))
            if restart and step.restart:
                consoles.restart()
        play.step = None
        consoles.settle()
        for assertion in scenario.final:
            result.final.append(_judged(play, assertion, "end", [], None, result.late))
        result.general = _general(play)
    return result


def _step(play: Play, step: Step, late: list[str]) -> StepResult:
    play.step, play.short = step, []
    play.duo.set_clocks(step.at_ms)
    out = StepResult(step.number, step.at, step.text, Ran.WHOLE)
    refused = any(each.kind == "error" for each in step.expect)
    was = before(play.here) if refused else None
    act = acts.ACTS.get(step.do)
    try:
        if act is None:
            raise Missing(acts.MISSING[step.do])
        answers = list(act.run(play))
        out.note = "; ".join([act.note, *play.short] if act.note else play.short)
        out.ran = Ran.PART if out.note else Ran.WHOLE
    except Missing as lacking:
        play.refused_missing += refused
        why = f"the act does not exist: {lacking}"
        out.ran, out.note = Ran.MISSING, str(lacking)
        out.assertions = [Judged(each.text, State.NOT_YET, why) for each in step.expect]
        return out
    if not refused:
        wrong = [answer["error"] for answer in answers if not answer["ok"]]
        assert not wrong, f"{play.scenario.id} step {step.number}, {step.text}: {wrong}"
    play.duo.settle()
    for assertion in step.expect:
        out.assertions.append(_judged(play, assertion, step.number, answers, was, late))
    return out


def _judged(
    play: Play, assertion: Assertion, where: int | str, answers: list[Any], was: Any, late: list[str]
) -> Judged:
    gap = GAPS.get((play.scenario.id, where, assertion.text), "")
    verdict: Verdict = judge(play, assertion, answers, was, gap)
    if assertion.peer and verdict.seconds > PEER_S:
        late.append(f"{play.scenario.id} {where}: {assertion.text} after {verdict.seconds:.1f} s")
    return Judged(assertion.text, verdict.state, verdict.why)


G5 = "G5 no contact data in the logs, in the open in the database, on the window (no documents yet)"


# -- in general ------------------------------------------------------------------------------------------------------------
def _each(check: Callable[[Any], None], consoles: Duo) -> None:
    for room in consoles.both:
        check(room)


def _after_sync(consoles: Duo) -> None:
    """A console may still be noting what its link did: that is sent as well."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return general.equal_rows(consoles.emb, consoles.frd)
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(PAUSE_S)


def _documents(_: Duo) -> None:
    raise NotYet("reports carry no document number yet (incident numbers have no holes: D-20)")


def _plant(play: Play) -> tuple[str, ...]:
    """A contact at each console, looked at in the clear once: what G5 must find nowhere. Nothing without an incident."""
    planted: list[str] = []
    play.duo.settle()
    for at, room in enumerate(play.duo.both):
        found = room.rows("SELECT id FROM incident WHERE open = 1 AND agency = ? ORDER BY id", room.agency)
        if not found:
            continue
        name, number = f"\u7532\u4e59\u4e19{room.agency}", f"139{at}0001234"
        given = {"incident_id": found[0]["id"], "about": "caller", "name": name, "number": number}
        answer = play.do("add_contact", room, "duty_officer", **given)
        assert answer["ok"], answer
        contact = {"contact_id": answer["result"]["contact_id"]}
        looked = room.do("duty_officer", "reveal_contact", **contact)  # who looked stays with the agency
        assert looked["ok"], looked
        planted += [name, number]
    play.duo.settle()
    return tuple(planted)


def _nothing_personal(room: Any, play: Play, planted: tuple[str, ...]) -> None:
    """G5 on disk, and on the window with the incident's desk open: contacts are masked there."""
    general.no_contact_data(room, planted)
    room.sit_down()
    shown = [
        line for view in ([None, play.incident] if play.incident else [None]) for line in room.texts(view)
    ]
    for text in planted:
        assert not any(text in line for line in shown), f"{text} is painted"


def _general(play: Play) -> list[Judged]:
    consoles = play.duo
    _each(general.numbers_without_holes, consoles)
    planted = _plant(play)
    checks: dict[str, Callable[[], None]] = {
        "G1 equal business rows on both sides": lambda: _after_sync(consoles),
        "G2 the record is whole on both sides": lambda: _each(general.record_is_whole, consoles),
        "G3 no row lost, no change twice": lambda: _each(
            lambda room: general.nothing_lost(room, play.acknowledged), consoles
        ),
        "G4 no traffic left this machine": lambda: _each(general.nothing_outside, consoles),
        G5: lambda: _each(lambda room: _nothing_personal(room, play, planted), consoles),
        "G6 document numbers without holes": lambda: _documents(consoles),
    }
    out = []
    for text, check in checks.items():
        try:
            check()
        except NotYet as lacking:
            out.append(Judged(text, State.NOT_YET, str(lacking)))
        except AssertionError as wrong:
            out.append(Judged(text, State.FAILED, str(wrong)[:2000]))
        else:
            out.append(Judged(text, State.HELD))
    # Then both end in order: what they reached outside this machine until their last moment counts too.
    for room in consoles.both:
        room.stop()
        general.nothing_outside(room)
    return out
