"""The agency's recovery key as a file, kept off the workstations (REPLICATION, Trust), with the list of letters it has given.

Every workstation of an agency is enrolled with this file in hand, so the file is where two workstations that know nothing of each
other cannot get the same series letter (D-35): a letter is entered here, durably, before the site it belongs to is made.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from app.domain.numbering import workstation_letter
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import sync_folder, write_secret

RECOVERY_FORMAT = 1
MAX_LETTERS = 26


@dataclass(frozen=True)
class Recovery:
    """A recovery key with what the file says of its agency; `letters`: series letter -> site, as given so far."""

    path: Path
    key: SigningKey
    realm: str
    agency: str
    district: str
    letters: dict[str, str]


def write_recovery(
    path: Path, recovery: SigningKey, realm: str, agency: str, district: str, letters: dict[str, str]
) -> None:
    """Hand the agency's recovery key out as a file, 0600; it is kept off the workstations and never overwritten.

    Its folder has to be there: one that is made would lie on this disk instead of the stick that was meant.
    """
    content = {
        "format": RECOVERY_FORMAT,
        "realm": realm,
        "agency": agency,
        "district": district,
        "recovery_key": bytes(recovery).hex(),
        "letters": letters,
    }
    temporary = path.with_name(path.name + ".new")
    try:
        write_secret(temporary, _text(content))
        _name_once(temporary, path)
    except OSError as wrong:
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(path)) from wrong
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _text(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _name_once(temporary: Path, path: Path) -> None:
    """Give a finished file its name; FileExistsError rather than replacing another."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a memory stick's file system knows no links
        if path.exists():
            raise FileExistsError(path) from None
        temporary.rename(path)
    sync_folder(path.parent)


def open_recovery(path: Path) -> Recovery:
    """Read a recovery key file; EnvironmentFault `keys.recovery` when it is damaged or not there."""
    try:
        content = json.loads(path.read_text("utf-8"))
        letters = {str(letter): str(site) for letter, site in content.get("letters", {}).items()}
        key = SigningKey(bytes.fromhex(content["recovery_key"]))
        realm, agency, district = (str(content[name]) for name in ("realm", "agency", "district"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise EnvironmentFault("keys.recovery", "fault.keys.recovery", path=str(path)) from wrong
    return Recovery(path, key, realm, agency, district, letters)


def read_recovery(path: Path, realm: str, agency: str, public_key: bytes) -> Recovery:
    """Read a recovery key file of this agency; EnvironmentFault `keys.recovery` when it is another's, damaged or not there."""
    found = open_recovery(path)
    if (found.realm, found.agency, bytes(found.key.verify_key)) != (realm, agency, public_key):
        raise EnvironmentFault("keys.recovery", "fault.keys.recovery", path=str(path))
    return found


def check_letter(letter: str) -> None:
    """Refuse a series letter outside B to Z; the first workstation has none (D-35)."""
    if letter and not (len(letter) == 1 and "B" <= letter <= "Z"):
        raise Refusal(ErrorCode.RANGE, "refusal.founding.letter", field="letter", clause="D-35")


def next_letter(used: set[str]) -> str:
    """The first series letter no workstation of the agency has had (D-35)."""
    for place in range(1, MAX_LETTERS + 1):
        if (letter := workstation_letter(place)) not in used:
            return letter
    raise Refusal(ErrorCode.RANGE, "refusal.founding.letter", field="letter", clause="D-35")


@contextlib.contextmanager
def letter_taken(recovery: Recovery, site: str, asked: str, known: set[str], made: Path) -> Iterator[str]:
    """A letter that neither this file nor what is known here has given, entered durably before the block begins.

    It is given back when the block fails before `made` (the site's database) is there. Refusal E_DUP when the
    letter asked for is taken; EnvironmentFault `keys.recovery_kept`
    when the file cannot be written: a letter that is not entered might be given twice.
    """
    used = known | set(recovery.letters)
    letter = asked or next_letter(used)
    if letter in used:
        raise Refusal(ErrorCode.DUP, "refusal.founding.letter_taken", field="letter", clause="D-35")
    _enter(recovery, {**recovery.letters, letter: site})
    try:
        yield letter
    except BaseException:
        if not made.exists():
            with contextlib.suppress(EnvironmentFault):
                _enter(recovery, recovery.letters)
        raise


def _enter(recovery: Recovery, letters: dict[str, str]) -> None:
    path = recovery.path
    try:
        content = json.loads(path.read_text("utf-8"))
        write_secret(path, _text({**content, "letters": letters}))
    except (OSError, ValueError) as wrong:
        with contextlib.suppress(OSError):
            path.with_name(path.name + ".new").unlink(missing_ok=True)
        raise EnvironmentFault("keys.recovery_kept", "fault.keys.recovery_kept", path=str(path)) from wrong
