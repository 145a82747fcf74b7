"""Running an import: read, check every row, load the good ones slice by slice, write the bad ones with their reasons.

Cancelled or failed half-way, everything loaded so far is taken back; killed half-way, the next start takes it back
(`undo_interrupted`). The file itself is never touched.
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

from app.domain.geometry import Box
from app.exchange.imports.mapping import Form, Mapped, MappingMemory, load_form, propose
from app.exchange.imports.rows import Read, read_point_of_interest, read_shelter
from app.exchange.imports.tables import Table, read_table
from app.kernel.paths import private_opener
from app.kernel.texts import Texts
from app.queries.imports import ImportRow
from app.usecases.bus import Done
from app.usecases.commands import Command
from app.usecases.imports import (
    SLICE,
    SLICE_BYTES,
    UNDO_SPAN,
    BeginImport,
    FinishImport,
    ImportPoints,
    ImportShelters,
    UndoImport,
)
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter

Execute = Callable[[Command], Done]
Progress = Callable[[int, int], None]
Row = tuple[int, AddShelter | AddPoint]
ROW_BYTES = 450  # names of fields, numbers, salt, ids: what a row weighs in the journal besides its texts
SPAN = UNDO_SPAN // 2  # every retraction names the file, whose name may be long
_FORMULA = frozenset("=+@")
_CONTROL = frozenset("\t\r\n")
FORMS = {"shelters": "shelter", "points": "point"}


class CancelledError(Exception):
    """The import was given up on request; what had been loaded was taken back."""


@dataclass(frozen=True)
class Ask:
    """What is imported: the file, its kind (shelters | points), and what a person chose about it."""

    path: Path
    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    point_kind: str | None = None


@dataclass(frozen=True)
class Checked:
    """A file read through: every row as command or reason, before anything is loaded."""

    table: Table
    form: Form
    mapped: Mapped
    file_hash: str
    good: Sequence[tuple[int, AddShelter | AddPoint]]
    bad: Sequence[tuple[int, tuple[str, ...], str]]
    warnings: Mapping[str, int]

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many rows were left out, by reason."""
        return dict(Counter(reason for _, _, reason in self.bad))


@dataclass(frozen=True)
class Report:
    """What became of a file."""

    accepted: int
    rejected: int
    reasons: Mapping[str, int]
    warnings: Mapping[str, int]
    encoding: str
    has_header: bool
    columns: Mapping[str, str]
    rejects_file: Path | None
    batch_id: str | None


def check(ask: Ask, box: Box, memory: MappingMemory) -> Checked:
    """Read and check a file without loading anything; Refusal E_FORMAT when it cannot be read as this kind."""
    form = load_form(ask.kind)
    table = read_table(ask.path, form.columns, ask.encoding)
    mapped = propose(table, form, ask.columns, memory.recall(form, table))
    if ask.columns:
        memory.keep(form, table, ask.columns)
    good: list[tuple[int, AddShelter | AddPoint]] = []
    bad: list[tuple[int, tuple[str, ...], str]] = []
    warnings: Counter[str] = Counter()
    codes: set[str] = set()
    for line, row in table.rows:
        read = _read(ask, form, row, mapped, box)
        reason = read.reason or _twice(read.command, codes)
        warnings.update(read.warnings)
        if read.command is None or reason is not None:
            bad.append((line, row, reason or ""))
        else:
            good.append((line, read.command))
    digest = hashlib.blake2b(ask.path.read_bytes(), digest_size=32).hexdigest()
    return Checked(table, form, mapped, digest, good, bad, dict(warnings))


def _read(ask: Ask, form: Form, row: tuple[str, ...], mapped: Mapped, box: Box) -> Read:
    if form.name == "shelters":
        return read_shelter(row, mapped, box, form)
    return read_point_of_interest(row, mapped, box, form, ask.point_kind)


def _twice(command: AddShelter | AddPoint | None, codes: set[str]) -> str | None:
    """A number that stands twice in one file: the first row counts."""
    code = command.code if isinstance(command, AddShelter) else None
    if code is None:
        return None
    if code in codes:
        return "imports.reason.code_twice"
    codes.add(code)
    return None


def load(
    ask: Ask,
    checked: Checked,
    execute: Execute,
    rejects_folder: Path,
    texts: Texts,
    progress: Progress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Load what was checked; CancelledError after taking everything back, Refusal when the account may not.

    `execute` carries out a command as the importing account. Progress is told (rows loaded, rows to load).
    """
    entity = FORMS[ask.kind]
    last_line = max((line for line, _ in checked.table.rows), default=1)
    begun = execute(
        BeginImport(entity=entity, file_name=ask.path.name, file_hash=checked.file_hash, last_line=last_line)
    )
    batch_id = str(begun.result["batch_id"])
    try:
        done = 0
        for rows in slices(checked.good):
            if cancelled():
                raise CancelledError
            execute(_slice(entity, batch_id, rows))
            done += len(rows)
            progress(done, len(checked.good))
        rejects = write_rejects(checked, rejects_folder, ask.path, texts)
        execute(FinishImport(batch_id=batch_id, accepted=len(checked.good), rejected=len(checked.bad)))
    except BaseException:
        undo(execute, batch_id, last_line)
        raise
    return report(checked, rejects, batch_id)


def slices(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into slices that each fit one transaction of the journal: by number, and by weight where rows are long.

    A single row heavier than that stands alone, and the journal refuses it.
    """
    first = weight = 0
    for place, (_, command) in enumerate(rows):
        more = ROW_BYTES + sum(
            len(value.encode("utf-8", "surrogatepass"))
            for value in astuple(command)
            if isinstance(value, str)
        )
        if place > first and (place - first >= SLICE or weight + more > SLICE_BYTES):
            yield rows[first:place]
            first, weight = place, 0
        weight += more
    if first < len(rows):
        yield rows[first:]


def _slice(entity: str, batch_id: str, rows: Sequence[tuple[int, AddShelter | AddPoint]]) -> Command:
    lines = [line for line, _ in rows]
    if entity == "shelter":
        return ImportShelters(
            batch_id=batch_id, lines=lines, rows=[row for _, row in rows if isinstance(row, AddShelter)]
        )
    return ImportPoints(
        batch_id=batch_id, lines=lines, rows=[row for _, row in rows if isinstance(row, AddPoint)]
    )


def undo(execute: Execute, batch_id: str, last_line: int) -> None:
    """Take back everything an import loaded."""
    for first in range(1, last_line + 1, SPAN):
        execute(UndoImport(batch_id=batch_id, first_line=first, last_line=min(last_line, first + SPAN - 1)))


def undo_interrupted(execute: Execute, interrupted: Iterable[ImportRow]) -> int:
    """Take back imports that were killed half-way; returns how many."""
    count = 0
    for row in interrupted:
        undo(execute, row.id, row.last_line or 1)
        count += 1
    return count


def report(checked: Checked, rejects: Path | None = None, batch_id: str | None = None) -> Report:
    """The report of a checked (and perhaps loaded) file."""
    columns = {name: checked.table.header[index] for name, index in checked.mapped.items()}
    return Report(
        accepted=len(checked.good),
        rejected=len(checked.bad),
        reasons=checked.reasons,
        warnings=checked.warnings,
        encoding=checked.table.encoding,
        has_header=checked.table.has_header,
        columns=columns,
        rejects_file=rejects,
        batch_id=batch_id,
    )


def write_rejects(checked: Checked, folder: Path, source: Path, texts: Texts) -> Path | None:
    """Write the rows that were left out, as they came, with line and reason; None when there are none."""
    if not checked.bad:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = _free(folder / f"{source.stem}-rejected.csv")
    with open(path, "w", encoding="utf-8-sig", newline="", opener=private_opener) as handle:
        writer = csv.writer(handle)
        writer.writerow(
            [
                texts.get("imports.column.line"),
                texts.get("imports.column.reason"),
                *(_inert(cell) for cell in checked.table.header),
            ]
        )
        for line, row, reason in checked.bad:
            writer.writerow([line, texts.get(reason), *(_inert(cell) for cell in row)])
    return path


def _inert(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is written as text."""
    told = unicodedata.normalize("NFKC", cell.lstrip())  # full width counts as half width
    live = told[:1] in _FORMULA or cell[:1] in _CONTROL or (told[:1] == "-" and not _is_number(told))
    return "'" + cell if live else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
