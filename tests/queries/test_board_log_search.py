"""Searching the duty log (JD-11)."""

from __future__ import annotations

from pathlib import Path

from app.queries.log_search import find_log
from tests.db.world import NOON_MS, found

ENTRIES = (
    "14:02 接报：天山路居民楼冒烟",
    "14:05 消防到场",
    "14:09 天山路交通管制",
    "14:20 冒烟已控制",
    "a\tb 50% _x",
)


def test_entries_are_found_newest_first_in_pages(tmp_path: Path) -> None:
    site = found(tmp_path / "a.db", "EMB")
    for number, text in enumerate(ENTRIES):
        site.write("log_entry", f"l{number}", {"text": text, "at": NOON_MS + number // 2}, new=True)
    connection = site.journal.state.connection

    def ids(text: str, **more: object) -> list[str]:
        return [row.id for row in find_log(connection, text, **more)]  # type: ignore[arg-type]

    assert ids("冒烟") == ["l3", "l0"]
    assert ids("天山路 冒烟") == ["l0"]
    assert ids("14:") == ["l3", "l2", "l1", "l0"]
    first = find_log(connection, "14:", limit=2)
    assert ids("14:", limit=2, before=first[-1]) == ["l1", "l0"]
    assert ids("14:", limit=2, before=find_log(connection, "14:", limit=3)[-1]) == ["l0"]
    assert ids("50% _x") == ["l4"]
    assert ids("%") == ["l4"]
    assert ids("雪") == ids("  ") == []
    site.close()
