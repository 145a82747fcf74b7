"""All benchmarks one after the other: python -m benchmarks [--write] [NAME...]

Names: start, board, search, export, commit, peer, sync, arrival, verify, duty (all of them when none is given).
--write puts the figures into docs/benchmarks.md, with date and machine; figures of benchmarks that did not run stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from app.kernel.clock import SystemClock, local_date
from benchmarks.figures import JSON, Figure

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
NAMES = ("start", "board", "search", "export", "commit", "peer", "sync", "arrival", "verify", "duty")
CPU_INFO = Path("/proc/cpuinfo")


def machine() -> str:
    """Processor, cores, memory, load: what the figures were measured on."""
    text = CPU_INFO.read_text("utf-8") if CPU_INFO.exists() else ""
    model = re.search(r"model name\s*: (.*)", text)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    name = model.group(1) if model else platform.machine()
    return (
        f"{name}, {os.cpu_count()} cores, {memory:.0f} GB, no GPU; {platform.system()}, Python"
        f" {platform.python_version()}; load while it ran (1, 5, 15 min): {load}"
    )


def rows(name: str, figures: list[Figure]) -> str:
    """The part of the page that belongs to one benchmark."""
    date = local_date(SystemClock().now_ms())
    lines = [
        f"<!-- {name} -->",
        f"### {name}",
        "",
        f"Measured on {date[:4]}-{date[4:6]}-{date[6:]} by `python -m benchmarks.{name}`: {machine()}.",
        "",
        "| figure | measured | target | |",
        "|---|---|---|---|",
    ]
    for figure in figures:
        verdict = {True: "reached", False: "**missed**", None: figure.note}[figure.reached]
        lines.append(f"| {figure.what.partition(': ')[2]} | {figure.shown} | {figure.target} | {verdict} |")
    return "\n".join([*lines, f"<!-- end of {name} -->"])


def put(page: str, name: str, part: str) -> str:
    """The page with this part replaced; ValueError when the page has no place for it."""
    place = re.compile(rf"<!-- {name} -->.*?<!-- end of {name} -->", re.DOTALL)
    if not place.search(page):
        raise ValueError(f"{PAGE.name} has no place for {name}")
    return place.sub(lambda _: part, page)


def main(arguments: list[str]) -> int:
    """Run what is named; a benchmark that fails does not keep the others from running."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--write", action="store_true", help="put the figures into docs/benchmarks.md")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    failed = []
    for name in given.names or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "figures")
            file.touch()
            done = subprocess.run(
                [sys.executable, "-m", f"benchmarks.{name}"],
                cwd=ROOT, env={**os.environ, JSON: str(file)}, check=False,
            )  # fmt: skip
            figures = [Figure(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]
        if done.returncode:
            failed.append(name)
        elif given.write:
            PAGE.write_text(put(PAGE.read_text("utf-8"), name, rows(name, figures)), "utf-8")
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
