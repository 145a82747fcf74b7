"""The papers name only what is there: files, layers, verbs, commands."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from xml.etree import ElementTree

import msgspec
import pytest

from app.bootstrap.feature_table import FEATURES
from app.bootstrap.requests import QUERIES
from app.cli import parser
from app.journal import verbs
from app.usecases.commands import TABLE
from app.usecases.permissions import matrix
from tests.architecture.layers import MAY_IMPORT, MAY_IMPORT_DB
from tools.rules_map import ROOT

PAPERS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "decisions").glob("*.md"),
    )
    if path.name != "RULES-MAP.md"  # generated: its freshness is tested
)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
_PLACE = re.compile(r"`((?:app|db|docs|resources|tests|tools)/[\w./*<>-]*)`")


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text("utf-8")


@pytest.mark.parametrize("paper", PAPERS)
def test_links_and_places_exist(paper: str) -> None:
    text, folder = text_of(paper), (ROOT / paper).parent
    lost = [link for link in _LINK.findall(text) if not (folder / link).exists()]
    lost += [
        place for place in _PLACE.findall(text) if "<" not in place and not list(ROOT.glob(place.rstrip("/")))
    ]
    assert lost == []


def test_pictures_are_drawings() -> None:
    root = ElementTree.parse(ROOT / "docs" / "architecture.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"script", "image", "foreignObject"} & {
        node.tag.rpartition("}")[2] for node in root.iter()
    } == set()


def _rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_layer_table_is_the_one_that_is_enforced() -> None:
    table = {row[0]: row[2] for row in _rows(text_of("docs/ARCHITECTURE.md")) if len(row) == 3}
    for package, others in MAY_IMPORT.items():
        allowed = others | ({"db"} if package in MAY_IMPORT_DB else set())
        named = set(re.findall(r"`(\w+)`", table[f"`app/{package}/`"].partition(";")[0]))
        assert named == allowed, package


def _readme_calls() -> list[list[str]]:
    """Every `jdc ...` of the README's code blocks, as arguments."""
    blocks = re.findall(r"```sh\n(.*?)```", text_of("README.md"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("jdc ")]
    moment = "2025-07-14T14:02:10+08:00"
    return [shlex.split(line.replace("$(date -Is)", moment))[1:] for line in lines]


def test_readme_has_every_step_of_pairing() -> None:
    steps = [call[0] for call in _readme_calls()]
    assert set(steps) == {"init", "do", "password", "identity", "pair", "serve", "show", "verify", "stop"}


@pytest.mark.parametrize("call", _readme_calls(), ids=lambda call: " ".join(call[:3])[:60])
def test_readme_calls_are_understood(call: list[str]) -> None:
    with contextlib.redirect_stderr(io.StringIO()):
        arguments = parser.build().parse_args(call)
    if arguments.verb == "do":
        assert FEATURES
        msgspec.convert(json.loads(arguments.arguments), TABLE[arguments.command].command, strict=True)
    if arguments.verb == "show":
        assert arguments.query in {*QUERIES, "links"}


def _verbs() -> set[str]:
    choices = [action.choices for action in parser.build()._actions if action.choices]
    return {name for each in choices for name in each}


@pytest.mark.parametrize("paper", PAPERS)
def test_verbs_of_the_command_line_exist(paper: str) -> None:
    named = re.findall(r"`(?:\.venv/bin/python )?main\.py (\w[\w-]*)", text_of(paper))
    assert set(named) <= _verbs()


def test_verbs_of_operations_are_all_named() -> None:
    first = [row[0] for row in _rows(text_of("docs/REPLICATION.md"))]
    named = {name for cell in first for name in re.findall(r"`(\w+)`", cell)}
    everyone = {
        getattr(verbs, name)
        for name in dir(verbs)
        if name.isupper() and isinstance(getattr(verbs, name), str)
    }
    assert everyone <= named


_CITED_PLACE = re.compile(r"REPLICATION, (When things go wrong|The operation|[A-Z]\w+)")
_CITED_FINDING = re.compile(r"FINDINGS (\d+)(?: to (\d+))?")


def _program() -> Iterator[str]:
    for folder in ("app", "db", "tests/journal", "tests/replication"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.read_text("utf-8")


def test_places_of_the_replication_page_that_the_code_cites_exist() -> None:
    page = text_of("docs/REPLICATION.md").lower()
    cited = {found.lower() for text in _program() for found in _CITED_PLACE.findall(text)}
    assert len(cited) > 8
    marks = {place: (f"# {place}\n", f"**{place}**", f"({place})") for place in cited}
    assert [place for place in sorted(cited) if not any(mark in page for mark in marks[place])] == []


def test_findings_that_the_code_cites_are_listed() -> None:
    rows = {int(row[0]): row[2] for row in _rows(text_of("docs/REPLICATION.md")) if row[0].isdigit()}
    assert list(rows) == list(range(1, 28))
    cited = {
        int(end) for text in _program() for found in _CITED_FINDING.findall(text) for end in found if end
    }
    assert cited <= set(rows)


@lru_cache(maxsize=1)
def _test_names() -> frozenset[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(
        name for path in files for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))
    )


@pytest.mark.parametrize("paper", PAPERS)
def test_named_tests_exist(paper: str) -> None:
    assert set(re.findall(r"`(test_\w+)`", text_of(paper))) - _test_names() == set()


def test_decisions_are_numbered_without_holes_and_listed() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert [page[:4] for page in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    index = text_of("docs/decisions/README.md")
    for page in pages:
        title = text_of(f"docs/decisions/{page}").splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({page})" in index
        assert title.startswith(page[:4])


@pytest.mark.parametrize("part", ["Context", "Decision", "Why", "Consequences"])
def test_decisions_have_all_parts(part: str) -> None:
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        assert re.search(rf"^\*\*{part}[.,*]", path.read_text("utf-8"), re.MULTILINE), path.name


def test_permission_table_is_the_one_that_is_explained() -> None:
    """The choices that decision 0012 states in words hold in the table."""
    table = matrix()
    for command, agency, role, may in (
        ("raise_alarm_grade", "FRD", "duty_officer", True),
        ("raise_alarm_grade", "EMB", "leader", False),
        ("register_incident", "EMB", "authorised", True),
        ("strike_entry", "EMB", "duty_officer", False),
        ("void_incident", "FRD", "duty_chief", True),
        ("write_log_entry", "EMB", "embedded", True),
        ("amend_log_entry", "EMB", "embedded", False),
        ("add_shelter", "FRD", "leader", False),
        ("change_rule_number", "EMB", "duty_chief", False),
        ("register_incident", "EMB", "account_admin", False),
        ("register_incident", "HALL", "duty_officer", False),
        ("set_password", "HALL", "observer", True),
        ("set_password", "EMB", "console", False),
    ):
        assert table.permits(command, agency, frozenset({role})) is may, (command, agency, role)
