"""The port of the first-start window: packs, founding, an exercise; on a thread of its own, so that the window stays alive."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.backup_store import copies
from app.bootstrap.exercise import make_pair
from app.bootstrap.founding import Founding, found
from app.bootstrap.guided import PORTS, guided_root
from app.bootstrap.node import load_pack
from app.domain import wording
from app.domain.backups import Standing
from app.domain.district import District, parse_district
from app.domain.sign_in import is_sign_in_name
from app.kernel.clock import Clock
from app.kernel.enums import Agency, Realm
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.paths import DataDir
from app.kernel.texts import DEFAULT_LANGUAGE, RESOURCES, Texts
from app.ui.first_start.port import Answers, CopyView, PackView, RestoredView

if TYPE_CHECKING:
    from app.bootstrap.restoring import Inside

READY = "310105"


def _view(pack: District, file: Path | None = None) -> PackView:
    agencies = tuple((agency.value, names.full) for agency, names in pack.agencies.items())
    return PackView(pack.code, pack.name, agencies, file)


def _standing(path: Path) -> Path:
    """The path or the nearest folder above it that is there."""
    return next(each for each in (path, *path.absolute().parents) if each.exists())


class SiteFounder:
    """Founds the site of a data folder, or an exercise beside it; `data` and `realm` say what to open afterwards."""

    def __init__(
        self,
        data: DataDir,
        realm: Realm,
        clock: Clock,
        language: str = DEFAULT_LANGUAGE,
        *,
        damaged: bool = False,
    ) -> None:
        """`damaged`: a database is there and cannot be used; only a restore is offered, which puts it aside."""
        self.data, self.realm, self.damaged = data, realm, damaged
        self.texts, self._clock, self._language = Texts.load(language), clock, language
        self._inside: Inside | None = None  # of the backup read last
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="first-start")

    def packs(self) -> Sequence[PackView]:
        """The program's packs, the one that is ready first."""
        files = sorted(
            (RESOURCES / "districts").glob("*.toml"), key=lambda path: (path.stem != READY, path.stem)
        )
        return [_view(parse_district(tomllib.loads(path.read_text("utf-8")))) for path in files]

    def read_pack(self, path: Path) -> PackView:
        """A pack from a file; EnvironmentFault `district` naming what is wrong."""
        try:
            return _view(parse_district(tomllib.loads(path.read_text("utf-8"))), path)
        except (OSError, ValueError) as wrong:
            raise EnvironmentFault(
                "district", "fault.district", path=str(path), problem=str(wrong)
            ) from wrong

    def name_fits(self, name: str) -> bool:
        """True if a sign-in name holds only what a room can spell (CM-04)."""
        return is_sign_in_name(name)

    def on_data_disk(self, path: Path) -> bool:
        """True if a file there would lie on the file system that holds the data."""
        try:
            return _standing(path).stat().st_dev == _standing(self.data.root).stat().st_dev
        except OSError:
            return False

    def found(self, answers: Answers) -> Future[None]:
        """Found the site as answered."""
        return self._thread.submit(self._found, answers)

    def _found(self, answers: Answers) -> None:
        ask = Founding(
            realm=self.realm,
            agency=Agency(answers.agency),
            district=answers.pack.code,
            district_file=answers.pack.file,
            letter=answers.letter,
            label=answers.label,
            joining=bool(answers.letter),  # a further workstation joins with the key file that is there
            admin_name=answers.admin_name,
            admin_title=answers.admin_title,
            admin_password=answers.password,
            recovery_file=answers.recovery_file,
        )
        found(self.data, ask, self._clock)

    def exercise(self) -> Future[None]:
        """Make a furnished exercise pair in the exercise folder; its EMB seat is opened."""
        return self._thread.submit(self._exercise)

    def _exercise(self) -> None:
        root = guided_root()
        site = DataDir(root / Agency.EMB.value)
        if not site.database.exists():
            make_pair(root, self._clock, (PORTS[Agency.EMB], PORTS[Agency.FRD]), self._language)
        self.data, self.realm = site, Realm.EXERCISE

    # -- restoring ---------------------------------------------------------------------------------------------------------
    def newest_copy(self) -> Path | None:
        """The newest backup that was restored on trial, else the newest."""
        found = copies(self.data.backups)
        good = [each for each in found if each.standing is Standing.VERIFIED]
        return (good or found)[0].path if found else None

    def examine(self, copy: Path) -> Future[CopyView]:
        """Read a backup through and say whose it is."""
        return self._thread.submit(self._examine, copy)

    def _examine(self, copy: Path) -> CopyView:
        from app.bootstrap.restoring import look_into

        self._inside = None
        inside = look_into(copy)
        if inside.realm != self.realm.value:
            raise EnvironmentFault("data.realm", "fault.window.realm", path=str(copy))
        self._inside = inside
        names = load_pack(inside.district, self.data).agencies
        return CopyView(names[Agency(inside.agency)].full, inside.letter, inside.last_at, inside.entries)

    def key_fault(self, key: Path) -> EnvironmentFault | None:
        """What is wrong with a recovery key file for the backup read last; None when it is its agency's."""
        from app.bootstrap.recovery import read_recovery

        inside = self._inside
        if inside is None:
            return None
        try:
            read_recovery(key, inside.realm, inside.agency, inside.recovery_key)
        except EnvironmentFault as wrong:
            return wrong
        return None

    def restore(self, copy: Path, key: Path, tell: Callable[[str], None]) -> Future[RestoredView]:
        """Restore a backup; a damaged database that is there is put aside, never overwritten."""
        return self._thread.submit(self._restore, copy, key, tell)

    def _restore(self, copy: Path, key: Path, tell: Callable[[str], None]) -> RestoredView:
        from app.bootstrap.restoring import restore

        made = restore(self.data, copy, key, self._clock, set_aside=self.damaged, tell=tell)
        return RestoredView(made.letter, made.aside, made.files_left)

    def sentence(self, error: Refusal | EnvironmentFault) -> str:
        """What happened, why, and what to do."""
        return wording.sentence(self.texts, error)

    def close(self) -> None:
        """Wait for what is under way."""
        self._thread.shutdown()
