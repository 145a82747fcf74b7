"""Long shared text (REPLICATION, Merge): joined alike everywhere, nobody's words replaced, nothing taken on trust."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journal import rows, verbs
from app.journal.history import history
from app.journal.journal import QuarantinedError
from app.journal.operation import Act, Transaction
from app.journal.policy import Policy
from app.journal.text_codec import Run, Update, decode, encode
from app.journal.text_engine import opened, rewriting, text_of
from app.journal.texts import client_id
from db.fields import INTERNAL, shared, text
from tests.journal.towns import Town, sync, tick, town
from tests.simulation import schema
from tests.simulation.checks import causal_shuffle
from tests.simulation.world import Station, fresh_connection, granting, revoking

ROOT = Path(__file__).parents[2]
CASE = "i1"
PLACE = ("sim_case", CASE, "minutes")


def write(at: Station, shown: str, actor: str = "EMB-o", field: str = "minutes") -> Transaction:
    """Turn the text into another as this officer."""
    acts = at.maker().text("edit", "sim_case", CASE, field, at.site, shown)
    at.journal.author(actor, [[act] for act in acts])
    return at.last()


def append(at: Station, words: str, actor: str = "EMB-o", field: str = "minutes") -> Transaction:
    """Go on writing at the end."""
    return write(at, (at.row(CASE).get(field) or "") + words, actor, field)


def shown(stations: Town, field: str = "minutes") -> set[object]:
    return {each.row(CASE).get(field) for each in stations.values()}


def forged(
    at: Station, update: Update | bytes, *, epoch: int = 0, field: str = "minutes", actor: str = "EMB-o"
) -> list[str | None]:
    """What a site's own journal says of an update that changed software made."""
    data = update if isinstance(update, bytes) else encode(update)
    body = {"v": verbs.TEXT, "field": field, "epoch": epoch, "update": data}
    scope = schema.ENTITIES["sim_case"].fields[field].scope
    return at.verdict(at.swallow(at.forge("EMB-o", [Act("edit", "sim_case", CASE, scope, body)])))


def test_two_write_at_once_and_both_stand() -> None:
    """Nobody's words are lost, no conflict is left, and everywhere the text is the same to the byte."""
    stations = town()
    east, fire = stations["E1"], stations["F1"]
    write(east, "一、会议时间。二、参加单位。")
    sync(stations)
    write(east, "一、会议时间十四时。二、参加单位。")
    write(fire, "一、会议时间。二、参加单位：消防救援支队。", "FRD-o")
    sync(stations)
    assert shown(stations) == {"一、会议时间十四时。二、参加单位：消防救援支队。"}
    assert shown(stations, "conflicts") == {0}


def test_characters_of_two_units_stay_whole() -> None:
    """A rare name counts two units; it is typed into, deleted and kept."""
    stations = town("E1", "F1")
    write(stations["E1"], "𠮷田、𡈽屋")
    sync(stations)
    write(stations["E1"], "𠮷野田、𡈽屋")
    write(stations["F1"], "𠮷田、屋", "FRD-o")
    sync(stations)
    assert shown(stations) == {"𠮷野田、屋"}


def test_a_long_paste_takes_several_transactions() -> None:
    """Forty thousand characters in one act, committed together, each part below the frame's limit."""
    stations = town("E1", "F1")
    words = "".join(chr(0x4E00 + n % 5000) for n in range(40_000))
    write(stations["E1"], words)
    sync(stations)
    assert shown(stations) == {words}
    assert (
        len([op for tx in stations["E1"].transactions() for op in tx if op.content["v"] == verbs.TEXT]) == 5
    )


def test_any_order_and_a_rebuild_give_the_same_bytes() -> None:
    """Three write without hearing of each other; every causal order, batches of any size and a rebuild give one text."""
    stations = town("E1", "E2", "F1")
    people = {"E1": "EMB-o", "E2": "EMB-p", "F1": "FRD-o"}
    rng = random.Random(5)
    for round_ in range(4):
        for name, actor in people.items():
            for step in range(rng.randint(1, 4)):
                now = str(stations[name].row(CASE).get("minutes") or "")
                at, gone = rng.randint(0, len(now)), rng.randint(0, 3)
                write(stations[name], now[:at] + f"{name}{round_}{step}" + now[at + gone :], actor)
                tick(stations)
        if round_ % 2:
            sync(stations, "E1", "F1")
    sync(stations)
    [text_] = shown(stations)
    state = stations["E1"].journal.state.texts.state_of(*PLACE)
    order = stations["E1"].transactions()
    for seed in range(12):
        twin = Station(
            "E1", stations["E1"].city, stations["E1"].clock, stations["E1"].key, fresh_connection()
        )
        shuffled = causal_shuffle(type("Any", (), {"rng": random.Random(seed)})(), order)
        size = random.Random(seed).choice((1, 2, 7, 1000))
        for n in range(0, len(shuffled), size):
            twin.journal.receive(shuffled[n : n + size])
        assert twin.row(CASE)["minutes"] == text_
        assert twin.journal.state.texts.state_of(*PLACE) == state
        twin.journal.rebuild()
        assert twin.row(CASE)["minutes"] == text_


def test_the_engine_comes_to_the_same_text() -> None:
    """An editor that opens what was joined here shows what the row shows, and goes on in its own name."""
    stations = town("E1", "F1")
    rng = random.Random(3)
    for step in range(30):
        for name, actor in (("E1", "EMB-o"), ("F1", "FRD-o")):
            now = str(stations[name].row(CASE).get("minutes") or "")
            at = rng.randint(0, len(now))
            write(
                stations[name],
                now[:at] + rng.choice("甲𠮷b") * rng.randint(1, 3) + now[at + rng.randint(0, 2) :],
                actor,
            )
        if step % 5 == 4:
            sync(stations)
            [row] = shown(stations)
            for each in stations.values():
                client = client_id(each.site, PLACE)
                doc = opened(each.journal.state.texts.state_of(*PLACE), client)
                assert text_of(doc) == row and doc.client_id == client


@pytest.mark.parametrize("seed", range(6))
def test_neighbours_that_no_editor_would_name_divide_nobody(seed: int) -> None:
    """Changed software names neighbours in any order; in every order of arrival one text follows, the engine's too."""
    stations = town("E1", "E2", "F1")
    rng = random.Random(seed)
    for step in range(24):
        name = rng.choice(sorted(stations))
        at, own = stations[name], client_id(stations[name].site, PLACE)
        state = at.journal.state.texts.state_of(*PLACE)
        units = [
            (client, clock)
            for client, runs in (decode(state).runs if state else {}).items()
            for run in runs
            for clock in range(run.clock, run.clock + run.length)
        ]
        clock = sum(client == own for client, _ in units)
        left, right = (rng.choice([None, *units]) for _ in range(2))
        update = Update({own: (Run(clock, 2, left, right, f"{step % 10}{name[0]}"),)})
        actor = "FRD-o" if name == "F1" else "EMB-o"
        body = {"v": verbs.TEXT, "field": "minutes", "epoch": 0, "update": encode(update)}
        assert at.verdict(at.swallow(at.forge(actor, [Act("edit", "sim_case", CASE, "joint", body)]))) == [
            None
        ]
        if step % 6 == 5:
            sync(stations, *rng.sample(sorted(stations), 2))
    sync(stations)
    [row] = shown(stations)
    assert len(str(row)) == 48
    order = stations["E1"].transactions()
    for again in range(4):
        twin = Station(
            "E1", stations["E1"].city, stations["E1"].clock, stations["E1"].key, fresh_connection()
        )
        shuffled = causal_shuffle(type("Any", (), {"rng": random.Random(again)})(), order)
        for n in range(0, len(shuffled), 3):
            twin.journal.receive(shuffled[n : n + 3])
        assert twin.row(CASE)["minutes"] == row
        assert text_of(opened(twin.journal.state.texts.state_of(*PLACE))) == row


def test_nobody_writes_in_anothers_name() -> None:
    """The client follows from the workstation and the document; updates under another id are refused, everywhere."""
    stations = town("E1", "F1")
    east = stations["E1"]
    write(east, "abc")
    sync(stations)
    fire = client_id(stations["F1"].site, PLACE)
    other = client_id(east.site, ("sim_case", "i2", "minutes"))
    for client in (fire, other, 7):
        assert forged(east, Update({client: (Run(0, 1, None, None, "x"),)})) == ["another's text"]
    sync(stations)
    assert shown(stations) == {"abc"}


@pytest.mark.parametrize(
    "make",
    [
        lambda own, _: Update({own: (Run(3, 1, (own, 99), None, "x"),)}),  # behind what nobody typed
        lambda own, fire: Update({own: (Run(3, 1, (fire, 0), None, "x"),)}),  # behind what was never seen
        lambda own, _: Update({own: (Run(3, 1, (own, 3), None, "x"),)}),  # behind itself
        lambda own, _: Update({}, {own: ((2, 2),)}),  # deleting what is not there
        lambda own, fire: Update({}, {fire: ((0, 1),)}),
    ],
)
def test_what_is_named_lies_in_the_past(make: Callable[[int, int], Update]) -> None:
    """REPLICATION, validity: an update names what its author had seen and nothing else."""
    stations = town("E1", "F1")
    east = stations["E1"]
    write(east, "abc")
    own, fire = client_id(east.site, PLACE), client_id(stations["F1"].site, PLACE)
    assert forged(east, make(own, fire)) == ["names a head outside its past"]
    sync(stations)
    assert shown(stations) == {"abc"}


@pytest.mark.parametrize(
    "update",
    [
        b"",
        b"\0\0\0",
        b"\xff" * 12,
        bytes.fromhex("0101050004010178016100"),  # another root
        bytes.fromhex("010105000601017401620474727565"),  # a format, not text
        bytes.fromhex("01010500040101740000"),  # an empty run
        bytes.fromhex("0101050004010174ffffffff0f61"),  # longer than what follows
    ],
)
def test_what_is_no_plain_text_is_refused(update: bytes) -> None:
    """The engine never sees what did not pass the reader."""
    assert forged(town("E1")["E1"], update) == ["malformed"]


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever comes: an update that can be written again, or ValueError; never anything else."""
    try:
        update = decode(data)
    except ValueError:
        return
    assert decode(encode(update)) == update


@given(st.data())
def test_a_changed_byte_is_read_strictly(data: st.DataObject) -> None:
    """A real update with some bytes changed: refused, or read as runs that hold together."""
    good = bytearray(
        rewriting(None, 7, data.draw(st.text(min_size=1, max_size=20).filter(lambda t: "\0" not in t)))[0]
    )
    for _ in range(data.draw(st.integers(1, 3))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        update = decode(bytes(good))
    except ValueError:
        return
    for runs in update.runs.values():
        assert all(a.clock + a.length == b.clock for a, b in pairwise(runs))
        assert all(run.length > 0 for run in runs)


def test_clocks_epoch_and_halves_are_judged() -> None:
    """A number left out or used twice, another epoch, a character parted: malformed."""
    east = town("E1")["E1"]
    write(east, "a𠮷b")
    own = client_id(east.site, PLACE)
    assert forged(east, Update({own: (Run(9, 1, (own, 3), None, "x"),)})) == ["malformed"]
    assert forged(east, Update({own: (Run(0, 1, None, None, "x"),)})) == ["malformed"]
    assert forged(east, Update({own: (Run(4, 1, (own, 1), None, "x"),)})) == ["malformed"]
    assert forged(east, Update({}, {own: ((2, 1),)})) == ["malformed"]
    later = client_id(east.site, PLACE, 1)
    assert forged(east, Update({later: (Run(0, 1, None, None, "x"),)}), epoch=1) == ["malformed"]
    assert append(east, "!") and east.row(CASE)["minutes"] == "a𠮷b!"


def test_only_text_fields_take_updates_and_they_take_nothing_else() -> None:
    """The verb follows from the declared rule."""
    east = town("E1")["E1"]
    assert forged(east, Update({1: (Run(0, 1, None, None, "x"),)}), field="place") == ["unknown field"]
    with pytest.raises(QuarantinedError, match="unknown field"):
        east.write("EMB-o", "edit", "sim_case", CASE, {"minutes": "whole"})
    with pytest.raises(QuarantinedError, match="role"):
        write(east, "x", "EMB-a")


def test_what_a_cut_site_typed_goes_and_what_stands_behind_it_stays() -> None:
    """REPLICATION, Trust: beyond the cut the words are gone, the honest words written behind them stay where they were."""
    from app.journal import certificates

    stations = town()
    east, thief = stations["E1"], stations["E2"]
    write(east, "甲。丁。")
    sync(stations)
    last = thief.end.seq
    write(thief, "甲。乙（假）。丁。", "EMB-p")
    sync(stations)
    write(stations["F1"], "甲。乙（假）。丙。丁。", "FRD-o")
    sync(stations, "E1", "F1", "H1")
    cut = certificates.cutting(east.city.recovery("EMB"), east.city.realm, "EMB", thief.site, last)
    east.act("EMB-a", cut)
    sync(stations)
    assert shown(stations) == {"甲。丙。丁。"}
    append(stations["F1"], "戊。", "FRD-o")
    sync(stations)
    assert shown(stations) == {"甲。丙。丁。戊。"}


def test_an_update_under_a_denied_right_leaves_its_writer_able_to_write() -> None:
    """FINDINGS 12: what was typed under a right that falls later goes; the next officer at the same workstation goes on."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.act("EMB-a", granting("EMB-b", "account_admin"))
    sync(stations)
    east.act("EMB-a", revoking("EMB-b"))
    west.act("EMB-b", granting("EMB-x", "officer"))
    write(west, "甲。乙。丙。", "EMB-x")
    write(west, "甲。丙。", "EMB-x")
    append(west, "丁。", "EMB-p")
    sync(stations)
    assert shown(stations) == {"丁。"}
    append(west, "戊。", "EMB-p")
    sync(stations)
    assert shown(stations) == {"丁。戊。"}


def test_a_forked_branch_takes_nobody_elses_words_along() -> None:
    """REPLICATION, Fork: both branches go, also their places; what others wrote against them stays."""
    stations = town("E1", "E2", "F1", "F2")
    east, twin = stations["E1"], stations["E2"]
    write(east, "开头。")
    sync(stations)
    own = client_id(twin.site, PLACE)
    state = twin.journal.state.texts.state_of(*PLACE)

    def branch(words: str) -> Transaction:
        [update] = rewriting(state, own, "开头。" + words)
        body = {"v": verbs.TEXT, "field": "minutes", "epoch": 0, "update": update}
        return twin.forge("EMB-p", [Act("edit", "sim_case", CASE, "joint", body)])

    left, right = branch("左边的话。"), branch("右。")
    stations["F1"].journal.receive([left])
    append(stations["F1"], "在左边后面。", "FRD-o")
    stations["F2"].journal.receive([right])
    append(stations["F2"], "在右边后面。", "FRD-p")
    twin.swallow(left)
    sync(stations)
    [text_] = shown(stations)
    assert sorted(str(text_).split("。")) == sorted(["开头", "在左边后面", "在右边后面", ""])


def test_approval_binds_the_rendered_text() -> None:
    """FINDINGS 16: a later edit makes it stale, the same words again do not bring it back; a concurrent edit does the same."""
    stations = town("E1", "E2", "F1")
    east = stations["E1"]
    write(east, "定稿")
    state = east.journal.state
    version = rows.version_of(state, state.record("sim_case", CASE), "minutes")
    assert version is not None
    east.mark("EMB-c", "approve", "sim_case", CASE, verbs.APPROVE, field="minutes", version=version)
    sync(stations)
    assert {_stale(s) for s in stations.values()} == {0}
    write(stations["F1"], "定稿。", "FRD-o")
    assert _stale(stations["F1"]) == 1
    write(stations["F1"], "定稿", "FRD-o")
    sync(stations)
    assert shown(stations) == {"定稿"} and {_stale(s) for s in stations.values()} == {1}


def test_nothing_is_approved_where_nothing_was_written() -> None:
    east = town("E1")["E1"]
    east.write("EMB-o", "edit", "sim_case", CASE, {"place": "x"})
    assert rows.version_of(east.journal.state, east.journal.state.record("sim_case", CASE), "minutes") is None


def _stale(station: Station) -> int:
    return int(station.connection.execute("SELECT stale FROM approval").fetchone()[0])


def test_one_scope_for_the_whole_document() -> None:
    """An internal text never leaves; disclosed, it comes whole, past and future, and others write into it."""
    stations = town()
    east, hall = stations["E1"], stations["H1"]
    write(east, "内部。", field="briefing")
    sync(stations)
    append(stations["E2"], "二席补充。", "EMB-p", "briefing")
    sync(stations)
    assert east.row(CASE)["briefing"] == "内部。二席补充。"
    assert {stations[name].row(CASE).get("briefing") for name in ("F1", "H1")} == {None}
    body = {"v": verbs.TEXT, "field": "briefing", "epoch": 0, "update": b"\0\0"}
    wrong = stations["F1"].forge("FRD-o", [Act("edit", "sim_case", CASE, "joint", body)])
    assert stations["F1"].verdict(stations["F1"].swallow(wrong)) == ["scope"]
    east.mark("EMB-c", "disclose", "sim_case", CASE, verbs.DISCLOSE, field="briefing")
    append(east, "开放后。", field="briefing")
    sync(stations)
    assert shown(stations, "briefing") == {"内部。二席补充。开放后。"}
    state = hall.journal.state.texts.state_of("sim_case", CASE, "briefing")
    [update] = rewriting(
        state, client_id(hall.site, ("sim_case", CASE, "briefing")), "内部。二席补充。开放后。街道：收到。"
    )
    hall.act("HALL-h", Act("edit_hall", "sim_case", CASE, "joint", {**body, "update": update}))
    sync(stations)
    assert shown(stations, "briefing") == {"内部。二席补充。开放后。街道：收到。"}


def test_an_update_outlasts_a_retraction_that_had_not_seen_it() -> None:
    """REPLICATION, deletions: who went on writing is not silently deleted."""
    stations = town("E1", "F1")
    write(stations["E1"], "记录")
    sync(stations)
    stations["E1"].mark("EMB-c", "retract", "sim_case", CASE, verbs.RETRACT, why="twice")
    append(stations["F1"], "，补充", "FRD-o")
    sync(stations)
    assert shown(stations, "retracted") == {0} and shown(stations) == {"记录，补充"}


def test_history_says_what_was_typed_and_taken_out() -> None:
    """XC-03: who wrote which words, not bytes."""
    east = town("E1")["E1"]
    write(east, "起火部位待查。")
    write(east, "起火部位为厨房。")
    said = [dict(entry.details) for entry in history(east.connection, "sim_case", CASE)]
    assert said == [
        {"field": "minutes", "typed": "起火部位待查。", "deleted": 0},
        {"field": "minutes", "typed": "为厨房", "deleted": 2},
    ]


@pytest.mark.parametrize("where", [{"scope": INTERNAL}, {}])
def test_a_text_is_declared_with_one_scope_on_a_joint_record(where: dict[str, str]) -> None:
    """Declared otherwise, the program does not start."""
    from sqlalchemy import MetaData

    entity = shared("odd", [text("words", **where)], scope="joint" if where else INTERNAL, into=MetaData())
    with pytest.raises(ValueError, match="one scope"):
        Policy({"odd": entity}, lambda *_: True, {})


def test_the_engine_is_loaded_only_where_somebody_writes() -> None:
    """Whoever opens a site, receives and projects never loads it: neither start-up nor a peer's bytes depend on it."""
    code = (
        "import sys; import app.bootstrap.service, app.journal.texts, app.journal.acts;"
        " print('pycrdt' in sys.modules, 'app.journal.text_engine' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.split() == ["False", "False"]
