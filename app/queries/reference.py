"""Reference tables that come with the program."""

from __future__ import annotations

from db.reference import read_table


def permission_rows() -> list[dict[str, str]]:
    """The permission matrix: a row per command, a column per role (RULES part 3, XC-06)."""
    return read_table("permissions")
