"""Finds in the program's source which sentences it can say, and with which parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_KEY = re.compile(r"(refusal|fault)(\.[a-z0-9_]+)+")
_RAISED = frozenset({"Refusal", "EnvironmentFault"})
_FIXED = frozenset({"field", "who", "clause"})


@dataclass(frozen=True)
class Use:
    """A sentence key in the source; `params` is None where the call takes them from elsewhere."""

    key: str
    where: str
    params: frozenset[str] | None = None


def sources(*places: str) -> list[Path]:
    """Python files of these files or folders of the project."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


def _literal(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _KEY.fullmatch(node.value):
        return node.value
    return None


def _call_params(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    if None in names:
        return None
    given = {name for name in names if name is not None and name not in _FIXED}
    return frozenset(given | ({"field"} if "field" in names else set()) | {"who"})


def uses(source: str, where: str) -> Iterator[Use]:
    """Every sentence key of a source, and for direct calls the parameters given with it."""
    for node in ast.walk(ast.parse(source)):
        key = _literal(node)
        line = f"{where}:{getattr(node, 'lineno', 0)}"
        if key is not None:
            yield Use(key, line)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _RAISED:
            for said in filter(None, map(_literal, node.args)):
                yield Use(said, line, _call_params(node))


def _short_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refusal" and node.args:
            yield node


def short_names(source: str) -> set[str]:
    """Names given to `refusal(name)`, which puts refusal.sync. before: in the call or the loop around."""
    found: set[str] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        calls = list(_short_calls(node)) if isinstance(node, ast.Call | ast.For) else []
        said: list[ast.AST] = [call.args[0] for call in calls]
        if isinstance(node, ast.For) and calls and isinstance(node.iter, ast.Tuple):
            said += [pair.elts[-1] for pair in node.iter.elts if isinstance(pair, ast.Tuple)]
        for place in said:
            values = [getattr(part, "value", None) for part in ast.walk(place)]
            found.update(value for value in values if isinstance(value, str))
    return found


def clause_ids(source: str) -> set[str]:
    """Ids of the rules that a source names as `clause`, directly or by a constant of that name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        named: list[tuple[str, ast.expr | None]] = []
        if isinstance(node, ast.keyword):
            named = [(node.arg or "", node.value)]
        elif isinstance(node, ast.Assign):
            named = [(getattr(target, "id", ""), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            named = [(getattr(node.target, "id", ""), node.value)]
        elif isinstance(node, ast.FunctionDef):
            given = [*node.args.kwonlyargs, *node.args.args[len(node.args.args) - len(node.args.defaults) :]]
            named = [
                (arg.arg, value)
                for arg, value in zip(given, [*node.args.kw_defaults, *node.args.defaults], strict=True)
            ]
        for name, value in named:
            if name.strip("_").lower() == "clause" and isinstance(value, ast.Constant) and value.value:
                found.update(part.strip() for part in str(value.value).split(","))
    return found


def composed(source: str, where: str) -> Iterator[str]:
    """Places where a sentence key is put together at run time, so that no test can find it."""
    for node in ast.walk(ast.parse(source)):
        head = node.values[0] if isinstance(node, ast.JoinedStr) else None
        if isinstance(head, ast.Constant) and str(head.value).startswith(("refusal.", "fault.")):
            yield f"{where}:{getattr(node, 'lineno', 0)}"


def program_uses(*places: str) -> list[Use]:
    """All uses below these places of the project."""
    return [
        use for path in sources(*places) for use in uses(path.read_text("utf-8"), str(path.relative_to(ROOT)))
    ]
