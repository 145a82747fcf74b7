"""Which column holds which field: by name, as chosen by a person, and remembered for files with the same header."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.exchange.imports.tables import Table, plain_name
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.texts import RESOURCES


@dataclass(frozen=True)
class Form:
    """What a kind of file may hold: known names by field, needed fields, kinds of points by words in their type."""

    name: str
    columns: Mapping[str, Sequence[str]]
    needed: Sequence[str]
    kinds: Mapping[str, Sequence[str]]
    yes: Sequence[str] = ()
    no: Sequence[str] = ()


def load_form(name: str) -> Form:
    """The form of shelters or points from resources/imports."""
    content = tomllib.loads((RESOURCES / "imports" / f"{name}.toml").read_text("utf-8"))
    return Form(
        name,
        content["columns"],
        content["needed"],
        content.get("kinds", {}),
        content.get("yes", ()),
        content.get("no", ()),
    )


Mapped = dict[str, int]
"""Field -> column index."""


def propose(table: Table, form: Form, chosen: Mapping[str, str], remembered: Mapping[str, str]) -> Mapped:
    """Map fields to columns: what a person chose first, then what was remembered, then by name.

    `chosen` and `remembered` give the column's name (or number, from 1) by field. Refusal E_FORMAT naming a field that is
    needed and not there, or a column nobody knows.
    """
    by_name = {plain_name(name): index for index, name in reversed(list(enumerate(table.header)))}
    mapped: Mapped = {}
    for field, synonyms in form.columns.items():
        wanted = chosen.get(field) or remembered.get(field)
        if wanted is not None:
            mapped[field] = _column(table, by_name, field, wanted)
            continue
        found = [by_name[key] for name in synonyms if (key := plain_name(name)) in by_name]
        if found and table.has_header:
            mapped[field] = found[0]
    for field in form.needed:
        if field not in mapped:
            raise Refusal(
                ErrorCode.FORMAT, "refusal.imports.column_missing", field=field, clause="FR-10", column=field
            )
    return mapped


def _column(table: Table, by_name: Mapping[str, int], field: str, wanted: str) -> int:
    if plain_name(wanted) in by_name:
        return by_name[plain_name(wanted)]
    if wanted.isdigit() and 1 <= int(wanted) <= len(table.header):
        return int(wanted) - 1
    raise Refusal(
        ErrorCode.FORMAT, "refusal.imports.column_unknown", field=field, clause="FR-10", column=wanted
    )


class MappingMemory:
    """Mappings a person has chosen, by kind of file and header; kept beside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, form: Form, table: Table) -> dict[str, str]:
        """What was chosen for a file with this header, empty when nothing."""
        known = self._all().get(self._key(form, table), {})
        return {str(field): str(column) for field, column in known.items()} if isinstance(known, dict) else {}

    def keep(self, form: Form, table: Table, chosen: Mapping[str, str]) -> None:
        """Remember a choice."""
        content = self._all() | {self._key(form, table): dict(chosen)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
        fresh.replace(self._path)

    def _all(self) -> dict[str, object]:
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    @staticmethod
    def _key(form: Form, table: Table) -> str:
        return form.name + ":" + "|".join(plain_name(name) for name in table.header)
