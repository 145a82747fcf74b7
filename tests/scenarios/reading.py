"""Reads the scenario files as they stand: the YAML block of each, steps and assertions in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

from app.kernel.clock import DAY_MS, parse_moment

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1].parent / "shared" / "domain" / "scenarios"
KINDS = (
    "row",
    "count",
    "error",
    "alert",
    "no_alert",
    "screen",
    "screen_absent",
    "file",
    "deadline",
)
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
_LATER = re.compile(r"(\d\d:\d\d:\d\d)(?:\+(\d+)d)?")


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # untyped
    """YAML 1.2 as far as it matters here: `no` is a word (the number of an incident), only true and false are not."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@dataclass(frozen=True)
class Assertion:
    """One thing that must hold: its kind, what it says, and whether it is about the other console after sync."""

    kind: str
    says: Any
    peer: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)  # what stands beside the kind: text, field, owner

    @property
    def text(self) -> str:
        """In one line, as the page shows it."""
        said = f"{self.kind}: {_said(self.says)}"
        said += "".join(f", {name}: {_said(value)}" for name, value in self.extra.items())
        return f"peer: {said}" if self.peer else said


@dataclass(frozen=True)
class Step:
    """One line of a scenario. `at_ms`: when it happens; `at`: EMB, FRD, both, net, HQ, street, force, peer_account."""

    number: int
    at_ms: int
    at: str
    who: str | None
    do: str
    given: Any
    expect: tuple[Assertion, ...]
    restart: bool

    @property
    def text(self) -> str:
        """What is done, with its input, in one line."""
        return f"{self.do} {_said(self.given)}" if self.given else self.do


@dataclass(frozen=True)
class Scenario:
    """A scenario: its name, title, local day, steps, and what must hold at the end."""

    id: str
    title: str
    day: str
    steps: tuple[Step, ...]
    final: tuple[Assertion, ...]


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_said(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_said(part) for part in value) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else '""'


def moment_ms(day: str, text: str) -> int:
    """ "14:02:10", "00:00:00+1d" of a local day, or a whole local moment -> UTC ms; ValueError for anything else."""
    if "T" in text:
        return parse_moment(f"{text}+08:00")
    found = _LATER.fullmatch(text)
    if found is None:
        raise ValueError(f"no time: {text}")
    return parse_moment(f"{day}T{found[1]}+08:00") + int(found[2] or 0) * DAY_MS


def _assertions(items: list[dict[str, Any]], peer: bool = False) -> Iterator[Assertion]:
    for item in items:
        if "peer" in item:
            if set(item) != {"peer"}:
                raise ValueError(f"peer stands alone: {item}")
            yield from _assertions([item["peer"]], peer=True)
            continue
        kinds = [kind for kind in KINDS if kind in item]
        if len(kinds) != 1:
            raise ValueError(f"not one kind: {item}")
        kind, extra = kinds[0], {name: value for name, value in item.items() if name != kinds[0]}
        if kind == "count":  # every figure by itself
            for name, value in item[kind].items():
                yield Assertion(kind, {name: value}, peer, extra)
        else:
            yield Assertion(kind, item[kind], peer, extra)


def _step(day: str, number: int, line: dict[str, Any]) -> Step:
    unknown = set(line) - {"t", "at", "who", "do", "with", "expect", "restart"}
    if unknown or not {"t", "at", "do"} <= set(line):
        raise ValueError(f"step {number}: {line}")
    return Step(
        number=number,
        at_ms=moment_ms(day, line["t"]),
        at=line["at"],
        who=line.get("who"),
        do=line["do"],
        given=line.get("with", {}),
        expect=tuple(_assertions(line.get("expect") or [])),
        restart=line.get("restart") == "ok",
    )


def read_scenario(path: Path) -> Scenario:
    """Read one file; ValueError for anything in its block that is not understood."""
    text = path.read_text("utf-8")
    blocks = _BLOCK.findall(text)
    if len(blocks) != 1:
        raise ValueError(f"{path.name}: {len(blocks)} blocks")
    block = yaml.load(blocks[0], _Loader)  # nosec B506  # a safe loader
    if set(block) != {"id", "day", "steps", "final"}:
        raise ValueError(f"{path.name}: {set(block)}")
    day = str(block["day"])
    steps = tuple(_step(day, number, line) for number, line in enumerate(block["steps"], 1))
    if [step.at_ms for step in steps] != sorted(step.at_ms for step in steps):
        raise ValueError(f"{path.name}: time runs backwards")
    title = text.splitlines()[0].removeprefix("# ").removeprefix(f"{block['id']} ")
    return Scenario(block["id"], title, day, steps, tuple(_assertions(block["final"])))


def files(folder: Path = HERE) -> list[Path]:
    """The scenario files of a folder, in their order."""
    return sorted(folder.glob("S[0-9]-*.md"))


def scenarios() -> list[Scenario]:
    """All of them."""
    return [read_scenario(path) for path in files()]
