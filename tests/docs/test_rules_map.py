"""The rules map is that of the tree, and every rule cited exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import rules_map
from tools.rules_map import (
    GROUPS,
    ROOT,
    Place,
    citations,
    ids_in,
    is_fresh,
    known_ids,
    render,
    scan,
    sources,
    unknown_ids,
)

SOURCE = '''"""Module of RP-07 (D-01, D-02)."""

_CLAUSE = "JD-04"  # IS-03
LIMITS = {"XC-01": 1}


class Desk:
    """A desk."""

    @known("CM-04")
    def file(self) -> None:
        """Files; see D-20 to D-22."""
        refuse(_CLAUSE)

        def inner() -> str:
            return "RC-16"


async def send() -> None:
    pass  # RS-08
'''


def test_map_in_docs_is_that_of_the_tree() -> None:
    assert is_fresh(), "docs/RULES-MAP.md is stale: make rules-map"


def test_every_cited_rule_exists() -> None:
    assert unknown_ids() == []


def test_list_of_ids_is_whole_and_in_order() -> None:
    ids = known_ids()
    assert len(ids) == len(set(ids)) == 194 + 38
    places = [(GROUPS.index(rule.partition("-")[0]), int(rule.partition("-")[2])) for rule in ids]
    assert places == sorted(places)
    assert {rule.partition("-")[0] for rule in ids} == set(GROUPS)


def test_citations_stand_with_the_name_that_looks_after_them() -> None:
    assert citations("app/desk.py", SOURCE) == {
        ("RP-07", ""),
        ("D-01", ""),
        ("D-02", ""),
        ("JD-04", "Desk.file"),
        ("IS-03", "Desk.file"),
        ("XC-01", "LIMITS"),
        ("CM-04", "Desk.file"),
        ("D-20", "Desk.file"),
        ("D-21", "Desk.file"),
        ("D-22", "Desk.file"),
        ("RC-16", "Desk.file.inner"),
        ("RS-08", "send"),
    }


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("RP-07", ["RP-07"]),
        ("(RP-01, D-03)", ["RP-01", "D-03"]),
        ("D-19 to D-21", ["D-19", "D-20", "D-21"]),
        ("D-19 and D-21", ["D-19", "D-21"]),
        ("EMB-20250714-001", []),
        ("RULES-2, GB/T 974", []),
        ("ID-01 D-1 xD-02 D-02x D-2025-07", []),
        ("JD-{n:02d}", []),
    ],
)
def test_what_counts_as_a_citation(text: str, ids: list[str]) -> None:
    assert list(ids_in(text)) == ids


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="no range of rules"):
        list(ids_in("D-22 to D-20"))


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A tree with one rule in code and tests and one in code alone."""
    for name, text in (
        ("app/desk.py", '"""RP-07."""\ndef stamp():\n    """D-02."""\n'),
        ("tests/test_desk.py", "def test_stamp():\n    assert stamp()  # RP-07\n"),
        ("tests/docs/test_papers.py", "# JD-01\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "docs").mkdir()
    return tmp_path


def test_scan_leaves_the_examples_of_this_folder_out(small_tree: Path) -> None:
    assert scan(small_tree, ("app", "tests")) == {
        "RP-07": {Place("app/desk.py", ""), Place("tests/test_desk.py", "test_stamp")},
        "D-02": {Place("app/desk.py", "stamp")},
    }


def test_map_names_code_tests_and_what_is_missing(small_tree: Path) -> None:
    text = render(small_tree)
    assert f"| RP-07 | {sources()['RP-07']} | app/desk.py | tests/test_desk.py::`test_stamp` |" in text
    assert f"| D-02 | {sources()['D-02']} | app/desk.py: `stamp` | – |" in text
    assert "232 rules, 2 cited: 1 in code and tests, 1 in code only, 0 in tests only." in text
    assert text.count("JD-01") == 1
    assert text == render(small_tree)


def test_a_changed_tree_makes_the_map_stale(small_tree: Path) -> None:
    assert not is_fresh(small_tree)
    (small_tree / "docs" / "RULES-MAP.md").write_text(render(small_tree), "utf-8")
    assert is_fresh(small_tree)
    (small_tree / "app" / "desk.py").write_text('"""RP-07."""\n', "utf-8")
    assert not is_fresh(small_tree)


def test_an_unknown_rule_is_named_with_its_file(small_tree: Path) -> None:
    (small_tree / "app" / "desk.py").write_text('"""RP-99."""\n', "utf-8")
    assert unknown_ids(small_tree) == ["app/desk.py: RP-99"]


@pytest.mark.parametrize(("fresh", "code"), [(True, 0), (False, 1)])
def test_check_tells_by_its_exit_code(monkeypatch: pytest.MonkeyPatch, fresh: bool, code: int) -> None:
    monkeypatch.setattr(rules_map, "is_fresh", lambda: fresh)
    monkeypatch.setattr(rules_map, "unknown_ids", lambda: [])
    assert rules_map.main(["--check"]) == code
    assert rules_map.main(["--verify"]) == 2


def test_the_map_is_written_into_docs() -> None:
    assert rules_map.MAP == ROOT / "docs" / "RULES-MAP.md"
