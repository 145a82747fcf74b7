"""An amendment never stands above what it amends, whatever the clocks said (REPLICATION, Merge)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.queries import duty
from app.queries.linked import after_what_they_amend
from app.usecases.duty import AmendLogEntry, WriteLogEntry
from tests.kit import Town, act, moment


@dataclass(frozen=True)
class Row:
    id: str
    amends_id: str | None = None


@given(st.lists(st.integers(-1, 9), max_size=10))
def test_any_links_in_any_order(links: list[int]) -> None:
    """Nothing is lost or doubled, also in circles; whoever links to a row that stands by itself comes after it."""
    rows = [Row(str(n), str(link) if link >= 0 else None) for n, link in enumerate(links)]
    ordered = after_what_they_amend(rows)
    assert sorted(row.id for row in ordered) == sorted(row.id for row in rows)
    place = {row.id: n for n, row in enumerate(ordered)}
    amends = {row.id: row.amends_id for row in rows if row.amends_id in place}
    for row in rows:
        if row.id in amends and not _in_circle(row.id, amends):
            assert place[str(row.amends_id)] < place[row.id]
    if not amends:
        assert ordered == rows


def _in_circle(start: str, amends: Mapping[str, str | None]) -> bool:
    """True if following the links from here ends nowhere."""
    seen: set[str] = set()
    at: str | None = start
    while at in amends and at not in seen:
        seen.add(str(at))
        at = amends[str(at)]
    return at in seen


def test_the_duty_log_keeps_amendments_behind(town: Town) -> None:
    """The clock was ahead and is put right: of two entries on one moment the amendment was made earlier by the clock, and stands
    behind all the same, in both rooms."""
    emb = town.emb.at("09:00:00")
    written = WriteLogEntry(text="甲", at=moment("08:00:00"))
    entry = str(act(emb, "duty_officer", written).result["entry_id"])
    emb.at("08:30:00")
    done = act(emb, "duty_officer", AmendLogEntry(entry_id=entry, text="甲，更正"))
    amendment = str(done.result["entry_id"])
    town.sync()
    for site in (emb, town.frd):
        rows = {row.id: row for row in site.node.read(duty.log)}
        assert rows[amendment].at == rows[entry].at and amendment < entry
        assert list(rows).index(amendment) < list(rows).index(entry), "newest first"
