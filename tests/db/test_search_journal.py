"""The index follows whatever the journal does: own acts, the peer's, retractions, a rebuild; `verify` sees no harm in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from app.journal.indexing import index_mended
from app.journal.verify import verify
from db import search, search_index
from db.search import Order, Stretch, Wanted
from tests.db.world import POLICY, Site, busy, two_sites

BY = "r.id"


def by_index(connection: sqlite3.Connection, entity: str, text: str) -> list[str]:
    index = "sqlite_autoindex_" + entity + "_1"
    rowids = search.ordered(
        connection, entity, Wanted.text(text), Order(BY, index, (Stretch("1", BY),)), 1000
    )
    return sorted(
        connection.execute(f"SELECT id FROM {entity} WHERE rowid = ?", (n,)).fetchone()[0] for n in rowids
    )


def by_like(connection: sqlite3.Connection, entity: str, text: str) -> list[str]:
    sql = f"SELECT r.id FROM {entity} r WHERE {search_index.TEXTS[entity]} LIKE ? ORDER BY r.id"
    return [row[0] for row in connection.execute(sql, (f"%{text}%",))]


def agrees(site: Site) -> int:
    """The index and LIKE find the same everywhere; how much in all."""
    connection, found = site.journal.state.connection, 0
    for entity in search_index.TEXTS:
        for (text,) in connection.execute(f"SELECT {search_index.TEXTS[entity]} FROM {entity} r").fetchall():
            for at in range(len(text)):
                word = text[at : at + 3]
                expected = by_like(connection, entity, word)
                assert by_index(connection, entity, word) == expected
                found += len(expected)
    return found


def test_acts_of_both_sides_are_found_at_both(tmp_path: Path) -> None:
    with two_sites(tmp_path) as (emb, frd):
        busy(emb, frd)
        assert agrees(emb) > 50
        assert agrees(frd) > 50
        assert by_index(frd.journal.state.connection, "log_entry", "entry 3") == ["l3"]
        emb.write("incident", "i1", {"place": "天山路", "what": "火灾"})
        assert by_index(emb.journal.state.connection, "incident", "路火") == ["i1"]
        assert by_index(frd.journal.state.connection, "incident", "路火") == []
        emb.tell(frd)
        assert by_index(frd.journal.state.connection, "incident", "路火") == ["i1"]
        emb.write("incident", "i1", {"place": "虹桥路"})
        assert by_index(emb.journal.state.connection, "incident", "天山") == []


def test_the_index_outlasts_vacuum(tmp_path: Path) -> None:
    """VACUUM numbers rows without a number of their own anew; searched ones keep theirs, gaps and all."""
    with two_sites(tmp_path) as (emb, frd):
        busy(emb, frd)
        connection = emb.journal.state.connection
        connection.execute("DELETE FROM log_entry WHERE id = 'l0'")
        before = connection.execute("SELECT rowid, id FROM log_entry ORDER BY rowid").fetchall()
        assert before[0][0] > 1
        connection.execute("VACUUM")
        assert connection.execute("SELECT rowid, id FROM log_entry ORDER BY rowid").fetchall() == before
        assert search_index.sound(connection)
        assert by_index(connection, "log_entry", "entry 3") == ["l3"]


def test_a_rebuild_makes_the_same_index(tmp_path: Path) -> None:
    with two_sites(tmp_path) as (emb, frd):
        busy(emb, frd)
        connection = emb.journal.state.connection
        before = connection.execute("SELECT text FROM search_log_entry ORDER BY text").fetchall()
        connection.execute("UPDATE log_entry SET text = 'tampered' WHERE id = 'l1'")
        emb.journal.rebuild()
        assert connection.execute("SELECT text FROM search_log_entry ORDER BY text").fetchall() == before
        assert len(before) == 7
        assert agrees(emb) > 50


def test_a_refused_act_leaves_no_trace_in_the_index(tmp_path: Path) -> None:
    with two_sites(tmp_path) as (emb, _):
        connection = emb.journal.state.connection
        emb.write("log_entry", "l0", {"text": "first"}, new=True)
        connection.execute("BEGIN")
        connection.execute("UPDATE log_entry SET text = 'second'")
        search_index.index(connection, "log_entry", ["l0"])
        assert by_index(connection, "log_entry", "second") == ["l0"]
        connection.execute("ROLLBACK")
        assert by_index(connection, "log_entry", "second") == []
        assert by_index(connection, "log_entry", "first") == ["l0"]


def test_verify_takes_no_offence(tmp_path: Path) -> None:
    with two_sites(tmp_path) as (emb, frd):
        busy(emb, frd)
        emb.journal.state.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        report = verify(emb.path, emb.standpoint, POLICY)
        assert report.ok, report
        assert report.rows > 10


def test_an_index_of_other_rows_is_made_again(tmp_path: Path) -> None:
    """Rowids are the index's keys; whoever restores a dump gives the rows other ones."""
    with two_sites(tmp_path) as (emb, frd):
        busy(emb, frd)
        connection = emb.journal.state.connection
        assert search_index.sound(connection)
        assert not index_mended(connection)
        connection.execute("UPDATE log_entry SET rowid = rowid + 100")
        connection.execute("UPDATE log_entry SET rowid = 108 - rowid")
        assert not search_index.sound(connection)
        assert index_mended(connection)
        assert search_index.sound(connection)
        assert agrees(emb) > 50
        assert not connection.in_transaction
