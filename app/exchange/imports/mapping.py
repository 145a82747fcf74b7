"""Which column holds which field: by name, as chosen by a person, and remembered for files with the same header."""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.exchange.imports.tables import Table, plain_name
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.texts import RESOURCES

log = logging.getLogger(__name__)


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

    `chosen` and `remembered` give the column by field: its name, its number from 1, `#` and its number where a name could be
    meant as well, or nothing for a field that has no column. Refusal E_FORMAT naming a column nobody knows; what is
    remembered and does not fit is forgotten. Whether all `needed` fields have a column is asked by `check_needed`.
    """
    by_name = {plain_name(name): index for index, name in reversed(list(enumerate(table.header)))}
    mapped: Mapped = {}
    for field, synonyms in form.columns.items():
        wanted = chosen.get(field, remembered.get(field))
        if wanted is not None:
            index = _column(table, by_name, wanted) if wanted.strip() else None
            if index is not None:
                mapped[field] = index
            elif wanted.strip() and field in chosen:
                raise Refusal(
                    ErrorCode.FORMAT,
                    "refusal.imports.column_unknown",
                    field=field,
                    clause="FR-10",
                    column=wanted,
                )
            if index is not None or not wanted.strip():
                continue
        found = [by_name[key] for name in synonyms if (key := plain_name(name)) in by_name]
        if found and table.has_header:
            mapped[field] = found[0]
    return mapped


def check_needed(form: Form, mapped: Mapped) -> None:
    """Refusal E_FORMAT naming a field that is needed and has no column."""
    for field in form.needed:
        if field not in mapped:
            raise Refusal(
                ErrorCode.FORMAT, "refusal.imports.column_missing", field=field, clause="FR-10", column=field
            )


def _column(table: Table, by_name: Mapping[str, int], wanted: str) -> int | None:
    if plain_name(wanted) in by_name:
        return by_name[plain_name(wanted)]
    number = wanted.removeprefix("#")
    if number.isascii() and number.isdigit() and 1 <= int(number) <= len(table.header):
        return int(number) - 1
    return None


class MappingMemory:
    """Mappings a person has chosen, by kind of file and header; kept beside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, form: Form, table: Table) -> dict[str, str]:
        """What was chosen for a file with this header, empty when nothing."""
        known = self._all().get(self._key(form, table), {})
        return {str(field): str(column) for field, column in known.items()} if isinstance(known, dict) else {}

    def keep(self, form: Form, table: Table, chosen: Mapping[str, str]) -> None:
        """Remember a choice; where it cannot be written, it has to be made again next time and nothing else."""
        content = self._all() | {self._key(form, table): dict(chosen)}
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(content, indent=1), "ascii")
            fresh.replace(self._path)
        except OSError as wrong:
            log.warning("a mapping of columns was not remembered: %s", type(wrong).__name__)

    def _all(self) -> dict[str, object]:
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    @staticmethod
    def _key(form: Form, table: Table) -> str:
        return form.name + ":" + "|".join(plain_name(name) for name in table.header)
