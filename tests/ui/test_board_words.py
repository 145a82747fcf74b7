"""Words of the board in both languages: clocks to the millisecond, every state, every key there is."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.kernel.enums import IncidentStatus
from app.queries.board_view import COUNTED, BoardRow, Counts, Seen, Tally
from app.queries.disputes import Disputed
from app.ui.board.wording import STATES, Wording
from app.ui.theme.chips import Look
from app.ui.theme.icons import FOLDER
from tests.ui.board_world import NOW, TEXTS

ZH, EN = Wording(TEXTS["zh_CN"], "EMB", {"310105006": "天山路街道"}), Wording(TEXTS["en"], "EMB", {})
ROW = BoardRow(
    "i", "FRD-20250714-016", "FRD", "天山路", "火灾", None, None, "handling", None, 1, NOW, NOW, "oral_report", 1, NOW, None,
    None, None,
)  # fmt: skip
FOLDERS = Path(__file__).resolve().parents[2] / "app" / "ui" / "board"


@pytest.mark.parametrize(
    ("left_ms", "text", "overdue", "amber"),
    [
        (3_138_000, "剩 52:18", False, False),
        (600_001, "剩 10:01", False, False),
        (600_000, "剩 10:00", False, True),
        (599_001, "剩 10:00", False, True),
        (599_000, "剩 09:59", False, True),
        (1, "剩 00:01", False, True),
        (0, "剩 00:00", False, True),
        (-1, "超 00:00", True, False),
        (-192_000, "超 03:12", True, False),
        (5_045_000, "剩 1:24:05", False, False),
        (36_000_000, "剩 10 小时", False, False),
        (-172_800_000, "超 2 天", True, False),
    ],
)
def test_countdowns(left_ms: int, text: str, overdue: bool, amber: bool) -> None:
    """D-02: on time up to the limit itself; amber at ten minutes left, red when passed."""
    clock = ZH.countdown(NOW + left_ms, NOW)
    assert (clock.text, clock.overdue, clock.amber) == (text, overdue, amber)


def test_amber_time_is_the_districts() -> None:
    assert Wording(TEXTS["zh_CN"], "EMB", {}, amber_s=300).countdown(NOW + 400_000, NOW).amber is False


@pytest.mark.parametrize(
    ("changes", "clock", "name"),
    [
        ({}, "", "口头报"),
        ({"clock": "written_report"}, "", "书面报"),
        ({"clock": "something_new"}, "", "时限"),
        ({"due_at": None, "owes_reports": 0}, "无时限", "日常警情"),
        (
            {"due_at": None, "oral_status": "met", "written_status": "met", "written_met_at": NOW},
            "已报",
            "书面报 20:16",
        ),
        (
            {"due_at": None, "oral_status": "met_late", "written_status": "met", "written_met_at": NOW},
            "迟报",
            "书面报 20:16",
        ),
        ({"due_at": None, "open": 0, "status": "closed"}, "20:16", "已终报"),
        ({"due_at": None, "open": 0, "status": "closed", "owes_reports": 0}, "20:16", "日常警情"),
        ({"due_at": None, "open": 0, "status": "void", "reason": "误报"}, "20:16", "误报"),
        ({"due_at": None, "open": 0, "status": "merged"}, "20:16", "已结束"),
    ],
)
def test_what_stands_in_the_clocks_place(changes: dict[str, Any], clock: str, name: str) -> None:
    shown = ZH.row(replace(ROW, **changes))
    assert (shown.clock, shown.clock_name) == (clock, name)


def test_every_state_has_a_word_and_a_sign() -> None:
    assert set(STATES) == {str(status) for status in IncidentStatus}
    words = set()
    for status in STATES:
        for wording in (ZH, EN):
            shown = wording.row(replace(ROW, status=status))
            words.add(shown.state)
            assert (FOLDER / f"{shown.state_icon}.svg").is_file()
    assert len(words) == 2 * len(STATES)
    assert ZH.row(replace(ROW, status="of a later version")).state == "线索"


@pytest.mark.parametrize("seen", [*Seen, None])
def test_ticks(seen: Seen | None) -> None:
    shown = ZH.row(replace(ROW, seen=seen))
    if seen is None:
        assert shown.tick is None
    else:
        assert shown.tick is not None
        assert (FOLDER / f"{shown.tick[0]}.svg").is_file()
        assert (shown.tick[2] == "未见") == (seen is Seen.UNSEEN)
        assert shown.tick_word


def test_owners() -> None:
    shown = ZH.row(replace(ROW, owed_by=("EMB", "FRD", "HQ")))
    assert shown.chips == (("我方", Look.OUTLINED), ("对方", Look.FILLED), ("指挥部", Look.DASHED))
    partner = Wording(TEXTS["zh_CN"], "FRD", {}).row(replace(ROW, owed_by=("EMB",)))
    assert partner.chips == (("对方", Look.FILLED),)


@pytest.mark.parametrize(
    ("disputed", "text"),
    [
        ((), ""),
        ((Disputed("injured_serious", (4, 6), figure=True),), "重伤核实中 (4/6)"),
        ((Disputed("injured_serious", (4,), figure=True),), "重伤核实中 (4)"),
        ((Disputed("direct_loss_yuan", (4_000_000,), figure=True),), "直接损失核实中 (4,000,000)"),
        ((Disputed("status", ("handling", "controlled")),), "状态 处置中/已控制"),
        ((Disputed("class_code", ("natural", "accident")),), "类别 自然灾害/事故灾难"),
        ((Disputed("place", ("很长很长的一个地名", "另一个")),), "地点 2 种"),
        ((Disputed("position", ([1, 2, "WGS-84"], None)),), "点位 2 种"),
        ((Disputed("unheard_of", ("a", "b")),), "unheard_of a/b"),
        (
            (Disputed("injured_serious", (4, 6), figure=True), Disputed("place", ("a", "b"))),
            "重伤核实中 (4/6)，另 1 项",
        ),
        (
            tuple(Disputed(name, ("a", "b")) for name in ("place", "what", "cause", "address", "caller")),
            "地点 a/b，另 4 项",
        ),
        ((Disputed("occurred_at", (NOW, NOW + 1)),), "事发 2 种"),
    ],
)
def test_disputes_name_field_and_values(disputed: tuple[Disputed, ...], text: str) -> None:
    assert ZH.row(replace(ROW, disputed=disputed)).dispute == text


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "天山路 火灾"),
        ({"place": None, "what": None, "unit_code": "310105006"}, "天山路街道"),
        ({"place": None, "what": None}, "地点待补"),
    ],
)
def test_titles(changes: dict[str, Any], title: str) -> None:
    assert ZH.row(replace(ROW, **changes)).title == title


@pytest.mark.parametrize(
    ("number", "short"),
    [("FRD-20250714-014", "FRD-014"), ("EMB-20250714-B007", "EMB-B007"), ("x", "x"), (None, "未编号")],
)
def test_short_numbers(number: str | None, short: str) -> None:
    assert ZH.row(replace(ROW, no=number)).short_number == short


def test_groups_and_figures() -> None:
    assert [ZH.group(group) for group in ("overdue", "soon", "running", "closed")] == [
        "逾期",
        "10 分钟内",
        "其余在办",
        "已结",
    ]
    assert ZH.group("day-20250714") == "2025 年 7 月 14 日"
    assert EN.group("day-20250714") == "2025-07-14"
    assert ZH.group("day-") == "无接报时间"
    many = Counts(Tally(2, 3, 7, 5), Tally(1, 0, 2, COUNTED + 1), ours=6)
    assert ZH.figures(many) == {"overdue": "1", "soon": "0", "running": "2", "closed": "999+"}
    assert ZH.facts(many) == "在办 12・逾期 2・待我方 6"


def keys_in(path: Path) -> set[str]:
    """Text keys named in a source, with `*` where a part is put in."""
    found: set[str] = set()
    tree = ast.parse(path.read_text("utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in parts:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if re.fullmatch(r"(ui|field|enum|wording)\.[\w.*]+", text):
            found.add(text)
    return found


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_text_the_board_names_is_there(language: str) -> None:
    keys = set().union(*(keys_in(path) for path in FOLDERS.glob("*.py")))
    assert len(keys) > 40
    known = TEXTS[language].catalogue
    missing = [key for key in keys if "*" not in key and key not in known]
    missing += [
        key
        for key in keys
        if "*" in key and not any(re.fullmatch(key.replace("*", r"[\w.]+"), name) for name in known)
    ]
    assert not missing


def test_every_text_of_the_board_is_used() -> None:
    keys = set().union(*(keys_in(path) for path in FOLDERS.glob("*.py"))) | {
        f"ui.board.{part}.*" for part in ("clock_name", "field", "empty", "nothing", "error")
    }
    patterns = [re.compile(re.escape(key).replace(r"\*", r"[\w.]+")) for key in keys]
    mine = [key for key in TEXTS["zh_CN"].catalogue if key.startswith("ui.board.")]
    assert len(mine) > 60
    assert not [key for key in mine if not any(pattern.fullmatch(key) for pattern in patterns)]
