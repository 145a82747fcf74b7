"""What a scenario under way knows: both consoles, the step at hand, which incident it speaks of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from app.kernel.clock import iso, parse_moment
from tests.scenarios.duo import Duo, Room
from tests.scenarios.reading import Scenario, Step

_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")
# D-36: who acts where. `both` and `net` are acts of both.
SEATS = {"HQ": "EMB", "street": "EMB", "peer_account": "EMB", "force": "FRD"}
ROLES = {
    None: "duty_officer",
    "command": "duty_officer",
    "command_centre": "duty_officer",
    "reviewer": "hq_reviewer",
    "supervisor": "leader",
    "out_duty_chief": "duty_chief",
    "in_duty_chief": "duty_chief",
}

Answer = dict[str, Any]


class Missing(Exception):
    """The program has no such act, or not all it needs; says which."""


class NotYet(Exception):
    """Nothing in the program could show whether an assertion holds; says what is lacking."""


@dataclass
class Play:
    """One run of one scenario."""

    duo: Duo
    scenario: Scenario
    step: Step | None = None
    incident: str = ""  # id of the one spoken of
    ids: dict[str, str] = field(default_factory=dict)  # name in the scenario -> id here
    acknowledged: dict[str, str] = field(
        default_factory=dict
    )  # id -> entity of every record an act answered for
    short: list[str] = field(default_factory=list)  # how the act at hand falls short of the scenario's
    refused_missing: int = 0  # acts that would have been refused and do not exist

    # -- who and where -----------------------------------------------------------------------------------------------------
    @property
    def here(self) -> Room:
        """The console of the step at hand; of `both` and `net` the first one."""
        assert self.step is not None
        return self.duo.room(SEATS.get(self.step.at, self.step.at)) if self._single else self.duo.emb

    @property
    def _single(self) -> bool:
        assert self.step is not None
        return self.step.at not in ("both", "net")

    def rooms(self, peer: bool = False) -> tuple[Room, ...]:
        """The consoles an assertion is about: that of the step or, after sync, its partner; both after the end."""
        if self.step is None or not self._single:
            return self.duo.both
        return (self.duo.other(self.here),) if peer else (self.here,)

    @property
    def who(self) -> str:
        """Role of whoever acts; nobody named is the duty officer."""
        assert self.step is not None
        return ROLES.get(self.step.who, self.step.who or "")

    # -- times -------------------------------------------------------------------------------------------------------------
    def at_ms(self, text: str) -> int:
        """ "14:05", "14:05:00" of the day, or a whole local moment -> UTC ms."""
        if "T" in text:
            return parse_moment(f"{text}+08:00")
        return parse_moment(f"{self.scenario.day}T{text}+08:00")

    def moment(self, text: str) -> str:
        """The same as commands take it."""
        return iso(self.at_ms(text))

    def fits(self, found: Any, wanted: Any) -> bool:
        """A stored value is what a scenario says: times of the day are UTC ms, yes and no are 1 and 0."""
        if isinstance(wanted, str) and isinstance(found, int) and (_CLOCK.fullmatch(wanted) or "T" in wanted):
            return bool(found == self.at_ms(wanted))
        if isinstance(wanted, bool):
            return found is not None and bool(found) is wanted
        return bool(found == wanted)

    # -- acts --------------------------------------------------------------------------------------------------------------
    def do(self, command: str, room: Room | None = None, who: str | None = None, **arguments: Any) -> Answer:
        """Carry out a command where and as whom the step says; what was answered for is remembered (G3)."""
        given = {name: value for name, value in arguments.items() if value is not None}
        answer = (room or self.here).do(who or self.who, command, **given)
        return self.noted(answer)

    def noted(self, answer: Answer) -> Answer:
        """Remember which records an act has answered for."""
        if answer["ok"]:
            for change in answer.get("changes", ()):
                if change["kind"] == "new":
                    self.acknowledged[change["entity_id"]] = change["entity"]
        return answer

    def given(self) -> dict[str, Any]:
        """Input of the step by name."""
        assert self.step is not None
        return dict(self.step.given) if isinstance(self.step.given, dict) else {}


def plain(text: str) -> str:
    """Text as it is compared: full-width forms as plain ones, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())
