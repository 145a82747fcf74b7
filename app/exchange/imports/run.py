"""Running an import: read, check every row, load the good ones slice by slice, write the bad ones with their reasons.

Cancelled or failed half-way, everything loaded so far is taken back; killed half-way, the next start takes it back
(`undo_interrupted`). The file itself is never touched.
"""

from __future__ import annotations

import contextlib
import csv
import logging
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

from app.domain.geometry import Box
from app.exchange.imports.known import Known, likeness_of
from app.exchange.imports.mapping import Form, Mapped, MappingMemory, load_form, propose
from app.exchange.imports.rows import Read, read_point_of_interest, read_shelter, unfit
from app.exchange.imports.tables import Table, Unwanted, UnwantedError, read_table
from app.kernel.errors import EnvironmentFault, Refusal
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

log = logging.getLogger(__name__)

Execute = Callable[[Command], Done]
Progress = Callable[[int, int], None]
Row = tuple[int, AddShelter | AddPoint]
ROW_BYTES = 450  # names of fields, numbers, salt, ids: what a row weighs in the journal besides its texts
SPAN = UNDO_SPAN // 2  # every retraction names the file, whose name may be long
_LOOK_EVERY = 500  # rows between two looks at whether anybody still waits
_STEM_BYTES = 200
TOO_LONG = "imports.reason.too_long"
SAME_NAME = "imports.warning.same_name"
_FORMULA = frozenset("=+@")
_CONTROL = frozenset("\t\r\n")
FORMS = {"shelters": "shelter", "points": "point"}


class CancelledError(Exception):
    """The import was given up on request; what had been loaded was taken back."""


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Watch:
    """Whoever looks on: rows loaded of rows to load, rows taken back of those loaded, and whether it is to be given up."""

    progress: Progress = _silent
    undoing: Progress = _silent
    cancelled: Unwanted = lambda: False


UNWATCHED = Watch()


@dataclass(frozen=True)
class Ask:
    """What is imported: the file, its kind (shelters | points), and what a person chose about it.

    `columns`: column by field, see `propose`; `has_header` None: found out.
    """

    path: Path
    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    point_kind: str | None = None
    has_header: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row of the file: it comes in (`command`), or it does not (`reason`, a text key)."""

    line: int
    row: tuple[str, ...]
    command: AddShelter | AddPoint | None
    reason: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Company:
    """What a row may be one and the same with: records of the register, earlier rows of the file that come in."""

    register: Known
    file: Known

    def reason(self, command: AddShelter | AddPoint) -> str | None:
        """Why a row is no record of its own (FR-10); of two rows of a file the first counts."""
        like = likeness_of(command)
        if self.file.has_code(like):
            return "imports.reason.code_twice"
        if self.file.repeats(like):
            return "imports.reason.row_twice"
        if self.register.has_code(like) or self.register.has_place(like):
            return "imports.reason.known"
        return "imports.reason.known_pointless" if self.register.lacks_point(like) else None

    def is_namesake(self, command: AddShelter | AddPoint) -> bool:
        """True if the register has this name somewhere else: perhaps a record whose point was mended."""
        like = likeness_of(command)
        return command.lon is not None and not self.register.has_code(like) and self.register.has_name(like)


@dataclass(frozen=True)
class Checked:
    """A file read through: every row as command or reason, before anything is loaded."""

    table: Table
    form: Form
    mapped: Mapped
    verdicts: Sequence[Verdict]
    good: Sequence[tuple[int, AddShelter | AddPoint]]
    bad: Sequence[tuple[int, tuple[str, ...], str]]
    warnings: Mapping[str, int]
    warned: int = 0  # rows that come in with a reminder

    @property
    def file_hash(self) -> str:
        """BLAKE2b of the file's bytes, as they were read."""
        return self.table.digest

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many rows were left out, by reason."""
        return dict(Counter(reason for _, _, reason in self.bad))

    @property
    def missing(self) -> Sequence[str]:
        """Fields that are needed and have no column yet."""
        return [name for name in self.form.needed if name not in self.mapped]


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


def examine(
    ask: Ask,
    box: Box,
    memory: MappingMemory,
    unwanted: Unwanted = lambda: False,
    known: Known | None = None,
) -> Checked:
    """Read and check a file without loading anything; Refusal E_FORMAT when it cannot be read as a table.

    `known`: what stands in the register already; such rows stay out, so that a mended file can be imported again.
    While a field that is needed has no column, no row is judged. UnwantedError as soon as `unwanted` says so.
    """
    form = load_form(ask.kind)
    table = read_table(ask.path, form.columns, ask.encoding, ask.has_header, unwanted)
    mapped = propose(table, form, ask.columns, memory.recall(form, table))
    if ask.columns:
        memory.keep(form, table, ask.columns)
    verdicts: list[Verdict] = []
    if all(name in mapped for name in form.needed):
        here = Company(known or Known(), Known())
        for line, row in table.rows:
            verdicts.append(_judge(ask, form, line, row, mapped, box, here))
            if len(verdicts) % _LOOK_EVERY == 0 and unwanted():
                raise UnwantedError
    good = [(each.line, each.command) for each in verdicts if each.command is not None]
    bad = [(each.line, each.row, each.reason) for each in verdicts if each.reason is not None]
    warnings = Counter(warning for each in verdicts for warning in each.warnings)
    warned = sum(each.reason is None and bool(each.warnings) for each in verdicts)
    return Checked(table, form, mapped, verdicts, good, bad, dict(warnings), warned)


def _judge(
    ask: Ask,
    form: Form,
    line: int,
    row: tuple[str, ...],
    mapped: Mapped,
    box: Box,
    here: Company,
) -> Verdict:
    reason = unfit(row, mapped)
    if reason is not None:
        return Verdict(line, row, None, reason, ())
    read = _read(ask, form, row, mapped, box)
    if read.command is None:
        return Verdict(line, row, None, read.reason, read.warnings)
    reason = _too_long(read.command) or here.reason(read.command)
    if reason is not None:
        return Verdict(line, row, None, reason, read.warnings)
    here.file.add(likeness_of(read.command))
    namesake = (SAME_NAME,) if here.is_namesake(read.command) else ()
    return Verdict(line, row, read.command, None, (*read.warnings, *namesake))


def _read(ask: Ask, form: Form, row: tuple[str, ...], mapped: Mapped, box: Box) -> Read:
    if form.name == "shelters":
        return read_shelter(row, mapped, box, form)
    return read_point_of_interest(row, mapped, box, form, ask.point_kind)


def _too_long(command: AddShelter | AddPoint) -> str | None:
    """A row that no transaction of the journal takes keeps no other row out (FR-10)."""
    return TOO_LONG if weight(command) > SLICE_BYTES else None


def reason_text(texts: Texts, reason: str) -> str:
    """A reason as it is shown and written."""
    return texts.get(reason, kb=SLICE_BYTES // 1024)


def load(
    ask: Ask,
    checked: Checked,
    execute: Execute,
    rejects_folder: Path,
    texts: Texts,
    watch: Watch = UNWATCHED,
) -> Report:
    """Load what was checked; CancelledError after taking everything back, Refusal when the account may not.

    `execute` carries out a command as the importing account. The rejects are written first: EnvironmentFault when they
    cannot be, and nothing has been loaded. EnvironmentFault `import.left`: it failed and could not be taken back either; the
    next start does.
    """
    entity = FORMS[ask.kind]
    last_line = max((line for line, _ in checked.table.rows), default=1)
    begun = execute(
        BeginImport(entity=entity, file_name=ask.path.name, file_hash=checked.file_hash, last_line=last_line)
    )
    batch_id, rejects = str(begun.result["batch_id"]), None
    loaded: list[int] = []
    try:
        rejects = write_rejects(checked, rejects_folder, ask.path, texts)
        _load_rows(entity, batch_id, checked, execute, watch, loaded)
        execute(FinishImport(batch_id=batch_id, accepted=len(checked.good), rejected=len(checked.bad)))
    except BaseException as wrong:
        if rejects is not None:
            with contextlib.suppress(OSError):
                rejects.unlink()

        def undone(last: int, _of: int) -> None:
            watch.undoing(bisect_right(loaded, last), len(loaded))

        _take_back(execute, batch_id, last_line, undone, wrong)
        raise
    return report(checked, rejects, batch_id)


def _load_rows(
    entity: str, batch_id: str, checked: Checked, execute: Execute, watch: Watch, loaded: list[int]
) -> None:
    """`loaded`: lines that are in, entered as they come in."""
    for rows in slices(checked.good):
        if watch.cancelled():
            raise CancelledError
        execute(_slice(entity, batch_id, rows))
        loaded.extend(line for line, _ in rows)
        watch.progress(len(loaded), len(checked.good))
    if watch.cancelled():
        raise CancelledError


def _take_back(
    execute: Execute, batch_id: str, last_line: int, undoing: Progress, wrong: BaseException
) -> None:
    try:
        undo(execute, batch_id, last_line, undoing)
    except (Refusal, EnvironmentFault) as stuck:
        log.warning("an import that failed was not taken back: %s", stuck.code)
        raise EnvironmentFault("import.left", "fault.imports.left") from wrong


def weight(command: AddShelter | AddPoint) -> int:
    """Bytes of a row in the journal, by a reckoning that is never too low."""
    texts = (value for value in astuple(command) if isinstance(value, str))
    return ROW_BYTES + sum(len(value.encode("utf-8", "surrogatepass")) for value in texts)


def slices(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into slices that each fit one transaction of the journal: by number, and by weight where rows are long.

    A row heavier than a slice was rejected before (`TOO_LONG`).
    """
    first = heavy = 0
    for place, (_, command) in enumerate(rows):
        more = weight(command)
        if place > first and (place - first >= SLICE or heavy + more > SLICE_BYTES):
            yield rows[first:place]
            first, heavy = place, 0
        heavy += more
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


def undo(execute: Execute, batch_id: str, last_line: int, undoing: Progress = _silent) -> None:
    """Take back everything an import loaded."""
    for first in range(1, last_line + 1, SPAN):
        last = min(last_line, first + SPAN - 1)
        execute(UndoImport(batch_id=batch_id, first_line=first, last_line=last))
        undoing(last, last_line)


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
    """Write the rows that were left out, as they came, with line and reason; None when there are none.

    EnvironmentFault `file.unwritable` when it cannot be written (disk full, say); no half file is left then.
    """
    if not checked.bad:
        return None
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _free(folder / f"{_stem(source)}-rejected.csv")
        with open(
            path, "w", encoding="utf-8-sig", errors="replace", newline="", opener=private_opener
        ) as handle:
            writer = csv.writer(handle)
            head = [texts.get("imports.column.line"), texts.get("imports.column.reason")]
            writer.writerow([*head, *(_inert(cell) for cell in checked.table.header)])
            for line, row, reason in checked.bad:
                writer.writerow([line, reason_text(texts, reason), *(_inert(cell) for cell in row)])
    except OSError as wrong:
        if path.is_file():
            with contextlib.suppress(OSError):
                path.unlink()
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(path)) from wrong
    return path


def _stem(source: Path) -> str:
    """The name of a file without its ending, short enough for an addition."""
    return source.stem.encode("utf-8", "replace")[:_STEM_BYTES].decode("utf-8", "ignore") or "import"


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
