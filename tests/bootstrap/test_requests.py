"""Requests to a site: strict input, stable answers, rights (XC-06, XC-07, CM-04)."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from app.bootstrap.pairing import confirmed_peers, own_identity
from app.bootstrap.parsing import parse_command
from app.bootstrap.requests import QUERIES, Desk
from app.kernel.errors import Refusal
from app.replication.identity import read_identity, write_identity
from tests.kit import PASSWORD, PEOPLE, Site, Town, op_count, register


def ask(site: Site, call: str, **request: Any) -> dict[str, Any]:
    """An answer, as JSON carries it."""
    answer = Desk(site.node).answer({"call": call, **request})
    return dict(json.loads(json.dumps(answer)))


def do(
    site: Site, command: str, arguments: Any, who: str = "EMB-duty_officer", password: str = PASSWORD
) -> Any:
    return ask(site, "do", command=command, arguments=arguments, password=password, **{"as": who})


WHEN = "2025-07-14T08:00:00+08:00"


def test_an_act_and_its_answer(emb: Site) -> None:
    """Stable shape: ok, result, changes."""
    answer = do(emb, "register_incident", {"received_at": WHEN, "place": "某路口"})
    assert answer["ok"] is True
    assert answer["result"]["no"] == "EMB-20250714-001"
    assert answer["changes"] == [
        {
            "entity": "incident",
            "entity_id": answer["result"]["incident_id"],
            "kind": "new",
            "origin": "local",
        }
    ]
    [row] = ask(emb, "show", query="board")["rows"]
    assert (row["received_at"], row["oral_due_at"]) == (
        "2025-07-14T08:00:00.000+08:00",
        "2025-07-14T08:30:00.000+08:00",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "field", "said"),
    [
        ({"place": "x"}, "E_REQUIRED", "received_at", "没有填“接报时间”"),
        (
            {"received_at": "2025-07-14T08:00:00", "place": "x"},
            "E_FORMAT",
            "received_at",
            "“接报时间”填写不合要求",
        ),
        ({"received_at": "yesterday", "place": "x"}, "E_FORMAT", "received_at", "“接报时间”填写不合要求"),
        ({"received_at": 7, "place": "x"}, "E_FORMAT", "received_at", "“接报时间”填写不合要求"),
        ({"received_at": WHEN, "place": 7}, "E_FORMAT", "place", "“地点”填写不合要求"),
        ({"received_at": WHEN, "alarm_grade": "2"}, "E_RANGE", "alarm_grade", "“火警等级”填写不合要求"),
        ({"received_at": WHEN, "alarm_grade": True}, "E_RANGE", "alarm_grade", "“火警等级”填写不合要求"),
        ({"received_at": WHEN, "alarm_grade": 2.5}, "E_RANGE", "alarm_grade", "“火警等级”填写不合要求"),
        ({"received_at": WHEN, "lon": "121"}, "E_RANGE", "lon", "“经度”填写不合要求"),
        ({"received_at": WHEN, "class_code": "fire"}, "E_FORMAT", "class_code", "“事件类别”填写不合要求"),
        ({"received_at": WHEN, "plaice": "x"}, "E_FORMAT", "plaice", "没有“plaice”这一项"),
        ([], "E_FORMAT", None, "输入内容有误"),
        (None, "E_FORMAT", None, "输入内容有误"),
        ("x", "E_FORMAT", None, "输入内容有误"),
    ],
)
def test_input_that_is_no_command(emb: Site, arguments: Any, code: str, field: str | None, said: str) -> None:
    """RULES part 2: missing is E_REQUIRED, no number is E_RANGE, all else E_FORMAT; told by field, recorded once."""
    before = op_count(emb)
    answer = do(emb, "register_incident", arguments)
    assert (answer["ok"], answer["kind"]) == (False, "refusal")
    error = answer["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["text"].startswith(said)
    assert error["problem"]
    assert op_count(emb) == before + 1
    row = emb.refusals()[0]
    assert (row.command, row.code) == ("register_incident", code)
    assert row.field == (None if field == "plaice" else field), "what the asker made up is not kept (XC-07)"


def test_unknown_commands_are_recorded_without_their_name(emb: Site) -> None:
    """XC-07: a name can be anything, a telephone number for example."""
    answer = do(emb, "call 021-55550100", {})
    assert answer["error"]["code"] == "E_FORMAT"
    [row] = emb.refusals()
    assert (row.command, row.about) == (None, "refusal.command.unknown")
    long = do(emb, "x" * 100_000, {"y" * 100_000: 1})
    assert long["error"]["code"] == "E_FORMAT"
    assert do(emb, "write_log_entry", {"z" * 100_000: 1})["error"]["code"] == "E_FORMAT"
    assert len(emb.refusals()) == 3


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"call": "do", "as": "a\ud800", "password": "x"}, "E_FORMAT"),
        ({"call": "do", "as": "x", "password": "\udcff"}, "E_FORMAT"),
        ({"call": "show", "query": "board", "arguments": {"limit": 1 << 80}}, "E_RANGE"),
        ({"call": "history", "entity": "incident", "entity_id": "\ud800"}, "E_FORMAT"),
        ({"call": "none"}, "E_FORMAT"),
        ({}, "E_FORMAT"),
    ],
)
def test_requests_that_cannot_be_stored_or_understood(emb: Site, request_: dict[str, Any], code: str) -> None:
    """XC-01: an answer, never a traceback."""
    answer = Desk(emb.node).answer(request_)
    assert answer["error"]["code"] == code
    json.dumps(answer)


def test_half_characters_in_a_moment(emb: Site) -> None:
    """XC-01: the same answer wherever they stand, also for callers that parse a command themselves."""
    with pytest.raises(Refusal) as wrong:
        parse_command("write_log_entry", {"text": "x", "at": "\ud800"})
    assert wrong.value.text == "refusal.command.encoding"
    answer = do(emb, "write_log_entry", {"text": "x", "at": "\ud800"})
    assert (answer["ok"], answer["error"]["code"]) == (False, "E_FORMAT")


def test_wrong_password_is_no_act(emb: Site) -> None:
    """CM-04: refused at the door, whatever was asked for."""
    answer = do(emb, "unheard_of", {}, password="wrong-horse-1")
    assert (answer["error"]["code"], answer["error"]["who"]) == ("E_PERM", ["account_admin"])
    assert emb.refusals()[0].command == "sign_in"


# -- queries ---------------------------------------------------------------------------------------------------------------
def test_every_query_answers(town: Town) -> None:
    """Each list has its rows as JSON; those of one incident take its id or its number."""
    row = register(town.emb, alarm_grade=2)
    given = {
        "entries": {"entity": "incident", "entity_id": row.id, "field": "received_at"},
        **{
            name: {"incident_id": row.no}
            for name in ("alarm_units", "attachments", "casualties", "oral_reports", "reports")
        },
    }
    for name in QUERIES:
        answer = ask(town.emb, "show", query=name, arguments=given.get(name, {}))
        assert answer["ok"] is True, name
        assert isinstance(answer["rows"], list)
    assert len(ask(town.emb, "show", query="board", arguments={"limit": 0})["rows"]) == 0
    assert len(ask(town.emb, "show", query="accounts")["rows"]) == 2 * (len(PEOPLE) + 3)
    assert ask(town.emb, "show", query="links")["rows"] == []


@pytest.mark.parametrize(
    ("query", "arguments", "code", "field"),
    [
        ("none", {}, "E_FORMAT", "query"),
        ("reports", {}, "E_REQUIRED", "incident_id"),
        ("reports", {"incident_id": 7}, "E_RANGE", "incident_id"),
        ("entries", {"entity": "incident", "entity_id": "x"}, "E_REQUIRED", "field"),
        ("board", {"limit": "5"}, "E_RANGE", "limit"),
        ("board", {"limit": -1}, "E_RANGE", "limit"),
        ("log", {"limit": True}, "E_RANGE", "limit"),
        ("refusals", {"limit": [1]}, "E_RANGE", "limit"),
        ("board", [1], "E_RANGE", "arguments"),
    ],
)
def test_queries_that_are_refused(emb: Site, query: str, arguments: Any, code: str, field: str) -> None:
    """A wrong argument is told by name; reading records nothing."""
    before = op_count(emb)
    answer = ask(emb, "show", query=query, arguments=arguments)
    assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
    assert op_count(emb) == before


def test_history_of_a_record(emb: Site) -> None:
    """XC-04: who, when, by which act, from what to what; by number too; unknown entities are told."""
    row = register(emb)
    for key in (row.id, row.no):
        [entry] = ask(emb, "history", entity="incident", entity_id=key)["rows"]
        assert (entry["command"], entry["account_id"]) == ("register_incident", emb.account("duty_officer"))
        assert entry["recorded_at"] == "2025-07-14T08:00:00.000+08:00"
    assert ask(emb, "history", entity="incident", entity_id="none")["rows"] == []
    assert ask(emb, "history", entity="op", entity_id="x")["error"]["code"] == "E_FORMAT"


# -- pairing ---------------------------------------------------------------------------------------------------------------
def signed(site: Site, who: str = "admin") -> dict[str, str]:
    site.node.set_password(site.account(who), PASSWORD, site.admin)
    return {"as": site.account(who), "password": PASSWORD}


def exchange(town: Town) -> tuple[str, str]:
    """Identity files of both sides, base64."""
    files = []
    for number, site in enumerate((town.emb, town.frd)):
        answer = ask(site, "identity", endpoints=[f"127.0.0.1:{1000 + number}"], **signed(site))
        assert answer["ok"], answer
        files.append(answer["file"])
    return files[0], files[1]


def test_pairing_by_files_and_one_number(town: Town) -> None:
    """CM-04, REPLICATION: the same number on both sides; until it is confirmed nothing is admitted."""
    emb_file, frd_file = exchange(town)
    known = read_identity(base64.b64decode(emb_file))
    assert (known.agency, known.site, known.endpoints) == ("EMB", town.emb.node.me.site, ["127.0.0.1:1000"])
    here = ask(town.emb, "compare", file=frd_file, **signed(town.emb))["result"]
    there = ask(town.frd, "compare", file=emb_file, **signed(town.frd))["result"]
    assert here["number"] == there["number"]
    assert (here["agency"], here["agency_name"], there["site"]) == ("FRD", "长宁区消防救援支队", known.site)
    assert confirmed_peers(town.emb.node) == []
    wrong = ask(town.emb, "pair", file=frd_file, number="0000 0000 0000 0000 0000", **signed(town.emb))
    assert (wrong["error"]["code"], wrong["error"]["field"]) == ("E_SYNC", "number")
    assert confirmed_peers(town.emb.node) == []
    assert (town.emb.refusals()[0].command, town.emb.refusals()[0].code) == ("meet_agency", "E_SYNC")
    number = here["number"].replace(" ", "-")
    done = ask(town.emb, "pair", file=frd_file, number=number, **signed(town.emb))
    assert done["result"] == {"peer": town.frd.node.me.site, "agency": "FRD", "address": "127.0.0.1:1001"}
    [peer] = confirmed_peers(town.emb.node)
    assert (peer.site, peer.endpoints) == (town.frd.node.me.site, (("127.0.0.1", 1001),))


def test_agency_that_this_version_does_not_know(town: Town) -> None:
    """XC-01: a well-signed file of an agency of tomorrow is refused in words, when comparing and when confirming."""
    strange = msgspec.structs.replace(own_identity(town.frd.node), agency="NEW", recovery_key="ab" * 32)
    file = base64.b64encode(write_identity(strange, town.frd.node.key.signing)).decode()
    for call, more in (("compare", {}), ("pair", {"number": "0"})):
        answer = ask(town.emb, call, file=file, **more, **signed(town.emb))
        assert (answer["error"]["code"], answer["error"]["field"]) == ("E_FORMAT", "file")
    assert confirmed_peers(town.emb.node) == []


def test_only_the_administrator_pairs(town: Town) -> None:
    """CM-04: not even the number is shown to others; each try is recorded."""
    _, frd_file = exchange(town)
    before = len(town.emb.refusals())
    officer = {"as": "EMB-duty_officer", "password": PASSWORD}
    for call, more in (("identity", {}), ("compare", {"file": frd_file})):
        answer = ask(town.emb, call, **more, **officer)
        assert (answer["error"]["code"], answer["error"]["who"]) == ("E_PERM", ["account_admin"])
    number = ask(town.emb, "compare", file=frd_file, **signed(town.emb))["result"]["number"]
    answer = ask(town.emb, "pair", file=frd_file, number=number, **officer)
    assert answer["error"]["code"] == "E_PERM"
    assert len(town.emb.refusals()) == before + 3
    assert confirmed_peers(town.emb.node) == []


@pytest.mark.parametrize(
    ("file", "text_part"),
    [
        ("!", "已损坏"),
        (base64.b64encode(b"{}").decode(), "已损坏"),
        (base64.b64encode(b"\xff" * 100).decode(), "已损坏"),
    ],
)
def test_damaged_identity_files(emb: Site, file: str, text_part: str) -> None:
    """REPLICATION, Pairing: told, nothing taken over."""
    answer = ask(emb, "compare", file=file, **signed(emb))
    assert answer["error"]["code"] in ("E_SYNC", "E_FORMAT")
    assert text_part in answer["error"]["text"]


def test_own_file_and_bad_addresses(town: Town) -> None:
    """REPLICATION, Pairing: not with oneself; an address is host and port."""
    emb_file, frd_file = exchange(town)
    answer = ask(town.emb, "compare", file=emb_file, **signed(town.emb))
    assert answer["error"]["code"] == "E_SYNC"
    for address in ("nowhere", "host:", ":1", "host:0", "host:70000", "host:x"):
        answer = ask(town.emb, "pair", file=frd_file, number="1", address=address, **signed(town.emb))
        assert (answer["error"]["code"], answer["error"]["field"]) == ("E_FORMAT", "address")
        answer = ask(town.emb, "identity", endpoints=[address], **signed(town.emb))
        assert answer["error"]["field"] == "address"


# -- passwords -------------------------------------------------------------------------------------------------------------
def test_passwords_over_a_request(emb: Site) -> None:
    """CM-04: one's own; another's by the administrator; an unknown account is told."""
    own = {"as": "EMB-duty_officer", "password": PASSWORD}
    assert ask(emb, "password", new_password="another-one-2", **own)["result"]["account_id"] == emb.account(
        "duty_officer"
    )
    assert do(emb, "write_log_entry", {"text": "x"})["error"]["code"] == "E_PERM"
    other = ask(emb, "password", account="EMB-observer", new_password="another-one-3", **signed(emb))
    assert other["result"]["account_id"] == emb.account("observer")
    none = ask(emb, "password", account="nobody", new_password="another-one-3", **signed(emb))
    assert none["error"]["code"] == "E_STATE"
    short = ask(emb, "password", account="EMB-observer", new_password="short", **signed(emb))
    assert short["error"]["code"] == "E_RANGE"
