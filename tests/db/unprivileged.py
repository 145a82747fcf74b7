"""Acting for a while as a user whom file permissions bind; the superuser may write everywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Lay down the superuser's rights inside the block; others have none to lay down."""
    if os.name != "posix" or os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def hand_over(folder: Path) -> None:
    """Let everybody reach a folder of the test, read what lies in it, and write nothing."""
    for each in [folder, *folder.parents]:
        if each.stat().st_uid == os.geteuid() and each != Path(each.anchor):
            each.chmod(each.stat().st_mode | 0o111)
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o555)


def take_back(folder: Path) -> None:
    """Undo `hand_over`, so that the folder can be removed."""
    folder.chmod(0o755)
    for each in folder.iterdir():
        each.chmod(0o644)
