"""First synchronisation side by side with Anki's sync server and PouchDB: python -m benchmarks.others [RECORDS]

Optional: the first run installs both below out/others (pip, npm; two to four minutes). All three move the same short Chinese
texts over loopback from one store through to an empty one on the disk: ours from console to console over mutual TLS, judged and
projected; Anki from collection through its server to collection, plain HTTP; PouchDB into pouchdb-server, plain HTTP.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import sync
from benchmarks.board_data import words
from benchmarks.figures import Figure, tell
from tools.duo import free_ports

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / "out" / "others"
ANKI, POUCH = "anki==26.9.3", ("pouchdb@9.0.0", "pouchdb-server@4.2.0")
RECORDS = 20_000


def install() -> None:
    """Both programs below out/others, once."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    if not (INSTALLED / "anki").exists():
        subprocess.run([sys.executable, "-m", "venv", INSTALLED / "anki"], check=True)
        subprocess.run([INSTALLED / "anki/bin/pip", "install", "--quiet", ANKI], check=True)
    if not (INSTALLED / "node_modules").exists():
        quiet = ["--silent", "--no-audit", "--no-fund", "--prefix", str(INSTALLED)]
        subprocess.run(["npm", "install", *quiet, *POUCH], check=True)


def texts(count: int) -> list[str]:
    """Short texts as a duty log holds them."""
    chance, known = random.Random(5), words()
    return ["".join(chance.choices(known, k=chance.randint(3, 9))) for _ in range(count)]


def rate_of(command: list[str | Path], folder: Path, count: int) -> float:
    """Records a second that a trial tells."""
    data = folder / "texts.json"
    data.write_text(json.dumps(texts(count), ensure_ascii=False), "utf-8")
    port = str(free_ports()[0])
    done = subprocess.run(
        [*command, str(folder), port], check=True, capture_output=True, text=True, cwd=INSTALLED
    )
    return float(json.loads(done.stdout.splitlines()[-1])["per_s"])


def run(count: int = RECORDS) -> list[Figure]:
    """Ours before and after the others: what else ran on the machine met all of them."""
    install()
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        folder = Path(name)
        for each in ("before", "anki", "pouch", "after"):
            (folder / each).mkdir()
        ours = [sync.speed(folder / "before", count)[0].value]
        anki = rate_of([INSTALLED / "anki/bin/python", HERE / "anki_trial.py"], folder / "anki", count)
        pouch = rate_of(["node", HERE / "pouch_trial.js"], folder / "pouch", count)
        ours.append(sync.speed(folder / "after", count)[0].value)
    mean = sum(ours) / len(ours)
    return [
        Figure(f"others: ours, first synchronisation of {count} records", mean, "op/s"),
        Figure("others: Anki through its server", anki, "notes/s"),
        Figure("others: PouchDB into pouchdb-server", pouch, "docs/s"),
        Figure("others: ours / Anki", mean / anki, least=2.5),
        Figure("others: ours / PouchDB", mean / pouch, least=8),
    ]


if __name__ == "__main__":
    sys.exit(tell(run(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)))
