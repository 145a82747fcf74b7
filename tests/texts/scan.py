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
