"""The generated parts of docs/COMMAND-LINE.md: verbs, codes, queries and commands, from the program itself.

    python -m tools.command_docs            write the page
    python -m tools.command_docs --check    exit 1 when the page is not that of the program

A part stands between `<!-- part: NAME -->` and `<!-- end -->`; what stands outside is written by hand.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.bootstrap.feature_table import FEATURES
from app.bootstrap.requests import QUERIES
from app.cli import parser
from app.kernel.enums import Agency, Role
from app.kernel.errors import ErrorCode
from app.kernel.texts import Texts
from app.usecases.commands import TABLE
from app.usecases.permissions import matrix

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "COMMAND-LINE.md"
EXAMPLES = ROOT / "docs" / "command-examples.toml"
_PART = re.compile(r"(<!-- part: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_ARGUMENTS_OF_ALL = ("--help", "--data", "--realm", "--clock")


def examples() -> dict[str, dict[str, Any]]:
    """One input per command."""
    return tomllib.loads(EXAMPLES.read_text("utf-8"))


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    safe = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in safe)


def _verbs(_: Texts) -> str:
    return _table(("verb", "arguments", "purpose"), _verb_rows())


def _verb_rows() -> Iterator[Sequence[str]]:
    [actions] = [a for a in parser.build()._actions if isinstance(a, argparse._SubParsersAction)]
    purposes = {action.dest: action.help or "" for action in actions._choices_actions}
    for verb, sub in actions.choices.items():
        given = " ".join(filter(None, (_argument(action) for action in sub._actions)))
        yield f"`{verb}`", f"`{given}`" if given else "", purposes.get(verb, "")


def _argument(action: argparse.Action) -> str:
    if any(option in _ARGUMENTS_OF_ALL for option in action.option_strings):
        return ""
    value = str(action.metavar or action.dest).upper()
    if action.option_strings:
        text = f"{action.option_strings[0]} {value}" if action.nargs != 0 else action.option_strings[0]
        return text if action.required else f"[{text}]"
    return f"[{value}]" if action.nargs == "?" else value


def _errors(texts: Texts) -> str:
    return _table(
        ("code", "meaning"), ((f"`{code}`", texts.get(f"enum.error_code.{code}")) for code in ErrorCode)
    )


def fault_codes() -> set[tuple[str, str]]:
    """Codes of faults with the keys of their sentences, as they stand in the source."""
    found: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "EnvironmentFault":
                given = [part.value for part in node.args if isinstance(part, ast.Constant)]
                if len(given) > 1:
                    found.add((str(given[0]), str(given[1])))
    return found


def _faults(texts: Texts) -> str:
    codes = fault_codes()
    # Composed at run time: troubles of a database file, of a port.
    for key in texts.catalogue:
        if key.startswith(("fault.database.", "fault.port.")):
            codes.add((key.removeprefix("fault."), key))
    return ", ".join(f"`{code}`" for code in sorted({code for code, _ in codes})) + "\n"


def _queries(_: Texts) -> str:
    return ", ".join(f"`{name}`" for name in sorted([*QUERIES, "feed", "links"])) + "\n"


def _commands(texts: Texts) -> str:
    assert FEATURES
    known = examples()
    out = []
    for name, entry in sorted(TABLE.items()):
        about = " ".join((entry.command.__doc__ or "").split())
        example = json.dumps(known[name], ensure_ascii=False)
        out.append(f"### `{name}` {texts.get(f'act.{name}')}\n{about}\n\n{_who(texts, name)}\n\n")
        out.append(f"```json\n{example}\n```\n\n")
    return "".join(out)


def _who(texts: Texts, command: str) -> str:
    table, comma = matrix().table, texts.get("wording.comma")
    parts = []
    for agency in Agency:
        roles = [role for role in Role if role in table.get((command, agency), ())]
        if roles:
            parts.append(f"{agency}: {comma.join(texts.get(f'enum.role.{role}') for role in roles)}")
    return "; ".join(parts)


PARTS: dict[str, Callable[[Texts], str]] = {
    "verbs": _verbs,
    "errors": _errors,
    "faults": _faults,
    "queries": _queries,
    "commands": _commands,
}


def render(page: str) -> str:
    """The page with its parts as the program has them now; KeyError for a part nobody knows."""
    texts = Texts.load()
    return _PART.sub(lambda found: f"{found[1]}{PARTS[found[2]](texts)}{found[3]}", page)


def is_fresh() -> bool:
    """True if the page is that of the program."""
    page = PAGE.read_text("utf-8")
    return render(page) == page


def main(argv: Sequence[str]) -> int:
    """Write the page, or check it."""
    if "--check" in argv:
        return 0 if is_fresh() else 1
    PAGE.write_text(render(PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
