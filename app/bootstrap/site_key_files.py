"""The files of this workstation's signing key, so that no moment of a rotation leaves it without the key in force.

site.key      the key in force
site.key.next the next one, on the disk before the operation that names it is committed; a next start clears one of no use
site.key.past the one before, kept for nothing but opening what was sealed to it (bundles on their way); it signs nothing any more
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

from nacl.signing import SigningKey

from app.journal.keys import KEY_FILE, SiteKey
from app.journal.site_keys import Keys
from app.journal.store import Store, load_chains
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import sync_folder, write_secret

NEXT_FILE = KEY_FILE + ".next"
PAST_FILE = KEY_FILE + ".past"

log = logging.getLogger(__name__)


def prepare(folder: Path) -> SigningKey:
    """Put the next key on the disk, durably; the one of a rotation that failed is taken again, for its commit may have
    reached the disk although it was reported as failed."""
    with contextlib.suppress(OSError, ValueError):
        return SigningKey((folder / NEXT_FILE).read_bytes())
    key = SigningKey.generate()
    write_secret(folder / NEXT_FILE, bytes(key))
    return key


def take_over(folder: Path) -> None:
    """The rotation is committed: the next key takes the place of the present one, which is kept as the past one."""
    write_secret(folder / PAST_FILE, (folder / KEY_FILE).read_bytes())
    os.replace(folder / NEXT_FILE, folder / KEY_FILE)
    sync_folder(folder)


def past_key(folder: Path) -> SigningKey | None:
    """The key before the present one; None where the key was never changed."""
    try:
        return SigningKey((folder / PAST_FILE).read_bytes())
    except (OSError, ValueError):
        return None


def open_key(folder: Path, connection: sqlite3.Connection, realm: str, site: str) -> SiteKey:
    """The key in force by the journal; finishes a rotation that was cut off on either side of its commit.

    EnvironmentFault `keys` when the file is missing or damaged, `keys.mismatch` when no file holds the key in force.
    """
    present = SiteKey.load(folder, site)
    current = Keys(connection, realm, Store(connection), load_chains(connection)).current(site)
    if current is None:  # nothing written yet: the first key, whose hash is the id
        current = present.public if SiteKey(present.signing).site == site else None
    following = folder / NEXT_FILE
    if present.public == current:
        with contextlib.suppress(OSError):
            following.unlink(missing_ok=True)
        return present
    if following.exists() and (new := SiteKey.load(folder, site, NEXT_FILE)).public == current:
        log.warning("a change of the key was cut off after its commit; it is finished now")
        take_over(folder)
        return new
    raise EnvironmentFault("keys.mismatch", "fault.keys.mismatch", path=str(folder))
