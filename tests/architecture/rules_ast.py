"""Rules no linter knows, checked on the syntax tree: each is a function from a module to its findings."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class Module:
    """One parsed file; `path` is relative to the root of the project, with slashes."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.source = source
        self.tree = ast.parse(source, path)

    @classmethod
    def read(cls, root: Path, path: Path) -> Module:
        """Parse a file; SyntaxError reaches the caller."""
        return cls(path.relative_to(root).as_posix(), path.read_text("utf-8"))

    def within(self, *places: str) -> bool:
        """True if the file is one of these, or lies below one of these folders."""
        return any(PurePosixPath(self.path).is_relative_to(place) for place in places)

    def at(self, node: ast.AST, text: str) -> Finding:
        """A finding at a node."""
        return Finding(self.path, getattr(node, "lineno", 1), text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def tokens(self) -> tuple[tokenize.TokenInfo, ...]:
        """All tokens, comments included."""
        return tuple(tokenize.generate_tokens(io.StringIO(self.source).readline))

    @cached_property
    def docstrings(self) -> frozenset[int]:
        """Identities of the constants that are docstrings."""
        owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        first = (node.body[0] for node in self.nodes if isinstance(node, owners) and node.body)
        return frozenset(id(node.value) for node in first if isinstance(node, ast.Expr))

    def imports(self) -> Iterator[tuple[ast.stmt, ast.alias, str]]:
        """Absolute imports: statement, alias and full dotted name of what is imported."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from ((node, alias, f"{node.module}.{alias.name}") for alias in node.names)

    @cached_property
    def origins(self) -> Mapping[str, str]:
        """Imported names and what they stand for: `dt` -> `datetime.datetime`."""
        found: dict[str, str] = {}
        for node, alias, name in self.imports():
            if isinstance(node, ast.Import) and not alias.asname:
                found[name.partition(".")[0]] = name.partition(".")[0]
            else:
                found[alias.asname or alias.name] = name
        return found

    def dotted(self, node: ast.AST) -> str:
        """Full dotted name of a name or attribute chain with imports resolved; "" when it is neither."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            head = self.dotted(node.value)
            return f"{head}.{node.attr}" if head else ""
        return ""

    def calls(self) -> Iterator[ast.Call]:
        """All calls."""
        return (node for node in self.nodes if isinstance(node, ast.Call))


Rule = Callable[[Module], Iterator[Finding]]


def _last_name(node: ast.AST) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return _last_name(node.value) if node.attr == "instance" else node.attr
    return node.id if isinstance(node, ast.Name) else ""


_EXEC_ALLOWED = re.compile(r"(?i)^_?(q?(core|gui)?application|q?app|q?(context_?)?menu|\w*_menu)$")
_MODAL = re.compile(
    r"\bQ(MessageBox\.(information|question|warning|critical|about|aboutQt)|FileDialog\.get\w+"
    r"|InputDialog\.get\w+|ColorDialog\.getColor|FontDialog\.getFont)$"
)


def no_modal_exec(module: Module) -> Iterator[Finding]:
    """A nested event loop inside a coroutine kills another task: dialogs are opened, not executed."""
    if not module.within("app/ui", "main.py"):
        return
    for call in module.calls():
        if not isinstance(call.func, ast.Attribute):
            continue
        receiver = _last_name(call.func.value)
        if call.func.attr in {"exec", "exec_"} and not _EXEC_ALLOWED.match(receiver):
            yield module.at(call, f"{receiver}.{call.func.attr}(): use open() and await the result")
        elif _MODAL.search(name := module.dotted(call.func)):
            yield module.at(call, f"{name}() runs a nested loop: open a dialog and await it")


def _task_groups(module: Module) -> frozenset[str]:
    """Names bound by `async with asyncio.TaskGroup() as name` or declared as a TaskGroup."""
    names: set[str] = set()
    for node in module.nodes:
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                made = item.context_expr
                group = isinstance(made, ast.Call) and module.dotted(made.func).endswith("TaskGroup")
                if group and isinstance(item.optional_vars, ast.Name):
                    names.add(item.optional_vars.id)
        elif isinstance(node, ast.arg) and node.annotation is not None:
            names.update([node.arg] if module.dotted(node.annotation).endswith("TaskGroup") else [])
    return frozenset(names)


def no_bare_task(module: Module) -> Iterator[Finding]:
    """A task nobody holds is collected in flight and its failure is lost: the one task set starts them."""
    if module.within("app/kernel/tasks.py"):
        return
    groups = _task_groups(module)
    for call in module.calls():
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        name = call.func.attr if isinstance(call.func, ast.Attribute) else module.dotted(call.func)
        in_group = isinstance(receiver, ast.Name) and receiver.id in groups
        if name.rpartition(".")[2] in {"create_task", "ensure_future"} and not in_group:
            yield module.at(call, f"{name}() outside the task set")


_WALL_CLOCK = frozenset(
    {
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
        "datetime.date.today",
        *(f"time.{name}" for name in ("time", "time_ns", "ctime", "localtime", "gmtime")),
        *(f"sqlalchemy.func.{name}" for name in ("now", "current_timestamp", "current_date", "current_time")),
    }
)
_QT_CLOCK = re.compile(r"\bQ(DateTime|Date|Time)\.current\w+$")


def no_wall_clock(module: Module) -> Iterator[Finding]:
    """XC-05: only the clock of the kernel knows the hour; tests and drills set it."""
    if module.within("app/kernel/clock.py"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            name = module.dotted(node)
            if name in _WALL_CLOCK or _QT_CLOCK.search(name):
                yield module.at(node, f"{name} reads the wall clock: ask the Clock")


_WRITING_SQL = re.compile(
    r"\b(INSERT\s+(OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE\s+(OR\s+\w+\s+)?[\w\"{}.]+\s+SET|DELETE\s+FROM"
    r"|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|UNIQUE|TRIGGER|VIEW|VIRTUAL|TEMP))\b",
    re.IGNORECASE,
)
_CORE_WRITES = re.compile(r"^sqlalchemy\.(\w+\.)*(insert|update|delete)$")
_VERBS = frozenset({"insert", "update", "delete"})


def _texts(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """String constants that are no docstrings; an f-string is one text with `x` for its values."""
    parts: set[int] = set()
    for node in module.nodes:
        if isinstance(node, ast.JoinedStr):
            parts.update(id(value) for value in node.values)
            yield node, "".join(str(v.value) if isinstance(v, ast.Constant) else "x" for v in node.values)
    skipped = parts | module.docstrings
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node, node.value


def _core_writes(module: Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Calls of Core that write: the call, its verb and the dotted name of its table ("" when unknown)."""
    knows_tables = any(name.partition(".")[0] in {"sqlalchemy", "db"} for name in module.origins.values())
    for call in module.calls():
        name = module.dotted(call.func)
        # list.insert and dict.update take arguments, the methods of a table none.
        bare = knows_tables and not call.args and not call.keywords
        if _CORE_WRITES.match(name):
            yield call, f"{name}()", module.dotted(call.args[0]) if call.args else ""
        elif bare and isinstance(call.func, ast.Attribute) and call.func.attr in _VERBS:
            yield call, f".{call.func.attr}()", module.dotted(call.func.value)


def no_write_around_journal(module: Module) -> Iterator[Finding]:
    """app/journal alone writes shared tables, app/local (and the bootstrap) the local ones.

    db holds migrations, the search index and reference data.
    """
    if module.within("app/journal", "db"):
        return
    for node, text in _texts(module):
        if found := _WRITING_SQL.search(text):
            yield module.at(node, f"SQL writes around the journal: {found.group()}")
    local = module.within("app/local", "app/bootstrap")
    for call, verb, table in _core_writes(module):
        if not (local and table.startswith("db.tables.local.")):
            yield module.at(call, f"{verb} on {table or 'a table'} writes around the journal")


_CJK = (
    r"\u2e80-\u2fdf\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
    r"\U00020000-\U0003ffff"
)
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_CJK_WORD = re.compile(f"[{_CJK}]{{2}}")


def no_cjk(module: Module) -> Iterator[Finding]:
    """Sentences live in resources/texts; code, comments and docstrings are English.

    Single code points and ranges may be written as escapes (`r"[\\u4e00-\\u9fff]"`).
    """
    if module.within("db/reference"):
        return
    seen: set[int] = set()
    for number, line in enumerate(module.source.splitlines(), 1):
        if _CJK_CHARACTER.search(line):
            seen.add(number)
            yield Finding(module.path, number, "Chinese text outside resources/texts")
    for node, text in _texts(module):
        lines = range(getattr(node, "lineno", 1), getattr(node, "end_lineno", 1) + 1)
        if _CJK_WORD.search(text) and seen.isdisjoint(lines):
            yield module.at(node, "Chinese text outside resources/texts, in escapes")


def no_print(module: Module) -> Iterator[Finding]:
    """Programs log or write to a given stream."""
    for call in module.calls():
        if (name := module.dotted(call.func)) in {"print", "pprint.pprint", "pprint.pp"}:
            yield module.at(call, f"{name}(): log it, or write to the stream you were given")


def no_star_import(module: Module) -> Iterator[Finding]:
    """Names have a visible origin."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield module.at(node, f"from {node.module} import *")


_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_BROAD = frozenset({"Exception", "BaseException"})


def _is_broad(module: Module, caught: ast.expr) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(module.dotted(kind).removeprefix("builtins.") in _BROAD for kind in kinds)


def _accounts_for(handler: ast.ExceptHandler) -> bool:
    """True if the handler raises, logs, or hands the exception on."""
    for node in (node for statement in handler.body for node in ast.walk(statement)):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LOGGING:
            return True
        if handler.name and isinstance(node, ast.Name) and node.id == handler.name:
            return True
    return False


def no_swallowed_exception(module: Module) -> Iterator[Finding]:
    """A failure is raised, logged or handed on; never dropped."""
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield module.at(node, "bare except")
            elif _is_broad(module, node.type) and not _accounts_for(node):
                yield module.at(node, "except Exception that neither raises nor logs")
        elif isinstance(node, ast.Call) and module.dotted(node.func) == "contextlib.suppress":
            broad = (kind for kind in node.args if _is_broad(module, kind))
            yield from (module.at(kind, "suppress(Exception) drops failures") for kind in broad)


def no_long_file(module: Module) -> Iterator[Finding]:
    """Split by idea before 500 lines."""
    lines = len(module.source.splitlines())
    if lines > MAX_LINES:
        yield Finding(module.path, lines, f"{lines} lines, at most {MAX_LINES}")


def no_utils(module: Module) -> Iterator[Finding]:
    """A module is named after what it knows."""
    names = {"util", "utils"}
    if names & set(PurePosixPath(module.path).with_suffix("").parts):
        yield Finding(module.path, 1, "a module called utils: name it after what it knows")


def no_note_for_later(module: Module) -> Iterator[Finding]:
    """What is left open stands in the issue tracker, not in a comment."""
    for token in module.tokens:
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string):
            yield Finding(module.path, token.start[0], token.string.strip())


_NOT_IN_MAIN = frozenset({"db", "tests", "benchmarks", "tools", "sqlalchemy", "PySide6", "qasync"})


def main_only_app(module: Module) -> Iterator[Finding]:
    """main.py parses arguments and hands over to app (import-linter sees packages only)."""
    if not module.within("main.py"):
        return
    for node, _, name in module.imports():
        if name.partition(".")[0] in _NOT_IN_MAIN:
            yield module.at(node, f"main.py imports {name}")


_GPL_ONLY_QT = re.compile(
    r"^PySide6\.Qt(Charts|DataVisualization|Graphs\w*|HttpServer|NetworkAuth|Quick3D)\b"
)


def no_gpl_only_qt(module: Module) -> Iterator[Finding]:
    """Qt is used under the LGPL (NOTICE); these modules come under the GPL alone."""
    for node, _, name in module.imports():
        if found := _GPL_ONLY_QT.match(name):
            yield module.at(node, f"{found.group()} is offered under the GPL only")


# Rules for the program, and those of them that hold for tests and benchmarks as well.
PROGRAM_RULES: tuple[Rule, ...] = (
    no_modal_exec,
    no_bare_task,
    no_wall_clock,
    no_write_around_journal,
    no_cjk,
    no_print,
    no_star_import,
    no_swallowed_exception,
    no_long_file,
    no_utils,
    no_note_for_later,
    main_only_app,
    no_gpl_only_qt,
)
EVERYWHERE_RULES: tuple[Rule, ...] = (
    no_star_import,
    no_swallowed_exception,
    no_long_file,
    no_utils,
    no_note_for_later,
)


def modules(root: Path, *places: str) -> Iterator[Module]:
    """Parse all Python files of some places (files or folders) below a root; missing places hold none."""
    for place in places:
        path = root / place
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        for file in files:
            yield Module.read(root, file)
