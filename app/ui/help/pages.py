"""The manual as it lies in docs/manual: chapters, headings, a search over all of it, and the part that belongs to a screen.

Everything is read from the disk of this workstation. No widgets.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache

from app.kernel.texts import RESOURCES

FOLDER = RESOURCES.parent / "docs" / "manual"
CONTENTS = "README.md"
_PLACES = RESOURCES / "manual.toml"
_HEADING = re.compile(r"^(#{1,3}) +(.+?) *$")
_MARKS = re.compile(r"!\[[^\]]*\]\([^)]*\)|[*`|]|\]\([^)]*\)|^\s*(?:[-\d.]+|#+)\s|\[")
MOST_HITS = 60
_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a chapter: level 1 is the chapter's own."""

    file: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph in which all words stand: where, and its words around the first of them. `nth`: which such place of the
    file it is, counted by the first word."""

    file: str
    heading: str
    excerpt: str
    nth: int


@lru_cache(maxsize=32)
def text_of(file: str) -> str:
    """A chapter as it is written; empty where it is not there."""
    path = FOLDER / file
    if path.parent != FOLDER or not path.is_file():
        return ""
    return path.read_text("utf-8")


@lru_cache(maxsize=1)
def files() -> tuple[str, ...]:
    """Chapters in the order of the contents."""
    linked = re.findall(r"\]\(([\w-]+\.md)\)", text_of(CONTENTS))
    return (CONTENTS, *dict.fromkeys(name for name in linked if name != CONTENTS and text_of(name)))


@lru_cache(maxsize=32)
def headings(file: str) -> tuple[Heading, ...]:
    """Its headings in order."""
    found = (_HEADING.match(line) for line in text_of(file).splitlines())
    return tuple(Heading(file, len(each.group(1)), each.group(2)) for each in found if each is not None)


def title(file: str) -> str:
    """Name of a chapter."""
    return next((each.text for each in headings(file)), file)


@lru_cache(maxsize=1)
def _places() -> dict[str, dict[str, str]]:
    return tomllib.loads(_PLACES.read_text("utf-8"))


def place_of(kind: str, name: str) -> tuple[str, str]:
    """(chapter, beginning of a heading) for a sheet or a panel (`kind`: sheets | panels); the contents for what has none."""
    file, _, heading = _places()[kind].get(name, CONTENTS).partition("#")
    return file, heading


def heading_at(file: str, begins: str) -> int:
    """Which heading of a chapter begins so, 0 for its own."""
    return next((at for at, each in enumerate(headings(file)) if begins and each.text.startswith(begins)), 0)


def plain(line: str) -> str:
    """A line without the marks of its markup."""
    return " ".join(_MARKS.sub(" ", line).split())


def search(typed: str) -> list[Hit]:
    """Paragraphs with all the words typed, chapter by chapter; nothing typed finds nothing."""
    wanted = typed.lower().split()
    found: list[Hit] = []
    if not wanted:
        return found
    for file in files():
        heading, nth = "", 0
        for line in text_of(file).splitlines():
            if head := _HEADING.match(line):
                heading = head.group(2)
            said = plain(line)
            low = said.lower()
            if all(word in low for word in wanted):
                found.append(Hit(file, heading or title(file), _around(said, low.find(wanted[0])), nth))
            nth += low.count(wanted[0])
    return found[:MOST_HITS]


def _around(said: str, at: int) -> str:
    begin = max(0, at - _EXCERPT // 3)
    cut = said[begin : begin + _EXCERPT]
    return ("\N{HORIZONTAL ELLIPSIS}" if begin else "") + cut
