"""Two paired exercise sites on one machine, EMB and FRD, with accounts and a few stations and shelters (XC-10).

For newcomers, tests and the tour: everything is marked as exercise, lives in its own folders and can never meet live data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import pairing
from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open, told_plainly
from app.kernel.clock import Clock
from app.kernel.enums import Agency, Post, Realm, Role
from app.kernel.paths import DataDir
from app.kernel.texts import RESOURCES, Texts
from app.usecases.accounts import CreateAccount
from app.usecases.duty import TakeWatch
from app.usecases.forces import AddStation, AddVehicle
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter

PASSWORD = (
    "exercise-119"  # of every account of an exercise pair; told to the newcomer, worth nothing elsewhere  # nosec B105
)
ADMIN = "admin"
DISTRICT = "310105"
SCENE_FILE = RESOURCES / "exercise" / "scene.json"
# (sign-in name, roles); titles stand in the texts under exercise.title.<name>
PEOPLE = (
    ("leader", [Role.LEADER]),
    ("chief", [Role.DUTY_CHIEF]),
    ("officer", [Role.DUTY_OFFICER]),
)


@dataclass(frozen=True)
class ExerciseSite:
    """One of the two sites: its folder, where it listens, its administrator."""

    data: DataDir
    agency: Agency
    address: tuple[str, int]
    admin_account: str


def make_pair(
    root: Path, clock: Clock, ports: tuple[int, int], language: str = "zh_CN", *, furnished: bool = True
) -> tuple[ExerciseSite, ExerciseSite]:
    """Found and pair EMB and FRD below `root`; furnished: people on watch, stations, shelters, hospitals.

    EnvironmentFault when there is something already or the folder is not writable.
    """
    texts = Texts.load(language)
    with told_plainly(root):
        root.mkdir(parents=True, exist_ok=True)
    sites = [
        _found(root, agency, clock, ("127.0.0.1", port), texts)
        for agency, port in zip((Agency.EMB, Agency.FRD), ports, strict=True)
    ]
    files = {site.agency: _identity(site, clock) for site in sites}
    for site, other in (sites, sites[::-1]):
        file = files[other.agency]
        with Node(Open(site.data, clock, language)) as node:
            number = pairing.compare(node, file).number
            pairing.confirm(node, file, number, site.admin_account, f"{other.address[0]}:{other.address[1]}")
            accounts = _people(node, site, texts)
            if furnished:
                _furnish(node, site, accounts)
    return sites[0], sites[1]


def _found(root: Path, agency: Agency, clock: Clock, address: tuple[str, int], texts: Texts) -> ExerciseSite:
    data = DataDir(root / agency.value)
    ask = Founding(
        realm=Realm.EXERCISE,
        agency=agency,
        district=DISTRICT,
        admin_name=ADMIN,
        admin_title=texts.get("exercise.title.admin"),
        admin_password=PASSWORD,
        recovery_file=root / f"recovery-{agency.value}.json",
        label=texts.get("exercise.label"),
    )
    return ExerciseSite(data, agency, address, found(data, ask, clock).admin_account)


def _identity(site: ExerciseSite, clock: Clock) -> bytes:
    with Node(Open(site.data, clock)) as node:
        return pairing.identity_file(node, [f"{site.address[0]}:{site.address[1]}"])


def _people(node: Node, site: ExerciseSite, texts: Texts) -> dict[str, str]:
    """Accounts of the shift; they take the watch as the exercise begins."""
    accounts = {}
    for name, roles in PEOPLE:
        title = texts.get(f"exercise.title.{name}")
        done = node.execute(CreateAccount(name=name, title=title, roles=roles), site.admin_account)
        accounts[name] = str(done.result["account_id"])
        node.set_password(accounts[name], PASSWORD, site.admin_account)
    return accounts


def _furnish(node: Node, site: ExerciseSite, accounts: dict[str, str]) -> None:
    scene = json.loads(SCENE_FILE.read_text("utf-8"))
    for name, post in (("leader", Post.LEADER_ON_SHIFT), ("chief", Post.DUTY_CHIEF)):
        node.execute(TakeWatch(post=post), accounts[name])
    chief = accounts["chief"]
    if site.agency is Agency.FRD:
        for place in scene["stations"]:
            vehicles = place.pop("vehicles")
            station = node.execute(AddStation(**place), chief).result["station_id"]
            for call_sign in vehicles:
                node.execute(AddVehicle(station_id=station, call_sign=call_sign), chief)
        return
    for place in scene["shelters"]:
        node.execute(AddShelter(**place), chief)
    for place in scene["points"]:
        node.execute(AddPoint(**place), chief)
