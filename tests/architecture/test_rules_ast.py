"""Every rule holds in the real tree, turns red on a broken example, and leaves its honest neighbour alone."""

from __future__ import annotations

import textwrap

import pytest

from tests.architecture.layers import ROOT
from tests.architecture.rules_ast import (
    EVERYWHERE_RULES,
    MAX_LINES,
    PROGRAM_RULES,
    Module,
    Rule,
    main_only_app,
    modules,
    no_bare_task,
    no_cjk,
    no_gpl_only_qt,
    no_long_file,
    no_modal_exec,
    no_note_for_later,
    no_print,
    no_star_import,
    no_swallowed_exception,
    no_utils,
    no_wall_clock,
    no_write_around_journal,
)

# rule, path of the example, its text, lines with findings
EXAMPLES: tuple[tuple[Rule, str, str, list[int]], ...] = (
    (no_modal_exec, "app/ui/reports.py", "dialog.exec()\nself._box.exec_()\nQDialog(self).exec()", [1, 2, 3]),
    (no_modal_exec, "app/ui/reports.py", "QMessageBox.question(self, 'a', 'b')", [1]),
    (
        no_modal_exec,
        "app/ui/reports.py",
        "from PySide6 import QtWidgets as w\nw.QFileDialog.getOpenFileName()",
        [2],
    ),
    (
        no_modal_exec,
        "app/ui/shell.py",
        "QApplication.instance().exec()\nmenu.exec(point)\nQMenu().exec()",
        [],
    ),
    (no_modal_exec, "app/ui/reports.py", "dialog.open()\nQFileDialog(self).open()", []),
    (no_modal_exec, "app/links/calls.py", "query.exec()", []),
    (no_bare_task, "app/links/calls.py", "import asyncio\nasyncio.create_task(f())", [2]),
    (no_bare_task, "app/links/calls.py", "from asyncio import ensure_future as go\ngo(f())", [2]),
    (
        no_bare_task,
        "app/links/calls.py",
        "asyncio.get_running_loop().create_task(f())\nself.loop.create_task(f())",
        [1, 2],
    ),
    (no_bare_task, "app/kernel/tasks.py", "import asyncio\nasyncio.create_task(f())", []),
    (
        no_bare_task,
        "app/links/calls.py",
        """\
        import asyncio
        async def meet(other: asyncio.TaskGroup):
            other.create_task(f())
            async with asyncio.TaskGroup() as group:
                group.create_task(f())
            self.tasks.start(f())
        """,
        [],
    ),
    (
        no_wall_clock,
        "app/domain/watch.py",
        "from datetime import datetime as dt\ndt.now(UTC)\ndt.utcnow()",
        [2, 3],
    ),
    (
        no_wall_clock,
        "app/domain/watch.py",
        "import datetime\ndatetime.datetime.now()\ndatetime.date.today()",
        [2, 3],
    ),
    (no_wall_clock, "db/engine.py", "import time\nfield(default_factory=time.time)\ntime.time_ns()", [2, 3]),
    (no_wall_clock, "app/queries/duty.py", "from sqlalchemy import func\nfunc.now()", [2]),
    (
        no_wall_clock,
        "app/ui/duty.py",
        "from PySide6.QtCore import QDateTime\nQDateTime.currentDateTime()",
        [2],
    ),
    (no_wall_clock, "app/kernel/clock.py", "import time\ntime.time_ns()", []),
    (
        no_wall_clock,
        "app/ui/duty.py",
        "import time\ntime.monotonic()\ntime.perf_counter()\nclock.now_ms()\nself.now()",
        [],
    ),
    (no_write_around_journal, "app/queries/reports.py", "x = 'insert or ignore into report values (1)'", [1]),
    (
        no_write_around_journal,
        "app/usecases/reports.py",
        "x = f'UPDATE {table} SET a = 1'\ny = 'DELETE FROM report'",
        [1, 2],
    ),
    (no_write_around_journal, "app/replication/sessions.py", "x = '''\nREPLACE INTO t VALUES (1)'''", [1]),
    (no_write_around_journal, "app/queries/reports.py", "x = 'DROP TABLE report'", [1]),
    (no_write_around_journal, "app/queries/reports.py", "from sqlalchemy import delete\ndelete(report)", [2]),
    (
        no_write_around_journal,
        "app/queries/reports.py",
        "from sqlalchemy.dialects.sqlite import insert as put\nput(report)",
        [2],
    ),
    (
        no_write_around_journal,
        "app/queries/reports.py",
        "from db.tables import reports\nreports.report.update()",
        [2],
    ),
    (
        no_write_around_journal,
        "app/local/drafts.py",
        "from sqlalchemy import insert\nfrom db.tables import local, reports\n"
        "insert(reports.report)\ninsert(local.draft)\nlocal.draft.delete()",
        [3],
    ),
    (no_write_around_journal, "app/journal/project.py", "from sqlalchemy import insert\ninsert(report)", []),
    (no_write_around_journal, "db/migrations/first.py", "x = 'CREATE TABLE report (id TEXT)'", []),
    (
        no_write_around_journal,
        "app/queries/reports.py",
        "'''Never delete from report.'''\nimport db\nseen.update(x)\nrows.insert(0, x)\nx = 'SELECT 1'",
        [],
    ),
    (no_cjk, "app/domain/levels.py", "# 值班\nx = '晨报'\ndef f():\n    '''交接'''", [1, 2, 4]),
    (no_cjk, "app/domain/levels.py", "x = f'{a}、'\ny = '\\u503c\\u73ed'\nz = '''\n处'''", [1, 2, 4]),
    (no_cjk, "app/domain/levels.py", "x = r'[\\u4e00-\\u9fff]'\ny = '\\u3000'\nz = '§ → ≥ …'", []),
    (no_cjk, "db/reference/streets.py", "x = '华强北'", []),
    (no_print, "app/cli.py", "print('x')\nimport pprint\npprint.pprint(x)", [1, 3]),
    (no_print, "app/cli.py", "stream.write('x')\nself.print(x)", []),
    (no_star_import, "app/cli.py", "from app.kernel.enums import *", [1]),
    (no_star_import, "app/cli.py", "from app.kernel import enums", []),
    (no_swallowed_exception, "app/cli.py", "try:\n    f()\nexcept:\n    raise", [3]),
    (
        no_swallowed_exception,
        "app/cli.py",
        "try:\n    f()\nexcept (ValueError, Exception):\n    clean()",
        [3],
    ),
    (no_swallowed_exception, "app/cli.py", "try:\n    f()\nexcept BaseException as error:\n    pass", [3]),
    (
        no_swallowed_exception,
        "app/cli.py",
        "import contextlib\nwith contextlib.suppress(Exception):\n    f()",
        [2],
    ),
    (
        no_swallowed_exception,
        "app/cli.py",
        """\
        try:
            f()
        except KeyError:
            pass
        except OSError as error:
            x = None
        except Exception:
            log.exception("f failed")
        try:
            f()
        except Exception as error:
            future.set_exception(error)
        try:
            f()
        except BaseException:
            roll_back()
            raise
        """,
        [],
    ),
    (no_long_file, "app/cli.py", "\n" * MAX_LINES + "x = 1", [MAX_LINES + 1]),
    (no_long_file, "app/cli.py", "\n" * (MAX_LINES - 1) + "x = 1", []),
    (no_utils, "app/domain/utils.py", "", [1]),
    (no_utils, "app/util/names.py", "", [1]),
    (no_utils, "app/domain/numbering.py", "", []),
    (no_note_for_later, "app/cli.py", "x = 1  # TODO: mend\n# FIXME", [1, 2]),
    (no_note_for_later, "app/cli.py", "x = 'TODO'\n# nothing to do", []),
    (main_only_app, "main.py", "import db.engine\nfrom PySide6.QtWidgets import QApplication", [1, 2]),
    (main_only_app, "main.py", "import sys\nfrom app.cli import run", []),
    (main_only_app, "app/bootstrap/node.py", "import db.engine", []),
    (
        no_gpl_only_qt,
        "app/ui/x.py",
        "import PySide6.QtCharts\nfrom PySide6 import QtCore, QtGraphs as g",
        [1, 2],
    ),
    (no_gpl_only_qt, "app/ui/x.py", "from PySide6.QtNetwork import QTcpSocket\nimport PySide6.QtQuick", []),
)


@pytest.mark.parametrize(
    ("rule", "path", "source", "lines"),
    [pytest.param(*example, id=f"{example[0].__name__}-{number}") for number, example in enumerate(EXAMPLES)],
)
def test_example(rule: Rule, path: str, source: str, lines: list[int]) -> None:
    findings = list(rule(Module(path, textwrap.dedent(source))))
    assert sorted(finding.line for finding in findings) == lines
    assert all(str(finding).startswith(f"{path}:{finding.line}: ") for finding in findings)


def test_every_rule_has_a_red_and_a_green_example() -> None:
    red = {rule for rule, _, _, lines in EXAMPLES if lines}
    green = {rule for rule, _, _, lines in EXAMPLES if not lines}
    assert red == green == {*PROGRAM_RULES, *EVERYWHERE_RULES}


@pytest.mark.parametrize("rule", PROGRAM_RULES, ids=lambda rule: rule.__name__)
def test_program_keeps(rule: Rule) -> None:
    findings = [str(found) for module in modules(ROOT, "app", "db", "main.py") for found in rule(module)]
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("rule", EVERYWHERE_RULES, ids=lambda rule: rule.__name__)
def test_tests_and_benchmarks_keep(rule: Rule) -> None:
    findings = [str(found) for module in modules(ROOT, "tests", "benchmarks") for found in rule(module)]
    assert not findings, "\n".join(findings)
