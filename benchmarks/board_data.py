"""Synthetic incidents for the board's benchmarks: python -m benchmarks.board_data FILE [COUNT]

Words come from the district packs and the catalogues, numbers and ids are made up. Written straight into SQLite, since a
million signed acts would take an hour.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from app.kernel.texts import RESOURCES, Texts
from db import migrate, search_index
from db.engine import open_writer

NOW_MS = 1_752_495_367_000
OPEN = 46  # incidents at once on a bad day (QUALITY, Reliability)
DAY_MS = 86_400_000
TERMS = 200  # words that are typed and searched for
LEVELLED = 0.3  # share of incidents with a level
COLUMNS = (
    "id, no, agency, registered_at, received_at, class_code, what, place, alarm_no, status, owes_reports,"
    " incident_level, next_due_at, next_clock, open, updated_at, conflicts, retracted, born_agency, unit_code, type_code"
)
UNITS = tuple(f"3101050{n:02d}" for n in range(1, 11))
TYPES = ("fire",) * 60 + ("rescue",) * 30 + ("traffic",) * 9 + ("hazmat",)  # one in a hundred is rare
VOID = 1_000  # one in so many registrations was a mistake


def _streets() -> list[str]:
    names: list[str] = []
    for path in sorted((RESOURCES / "districts").glob("*.toml")):
        names += [street["name"] for street in tomllib.loads(path.read_text("utf-8"))["streets"]]
    return names


def words() -> list[str]:
    """Pieces of two to five Han characters out of the catalogue, frequent ones first."""
    chance, text = random.Random(7), "".join(Texts.load("zh_CN").catalogue.values())
    han = [c for c in text if "\u4e00" <= c <= "\u9fff"]
    return ["".join(han[at : at + chance.randint(2, 5)]) for at in chance.sample(range(len(han) - 5), 4_000)]


def rows(count: int) -> Iterator[tuple[object, ...]]:
    """Incidents in the order they came; the last OPEN of them are open, their clocks run from late to early."""
    chance, streets, known = random.Random(count), _streets(), words()
    weights = [1 / (rank + 3) for rank in range(len(known))]
    first = NOW_MS - max(1, count // 400) * DAY_MS
    step = (NOW_MS - first) / count
    whats, places = (chance.choices(known, weights, k=100_000) for _ in range(2))
    for n in range(count):
        received, still = int(first + n * step), n >= count - OPEN
        agency = chance.choice(("EMB", "FRD"))
        place = (
            f"{chance.choice(streets)}{places[n % 100_000]}{chance.randint(1, 1999)}{chance.choice(known)}"
        )
        due = NOW_MS + (n - count + OPEN // 2) * 97_000 if still and n % 5 else None
        yield (
            f"01900000-{n:08x}-7000-8000-{chance.getrandbits(48):012x}",
            f"{agency}-{20200101 + n // 400}-{n % 400 + 1:03d}",
            agency,
            received,
            received,
            "accident",
            whats[(n * 7) % 100_000] + chance.choice(known),
            place,
            f"119-{n:09d}" if agency == "FRD" else None,
            "handling" if still else "void" if n % VOID == 0 else "closed",
            1 if due else 0,
            f"level_{chance.randint(1, 4)}" if chance.random() < LEVELLED else "level_none",
            due,
            ("oral_report" if n % 2 else "written_report") if due else None,
            int(still),
            received,
            0,
            0,
            agency,
            UNITS[n * 7 % 10],
            TYPES[n * 13 % 100],
        )


def entries(count: int) -> Iterator[tuple[object, ...]]:
    """Entries of the duty log in the order in which they were written."""
    chance, known = random.Random(count + 1), words()
    weights = [1 / (rank + 3) for rank in range(len(known))]
    said = chance.choices(known, weights, k=300_000)
    for n in range(count):
        at = NOW_MS - (count - n) * 60_000
        text = f"{chance.randint(0, 23):02d}:{n % 60:02d} " + "".join(
            said[(n * 5 + m) % 300_000] for m in range(5)
        )
        text += chance.choice(known)
        yield (
            f"01900000-{n:08x}-7000-9000-{chance.getrandbits(48):012x}",
            "EMB",
            at,
            at,
            "note",
            text,
            "duty_officer",
        )


def terms(connection: sqlite3.Connection, count: int, entity: str = "incident") -> list[str]:
    """Random substrings of one to six Han characters out of the texts, as they are typed."""
    chance = random.Random(11)
    (top,) = connection.execute(f"SELECT max(n) FROM search_{entity}").fetchone()
    found: list[str] = []
    while len(found) < count:
        rowid = chance.randint(1, top)
        (text,) = connection.execute(f"SELECT text FROM search_{entity} WHERE n = ?", (rowid,)).fetchone()
        length, at = chance.randint(1, 6), chance.randrange(len(text))
        word = text[at : at + length]
        if len(word) == length and all("\u4e00" <= char <= "\u9fff" for char in word):
            found.append(word)
    return found


def build(path: Path, count: int) -> None:
    """Make a database of this version with `count` incidents and their search index."""
    _build(path, "incident", COLUMNS, rows(count))


def build_log(path: Path, count: int) -> None:
    """The same with so many entries of the duty log."""
    _build(path, "log_entry", "id, agency, at, entered_at, kind, text, author_role", entries(count))


def _build(path: Path, entity: str, columns: str, values: Iterator[tuple[object, ...]]) -> None:
    migrate.create(path)
    connection = open_writer(path)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        marks = ", ".join("?" * (columns.count(",") + 1))
        connection.executemany(f"INSERT INTO {entity} ({columns}) VALUES ({marks})", values)
        connection.execute("COMMIT")
        connection.execute("BEGIN")
        search_index.reindex(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Build the file named; an existing one is left alone."""
    path = Path(arguments[0])
    count = int(arguments[1]) if len(arguments) > 1 else 1_000_000
    began = time.perf_counter()
    build(path, count)
    with sqlite3.connect(path) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] * 4096
    sys.stdout.write(f"{count} incidents, {pages / 1e6:.0f} MB, {time.perf_counter() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
