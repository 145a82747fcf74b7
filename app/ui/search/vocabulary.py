"""Names and values of the search language for one console: from the catalogues of both languages and the district pack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from app.kernel.enums import (
    IncidentClass,
    IncidentLevel,
    IncidentStatus,
    LogKind,
    Post,
    ReportKind,
    Role,
)
from app.kernel.texts import Texts
from app.queries.narrowing import CLASS, TYPE
from app.queries.search_language import COMMAS, Field, Flag, Language, Option
from app.ui.forms.kinds import CLASS_OF_TYPE
from app.ui.shell import moments
from app.ui.shell.initials import initials
from app.ui.shell.languages import other_texts

if TYPE_CHECKING:
    from app.ui.console import Console, DistrictView

DAYS = (0, 1, 2)
REGISTERS = ("shelter", "point", "station", "vehicle")
_KEPT: dict[tuple[object, ...], Language] = {}


def language(console: Console) -> Language:
    """The language of a console, put together once."""
    district = console.district
    named = tuple(view.short for view in district.agencies.values())
    key = (console.texts.language, console.agency, district.code, district.streets, named)
    if key not in _KEPT:
        _KEPT[key] = _Maker(console.texts, console.district, console.agency, console.partner).made()
    return _KEPT[key]


def today(console: Console) -> date:
    """The local date that relative days are counted from."""
    return moments.local(console.clock.now_ms()).date()


def spellings(streets: tuple[tuple[str, str], ...], word: str) -> tuple[str, ...]:
    """Names of the streets whose pinyin initials begin with a word."""
    if not (word.isascii() and word.isalpha()):
        return ()
    return tuple(name for _, name in streets if initials(name).startswith(word.lower()))


class _Maker:
    def __init__(self, texts: Texts, district: DistrictView, own: str, partner: str) -> None:
        self._own, self._partner, self._district = own, partner, district
        self._texts, self._other = texts, other_texts(texts.language)

    def made(self) -> Language:
        """Everything."""
        return Language(
            {each: self._names(f"ui.search.name.{each}") for each in Field},
            {each: self._names(f"ui.search.flag.{each}") for each in Flag},
            {days: self._names(f"ui.search.day.day_{days}") for days in DAYS},
            self._names("ui.search.day.latest"),
            {
                Field.STREET: tuple(self._streets()),
                Field.LEVEL: tuple(self._levels()),
                Field.STATUS: tuple(
                    self._option(each, f"enum.incident_status.{each}", f"ui.board.state.{each}")
                    for each in IncidentStatus
                ),
                Field.TYPE: tuple(self._types()),
                Field.AGENCY: tuple(self._agencies()),
                Field.ROLE: tuple(self._roles()),
            },
            COMMAS + "".join(texts.get("wording.comma").strip() for texts in (self._texts, self._other)),
        )

    def _names(self, key: str) -> tuple[str, ...]:
        """Names by spaces, those of the screen's language first."""
        found = f"{self._texts.get(key)} {self._other.get(key)}".lower().split()
        return tuple(dict.fromkeys(found))

    def _option(self, code: str, *keys: str, written: str = "", also: tuple[str, ...] = ()) -> Option:
        """A value with its names in both languages, their initials, and the code itself."""
        said = [texts.get(key) for texts in (self._texts, self._other) for key in keys]
        known = [name.lower() for name in (*also, *said, code.rpartition(":")[2])]
        letters = [initials(name) for name in said if not name.isascii()]
        joined = [name.replace(" ", "-") for name in known if " " in name]
        names = tuple(dict.fromkeys(filter(None, (*known, *joined, *letters))))
        return Option(code, said[0], names, written or said[0].replace(" ", "-"))

    def _streets(self) -> Iterator[Option]:
        for code, name in self._district.streets:
            names = (name, *self._district.also.get(code, ()))
            letters = (initials(each) for each in names if not each.isascii())
            known = (*(each.lower() for each in names), *letters, code)
            yield Option(code, name, tuple(filter(None, known)), name)

    def _levels(self) -> Iterator[Option]:
        for each in IncidentLevel:
            key = f"ui.search.level.{each}"
            written = self._texts.get(key).split()[0]
            option = self._option(each, f"enum.incident_level.{each}", also=self._names(key), written=written)
            label = option.label
            if each is not IncidentLevel.LEVEL_NONE and not written.isascii():
                label = f"{written} {label}"
            yield Option(option.key, label, option.names, written)

    def _types(self) -> Iterator[Option]:
        for code in CLASS_OF_TYPE:
            yield self._option(f"{TYPE}{code}", f"ui.forms.type.{code}")
        for kind in IncidentClass:
            yield self._option(f"{CLASS}{kind}", f"enum.incident_class.{kind}")
        yield self._option("oral:oral", "ui.search.oral.kind")
        for report in ReportKind:
            yield self._option(f"report:{report}", f"enum.report_kind.{report}")
        for entry in LogKind:
            yield self._option(f"log:{entry}", f"enum.log_kind.{entry}")
        for register in REGISTERS:
            yield self._option(f"register:{register}", f"ui.registers.kind.{register}")

    def _agencies(self) -> Iterator[Option]:
        for key, view in self._district.agencies.items():
            sides = {self._own: "own", self._partner: "partner"}
            side = self._names(f"ui.search.side.{sides[key]}") if key in sides else ()
            named = (view.short, view.full, *self._district.also.get(key, ()))
            written = view.short.replace(" ", "-")
            names = (*named, written, key, *side, *(initials(name) for name in named if not name.isascii()))
            yield Option(key, view.short, tuple(name.lower() for name in names), written)

    def _roles(self) -> Iterator[Option]:
        for post in Post:
            chief = post is Post.DUTY_CHIEF  # one of its characters has two readings
            also = self._names("ui.search.also.duty_chief") if chief else ()
            yield self._option(post, f"enum.post.{post}", also=also)
        for role in Role:
            if role.value not in set(Post):
                yield self._option(role, f"enum.role.{role}")
