"""The permission matrix: every command × every role, deny by default (RULES part 3, XC-06, D-36).

The table stands in db/reference/permissions.csv: a row per command, a column per role, a cell with the initials of the
agencies that may: E (EMB), F (FRD), H (HALL). The same table is asked again when a peer's operation is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.kernel.enums import Agency, Role
from app.kernel.errors import ErrorCode, Refusal
from app.queries.reference import permission_rows

_INITIALS = {"E": Agency.EMB, "F": Agency.FRD, "H": Agency.HALL}


@dataclass(frozen=True)
class Permissions:
    """(command, agency) -> roles that may."""

    table: Mapping[tuple[str, str], frozenset[str]]
    commands: frozenset[str]

    def permits(self, command: str, agency: str, roles: frozenset[str]) -> bool:
        """True if one of these roles of this agency may do this (XC-06)."""
        return bool(self.table.get((command, agency), frozenset()) & roles)

    def denial(self, command: str, agency: str, roles: frozenset[str]) -> Refusal | None:
        """Why these roles of this agency may not do this, and who may; None when they may."""
        if self.permits(command, agency, roles):
            return None
        who = self.who(command, agency)
        text = "refusal.permission.denied" if who else "refusal.permission.nobody"
        return Refusal(ErrorCode.PERM, text, who=who, clause="XC-06", act=command)

    def who(self, command: str, agency: str) -> tuple[str, ...]:
        """Roles of this agency that may do this; where it has none, the agencies that may."""
        roles = self.table.get((command, agency), frozenset())
        if roles:
            return tuple(role for role in Role if role in roles)
        return tuple(other for other in Agency if self.table.get((command, other)))


def parse(rows: Iterable[Mapping[str, str]]) -> Permissions:
    """Read the table; ValueError for an unknown column or initial, or a command that stands twice."""
    table: dict[tuple[str, str], set[str]] = {}
    commands: set[str] = set()
    for row in rows:
        command = row["command"]
        if command in commands:
            raise ValueError(f"{command} stands twice in the permission table")
        commands.add(command)
        for role, cell in row.items():
            if role == "command":
                continue
            for initial in cell.strip():
                table.setdefault((command, _INITIALS[initial]), set()).add(Role(role))
    return Permissions({key: frozenset(roles) for key, roles in table.items()}, frozenset(commands))


@lru_cache(maxsize=1)
def matrix() -> Permissions:
    """The product's matrix."""
    return parse(permission_rows())
