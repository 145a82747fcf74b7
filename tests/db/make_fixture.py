"""Make the stored database of this version: python -m tests.db.make_fixture

Run it when the schema gets a new revision, and keep the older files: tests/db/test_stored.py opens every one of them with
the present program. Keys, clock and salts are fixed, so the same program makes the same journal.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from db.backup import backup
from db.examine import HEAD
from tests.db.world import busy, seed, two_sites

FOLDER = Path(__file__).with_name("fixtures")


@contextlib.contextmanager
def fixed_salts() -> Iterator[None]:
    """Salts that count up instead of being random."""
    count = iter(range(1 << 30))
    with patch("app.journal.operation.os.urandom", lambda size: seed(f"salt {next(count)}")[:size]):
        yield


def make(target: Path) -> None:
    """Two sites that know each other, an incident both wrote to, a duty log with Chinese text, a withheld entry, a draft."""
    with tempfile.TemporaryDirectory() as folder, fixed_salts(), two_sites(Path(folder)) as (emb, frd):
        busy(emb, frd)
        text = {
            "text": "14:02 接报：中山街道居民楼冒烟，=1+1 `x` <b>",
            "at": 1_752_472_930_000,
            "kind": "call",
            "agency": "EMB",
        }
        emb.write("log_entry", "chinese", text, new=True)
        frd.write("refusal", "withheld", {"code": "E_PERM"}, new=True)
        frd.tell(emb)
        with contextlib.closing(sqlite3.connect(emb.path)) as connection:
            connection.execute(
                "INSERT INTO draft (id, account_id, command, content, saved_at) VALUES ('d1', 'officer-EMB', 'c', '{}', 5)"
            )
            connection.commit()
        backup(emb.path, target)


def main() -> int:
    """Replace this version's file."""
    target = FOLDER / f"console-{HEAD}.db"
    target.unlink(missing_ok=True)
    make(target)
    target.chmod(0o644)
    sys.stdout.write(f"{target.name}: {target.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
