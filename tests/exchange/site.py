"""A founded exercise site with a chief, for tests of imports and feeds."""

from __future__ import annotations

from pathlib import Path

from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open
from app.kernel.clock import ManualClock, parse_moment
from app.kernel.enums import Agency, Realm, Role
from app.kernel.paths import DataDir
from app.usecases.accounts import CreateAccount

FIXTURES = Path(__file__).parent / "fixtures"
START = parse_moment("2024-03-06T00:00:00+08:00")


def open_site(folder: Path, agency: Agency = Agency.EMB) -> tuple[Node, str]:
    """An open site whose clock stands at the beginning of the fixture's day, and the chief's account."""
    clock = ManualClock(START)
    data = DataDir(folder / agency.value)
    made = found(
        data,
        Founding(
            realm=Realm.EXERCISE,
            agency=agency,
            district="310105",
            admin_name="admin",
            admin_title="",
            admin_password="password-1",
            recovery_file=folder / f"recovery-{agency.value}.json",
        ),
        clock,
    )
    node = Node(Open(data, clock))
    chief = CreateAccount(name="chief", title="chief", roles=[Role.DUTY_CHIEF, Role.DUTY_OFFICER])
    return node, str(node.execute(chief, made.admin_account).result["account_id"])
