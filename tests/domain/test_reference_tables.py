"""Reference tables that come with the program (FR-02, FR-06, JD-09, CM-04, GA/T 974.39)."""

from __future__ import annotations

import pytest

from app.domain.vehicle_states import is_ready
from app.kernel.enums import AccountKind, Role, VehicleState
from db.reference import read_table


def test_28_teams_with_21_lead_agencies() -> None:
    rows = read_table("teams28")
    assert [row["team_no"] for row in rows] == [str(n) for n in range(1, 29)]
    leads = {row["team_no"]: row["lead_agencies"].split(";") for row in rows}
    assert len({agency for agencies in leads.values() for agency in agencies}) == 21
    assert [no for no, agencies in leads.items() if len(agencies) == 2] == ["1", "17"]
    assert len({row["name"] for row in rows}) == 28


def test_fifteen_departments_and_ten_sectors() -> None:
    rows = read_table("departments")
    assert sum(row["competent_dept"] == "yes" for row in rows) == 15
    sectors = [row["name"] for row in rows if row["key_support"] == "yes"]
    assert set(sectors) == {
        "应急管理",
        "消防",
        "公安",
        "交通",
        "城管",
        "房管",
        "市场监管",
        "供水",
        "供电",
        "供气",
    }
    assert len(sectors) == 10
    assert len({row["code"] for row in rows}) == len(rows)
    assert all("yes" in (row["competent_dept"], row["key_support"]) for row in rows)


def test_roles_are_those_of_the_program() -> None:
    rows = read_table("roles")
    assert [row["role"] for row in rows] == list(Role)
    machines = [row["role"] for row in rows if row["account_kind"] == AccountKind.MACHINE]
    assert machines == [Role.CONSOLE]
    assert {row["account_kind"] for row in rows} == set(AccountKind) - {
        AccountKind.EMERGENCY
    }  # which has the roles of a person


def test_vehicle_states_are_those_of_the_program() -> None:
    rows = read_table("vehicle_states")
    assert [(row["code"], row["state"].upper()) for row in rows] == [(s.value, s.name) for s in VehicleState]
    assert all((row["ready"] == "yes") == is_ready(row["code"]) for row in rows)


@pytest.mark.parametrize("name", ["teams28", "departments", "roles", "vehicle_states"])
def test_no_cell_is_empty(name: str) -> None:
    rows = read_table(name)
    assert rows
    assert all(value.strip() == value != "" for row in rows for value in row.values())


def test_unknown_table() -> None:
    with pytest.raises(FileNotFoundError):
        read_table("nothing")
