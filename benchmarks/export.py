"""The board as a workbook: python -m benchmarks.export

100 000 rows of the same cells by our writer and by openpyxl (write-only mode) in one run, each in a process of its own for
the memory; openpyxl is no dependency: without it its figures are left out.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from app.exchange.tables_out import Table, Watch, save_table
from benchmarks.board_data import rows as incidents
from benchmarks.figures import Figure, tell

COUNT = 100_000
COLUMNS = 14
TURNS = 3


def cells() -> list[tuple[str, ...]]:
    """Words of incidents as a board's table has them."""
    return [
        tuple(str(value) if value is not None else "" for value in row[:COLUMNS]) for row in incidents(COUNT)
    ]


def ours(path: Path) -> None:
    """Our writer."""
    heads = tuple(f"c{n}" for n in range(COLUMNS))
    made = cells()
    began = time.perf_counter()
    save_table(Table("b", heads, made), path, Watch(lambda _done: None, lambda: False))
    _say(began)


def theirs(path: Path) -> None:
    """openpyxl, its quickest way."""
    made = cells()
    began = time.perf_counter()
    book = import_module("openpyxl").Workbook(write_only=True)
    sheet = book.create_sheet("b")
    sheet.append([f"c{n}" for n in range(COLUMNS)])
    for row in made:
        sheet.append(row)
    book.save(path)
    _say(began)


def _say(began: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps([time.perf_counter() - began, used]) + "\n")


def trial(name: str) -> tuple[float, float]:
    """(seconds, MB at most) of one way in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "benchmarks.export", name, str(Path(folder, "a.xlsx"))]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    seconds, used = json.loads(done.stdout.splitlines()[-1])
    return seconds, used


def run() -> list[Figure]:
    """Both ways in turn."""
    there = find_spec("openpyxl") is not None
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
    for _ in range(TURNS):
        for name, tried in found.items():
            if name == "ours" or there:
                tried.append(trial(name))
    mine = sorted(found["ours"])[TURNS // 2]
    figures = [
        Figure("export: 100 000 rows to XLSX", mine[0], "s"),
        Figure("export: memory at most, the rows themselves with it", mine[1], "MB"),
    ]
    if there:
        other = sorted(found["theirs"])[TURNS // 2]
        figures += [
            Figure("export: openpyxl, the same rows", other[0], "s"),
            Figure("export: ours / openpyxl", mine[0] / other[0], most=0.6),
        ]
    return figures


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"ours": ours, "theirs": theirs}[sys.argv[1]](Path(sys.argv[2]))
    else:
        sys.exit(tell(run()))
