"""Migrations: the migrated schema is the declared one; an older file is copied, migrated whole or not at all."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from db import examine, migrate, tables
from db.engine import open_writer
from db.examine import HEAD, REBUILD_PENDING
from db.fields import metadata
from db.migrate import bring_up_to_date, create, known_revisions, rebuilt
from db.problems import DatabaseProblemError, ProblemKind

TRIGGERS = {"op_never_changed": "op", "op_never_deleted": "op"}
NOT_OURS = {"alembic_version"}

Shape = dict[str, dict[str, object]]


def shape(connection: sqlite3.Connection) -> Shape:
    """Tables with their columns, keys and indexes, in a form that does not depend on how the SQL was laid out."""
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        if row[0] not in NOT_OURS
        and not row[0].startswith("search_")  # full text: virtual tables, no metadata
    ]
    return {name: _table(connection, name) for name in names}


def _table(connection: sqlite3.Connection, name: str) -> dict[str, object]:
    columns = {
        row[1]: (row[2].upper(), row[3], str(row[4]).strip("'") if row[4] is not None else None, row[5])
        for row in connection.execute(f'PRAGMA table_info("{name}")')
    }
    indexes = {}
    for _, index, unique, origin, partial in connection.execute(f'PRAGMA index_list("{name}")').fetchall():
        parts = tuple(tuple(row[1:5]) for row in connection.execute(f'PRAGMA index_xinfo("{index}")'))
        key = index if origin == "c" else (origin, tuple(part[1] for part in parts))
        indexes[key] = (unique, partial, tuple(part[1:] for part in parts))
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    foreign = sorted(tuple(row[2:]) for row in connection.execute(f'PRAGMA foreign_key_list("{name}")'))
    return {
        "columns": columns,
        "indexes": indexes,
        "rowid": "WITHOUT ROWID" not in sql.upper(),
        "foreign": foreign,
    }


def expressions(connection: sqlite3.Connection) -> dict[str, str]:
    """Indexes over expressions, whose columns have no names, as text without layout."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return {name: re.sub(r'[\s"]+', "", sql).lower() for name, sql in rows if "coalesce" in sql.lower()}


def declared() -> sqlite3.Connection:
    """A database made from the declarations alone."""
    assert tables.ENTITIES
    connection = sqlite3.connect(":memory:")
    engine = create_engine("sqlite://", creator=lambda: connection)
    metadata.create_all(engine)
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "console.db"
    create(path)
    return path


def test_migrated_schema_is_the_declared_one(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as made, contextlib.closing(declared()) as wanted:
        found, expected = shape(made), shape(wanted)
        assert found.keys() == expected.keys()
        for name, table in expected.items():
            assert found[name] == table, name
        assert expressions(made) == expressions(wanted)
        assert expressions(made)


def test_journal_is_guarded(path: Path) -> None:
    with contextlib.closing(open_writer(path)) as connection:
        rows = connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        assert dict(rows.fetchall()) == TRIGGERS
        columns = [row[1] for row in connection.execute("PRAGMA table_info(op)")]
        connection.execute(
            "INSERT INTO op (hash, site, seq, prev, tx, tx_last, parents, hlc, scope, commitment)"
            " VALUES (x'01', 's', 1, x'', 1, 1, x'', 5, 'joint', x'02')"
        )
        for column in set(columns) - {"body"}:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(f"UPDATE op SET {column} = 77")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM op")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("INSERT OR REPLACE INTO op SELECT * FROM op")
        for part in ("body=x'80'", "body=x'80', salt=x'', actor='a'", "actor='a'"):  # a late body comes whole
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(f"UPDATE op SET {part}")
        hidden = "actor='a', command='c', entity='e', entity_id='i', schema_v=1, salt=x'', body=x'80'"
        connection.execute(f"UPDATE op SET {hidden}")  # a late body fills a header, once
        for column in set(columns) - {"n"}:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(f"UPDATE op SET {column} = NULL")


def test_new_file(path: Path, tmp_path: Path) -> None:
    assert [each.name for each in tmp_path.iterdir()] == ["console.db"]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA application_id").fetchone() == (examine.APPLICATION_ID,)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with pytest.raises(FileExistsError):
        create(path)
    assert known_revisions()[-1] == HEAD
    assert known_revisions() == sorted(known_revisions())


def test_interrupted_creation_leaves_no_database_and_does_not_hinder_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "console.db"
    for leftover in ("console.db.new", "console.db.new-journal", "console.db.new-wal"):
        (tmp_path / leftover).write_bytes(b"leftover of a crash")
    with monkeypatch.context() as broken:
        broken.setattr(migrate, "HEAD", "9999")
        with pytest.raises(Exception, match="9999"):
            create(path)
        assert list(tmp_path.iterdir()) == []
    create(path)
    assert [each.name for each in tmp_path.iterdir()] == ["console.db"]


# -- from an older version ----------------------------------------------------------------------------------------------
@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program one version on: its migrations, with a step whose text the test writes."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "MIGRATIONS", scripts)
    monkeypatch.setattr(migrate, "HEAD", "8888")
    return scripts / "versions" / "v8888_next.py"


def step(*statements: str) -> str:
    """Text of a migration."""
    body = "\n".join(f"    op.execute({statement!r})" for statement in statements)
    return (
        f'"""Next"""\nfrom alembic import op\n\nrevision = "8888"\ndown_revision = "{HEAD}"\n'
        f"branch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n{body}\n"
    )


def put_draft(path: Path) -> None:
    """A row to look for."""
    with contextlib.closing(open_writer(path)) as connection:
        connection.execute("INSERT INTO draft VALUES ('d1', 'a', 'c', 'text', 5)")


def columns(path: Path, table: str) -> list[str]:
    """Columns of a table."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_older_file_is_copied_then_migrated_and_asks_for_a_rebuild_until_it_was_done(
    path: Path, later: Path, tmp_path: Path
) -> None:
    put_draft(path)
    later.write_text(step("ALTER TABLE draft ADD COLUMN note TEXT", "UPDATE draft SET note = 'migrated'"))
    copies = tmp_path / "copies"
    assert bring_up_to_date(path, copies) is True
    assert columns(path, "draft")[-1] == "note"
    (copy,) = copies.iterdir()
    assert copy.name == f"console-{HEAD}-before-8888.db"
    assert "note" not in columns(copy, "draft")
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT content FROM draft").fetchall() == [("text",)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    # a crash before the rebuild: the next start asks again, and copies nothing
    assert bring_up_to_date(path, copies) is True
    assert len(list(copies.iterdir())) == 1
    with contextlib.closing(open_writer(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (REBUILD_PENDING,)
        rebuilt(connection)
    assert bring_up_to_date(path, copies) is False


def test_rows_that_are_only_in_the_log_are_in_the_copy(path: Path, later: Path, tmp_path: Path) -> None:
    later.write_text(step("DROP TABLE draft"))
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    with contextlib.closing(open_writer(path)) as connection:
        connection.execute("INSERT INTO draft VALUES ('d1', 'a', 'c', 'only in the log', 5)")
        for each in (path, examine.wal_of(path)):
            shutil.copyfile(each, crashed / each.name)
    assert b"only in the log" not in (crashed / "console.db").read_bytes()
    with contextlib.closing(
        sqlite3.connect(crashed / "console.db")
    ) as reader:  # keeps the log from being emptied
        assert reader.execute("SELECT count(*) FROM draft").fetchone() == (1,)
        assert bring_up_to_date(crashed / "console.db", tmp_path / "copies") is True
    (copy,) = (tmp_path / "copies").iterdir()
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT content FROM draft").fetchall() == [("only in the log",)]


@pytest.mark.parametrize(
    "statements",
    [
        ("DROP TABLE incident", "ALTER TABLE nothing ADD COLUMN x TEXT"),
        (
            "DROP TABLE incident",
            "CREATE TABLE child (id TEXT REFERENCES draft (id))",
            "INSERT INTO child VALUES ('lost')",
        ),
    ],
    ids=["a failing step", "dangling references"],
)
def test_failed_migration_leaves_the_file_as_it_was(
    path: Path, later: Path, tmp_path: Path, statements: tuple[str, ...]
) -> None:
    """All steps are one transaction, or the file would be half of each version."""
    put_draft(path)
    before = path.read_bytes()
    later.write_text(step(*statements))
    with pytest.raises(DatabaseProblemError) as problem:
        bring_up_to_date(path, tmp_path / "copies")
    assert problem.value.kind is ProblemKind.DAMAGED
    assert path.read_bytes() == before
    assert migrate.revision_of(path) == HEAD
    later.write_text(step("ALTER TABLE draft ADD COLUMN note TEXT"))
    assert bring_up_to_date(path, tmp_path / "copies") is True
    assert {each.name for each in (tmp_path / "copies").iterdir()} == {
        f"console-{HEAD}-before-8888.db",
        f"console-{HEAD}-before-8888-2.db",
    }


def test_child_rows_survive_a_table_made_anew(path: Path, later: Path, tmp_path: Path) -> None:
    """With foreign keys on, dropping the parent would delete its children."""
    with contextlib.closing(open_writer(path)) as connection:
        connection.execute("CREATE TABLE parent (id TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id TEXT REFERENCES parent (id) ON DELETE CASCADE)")
        connection.execute("INSERT INTO parent VALUES ('p')")
        connection.execute("INSERT INTO child VALUES ('p')")
    later.write_text(
        step(
            "CREATE TABLE parent_new (id TEXT PRIMARY KEY, name TEXT)",
            "INSERT INTO parent_new (id) SELECT id FROM parent",
            "DROP TABLE parent",
            "ALTER TABLE parent_new RENAME TO parent",
        )
    )
    assert bring_up_to_date(path, tmp_path / "copies") is True
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM child").fetchall() == [("p",)]


def test_no_migration_without_a_copy(path: Path, later: Path, tmp_path: Path) -> None:
    later.write_text(step("DROP TABLE draft"))
    (tmp_path / "copies").write_text("in the way")
    before = path.read_bytes()
    with pytest.raises(DatabaseProblemError):
        bring_up_to_date(path, tmp_path / "copies")
    assert path.read_bytes() == before


@pytest.mark.parametrize("revision", known_revisions()[:-1])
def test_every_earlier_revision_reaches_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path, revision: str
) -> None:
    old = tmp_path / "old.db"
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "HEAD", revision)
        create(old)
    assert migrate.revision_of(old) == revision
    assert bring_up_to_date(old, tmp_path / "copies") is True
    with contextlib.closing(sqlite3.connect(old)) as made, contextlib.closing(sqlite3.connect(path)) as fresh:
        assert shape(made) == shape(fresh)
        assert expressions(made) == expressions(fresh)
