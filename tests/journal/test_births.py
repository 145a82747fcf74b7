"""Nobody makes a record under another's id, nor says of himself what is not so (REPLICATION, Births)."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import founding
from app.journal import operation, validity, verbs
from app.journal.operation import Act
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency
from app.kernel.ids import derived_id, earlier_derived_id, is_bound, is_own_id, new_id
from app.usecases import context
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import ChangeIncident
from tests.kit import (
    Site,
    Town,
    act,
    emb,
    forge,
    found_site,
    founded_town,
    frd,
    ms,
    own_id,
    people,
    register,
    town,
    verdict,
)

__all__ = ["emb", "founded_town", "frd", "town"]
SITES = st.integers().map(lambda n: f"site{n}")


# -- ids -------------------------------------------------------------------------------------------------------------------
@given(at=st.integers(0, (1 << 48) - 1), site=SITES, other=SITES)
def test_an_id_is_its_makers_alone(at: int, site: str, other: str) -> None:
    """Whatever the moment and the name of the site; ids of earlier versions are nobody's."""
    made = new_id(ManualClock(at), site)
    assert is_own_id(made, site) and is_bound(made)
    assert is_own_id(made, other) is (site == other)
    assert not is_own_id(made.upper(), site) or made == made.upper()
    assert not is_bound(earlier_derived_id("alarm", site))


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_a_cause_gives_one_id(one: list[str], other: list[str]) -> None:
    """Parts are kept apart: ("ab", "c") is not ("a", "bc")."""
    assert (derived_id("EMB", *one) == derived_id("EMB", *other)) is (one == other)
    assert derived_id("EMB", *one) != derived_id("FRD", *one)
    assert is_bound(derived_id("EMB", *one)) and not is_own_id(derived_id("EMB", *one), "site1")


def test_ids_of_one_moment_are_ordered_by_time_and_differ() -> None:
    """Fifty thousand in one millisecond; a later one is greater as text."""
    clock = ManualClock(1_752_472_930_000)
    made = {new_id(clock, "s") for _ in range(50_000)}
    assert len(made) == 50_000
    clock.advance(0.001)
    assert max(made) < new_id(clock, "s")


# -- births ----------------------------------------------------------------------------------------------------------------
def birth(entity: str, entity_id: str, command: str, values: dict[str, Any], **more: Any) -> Act:
    """A birth of any shape."""
    body = {"v": verbs.WRITE, "new": True, "set": values, **more}
    return Act(command, entity, entity_id, "joint", body)


def forge_early(site: Site, who: str, *acts: Act) -> Any:
    """Forge with the lowest stamp there is."""
    clock = site.clock.now_ms()
    site.clock.set(ms("00:00:01"))
    try:
        return forge(site, site.account(who), list(acts))
    finally:
        site.clock.set(clock)


def test_a_second_birth_rewrites_nothing(town: Town) -> None:
    """A log entry of EMB, born again at FRD by changed software with an earlier stamp: quarantined, the text stands."""
    entry_id = act(town.emb, "duty_officer", WriteLogEntry(text="as it was")).result["entry_id"]
    incident = register(town.emb)
    values = {"text": "as it should have been", "agency": "FRD", "kind": "note"}
    tx = forge_early(town.frd, "duty_officer", birth("log_entry", entry_id, "write_log_entry", values))
    other = forge_early(
        town.frd, "duty_officer", birth("incident", incident.id, "register_incident", {"origin": "x"})
    )
    town.sync()
    for site in (town.emb, town.frd):
        assert verdict(site, tx) == verdict(site, other) == ["id of another"]
        [row] = [row for row in site.rows("log_entry") if row["id"] == entry_id]
        assert (row["text"], row["born_agency"], row["conflicts"]) == ("as it was", "EMB", 0)
        assert site.incident(incident.id).no == incident.no


def test_a_cause_counts_for_the_own_agency_only(town: Town) -> None:
    """The alarm of FRD cannot be made by EMB, whatever cause it names; nor a record whose id does not follow from it."""
    cause = ["alarm", "A-1", "20250714"]
    theirs = derived_id("FRD", *cause)
    values = {"origin": "feed", "alarm_no": "A-1"}
    cases = [
        birth("incident", theirs, "register_incident", values, cause=cause),
        birth("incident", theirs, "register_incident", values),
        birth("incident", derived_id("EMB", *cause), "register_incident", values, cause=cause[:2]),
        birth("incident", own_id(town.emb), "register_incident", values, cause=cause),
        birth("incident", "i1", "register_incident", values),
        birth("incident", earlier_derived_id(*cause), "register_incident", values, cause=cause),
    ]
    for each in cases:
        assert verdict(town.emb, forge(town.emb, town.emb.account("duty_officer"), [each])) == [
            "id of another"
        ]
    good = birth("incident", derived_id("EMB", *cause), "register_incident", values, cause=cause)
    assert verdict(town.emb, forge(town.emb, town.emb.account("duty_officer"), [good])) == [None]


def test_an_older_number_escapes_no_rule(town: Town) -> None:
    """A chain that has written in this version does not go back; one that has not makes no records under the new ids."""
    with patch.object(operation, "SCHEMA_V", 1):
        back = forge(
            town.frd,
            town.frd.account("duty_officer"),
            [birth("log_entry", "old id", "write_log_entry", {"text": "x"})],
        )
    town.sync()
    assert verdict(town.emb, back) == verdict(town.frd, back) == ["older version"]
    with patch.object(operation, "SCHEMA_V", 1), patch.object(validity, "goes_back", lambda *_: False):
        bound = forge(
            town.frd,
            town.frd.account("duty_officer"),
            [birth("log_entry", own_id(town.emb), "write_log_entry", {"text": "x"})],
        )
        free = forge(
            town.frd,
            town.frd.account("duty_officer"),
            [birth("log_entry", "old id", "write_log_entry", {"text": "x", "agency": "EMB"})],
        )
        assert verdict(town.frd, bound) == ["id of another"]
        assert verdict(town.frd, free) == [None]  # what earlier versions wrote stays as it was judged then


# -- claims ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "entity, command, field, good, bad",
    [
        ("log_entry", "write_log_entry", "agency", "FRD", "EMB"),
        ("log_entry", "write_log_entry", "account_id", "OWN", "somebody"),
        ("incident", "register_incident", "agency", "FRD", "EMB"),
        ("incident", "register_incident", "registered_by", "OWN", "somebody"),
        ("incident", "register_incident", "no", "FRD-20250714-077", "EMB-20250714-077"),
        ("incident", "register_incident", "no", "FRD-20250714-1000", "FRD-20250714-B077"),
        ("incident", "register_incident", "no", "FRD-20250714-078", "FRD-77"),
        ("watch", "take_watch", "agency", "FRD", "EMB"),
        ("watch", "take_watch", "account_id", "OWN", "somebody"),
        ("oral_report", "file_oral_report", "agency", "FRD", "EMB"),
        ("oral_report", "file_oral_report", "account_id", "OWN", "somebody"),
        ("report", "file_report", "agency", "FRD", "EMB"),
        ("report", "file_report", "account_id", "OWN", "somebody"),
        ("import_batch", "begin_import", "site", "SITE", "another site"),
    ],
)
def test_what_a_body_says_of_its_author_is_judged(
    town: Town, entity: str, command: str, field: str, good: str, bad: str
) -> None:
    """Agency, account, site and number are the author's own, or the act counts for nothing anywhere."""
    account = town.frd.account("duty_chief")
    said = {"OWN": account, "SITE": town.frd.node.me.site}.get(good, good)
    truth = forge(town.frd, account, [birth(entity, own_id(town.frd), command, {field: said})])
    lie = forge(town.frd, account, [birth(entity, own_id(town.frd), command, {field: bad})])
    town.sync()
    for site in (town.emb, town.frd):
        assert verdict(site, truth) == [None]
        assert verdict(site, lie) == ["false claim"]


# -- records of earlier versions -----------------------------------------------------------------------------------------------
def test_what_an_earlier_version_wrote_stands(tmp_path: Path) -> None:
    """A site founded and used by version 1, under ids of its kind: all of it counts after the upgrade."""
    with ExitStack() as old:
        old.enter_context(patch.object(operation, "SCHEMA_V", 1))
        old.enter_context(patch.object(validity, "SCHEMA_V", 1))
        for module in (context, founding):
            old.enter_context(patch.object(module, "new_id", lambda *_: str(uuid.uuid4())))
        site = found_site(tmp_path, Agency.EMB)
        people(site)
        incident = register(site)
        entry_id = act(site, "duty_officer", WriteLogEntry(text="before")).result["entry_id"]
    try:
        site.node.local(lambda _: site.node.journal.rebuild())
        assert site.count("quarantine") == 0 and not is_bound(incident.id)
        assert site.incident(incident.id).no == incident.no
        act(site, "duty_officer", ChangeIncident(incident_id=incident.id, what="b"))
        act(site, "duty_officer", WriteLogEntry(text="after"))
        assert {row["text"] for row in site.rows("log_entry")} >= {"before", "after"}
        assert entry_id in {row["id"] for row in site.rows("log_entry")}
    finally:
        site.node.close()
