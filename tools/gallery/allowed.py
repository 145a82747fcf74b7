"""What the checks find and what is meant to be so: each with its reason. Nothing else is let through."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tools.gallery.geometry import Finding


@dataclass(frozen=True)
class Allowed:
    """Findings of a kind whose path (or that of the other widget) and text fit; patterns are searched for."""

    kind: str
    where: str
    what: str
    reason: str

    def fits(self, found: Finding) -> bool:
        """True if this is meant."""
        return (
            found.kind == self.kind
            and re.search(self.where, found.where) is not None
            and re.search(self.what, f"{found.what} {found.more}") is not None
        )


ALLOWED: tuple[Allowed, ...] = (
    Allowed("cut", "^wall/", "painted", "nobody points at the wall; the whole stands on the consoles"),
    Allowed(
        "cut", "incidentRows/", "painted", "the line below the panels says all of a row once it is chosen"
    ),
    Allowed(
        "over",
        "mapPanel/mapPlaceholder$",
        "mapPanel/",
        "the map's ground: its tools lie over it as over the map",
    ),
    Allowed(
        "over",
        "shell/(toasts|refusalBar)$",
        "Sheet$|Sheet ",
        "a note lies over a sheet for seconds and takes no focus",
    ),
    Allowed(
        "over", "shell/(palette|keySheet)$", "shell/(toasts|refusalBar)", "a note lies over it for seconds"
    ),
    Allowed(
        "untranslated", "paletteResults$", "^[a-z]{2,} words: [a-z]+$", "initials of a name, made for typing"
    ),
)

# Latin words that are nobody's to translate, in texts of the pseudo-language.
DATA = tuple(
    map(
        re.compile,
        (
            r"\b[A-Z]{3}-\d{8}-\d+\b",  # printed numbers
            r"\b(?:EMB|FRD|HALL)(?:-\w+)?\b",  # keys of the agencies
            r"\b(?:Ctrl|Alt|Shift|Enter|Esc|Tab|Space|Del|PgUp|PgDn|Home|End|F\d{1,2})\b",  # keys of the keyboard
            r"\b(?:I{1,3}|IV)\b",  # numerals of the levels
            r"\b(?:ms|km|px|KB|MB|GB|TB)\b",  # units
            r"\b[A-Z]{1,2}-\d+\b",  # numbers of rules
            r"\bE_[A-Z_]+\b|\bdatabase\.\w+",  # codes of errors, for support
            r"<img src=x onerror=alert\(1\)>|<b>|</b>|\{name\} %s",  # the crowd's texts that would like to be markup
            r"\bEnglish\b",  # a language by its own name
            r"\b(?:UTF-8|GB18030|Big5|WGS-84)\b",  # names of encodings and of the datum
            r"\b[0-9A-F]{4}(?:-[0-9A-F]{4})+\b",  # numbers that are read aloud
            r"(?<!\w)(?:/[^/\s]+)+|\b\S+\.(?:jdb|db|json|csv|xlsx|jpg)\b",  # paths and files
        ),
    )
)


def left(found: Iterable[Finding]) -> list[Finding]:
    """Findings that nobody has allowed."""
    return [each for each in found if not any(rule.fits(each) for rule in ALLOWED)]
