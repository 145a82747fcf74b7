"""What of a crash may leave this workstation: places in the program, kinds of errors. No values, no messages, no paths of people.

Lines are taken over only when they have one of the known forms, and only the known parts of them: what a line holds besides
(a value in a message, a home folder in a path) cannot slip through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)(?:,)? in ([\w<>.]+)\s*$')
_FATAL = re.compile(
    r"^(?:Fatal Python error|Windows fatal exception): "
    r"(Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception|access violation|stack overflow|"
    r"Floating-point exception)"
)
_THREAD = re.compile(r"^(Current thread|Thread) 0x[0-9a-f]+(?: \[[^\]]*\])? \(most recent call first\):")
_BEGINS = re.compile(r"^Traceback \(most recent call last\):")
_KIND = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|Fault|Refusal))\b", re.ASCII)
_NAMED = re.compile(r"^(?!.*\d{5})[A-Za-z_<][\w<>.]{0,80}$", re.ASCII)  # no number of anybody
_PART = re.compile(r"^(?!.*\d{5})[\w.+-]{1,80}$", re.ASCII)
_OURS = ("app", "db", "main.py")
_PLACES = (*_OURS, "site-packages", "lib")
ROOT = Path(__file__).resolve().parents[2]
LINES = 400  # of one report


def shortened(path: str) -> str:
    """A file of the program, or of a library by its place there; "?" for any other."""
    pure = PureWindowsPath(path) if "\\" in path else PurePosixPath(path)
    parts = pure.parts
    for place in _PLACES:
        if place not in parts:
            continue
        at = len(parts) - 1 - parts[::-1].index(place)
        kept = parts[at:] if place in _OURS else parts[at + 1 :]
        known = "/".join(kept)
        if not kept or not all(_PART.match(part) for part in kept):
            continue
        if place not in _OURS or (ROOT / known).is_file():
            return known
    return "?"


def cleaned(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a trace that tell a place or a kind of error, each in one fixed form."""
    for line in lines:
        if frame := _FRAME.match(line):
            name = frame.group(3)
            yield f"  {shortened(frame.group(1))}:{frame.group(2)} {name if _NAMED.match(name) else '?'}"
        elif fatal := _FATAL.match(line):
            yield f"fatal: {fatal.group(1)}"
        elif thread := _THREAD.match(line):
            yield thread.group(1).lower()
        elif _BEGINS.match(line):
            yield "error"
        elif kind := _KIND.match(line):
            yield f"  {kind.group(1) if _NAMED.match(kind.group(1)) else '?'}"


def of_crash(text: str) -> list[str]:
    """A file of `faulthandler`: kind and stacks."""
    return list(cleaned(text.splitlines()))[:LINES]


def of_log(text: str) -> list[str]:
    """Stacks of errors in the technical log, the last ones."""
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if _BEGINS.match(line):
            inside = True
            found.append("error")
            continue
        if not inside:
            continue
        told = list(cleaned([line]))
        found += told
        inside = bool(told and told[0].startswith("  ") and _FRAME.match(line)) or line.startswith("    ")
    return found[-LINES:]
