"""Import of files into registers (FR-10): many transactions under one batch, undone as a whole.

An import is begun, loaded slice by slice (so that an officer's act never waits long), and finished. One that was begun and
neither finished nor undone (cancelled, killed) is undone before anything else: nothing stays half-loaded.
Ids of loaded records follow from the batch and the line, so a slice handed in twice is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from app.domain.required import require_text, tidy
from app.journal import verbs
from app.journal.operation import MAX_TRANSACTION_BYTES, Act
from app.kernel.enums import ShelterState
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import derived_id, earlier_derived_id
from app.queries import imports
from app.queries.imports import ImportRow
from app.usecases.commands import Command, Outcome, creates, handles, marks, outcome, writes
from app.usecases.context import Context, missing
from app.usecases.forces import check_owner
from app.usecases.incidents import position, text_or_none
from app.usecases.places import check_place
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter, check_figures

SLICE = 50
SLICE_BYTES = MAX_TRANSACTION_BYTES * 3 // 4  # what a slice may weigh by its own reckoning
UNDO_SPAN = 100
BEGUN, FINISHED, UNDONE = "begun", "finished", "undone"
_CLAUSE = "FR-10"


@dataclass(frozen=True, kw_only=True, slots=True)
class BeginImport(Command):
    """Begin the import of a file (hash of its bytes in hex) into a register; the same file comes in once."""

    entity: str
    file_name: str
    file_hash: str
    last_line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportShelters(Command):
    """Load a slice of shelters; `lines` are their line numbers in the file."""

    batch_id: str
    lines: list[int]
    rows: list[AddShelter]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPoints(Command):
    """Load a slice of points; `lines` are their line numbers in the file."""

    batch_id: str
    lines: list[int]
    rows: list[AddPoint]


@dataclass(frozen=True, kw_only=True, slots=True)
class FinishImport(Command):
    """All rows of the file were loaded or rejected."""

    batch_id: str
    accepted: int
    rejected: int


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoImport(Command):
    """Take back what an import loaded from these lines; with the file's last line, the import counts as undone."""

    batch_id: str
    first_line: int
    last_line: int


def _cause(batch_id: str, line: int) -> tuple[str, ...]:
    return "import", batch_id, str(line)


def record_id(agency: str, batch_id: str, line: int) -> str:
    """Id of the record that a line of an agency's file becomes."""
    return derived_id(agency, *_cause(batch_id, line))


def _record_ids(agency: str, batch_id: str, lines: Iterable[int]) -> list[str]:
    """Ids of the records that lines became, by this version and by those before it."""
    return [
        each
        for line in lines
        for each in (record_id(agency, batch_id, line), earlier_derived_id(*_cause(batch_id, line)))
    ]


def _batch(context: Context, batch_id: str, *states: str) -> ImportRow:
    row = imports.import_batch(context.connection, batch_id)
    if row is None:
        raise missing("import_batch", "batch_id")
    check_owner(row.born_agency, context)
    if row.state not in states:
        raise Refusal(ErrorCode.STATE, "refusal.imports.state", field="batch_id", clause=_CLAUSE)
    return row


def _check_count(number: int, name: str) -> None:
    if number < 0:
        raise Refusal(ErrorCode.RANGE, "refusal.imports.count", field=name, clause=_CLAUSE)


@handles(BeginImport, creates("import_batch"))
def begin_import(command: BeginImport, context: Context) -> Outcome:
    """One row per import; a file that stands loaded is refused (E_DUP)."""
    require_text(command.file_name, "refusal.imports.name_required", field="file_name", clause=_CLAUSE)
    if command.entity not in ("shelter", "point"):
        raise Refusal(ErrorCode.RANGE, "refusal.imports.entity", field="entity", clause=_CLAUSE)
    _check_count(command.last_line, "last_line")
    before = imports.imports_of_file(context.connection, command.file_hash)
    if any(
        row.state == FINISHED and row.entity == command.entity and row.born_agency == context.agency
        for row in before
    ):
        raise Refusal(ErrorCode.DUP, "refusal.imports.loaded_before", field="file_hash", clause=_CLAUSE)
    batch_id = context.new_id()
    values = {
        "entity": command.entity,
        "file_name": tidy(command.file_name),
        "file_hash": command.file_hash,
        "last_line": command.last_line,
        "site": context.workstation.site,
        "begun_at": context.now_ms,
        "account_id": context.author.id,
        "outcome": [BEGUN, None, None],
    }
    return outcome(*context.create("import_batch", batch_id, values), batch_id=batch_id)


def _load(context: Context, batch: ImportRow, lines: list[int], values: list[dict[str, Any]]) -> Outcome:
    if len(lines) != len(values) or len(lines) > SLICE or len(set(lines)) != len(lines):
        raise Refusal(ErrorCode.RANGE, "refusal.imports.slice", field="lines", clause=_CLAUSE, n=SLICE)
    last = batch.last_line or 0
    if not all(1 <= line <= last for line in lines):  # what lies outside would not be taken back
        raise Refusal(ErrorCode.RANGE, "refusal.imports.lines", field="lines", clause=_CLAUSE, last=last)
    agency = context.agency
    ids = [record_id(agency, batch.id, line) for line in lines]
    here = set(imports.standing_records(context.connection, str(batch.entity), ids))
    acts: list[Act] = []
    for line, entity_id, row in zip(lines, ids, values, strict=True):
        if entity_id not in here:
            known = {name: value for name, value in row.items() if value is not None}
            acts += context.acts.write(
                context.command,
                str(batch.entity),
                entity_id,
                known,
                new=True,
                batch=batch.id,
                cause=_cause(batch.id, line),
            )
    return outcome(*acts, loaded=len(acts))


@handles(ImportShelters, creates("shelter"))
def import_shelters(command: ImportShelters, context: Context) -> Outcome:
    """Load shelters, closed and empty (RS-08); what the reader has checked is checked again, for others may send rows."""
    batch = _batch(context, command.batch_id, BEGUN)
    values = []
    for row in command.rows:
        require_text(row.name, "refusal.shelters.name_required", field="name", clause="RS-08")
        check_figures(row.area_m2, row.capacity)
        check_place(context, row.unit_code, row.lon, row.lat, row.outside_confirmed)
        given = {field.name: getattr(row, field.name) for field in fields(AddShelter)}
        point = position(given.pop("lon"), given.pop("lat"))
        given.pop("outside_confirmed")
        given |= {"indoor": None if row.indoor is None else int(row.indoor), "position": point}
        values.append(given | {"name": tidy(row.name), "occupied": 0, "state": ShelterState.CLOSED.value})
    return _load(context, batch, command.lines, values)


@handles(ImportPoints, creates("point"))
def import_points(command: ImportPoints, context: Context) -> Outcome:
    """Load points (MP-02), each checked as if it were added by hand."""
    batch = _batch(context, command.batch_id, BEGUN)
    values = []
    for row in command.rows:
        require_text(row.kind, "refusal.points.kind_required", field="kind", clause="MP-02")
        require_text(row.name, "refusal.points.name_required", field="name", clause="MP-02")
        check_place(context, row.unit_code, row.lon, row.lat, row.outside_confirmed)
        point = position(row.lon, row.lat)
        values.append(
            {
                "kind": tidy(row.kind),
                "name": tidy(row.name),
                "address": text_or_none(row.address),
                "unit_code": text_or_none(row.unit_code),
                "position": point,
            }
        )
    return _load(context, batch, command.lines, values)


@handles(FinishImport, writes("import_batch", "outcome"))
def finish_import(command: FinishImport, context: Context) -> Outcome:
    """The import stands."""
    batch = _batch(context, command.batch_id, BEGUN)
    _check_count(command.accepted, "accepted")
    _check_count(command.rejected, "rejected")
    done = [FINISHED, command.accepted, command.rejected]
    return outcome(*context.change("import_batch", batch.id, {"outcome": done}), batch_id=batch.id)


@handles(
    UndoImport,
    marks("shelter", verbs.RETRACT),
    marks("point", verbs.RETRACT),
    writes("import_batch", "outcome"),
)
def undo_import(command: UndoImport, context: Context) -> Outcome:
    """Retract what a slice loaded; nothing is erased, the record says what was taken back and by whom."""
    batch = _batch(context, command.batch_id, BEGUN, FINISHED)
    entity = str(batch.entity)
    lines = range(command.first_line, min(command.last_line, command.first_line + UNDO_SPAN - 1) + 1)
    ids = imports.standing_records(context.connection, entity, _record_ids(context.agency, batch.id, lines))
    acts = [
        context.mark(entity, entity_id, verbs.RETRACT, why=f"import {batch.file_name}", batch=batch.id)
        for entity_id in ids
    ]
    if lines and lines[-1] >= (batch.last_line or 0):
        acts += context.change(
            "import_batch", batch.id, {"outcome": [UNDONE, batch.accepted, batch.rejected]}
        )
    return outcome(*acts, undone=len(ids))
