"""What this workstation does about its own trust: change its signing key, renew its certificate (docs/decisions/0033)."""

from __future__ import annotations

import logging
from typing import Any

from app.bootstrap import site_key_files
from app.bootstrap.node import IDENTITY_FILE, Node
from app.journal.site_keys import succession
from app.kernel.enums import Priority
from app.usecases.site_keys import RotateKey

log = logging.getLogger(__name__)


def rotate_key(node: Node, account_id: str) -> dict[str, Any]:
    """Change the key this workstation signs with; Refusal when the account may not, EnvironmentFault when the disk fails.

    The new key lies on the disk before the operation that names it is committed, and takes the old one's place after: whatever
    is cut off in between, the next start finds the key in force (site_key_files.py). Nothing is deleted when it fails: a commit
    that was reported as failed may still be on the disk.
    """
    node.check_right("rotate_key", account_id)
    return node.writing(lambda: _rotate(node, account_id), Priority.OFFICER)


def _rotate(node: Node, account_id: str) -> dict[str, Any]:
    folder, old, site = node.data.keys, node.key, node.me.site
    new = site_key_files.prepare(folder)
    node.journal.succeed_by(new)
    parts = succession(node.me.realm, site, old.signing, new)
    try:
        done = node.bus.execute(RotateKey(**{name: part.hex() for name, part in parts.items()}), account_id)
    finally:
        node.journal.succeed_by(None)
    try:
        site_key_files.take_over(folder)
        (folder / IDENTITY_FILE).unlink(
            missing_ok=True
        )  # it names the old key; the next one asked for names the new
    except OSError:
        log.exception("the changed key keeps its first name until the next start")
    node.publish(done.changes)
    return {"site": site, "key": node.key.public.hex()}
