"""The guided exercise of a newcomer: two rooms of one machine that find each other, and what is told about them (XC-10)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.listening import Listening
from app.kernel.enums import Agency, Realm
from app.kernel.paths import DataDir
from app.kernel.texts import Texts

if TYPE_CHECKING:
    from app.ui.first_start.guide import Guidance

PORTS = {Agency.EMB: 47601, Agency.FRD: 47602}
_OTHER = {Agency.EMB: Agency.FRD, Agency.FRD: Agency.EMB}
_GUIDED = "guided"
_MAIN = Path(__file__).resolve().parents[2] / "main.py"


def guided_root() -> Path:
    """The folder that holds both rooms."""
    return DataDir.default(Realm.EXERCISE).root.parent / _GUIDED


def guided_agency(data: DataDir) -> Agency | None:
    """Whose room of the guided exercise this is, None for any other data."""
    root = data.root.resolve()
    if (
        root.parent.name != _GUIDED
    ):  # nearly always, and known without asking the platform where its folders are
        return None
    known = {guided_root().resolve() / agency.value: agency for agency in PORTS}
    return known.get(root)


def listening_of(agency: Agency) -> Listening:
    """Where the other room dials this one."""
    return Listening("127.0.0.1", PORTS[agency])


def command_of(agency: Agency, side: str) -> list[str]:
    """How a room of the exercise is opened beside the other."""
    data = str(guided_root() / agency.value)
    return [sys.executable, str(_MAIN), "window", "--realm", "exercise", "--data", data, "--side", side]


def guidance_of(agency: Agency, texts: Texts, names: Mapping[str, str]) -> Guidance:
    """What a newcomer is told in a room of the exercise; `names`: short names by agency."""
    from app.bootstrap.exercise import ADMIN, PASSWORD, PEOPLE
    from app.ui.first_start.guide import Guidance

    other = _OTHER[agency]
    command = command_of(other, "right" if other is Agency.FRD else "left")

    def open_other() -> None:
        import subprocess  # nosec B404 - our own program, no shell

        subprocess.Popen(  # nosec B603 - our own program, arguments of our own
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )

    people = ", ".join([*(name for name, _ in PEOPLE), ADMIN])
    return Guidance(texts, names[agency], names[other], people, PASSWORD, " ".join(command), open_other)
