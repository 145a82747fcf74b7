"""Which rule stands where: writes docs/RULES-MAP.md from the ids cited in docstrings, comments and strings.

    python -m tools.rules_map            write the map
    python -m tools.rules_map --check    exit 1 when the map in docs/ is not that of the tree

A rule id is a group of the inventory with a number (RP-07) or a decision (D-02); `D-20 to D-22` names all three.
Code is app/ and db/, tests are tests/. The map holds no line numbers, so that moving code does not change it.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IDS = ROOT / "tools" / "rule_ids.txt"
MAP = ROOT / "docs" / "RULES-MAP.md"
SOURCES = ROOT / "resources" / "texts" / "zh_CN" / "clauses.toml"
CODE = ("app", "db")
TESTS = ("tests",)
NOT_SCANNED = ("tests/docs",)  # its examples are no citations

GROUPS = ("JD", "IS", "CS", "RP", "RC", "DP", "FR", "RS", "PW", "CM", "GV", "MP", "KP", "XC", "D")
_GROUP = "|".join(GROUPS)
_ID = rf"(?<![A-Za-z0-9_-])(?P<group>{_GROUP})-(?P<first>\d{{2,3}})(?![A-Za-z0-9]|-\d)"
_CITED = re.compile(rf"{_ID}(?: (?:to|bis) (?P=group)-(?P<last>\d{{2,3}})(?![A-Za-z0-9]))?")
_LONGEST_RANGE = 50


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an id is cited: file below the root with slashes, qualified name ("" for the module itself)."""

    path: str
    name: str


def ids_in(text: str) -> Iterator[str]:
    """Ids cited in a text; ValueError for a range that runs backwards or on and on."""
    for found in _CITED.finditer(text):
        group, first = found["group"], int(found["first"])
        last = int(found["last"] or first)
        if not first <= last <= first + _LONGEST_RANGE:
            raise ValueError(f"no range of rules: {found.group()}")
        yield from (f"{group}-{number:02d}" for number in range(first, last + 1))


def _scopes(tree: ast.AST) -> list[tuple[int, int, str]]:
    """First line (decorators included), last line and qualified name of every class and function, outer ones first."""
    out: list[tuple[int, int, str]] = []

    def visit(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{outer}.{child.name}" if outer else child.name
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                out.append((first, child.end_lineno or child.lineno, name))
                visit(child, name)
            else:
                visit(child, outer)

    visit(tree, "")
    return out


def _assigned(tree: ast.AST) -> list[tuple[int, int, str]]:
    """Lines and name of every assignment to one name in the body of the module: tables and constants."""
    body = tree.body if isinstance(tree, ast.Module) else []
    out = []
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(targets[0], ast.Name):
            out.append((node.lineno, node.end_lineno or node.lineno, targets[0].id))
    return out


def _texts(source: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of every string constant, docstrings included, and of every comment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _users(tree: ast.AST, constant: str, scopes: Sequence[tuple[int, int, str]]) -> set[str]:
    """Functions and classes that use a constant of the module: a clause kept in a name is cited where it is used."""
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == constant and isinstance(node.ctx, ast.Load)
    ]
    return {_innermost(line, scopes) for line in lines} - {""}


def _innermost(line: int, scopes: Sequence[tuple[int, int, str]]) -> str:
    inside = [name for first, last, name in scopes if first <= line <= last]
    return inside[-1] if inside else ""


def citations(path: str, source: str) -> set[tuple[str, str]]:
    """(rule id, qualified name) for every citation in a Python file; SyntaxError reaches the caller."""
    tree = ast.parse(source, path)
    constants, scopes = _assigned(tree), _scopes(tree)
    out: set[tuple[str, str]] = set()
    for line, text in _texts(source, tree):
        rules = set(ids_in(text))
        name, constant = _innermost(line, scopes), _innermost(line, constants)
        users = _users(tree, constant, scopes) if rules and constant else set()
        out.update((rule, user) for rule in rules for user in users or {name or constant})
    return out


def scan(root: Path, folders: Sequence[str]) -> dict[str, set[Place]]:
    """Places of every id cited in the Python files below some folders."""
    found: dict[str, set[Place]] = {}
    for folder in folders:
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            if path.startswith(tuple(f"{place}/" for place in NOT_SCANNED)):
                continue
            for rule, name in citations(path, file.read_text("utf-8")):
                found.setdefault(rule, set()).add(Place(path, name))
    return found


def known_ids(path: Path = IDS) -> list[str]:
    """All rule ids there are, in the order of the inventory."""
    return path.read_text("utf-8").split()


def sources(path: Path = SOURCES) -> dict[str, str]:
    """Source clause of each rule as the program names it; rules without one are left out."""
    table = tomllib.loads(path.read_text("utf-8"))["clause"]
    return {rule: str(text).replace("|", "/") for rule, text in table.items()}


def unknown_ids(root: Path = ROOT) -> list[str]:
    """`path: id` for every cited id that no rule has."""
    known = set(known_ids())
    cited = scan(root, (*CODE, *TESTS))
    wrong = {
        f"{place.path}: {rule}" for rule, places in cited.items() if rule not in known for place in places
    }
    return sorted(wrong)


def _cell(places: set[Place], sign: str) -> str:
    """Places of one rule, grouped by file: `file` sign name, name."""
    by_file: dict[str, list[str]] = {}
    for place in sorted(places):
        by_file.setdefault(place.path, []).append(place.name)
    parts = []
    for path, names in by_file.items():
        named = ", ".join(f"`{name}`" for name in names if name)
        parts.append(f"{path}{sign}{named}" if named else path)
    return "<br>".join(parts)


def render(root: Path = ROOT) -> str:
    """The whole map as text; the same for the same tree."""
    ids, clauses, code, tests = known_ids(), sources(), scan(root, CODE), scan(root, TESTS)
    cited = [rule for rule in ids if rule in code or rule in tests]
    both = sum(rule in code and rule in tests for rule in cited)
    lines = [
        "# Rules map",
        "",
        "Written by `make rules-map` from the rule ids cited in the code; do not edit by hand. A citation says where a rule",
        "is looked after, not that every part of it is built: what is built stands in the changelog.",
        "",
        f"{len(ids)} rules, {len(cited)} cited: {both} in code and tests, "
        f"{sum(rule in code and rule not in tests for rule in cited)} in code only, "
        f"{sum(rule in tests and rule not in code for rule in cited)} in tests only.",
        "",
        "| rule | source | code | tests |",
        "|---|---|---|---|",
    ]
    for rule in cited:
        where = _cell(code.get(rule, set()), ": ")
        proof = _cell(tests.get(rule, set()), "::")
        lines.append(f"| {rule} | {clauses.get(rule, '–')} | {where or '–'} | {proof or '–'} |")
    lines += ["", "## Not cited yet", ""]
    for group in GROUPS:
        left = [rule for rule in ids if rule.startswith(f"{group}-") and rule not in cited]
        if left:
            lines.append(f"- {', '.join(left)}")
    return "\n".join(lines) + "\n"


def is_fresh(root: Path = ROOT) -> bool:
    """True if the map in docs/ is that of the tree."""
    path = root / "docs" / "RULES-MAP.md"
    return path.exists() and path.read_text("utf-8") == render(root)


def main(arguments: Sequence[str]) -> int:
    """Write the map, or check it; 0 when all is well, 1 for a stale map or an unknown id, 2 for wrong usage."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python -m tools.rules_map [--check]\n")
        return 2
    wrong = unknown_ids()
    if wrong:
        sys.stderr.write("no such rule:\n" + "".join(f"  {line}\n" for line in wrong))
        return 1
    if arguments and not is_fresh():
        sys.stderr.write("docs/RULES-MAP.md is stale: make rules-map\n")
        return 1
    if not arguments:
        MAP.write_text(render(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
