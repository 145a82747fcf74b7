"""Hostile and broken files in an import: named row by row where a row is at fault, refused where the file is (FR-10, XC-01)."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import importing
from app.bootstrap.node import Node
from app.exchange.imports import tables
from app.exchange.imports.coordinates import read_point
from app.exchange.imports.run import Ask, CancelledError, Checked, Watch, reason_text
from app.exchange.imports.tables import UnwantedError, read_table
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.queries import imports, shelters
from app.usecases.bus import Done
from app.usecases.commands import Command
from app.usecases.imports import ImportShelters, UndoImport
from tests.exchange.site import open_site

KNOWN = {"name": ["名称"], "capacity": ["容纳人数"]}
ATTACKS = (
    "=1+1",
    "<img src=x onerror=alert(1)>",
    "`${1}`",
    "javascript:alert(1)",
    "'; DROP TABLE shelter; --",
    "</script><script>1</script>",
    "../../etc/passwd",
    "\u202egnp.exe",
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Node, str]]:
    node, chief = open_site(tmp_path)
    with node:
        yield node, chief


def looked_at(site: tuple[Node, str], path: Path, **chosen: object) -> Checked:
    node, chief = site
    return importing.examine(node, Ask(path, "shelters", **chosen), chief)  # type: ignore[arg-type]


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def reasons(checked: Checked) -> list[tuple[int, str]]:
    return [(line, reason.removeprefix("imports.reason.")) for line, _, reason in checked.bad]


# -- rows ------------------------------------------------------------------------------------------------------------------
def test_hostile_names_come_in_as_the_text_they_are(site: tuple[Node, str], tmp_path: Path) -> None:
    """Attack tests 1, 2, 5: text never becomes formula, markup, or SQL; what was typed is held, but for marks that turn it."""
    node, chief = site
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["名称", "容纳人数"], *([attack, "5"] for attack in ATTACKS)])
    importing.run(node, Ask(written(tmp_path / "a.csv", file.getvalue()), "shelters"), chief)
    assert sorted(str(row.name) for row in node.read(shelters.shelters)) == sorted(
        attack.replace("\u202e", "") for attack in ATTACKS
    )


def test_a_row_that_is_too_long_is_rejected_by_name_and_the_rest_comes_in(
    site: tuple[Node, str], tmp_path: Path
) -> None:
    """FR-10: one row of more than 36 KB kept a whole file out; a cell of 1 MB is such a row."""
    node, chief = site
    rows = f"名称,地址\n甲,路\n乙,{'长' * 13_000}\n丙,{'x' * 1_000_000}\n丁,路\n"
    path = written(tmp_path / "long.csv", rows)
    checked = looked_at(site, path)
    assert reasons(checked) == [(3, "too_long"), (4, "too_long")]
    assert "36 KB" in reason_text(node.texts, checked.bad[0][2])
    report = importing.run(node, Ask(path, "shelters"), chief)
    assert (report.accepted, report.rejected) == (2, 2)
    assert sorted(str(row.name) for row in node.read(shelters.shelters)) == ["丁", "甲"]
    assert report.rejects_file is not None
    assert len(report.rejects_file.read_bytes()) > 1_000_000, "kept as it came"


def test_a_row_just_below_the_limit_comes_in(site: tuple[Node, str], tmp_path: Path) -> None:
    node, chief = site
    path = written(tmp_path / "long.csv", f"名称,地址\n甲,{'长' * 11_900}\n乙,路\n")
    assert importing.run(node, Ask(path, "shelters"), chief).accepted == 2


def test_control_characters_are_named(site: tuple[Node, str], tmp_path: Path) -> None:
    """A NUL behind the first bytes does not make the file binary, its row is."""
    filler = "好,1\n" * 2000
    path = written(tmp_path / "nul.csv", f"名称,容纳人数\n{filler}坏\0名,2\n坏\x1b[2J,3\n")
    assert reasons(looked_at(site, path)) == [(2002, "control"), (2003, "control")]


def test_a_row_in_another_encoding_is_named_and_the_rest_comes_in(
    site: tuple[Node, str], tmp_path: Path
) -> None:
    """Mixed encodings: most of the file is UTF-8, one row was pasted from a GBK file."""
    lines = ["名称,容纳人数".encode(), *("避难所,5".encode() for _ in range(10)), "场所,5".encode("gbk")]
    checked = looked_at(site, written(tmp_path / "mixed.csv", b"\n".join(lines)))
    assert (checked.table.encoding, len(checked.good)) == ("utf-8-sig", 10)
    assert reasons(checked) == [(12, "encoding")]


def test_a_file_of_two_halves_in_two_encodings_is_refused(site: tuple[Node, str], tmp_path: Path) -> None:
    half = b"\n".join(["名称,容纳人数".encode(), *["避难所,5".encode()] * 9, *["场所甲,5".encode("gbk")] * 9])
    with pytest.raises(Refusal) as refused:
        looked_at(site, written(tmp_path / "mixed.csv", half), encoding="utf-8")
    assert refused.value.text == "refusal.imports.encoding"


def test_a_number_beyond_all_measure_is_no_number(site: tuple[Node, str], tmp_path: Path) -> None:
    """XC-01: 5 000 digits are more than the interpreter converts, 20 more than the database holds."""
    path = written(
        tmp_path / "n.csv", f"名称,容纳人数,面积\n甲,{'9' * 5000},1\n乙,{'9' * 20},1\n丙,1,{'9' * 400}\n"
    )
    assert reasons(looked_at(site, path)) == [(2, "capacity"), (3, "capacity"), (4, "area")]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "12_1.4", "0x79", "1e999"])
def test_what_only_a_program_takes_for_a_number_is_no_coordinate(site: tuple[Node, str], text: str) -> None:
    node, _ = site
    assert read_point(text, "31.2", node.bus.pack.box).reason == "imports.reason.point_unreadable"


# -- the file --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-8-sig", "\r\n"), ("gb18030", "\r\n"), ("utf-16", "\r\n"), ("utf-8", "\r"), ("utf-8", "\n")],
)
def test_marks_and_line_ends_of_every_spreadsheet(tmp_path: Path, encoding: str, text: str) -> None:
    """BOM, CRLF, CR, UTF-16 ("Unicode text"), GB18030."""
    table = read_table(
        written(tmp_path / "t.csv", f"名称\t容量{text}甲\t1{text}乙\t2".encode(encoding)), KNOWN
    )
    assert (table.header, [row for _, row in table.rows]) == (("名称", "容量"), [("甲", "1"), ("乙", "2")])


def test_quoted_newlines_count_as_one_row_with_the_number_of_its_first_line(
    site: tuple[Node, str], tmp_path: Path
) -> None:
    path = written(tmp_path / "q.csv", '名称,地址\n甲,"路\r\n1 号"\n\n,"无\n名"\n乙,路\n')
    checked = looked_at(site, path)
    assert [(each.line, each.command and each.command.address) for each in checked.verdicts] == [
        (2, "路 1 号"),
        (5, None),
        (7, "路"),
    ]


def test_a_quote_left_open_is_named_by_its_line(site: tuple[Node, str], tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        looked_at(site, written(tmp_path / "q.csv", '名称,地址\n甲,路\n乙,"路\n丙,路\n丁,路\n'))
    assert (refused.value.text, refused.value.params["line"]) == ("refusal.imports.broken", 3)


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("名称.csv", b"0" * 20_000_000)
    return path


def test_an_archive_called_csv_is_never_opened(site: tuple[Node, str], tmp_path: Path) -> None:
    """Attack test 4: 20 MB in 20 KB stay where they are."""
    with pytest.raises(Refusal) as refused:
        looked_at(site, bomb(tmp_path / "bomb.csv"))
    assert refused.value.text == "refusal.imports.binary"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("名称,容纳人数\n", "refusal.imports.no_rows"),
        ("一封信\n没有分栏\n", "refusal.imports.no_table"),
        (b"\x1f\x8b\x08aaaa", "refusal.imports.binary"),
        (b"%PDF-1.7\n", "refusal.imports.binary"),
        (b" \n\n", "refusal.imports.empty"),
    ],
)
def test_what_is_no_table_is_refused_by_name(
    site: tuple[Node, str], tmp_path: Path, content: bytes | str, key: str
) -> None:
    with pytest.raises(Refusal) as refused:
        looked_at(site, written(tmp_path / "odd.csv", content))
    assert refused.value.text == key


def test_files_that_never_end_or_are_none_are_refused(
    site: tuple[Node, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe would wait for ever, a device never end; a folder, a vanished file, a name with NUL, one that is too large."""
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), tmp_path, tmp_path / "gone.csv", Path("a\0.csv")):
        with pytest.raises(Refusal) as refused:
            looked_at(site, path)
        assert refused.value.text == "refusal.imports.unreadable"
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(Refusal) as refused:
        looked_at(site, written(tmp_path / "big.csv", b"a,b\n1,2\n3,4\n"))
    assert refused.value.text == "refusal.imports.too_large"


def test_a_reading_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "名称,容纳人数\n" + "甲,1\n" * 5000)
    with pytest.raises(UnwantedError):
        read_table(path, KNOWN, unwanted=lambda: True)


# -- columns ---------------------------------------------------------------------------------------------------------------
def test_columns_are_chosen_by_number_left_out_and_remembered(site: tuple[Node, str], tmp_path: Path) -> None:
    """Two columns of one name are told apart by number; "none" is a choice that is remembered as well."""
    path = written(tmp_path / "c.csv", "名称,名称,容纳人数\n简称,全名,5\n")
    chosen = looked_at(site, path, columns={"name": "#2", "capacity": ""})
    again = looked_at(site, path)
    for checked in (chosen, again):
        [(_, command)] = checked.good
        assert (command.name, checked.mapped) == ("全名", {"name": 1})


def test_a_memory_that_does_not_fit_is_forgotten(site: tuple[Node, str], tmp_path: Path) -> None:
    node, _ = site
    path = written(tmp_path / "c.csv", "名称,容纳人数\n甲,5\n")
    memory = importing.folder_of(node) / "mappings.json"
    memory.parent.mkdir()
    memory.write_text('{"shelters:名称|容纳人数": {"name": "#77", "capacity": ["x"]}}', "utf-8")
    assert [command.name for _, command in looked_at(site, path).good] == ["甲"]


def test_without_a_needed_column_nothing_is_judged_and_it_is_named(
    site: tuple[Node, str], tmp_path: Path
) -> None:
    checked = looked_at(site, written(tmp_path / "c.csv", "甲,乙\n1,2\n"))
    assert (checked.missing, list(checked.verdicts), checked.table.header) == (["name"], [], ("甲", "乙"))


def test_a_mended_file_brings_in_only_what_is_not_there_yet(site: tuple[Node, str], tmp_path: Path) -> None:
    """By number, else by name and place; a row that has a name alone is known by it."""
    node, chief = site
    first = written(
        tmp_path / "a.csv",
        "编号,名称,容纳人数,经度,纬度\n1,甲,5,121.40,31.21\n2,乙,0,,\n,丙,5,121.41,31.21\n,丁,5,,\n",
    )
    second = written(
        tmp_path / "b.csv",
        "编号,名称,容纳人数,经度,纬度\n1,甲改,6,121.40,31.21\n2,乙,7,,\n,丙,5,121.4100001,31.21\n,丁,5,,\n,丙,5,121.42,31.21\n",
    )
    importing.run(node, Ask(first, "shelters"), chief)
    report = importing.run(node, Ask(second, "shelters"), chief)
    assert (report.accepted, report.reasons) == (2, {"imports.reason.known": 3})


def test_what_an_interrupted_import_left_is_not_held_against_its_file(
    site: tuple[Node, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It will be taken back before the next one loads: its rows are wanted again."""
    node, chief = site
    path = written(tmp_path / "r.csv", "编号,名称\n" + "".join(f"{n},甲\n" for n in range(120)))
    full = EnvironmentFault("database.full", "fault.database.full", path="x")
    with monkeypatch.context() as patch:
        stop_after(node, patch, full, ImportShelters, UndoImport)
        with pytest.raises(EnvironmentFault):
            importing.run(node, Ask(path, "shelters"), chief)
    ask = Ask(path, "shelters")
    checked = importing.examine(node, ask, chief)
    assert len(checked.good) == 120
    importing.load_checked(node, ask, checked, chief, Watch())
    assert len(node.read(shelters.shelters)) == 120


# -- trouble under way -----------------------------------------------------------------------------------------------------
def test_rejects_that_cannot_be_written_stop_the_import_before_it_loads(
    site: tuple[Node, str], tmp_path: Path
) -> None:
    node, chief = site
    path = written(tmp_path / "r.csv", "名称,容纳人数\n甲,5\n,6\n")
    (node.data.root / "imports").write_bytes(b"a file in the way")
    with pytest.raises(EnvironmentFault) as fault:
        importing.run(node, Ask(path, "shelters"), chief)
    assert fault.value.code == "file.unwritable"
    assert node.read(shelters.shelters) == []
    assert [row.state for row in node.read(imports.imports)] == ["undone"]


def test_what_is_loaded_is_what_was_shown(site: tuple[Node, str], tmp_path: Path) -> None:
    """The file changes, then vanishes, between the look at it and the import."""
    node, chief = site
    path = written(tmp_path / "r.csv", "名称,容纳人数\n甲,5\n")
    ask = Ask(path, "shelters")
    checked = importing.examine(node, ask, chief)
    path.unlink()
    importing.load_checked(node, ask, checked, chief, Watch())
    assert [row.name for row in node.read(shelters.shelters)] == ["甲"]


def test_cancelled_leaves_no_file_of_rejects_and_says_how_far_it_is(
    site: tuple[Node, str], tmp_path: Path
) -> None:
    node, chief = site
    path, undone = written(tmp_path / "r.csv", "名称\n" + "甲\n" * 120 + "坏\x1b\n"), []
    ask = Ask(path, "shelters")
    checked = importing.examine(node, ask, chief)
    assert checked.bad
    told: list[int] = []
    watch = Watch(
        lambda done, _: told.append(done), lambda at, of: undone.append((at, of)), lambda: len(told) == 2
    )
    with pytest.raises(CancelledError):
        importing.load_checked(node, ask, checked, chief, watch)
    assert (told, undone[-1]) == ([50, 100], (100, 100)), "of the rows that were in, not of the file's lines"
    assert node.read(shelters.shelters) == []
    assert not list((node.data.root / "imports").glob("*-rejected*"))


def stop_after(node: Node, monkeypatch: pytest.MonkeyPatch, error: Exception, *kinds: type[Command]) -> None:
    """After its first command of these kinds, the site answers them with an error."""
    real, seen = node.execute, []

    def execute(command: Command, account_id: str, priority: Priority = Priority.OFFICER) -> Done:
        if isinstance(command, kinds) and account_id != node.me.console_account:
            seen.append(command)
            if len(seen) > 1:
                raise error
        return real(command, account_id, priority)

    monkeypatch.setattr(node, "execute", execute)


def test_who_loses_the_right_half_way_has_it_taken_back_by_the_console(
    site: tuple[Node, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-06: nothing stays half-loaded although the account may do nothing any more."""
    node, chief = site
    path = written(tmp_path / "r.csv", "名称\n" + "甲\n" * 120)
    refusal = Refusal(ErrorCode.PERM, "refusal.sign_in.expired", clause="CM-04")
    stop_after(node, monkeypatch, refusal, ImportShelters, UndoImport)
    with pytest.raises(Refusal):
        importing.run(node, Ask(path, "shelters"), chief)
    assert (node.read(shelters.shelters), node.read(imports.imports)[0].state) == ([], "undone")


def test_a_full_disk_half_way_says_that_the_next_start_takes_it_back(
    site: tuple[Node, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, chief = site
    path = written(tmp_path / "r.csv", "名称\n" + "甲\n" * 120)
    full = EnvironmentFault("database.full", "fault.database.full", path="x")
    with monkeypatch.context() as patch:
        stop_after(node, patch, full, ImportShelters, UndoImport)
        with pytest.raises(EnvironmentFault) as fault:
            importing.run(node, Ask(path, "shelters"), chief)
    assert fault.value.code == "import.left"
    assert len(node.read(shelters.shelters)) == 50
    assert importing.take_back_interrupted(node) == 1
    assert node.read(shelters.shelters) == []
