"""What a record is known again by, in the register and within one file: its number, or its name and place (FR-10).

A row without a point has its address for a place; two rows of one file that have nothing but a name are not taken for one.
Two records that both have a number, and different ones, are different.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter

_DECIMALS = 6  # of a degree: a tenth of a metre
Place = tuple[str, float, float] | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """By what one record is told from others."""

    code: str | None
    name: str | None
    address: str | None
    lon: float | None
    lat: float | None

    @property
    def has_point(self) -> bool:
        """True if it stands on the map."""
        return self.lon is not None and self.lat is not None

    @property
    def where(self) -> Place:
        """Name and point, or name and address where there is no point."""
        if self.lon is None or self.lat is None:
            return self.named
        return (self.name or "", round(self.lon, _DECIMALS), round(self.lat, _DECIMALS))

    @property
    def named(self) -> tuple[str, str]:
        """Name and address."""
        return (self.name or "", self.address or "")


def likeness_of(command: AddShelter | AddPoint) -> Likeness:
    """By what a row is told from others."""
    code = command.code if isinstance(command, AddShelter) else None
    return Likeness(code, command.name, command.address, command.lon, command.lat)


@dataclass(slots=True)
class Known:
    """Records that are there already."""

    codes: set[str] = field(default_factory=set)
    places: set[Place] = field(default_factory=set)
    uncoded: set[Place] = field(default_factory=set)
    pointless: set[tuple[str, str]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def add(self, like: Likeness) -> None:
        """One more record."""
        if like.code:
            self.codes.add(like.code)
        else:
            self.uncoded.add(like.where)
        self.places.add(like.where)
        self.names.add(like.name or "")
        if not like.has_point:
            self.pointless.add(like.named)

    def has_code(self, like: Likeness) -> bool:
        """True if the number is taken."""
        return like.code is not None and like.code in self.codes

    def has_place(self, like: Likeness) -> bool:
        """True if the same name stands at the same place."""
        return like.where in (self.uncoded if like.code else self.places)

    def repeats(self, like: Likeness) -> bool:
        """True if an earlier row of the same file has the same name at the same place."""
        return (like.has_point or bool(like.address)) and self.has_place(like)

    def lacks_point(self, like: Likeness) -> bool:
        """True if the record is there without the point that this row brings."""
        return like.has_point and like.named in self.pointless

    def has_name(self, like: Likeness) -> bool:
        """True if the name stands somewhere."""
        return (like.name or "") in self.names


def known_of(likes: Iterable[Likeness]) -> Known:
    """The records of a register."""
    known = Known()
    for like in likes:
        known.add(like)
    return known
