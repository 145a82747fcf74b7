"""Where runtime data lives: the platform's user data folder or `--data DIR`, never the checkout."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from app.kernel.enums import Realm
from app.kernel.errors import EnvironmentFault

APP_NAME = "joint-duty-console"


@dataclass(frozen=True)
class Shut:
    """What was open to other users: closed now, or not ours to close."""

    closed: list[Path] = field(default_factory=list)
    left_open: list[Path] = field(default_factory=list)

    def one(self, path: Path, mode: int) -> None:
        """Give a path this mode if others can reach it; what is not there passes."""
        try:
            if not stat.S_IMODE(path.stat().st_mode) & 0o077:
                return
        except OSError:
            return
        try:
            os.chmod(path, mode)
        except OSError:
            self.left_open.append(path)
        else:
            self.closed.append(path)


@dataclass(frozen=True)
class DataDir:
    """One site's folder: database, keys, lock, socket, backups, logs."""

    root: Path

    @classmethod
    def default(cls, realm: Realm = Realm.LIVE) -> DataDir:
        """The platform's user data folder of a realm (XC-10: an exercise lives in its own)."""
        import platformdirs  # noqa: PLC0415 - the board is painted without it

        return cls(Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / realm.value)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "console.db"

    @property
    def beside_database(self) -> tuple[Path, ...]:
        """What SQLite keeps beside its file: belongs to that file alone, and spoils any other put in its place."""
        return tuple(self.root / (self.database.name + end) for end in ("-wal", "-shm", "-journal"))

    @property
    def keys(self) -> Path:
        """Private keys, folder 0700, files 0600."""
        return self.root / "keys"

    @property
    def socket(self) -> Path:
        """Local socket of a running console, 0600."""
        return self.root / "console.sock"

    @property
    def lock(self) -> Path:
        """Held by the one process that may write."""
        return self.root / "lock"

    @property
    def high_water(self) -> Path:
        """What of our own chain has ever left this machine."""
        return self.root / "high_water.json"

    @property
    def backups(self) -> Path:
        """Verified copies."""
        return self.root / "backups"

    @property
    def attachments(self) -> Path:
        """Files of attachments, each under the hash of its content."""
        return self.root / "attachments"

    @property
    def backed_up_attachments(self) -> Path:
        """Copies of attachments' files beside the backups."""
        return self.backups / "files"

    @property
    def subject_keys(self) -> Path:
        """Keys of sealed contact values: in no journal and no backup."""
        return self.root / "subject_keys.db"

    @property
    def logs(self) -> Path:
        """Technical log without personal data (XC-07)."""
        return self.root / "logs"

    @property
    def ours(self) -> bool:
        """True if a site has lived here: its key, with what it told of its chain or with copies of it."""
        copies = self.backups.is_dir() and any(self.backups.glob("console-*.db"))
        return (self.keys / "site.key").is_file() and (self.high_water.is_file() or copies)

    def create(self) -> None:
        """Make the folders, closed to other users (CM-04); PermissionError or OSError reach the caller."""
        self.root.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's folder that we may write in
            os.chmod(self.root, 0o700)
        for folder in (self.keys, self.backups, self.attachments, self.logs):
            folder.mkdir(exist_ok=True)
            os.chmod(folder, 0o700)

    def shut(self) -> Shut:
        """Close folders (0700), database and copies (0600) to other users of the machine; tells what was open (CM-04).

        Files put back from elsewhere come with whatever mode they had there. Windows keeps others out by the folder's own list.
        """
        shut = Shut()
        if os.name == "nt":
            return shut
        for folder in (self.root, self.keys, self.backups, self.attachments, self.logs):
            shut.one(folder, 0o700)
        for file in (
            self.database,
            *self.beside_database,
            self.high_water,
            self.subject_keys,
            *self.backups.glob("*.db"),
        ):
            shut.one(file, 0o600)
        return shut


def check_private(path: Path) -> None:
    """EnvironmentFault `keys.open` when a secret file is open to other users (CM-04).

    What is not there passes: whoever reads it tells. Windows keeps other users out by the folder's own list.
    """
    if os.name != "nt" and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise EnvironmentFault("keys.open", "fault.keys.open", path=str(path))


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, atomically and durably."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)


def private_opener(path: str, flags: int) -> int:
    """For `open(..., opener=private_opener)`: a file that is made is its owner's alone."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
