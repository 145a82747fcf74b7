"""Exchange by stick (CM-07) as commands and screens speak of it: partners, what a file holds, how it went. No input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.kernel.errors import EnvironmentFault, Refusal

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Watch:
    """Whoever looks on: entries done of entries to do, and whether it is to be given up. Called on the working thread."""

    progress: Progress = _silent
    cancelled: Callable[[], bool] = lambda: False


UNWATCHED = Watch()


class CancelledError(Exception):
    """Given up on request."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A paired workstation and what waits to be carried to it: `waiting` in entries of the record, `acts` as the header of the
    window counts (decision 0032); `oldest_at` in UTC ms.

    `carried`, `carried_acts`: of what waits, how much already left on a bundle that was not confirmed yet, `follows` its number
    (0: none); `unfinished`: number of a bundle that was begun and can be gone on with, 0 for none.
    """

    site: str
    agency: str
    label: str
    closed: bool
    waiting: int
    oldest_at: int | None
    carried: int
    follows: int
    unfinished: int
    acts: int = 0
    carried_acts: int = 0


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was made: its number and id, its files in their order, entries and bytes; what no file can hold;
    files of attachments that travel along."""

    site: str
    agency: str
    seq: int
    bundle_id: str
    hash: str
    files: tuple[str, ...]
    entries: int
    size: int
    follows: int
    left_out: tuple[str, ...] = ()
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class Looked:
    """A bundle as its files tell before anything is taken in; `made_at` in UTC ms.

    `parts`: those given now; `total`: how many there are, None while the last is not here. `fresh`: entries not held here,
    `files`: attachments that travel along and are not held here. `state`: new | partial | whole (taken in before, `taken_at`).
    `newer`: made by a later version. `closed`: its workstation is closed.
    """

    site: str
    agency: str
    label: str
    seq: int
    bundle_id: str
    made_at: int
    entries: int
    fresh: int
    parts: tuple[int, ...]
    total: int | None
    follows: int
    state: str
    newer: bool
    closed: bool
    files: int = 0
    taken_at: int | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that was not taken, and why."""

    name: str
    error: Refusal | EnvironmentFault


@dataclass(frozen=True, slots=True)
class Examined:
    """What the chosen files hold."""

    bundles: tuple[Looked, ...]
    unusable: tuple[Unusable, ...]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of one bundle. `state`: whole | partial | nothing_new | newer.

    `missing`: its parts that are still to come; `needs`: number of the bundle it waits for, 0 for none; `kept`: parts laid aside
    here until then; `newer`: entries only a later version understands; `attachments`: files that are whole now; `before_at`:
    when all of it had been taken in earlier (UTC ms), None the first time.
    """

    site: str
    agency: str
    seq: int
    bundle_id: str
    hash: str
    state: str
    applied: int
    known: int
    missing: tuple[int, ...] = ()
    needs: int = 0
    kept: int = 0
    newer: int = 0
    attachments: int = 0
    before_at: int | None = None


@dataclass(frozen=True)
class Imported:
    """How an import went; `later`: bundles laid aside earlier that could be taken in now."""

    bundles: tuple[TakenIn, ...]
    unusable: tuple[Unusable, ...] = ()
    later: tuple[TakenIn, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier bundle, out or in; `at` in UTC ms. `state`: making | made | confirmed | cancelled | partial | whole."""

    direction: str
    agency: str
    label: str
    seq: int
    bundle_id: str
    at: int
    entries: int
    applied: int
    parts: int | None
    state: str


def short_id(bundle_id: str) -> str:
    """The eight digits by which two rooms name a bundle on the telephone: 8F3A-22C1."""
    return f"{bundle_id[:4]}-{bundle_id[4:8]}".upper()
