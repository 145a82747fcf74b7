"""What is accepted in one look is what the judge accepts, and makes the same rows (app/journal/quick.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from app.journal import verbs
from app.journal.operation import Act, ChainEnd
from app.journal.quick import Quick
from app.journal.reprojection import compare
from app.journal.validity import Judge, Judgement
from tests.db.world import NOON_MS, POLICY, Site, found, introduce
from tests.journal.towns import sync, town
from tests.simulation.simulator import run

STEPS = 80


@contextmanager
def held_against_the_judge(taken: list[str]) -> Iterator[None]:
    """Ask the judge as well, whenever something is accepted in one look."""
    judge = Judge.judge

    def both(self: Judge, *about: Any) -> Judgement:
        quickly = judge(self, *about)
        if quickly.plan is not None:
            slowly = self.judge_fully(*about, older=False)  # type: ignore[misc]
            assert (slowly.reason, slowly.agency, slowly.verb) == (None, quickly.agency, quickly.verb)
            assert not (slowly.denied or slowly.rests_on_cut)
            taken.append(quickly.plan.entity.name)
        return quickly

    with patch.object(Judge, "judge", both):
        yield


@pytest.mark.parametrize("seed", range(500, 508))
def test_the_judge_accepts_it_as_well(seed: int) -> None:
    """Through whole cities: rights that are given and taken, forks, cuts, liars, disclosures."""
    taken: list[str] = []
    with held_against_the_judge(taken):
        findings, _ = run(seed, STEPS)
    assert not findings
    assert len(taken) > STEPS // 4


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk of the product's own tables, with records of several kinds."""
    site = found(tmp_path_factory.mktemp("quick") / "one.db", "EMB")
    other = found(tmp_path_factory.mktemp("quick") / "two.db", "FRD")
    introduce(site, other)
    for n in range(6):
        values = {"agency": "EMB", "at": NOON_MS, "entered_at": NOON_MS, "kind": "note", "text": f"第{n}条"}
        site.write("log_entry", f"log-{n}", values, new=True)
        site.write("incident", f"incident-{n}", {"what": f"起火 {n}", "type_code": "fire"}, new=True)
        site.write("incident", f"incident-{n}", {"what": f"起火 {n}, 已控制"})
    yield site
    site.close()
    other.close()


def test_it_makes_the_rows_that_the_long_way_makes(desk: Site) -> None:
    """Projected in one look, compared with a projection that never looks so."""
    with patch.object(Quick, "plan_of", lambda *_: None):
        compared = compare(desk.journal.state.connection, desk.standpoint, POLICY)
    assert compared.failed is None
    assert (compared.total, compared.differences) == (0, ())
    assert compared.rows


def test_what_does_not_fit_is_for_the_judge() -> None:
    """A wrong type, a record that is there, a command that may not: nothing of it is accepted in one look."""
    small = town("E1", "F1")
    east, fire = small["E1"], small["F1"]
    east.write("EMB-o", "register", "sim_case", "here", {"no": "1"}, new=True)
    sync(small)
    body = {"v": verbs.WRITE, "new": True}
    wrong = [
        Act("register", "sim_case", "there", "joint", body | {"set": {"place": 5}}),
        Act("register", "sim_case", "here", "joint", body | {"set": {"no": "2"}}),
        Act("take", "sim_case", "elsewhere", "joint", body | {"set": {"no": "2"}}),
    ]
    judged: list[tuple[bool, str | None]] = []
    judge = Judge.judge

    def noting(self: Judge, *about: Any) -> Judgement:
        found = judge(self, *about)
        judged.append((found.plan is None, found.reason))
        return found

    with patch.object(Judge, "judge", noting):
        end = None
        for act in wrong:
            tx = east.forge("EMB-o", [act], end=end)
            fire.journal.receive([tx])
            end = ChainEnd(tx[-1].seq, tx[-1].hash)
    assert [plain for plain, _ in judged] == [True] * len(wrong)
    assert [reason for _, reason in judged] == ["type", "exists", "effect"]
