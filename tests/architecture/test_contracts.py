"""The layers hold in the real tree, and every contract is seen to break by one import too many."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.layers import (
    CASES,
    COMPOSITION_ROOT,
    MAY_IMPORT,
    NOT_OURS_TO_IMPORT,
    NOT_PURE,
    QT,
    ROOT,
    SQL,
    Case,
    broken_contracts,
    copy_skeleton,
)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, frozenset[str]]:
    """Broken contracts of every case, found in one run over one copied tree."""
    skeleton = tmp_path_factory.mktemp("skeleton")
    copy_skeleton(skeleton)
    return broken_contracts(skeleton, CASES)


def _contract_ids() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}


def test_real_tree_keeps_all_contracts() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_untouched_skeleton_keeps_all_contracts(verdicts: dict[str, frozenset[str]]) -> None:
    assert verdicts[""] == frozenset()


def test_each_import_breaks_exactly_its_contract(verdicts: dict[str, frozenset[str]]) -> None:
    wrong = [
        f"{case.name}: broke {sorted(verdicts[case.name])}, expected {sorted(case.breaks)}"
        for case in CASES
        if verdicts[case.name] != case.breaks
    ]
    assert not wrong, "\n".join(wrong)


def test_no_contract_goes_unproven() -> None:
    proven = {contract for case in CASES for contract in case.breaks}
    assert proven == _contract_ids()


@pytest.mark.parametrize(
    ("contract", "names"),
    [("pure", NOT_PURE), ("qt", QT), ("sql", SQL), ("program", NOT_OURS_TO_IMPORT)],
)
def test_every_forbidden_module_is_tried(contract: str, names: tuple[str, ...]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {each["id"]: each for each in settings["tool"]["importlinter"]["contracts"]}
    assert set(contracts[contract]["forbidden_modules"]) == set(names)


def test_every_package_of_app_stands_in_the_table() -> None:
    packages = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}
    assert packages == set(MAY_IMPORT) | set(COMPOSITION_ROOT)


def test_no_module_stands_beside_the_packages() -> None:
    assert {path.stem for path in (ROOT / "app").glob("*.py")} == {"__init__"}


def test_import_below_a_subpackage_is_seen(tmp_path: Path) -> None:
    """A contract about a package holds for whatever lies deeper, on both ends."""
    copy_skeleton(tmp_path)
    for folder in ("app/ui/map", "app/journal/merge"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("", "utf-8")
    case = Case("app.ui.map.layers", "app.journal.merge", frozenset({"ui"}))
    assert broken_contracts(tmp_path, [case])[case.name] == case.breaks
