"""Imports that run, are killed, or hold what a spreadsheet or a transaction does not take (FR-10, XC-06, XC-01)."""

from __future__ import annotations

import csv
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import importing
from app.bootstrap.node import Node, Open
from app.exchange.imports.run import Ask, CancelledError
from app.kernel.enums import Role
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries import accounts, imports, points, settings, shelters
from app.usecases.accounts import CreateAccount
from app.usecases.imports import BeginImport, ImportShelters
from app.usecases.shelters import AddShelter
from tests.exchange.site import open_site

PATIENCE_S = 30


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Node, str]]:
    node, chief = open_site(tmp_path)
    with node:
        yield node, chief


def table(path: Path, rows: int, address: str = "某路") -> Path:
    path.write_text("名称,地址,容量\n" + "".join(f"避难所{n},{address},100\n" for n in range(rows)), "utf-8")
    return path


def half_loaded(node: Node, chief: str) -> None:
    """A batch as a killed process leaves it."""
    begin = BeginImport(entity="shelter", file_name="s.csv", file_hash="h", last_line=9)
    batch = str(node.execute(begin, chief).result["batch_id"])
    node.execute(ImportShelters(batch_id=batch, lines=[2], rows=[AddShelter(name="half")]), chief)


def states(node: Node) -> list[str | None]:
    return [row.state for row in node.read(imports.imports)]


def test_another_import_leaves_a_running_one_alone(site: tuple[Node, str], tmp_path: Path) -> None:
    """FR-10: a second import, and a dry run, while the first is being loaded: both come in whole."""
    node, chief = site
    first, second = table(tmp_path / "1.csv", 120), table(tmp_path / "2.csv", 3)
    under_way, go_on = threading.Event(), threading.Event()
    done = []

    def slow(loaded: int, total: int) -> None:
        under_way.set()
        assert go_on.wait(PATIENCE_S)

    def load() -> None:
        done.append(importing.run(node, Ask(first, "shelters"), chief, progress=slow).accepted)

    thread = threading.Thread(target=load)
    thread.start()
    assert under_way.wait(PATIENCE_S)
    try:
        importing.run(node, Ask(second, "shelters"), chief, dry_run=True)
        assert importing.run(node, Ask(second, "shelters"), chief).accepted == 3
    finally:
        go_on.set()
        thread.join(PATIENCE_S)
    assert done == [120]
    assert len(node.read(shelters.shelters)) == 123
    assert states(node) == ["finished", "finished"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_who_may_not_import_touches_nothing(site: tuple[Node, str], tmp_path: Path, dry_run: bool) -> None:
    """XC-06: refused and recorded before the file is read and before anything is taken back."""
    node, chief = site
    [admin] = [row.id for row in node.read(accounts.accounts) if row.name == "admin"]
    observer = CreateAccount(name="observer", title="observer", roles=[Role.OBSERVER])
    account = str(node.execute(observer, admin).result["account_id"])
    half_loaded(node, chief)
    with pytest.raises(Refusal) as refused:
        importing.run(node, Ask(tmp_path / "none.csv", "shelters"), account, dry_run=dry_run)
    assert refused.value.code == "E_PERM"
    [row] = node.read(lambda c: accounts.refusals(c, 10))
    assert (row.command, row.account_id) == ("begin_import", account)
    assert (states(node), len(node.read(shelters.shelters))) == (["begun"], 1)


def test_a_dry_run_takes_nothing_back(site: tuple[Node, str], tmp_path: Path) -> None:
    node, chief = site
    half_loaded(node, chief)
    importing.run(node, Ask(table(tmp_path / "s.csv", 1), "shelters"), chief, dry_run=True)
    assert (states(node), len(node.read(shelters.shelters))) == (["begun"], 1)
    importing.run(node, Ask(tmp_path / "s.csv", "shelters"), chief)
    assert sorted(map(str, states(node))) == ["finished", "undone"]


def test_killed_half_way_the_next_start_takes_it_back(tmp_path: Path) -> None:
    """FR-10: nothing stays half-loaded, whatever the site is opened for."""
    node, chief = open_site(tmp_path)
    half_loaded(node, chief)
    node.close()
    with Node(Open(node.data, node.clock)) as again:
        assert again.read(shelters.shelters) == []
        assert states(again) == ["undone"]


def test_a_start_that_cannot_take_back_opens_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """XC-01: a full disk keeps nobody from reading the board; the next start tries again."""
    node, chief = open_site(tmp_path)
    half_loaded(node, chief)
    node.close()

    def full(*_: object) -> None:
        raise EnvironmentFault("database.full", "fault.database.full", path="x")

    with monkeypatch.context() as patch:
        patch.setattr(Node, "execute", full)
        with Node(Open(node.data, node.clock)) as again:
            assert states(again) == ["begun"]
    assert "not taken back: database.full" in caplog.text
    with Node(Open(node.data, node.clock)) as again:
        assert states(again) == ["undone"]


def test_the_writers_connection_is_read_on_the_writers_thread(
    site: tuple[Node, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REPLICATION, Threads: one thread owns it."""
    node, chief = site
    threads: set[str] = set()
    real = settings.rule_numbers

    def spy(connection: object) -> object:
        threads.add(threading.current_thread().name)
        return real(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(settings, "rule_numbers", spy)
    importing.run(node, Ask(table(tmp_path / "s.csv", 1), "shelters"), chief)
    assert threads == {"writer"}


@pytest.mark.parametrize(("kind", "address"), [("shelters", "长" * 300), ("points", "长" * 300)])
def test_long_rows_come_in_by_weight(site: tuple[Node, str], tmp_path: Path, kind: str, address: str) -> None:
    """FR-10: sixty rows with long addresses are more than one transaction takes; progress counts every row."""
    node, chief = site
    path, told = tmp_path / "s.csv", []
    path.write_text(
        "name,address,type,lat,lon,容量\n"
        + "".join(f"某处{n},{address},其他,31.21,121.40,100\n" for n in range(60)),
        "utf-8",
    )
    columns = {"name": "name", "address": "address", "lat": "lat", "lon": "lon"}
    report = importing.run(node, Ask(path, kind, columns), chief, progress=lambda done, _: told.append(done))
    rows = node.read(shelters.shelters) if kind == "shelters" else node.read(points.points)
    assert (report.accepted, len(rows), told[-1]) == (60, 60, 60)
    assert told == sorted(set(told)) and len(told) > 2


def test_an_import_of_a_file_with_a_long_name_is_taken_back(site: tuple[Node, str], tmp_path: Path) -> None:
    """FR-10: every retraction names the file; they fit their transactions nevertheless."""
    node, chief = site
    path = table(tmp_path / ("长" * 83 + ".csv"), 220)
    with pytest.raises(CancelledError):
        told: list[int] = []
        importing.run(
            node,
            Ask(path, "shelters"),
            chief,
            progress=lambda done, _: told.append(done),
            cancelled=lambda: len(told) == 4,
        )
    assert (states(node), node.read(shelters.shelters)) == (["undone"], [])


def test_no_formula_leaves_the_console(site: tuple[Node, str], tmp_path: Path) -> None:
    """Cells of the header and of rows, after blanks and in full width; the file is its owner's alone (XC-07)."""
    node, chief = site
    path = tmp_path / "evil.csv"
    live = ["=1+1", " =2+2", "\uff1d3+3", "@SUM(A1)", "-2+3", "+4"]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["名称", "容量", *live])
        writer.writerow(["", "5", *live])
        writer.writerow(["", "-5", "-7.5", "x", "", "", "", ""])
    report = importing.run(node, Ask(path, "shelters", {"name": "名称", "capacity": "容量"}), chief)
    assert report.rejects_file is not None
    with report.rejects_file.open(encoding="utf-8-sig", newline="") as handle:
        header, first, second = csv.reader(handle)
    for row in (header, first):
        cells = row[4:]
        assert len(cells) == len(live)
        assert [cell for cell in cells if not cell.startswith("'")] == [], row
    assert second[3:6] == ["-5", "-7.5", "x"], "numbers stay numbers"
    assert stat.S_IMODE(report.rejects_file.stat().st_mode) == 0o600
