"""Writes docs/fresh.md from what tools/fresh left: python3 tools/fresh_report.py FOLDER COMMIT; the page goes to standard output.

Runs under the system's Python, without the project's environment.
"""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path

PEOPLE = {"root": "As root", "user": "As a normal user"}
FAILURES = ("FAILED tests", "ERROR tests", "== FAILED")
HEAD = """# On a bare Debian 12

`make fresh` takes a Debian 12 root file system as debootstrap makes it (`minbase`), unpacks the commit into it, and runs the
commands of the README's first block as they stand there: once as root, once as a normal user without `sudo`. It needs root, a
mirror and 15 to 40 minutes, and is not part of continuous integration. Of the machine outside only the name servers and its own
certificate authorities go in; the root lies in memory where there is enough. `FRESH_TESTS="tests/domain" make fresh` narrows the
suite, and the page then says so. A test that fails in the tree at that commit fails here as well and is named. This page is
written by it.

Run on {date}, commit {commit}, on {cores} shared processor cores.
"""


def table(folder: Path, who: str) -> list[str]:
    """The part of one account."""
    logs = folder / f"logs-{who}"
    steps = [line.split("\t") for line in (logs / "steps.tsv").read_text("utf-8").splitlines()]
    versions = [line.split("\t") for line in (logs / "versions.tsv").read_text("utf-8").splitlines()]
    lines = [f"## {PEOPLE[who]}", "", "| run | seconds | | seen |", "|---|---|---|---|"]
    lines += [f"| `{run}` | {seconds} | {verdict} | {seen} |" for verdict, seconds, run, seen in steps]
    for log in sorted(logs.glob("*.log")):
        told = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith(FAILURES)]
        if told:
            lines += ["", "What failed:", "", *(f"- `{line.strip()}`" for line in told)]
    return [*lines, "", "; ".join(f"{name} {version}" for name, version in versions) + ".", ""]


def main(arguments: list[str]) -> int:
    """Print the page."""
    folder, commit = Path(arguments[0]), arguments[1]
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    parts = [HEAD.format(date=date, commit=commit, cores=os.cpu_count())]
    for who in PEOPLE:
        parts += table(folder, who)
    sys.stdout.write("\n".join(parts).rstrip() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
