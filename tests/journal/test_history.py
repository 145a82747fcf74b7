"""History of a record: who, when, what, from where, having seen what; valid or not."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from app.journal.acts import ActMaker
from app.journal.history import FieldChange, HistoryEntry, history
from app.journal.operation import Act, ChainEnd, author_transaction
from db.engine import open_reader
from tests.db.world import NOON_MS, Site, found, introduce, two_sites


@pytest.fixture
def pair(tmp_path: Path):
    with two_sites(tmp_path) as sites:
        yield sites


def told(site: Site, entity: str, entity_id: str) -> list[HistoryEntry]:
    """History as a screen gets it: over the reading connection."""
    with contextlib.closing(open_reader(site.path)) as connection:
        return history(connection, entity, entity_id)


def change(entry: HistoryEntry, field: str) -> FieldChange:
    """What an entry did to a field."""
    (found_change,) = [each for each in entry.changes if each.field == field]
    return found_change


def test_unknown_record_has_no_history(pair: tuple[Site, Site]) -> None:
    assert told(pair[0], "incident", "nothing") == []


def test_who_when_where_and_what(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    emb.write(
        "incident", "i1", {"no": "EMB-20250714-001", "place": "a"}, new=True, why="reported by telephone"
    )
    emb.clock.advance(60)
    emb.write("incident", "i1", {"place": "b"})
    made, changed = told(emb, "incident", "i1")
    assert (made.account_id, made.agency, made.site_agency, made.letter) == ("officer-EMB", "EMB", "EMB", "")
    assert (made.command, made.verb, made.new, made.site) == ("record", "write", True, emb.journal.own_site)
    assert changed.recorded_at - made.recorded_at == 60_000
    assert made.recorded_at == NOON_MS
    assert made.details == {"why": "reported by telephone"}
    assert change(made, "place") == FieldChange("place", (), "a")
    assert change(changed, "place") == FieldChange("place", ("a",), "b")
    assert not changed.new
    assert changed.quarantined is None


def test_concurrent_edits_each_show_what_they_found(pair: tuple[Site, Site]) -> None:
    """Neither had seen the other; the one that resolves had seen both."""
    emb, frd = pair
    emb.write("incident", "i1", {"place": "a"}, new=True)
    emb.tell(frd)
    emb.write("incident", "i1", {"place": "b"})
    frd.clock.advance(1)
    frd.write("incident", "i1", {"place": "c"})
    emb.tell(frd)
    frd.write("incident", "i1", {"place": "d"})
    frd.tell(emb)
    for site in pair:
        entries = {change(each, "place").after: each for each in told(site, "incident", "i1")}
        assert change(entries["b"], "place").before == ("a",)
        assert change(entries["c"], "place").before == ("a",)
        assert change(entries["d"], "place").before == ("c", "b")  # newest first
        emb_b, frd_c, frd_d = entries["b"], entries["c"], entries["d"]
        assert not emb_b.had_seen(frd_c.site, frd_c.seq)
        assert not frd_c.had_seen(emb_b.site, emb_b.seq)
        assert frd_d.had_seen(emb_b.site, emb_b.seq)
        assert frd_d.had_seen(frd_c.site, frd_c.seq)
        assert not frd_d.had_seen(frd_d.site, frd_d.seq)
        assert set(frd_c.seen) == {emb.journal.own_site}
        assert frd_c.seen[emb.journal.own_site] == emb_b.seq - 1


def test_write_that_names_no_head_shows_what_stood_in_its_past(pair: tuple[Site, Site]) -> None:
    emb, frd = pair
    emb.write("incident", "i1", {"place": "a"}, new=True)
    emb.write("incident", "i1", {"place": "b"})
    careless = Act("record", "incident", "i1", "joint", {"v": "write", "set": {"place": "c"}})
    emb.journal.author(emb.officer, [[careless]])
    emb.tell(frd)
    entries = told(frd, "incident", "i1")
    assert change(entries[2], "place") == FieldChange("place", ("b",), "c")
    emb.write("incident", "i1", {"place": "d"})
    assert set(change(told(emb, "incident", "i1")[3], "place").before) == {"b", "c"}


def test_extremes_show_the_entries_that_stood(pair: tuple[Site, Site]) -> None:
    emb, frd = pair
    emb.write("incident", "i1", {"place": "a"}, new=True, entries={"alarm_grade": 2})
    emb.write("incident", "i1", {}, entries={"alarm_grade": 4})
    wrong = told(emb, "incident", "i1")[1]
    emb.mark(
        "incident", "i1", "strike", field="alarm_grade", ops=[bytes.fromhex(wrong.hash)], why="typing error"
    )
    emb.write("incident", "i1", {}, entries={"alarm_grade": 3})
    emb.tell(frd)
    entries = told(frd, "incident", "i1")
    assert change(entries[0], "alarm_grade").before == ()
    assert change(entries[1], "alarm_grade").before == (2,)
    assert entries[2].details == {"field": "alarm_grade", "ops": [wrong.hash], "why": "typing error"}
    assert change(entries[3], "alarm_grade").before == (2,)


def test_retraction_and_what_outlasts_it(pair: tuple[Site, Site]) -> None:
    emb, frd = pair
    emb.write("incident", "i1", {"place": "a"}, new=True)
    emb.tell(frd)
    emb.mark("incident", "i1", "retract", why="twice")
    frd.write("incident", "i1", {"place": "b"})
    emb.tell(frd)
    _, edit, retraction = sorted(told(frd, "incident", "i1"), key=lambda each: each.verb == "retract")
    assert retraction.verb == "retract"
    assert retraction.details == {"why": "twice"}
    assert [(flag.kind, flag.about) for flag in edit.flags] == [("edit outlasts retraction", retraction.hash)]


def test_quarantined_act_says_why_and_does_not_count(tmp_path: Path) -> None:
    """An act of an account that nobody here knows: kept, shown, without effect."""
    emb, frd = found(tmp_path / "emb.db", "EMB"), found(tmp_path / "frd.db", "FRD")
    introduce(emb, frd)
    introduce(frd, emb)
    frd.tell(emb)
    emb.write("incident", "i1", {"place": "a"}, new=True)
    emb.tell(frd)
    body = {
        "v": "write",
        "set": {"place": "x"},
        "over": {"place": ActMaker(frd.journal.state, "FRD").heads("incident", "i1", "place")},
    }
    own = frd.journal.state.chains[frd.journal.own_site]
    stranger = author_transaction(
        "live", frd.journal.identity.key.signing, own.site, ChainEnd(own.seq, own.hash),
        frd.journal.state.causality.parents_for(own.hash), [NOON_MS << 16], "stranger",
        [Act("record", "incident", "i1", "joint", body)],
    )  # fmt: skip
    emb.journal.receive([stranger])
    named = {"place": [stranger[0].hash]}  # naming passes through a quarantined write
    through = Act("record", "incident", "i1", "joint", {"v": "write", "set": {"place": "b"}, "over": named})
    emb.journal.author(emb.officer, [[through]])
    _, refused, after = told(emb, "incident", "i1")
    assert refused.account_id == "stranger"
    assert refused.quarantined == "unknown author"
    assert refused.agency == "FRD"  # of the site: the account has none
    assert change(refused, "place") == FieldChange("place", ("a",), "x")
    assert change(after, "place") == FieldChange("place", ("a",), "b")
    emb.close()
    frd.close()


def test_accounts_and_sites_have_a_history_too(pair: tuple[Site, Site]) -> None:
    emb, frd = pair
    (grant,) = told(frd, "account", "officer-EMB")
    assert grant.verb == "grant"
    assert grant.details == {"agency": "EMB", "roles": ["duty_officer"]}
    assert grant.account_id == "admin-EMB"
    (enrolment,) = told(frd, "site", emb.journal.own_site)
    assert enrolment.verb == "enrol"
    assert enrolment.agency == "EMB"
    assert enrolment.details["key"] == emb.journal.identity.key.public.hex()


def test_history_is_plain_data(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    emb.write("incident", "i1", {"place": "a", "position": [121.5, 31.1, "WGS-84"]}, new=True)
    (entry,) = told(emb, "incident", "i1")
    data = json.loads(json.dumps(asdict(entry)))
    assert data["changes"][1] == {"field": "position", "before": [], "after": [121.5, 31.1, "WGS-84"]}
