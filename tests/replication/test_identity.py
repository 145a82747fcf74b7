"""Identity files and the number that two rooms read to each other (REPLICATION, Pairing)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import argon2.low_level
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from nacl.signing import SigningKey

from app.journal.keys import SiteKey
from app.kernel.enums import Realm
from app.kernel.errors import ErrorCode, Refusal
from app.replication.identity import (
    MAX_IDENTITY_BYTES,
    Identity,
    check_pairing,
    pairing_number,
    read_identity,
    write_identity,
)
from app.replication.tls import make_leaf, make_root

ROOT, ROOT_KEY = make_root("test")
PEM = serialization.Encoding.PEM


def made(agency: str = "EMB", key: SiteKey | None = None, **other: object) -> tuple[Identity, SigningKey]:
    key = key or SiteKey.generate()
    fields: dict[str, Any] = {
        "format": 1,
        "realm": Realm.LIVE,
        "district": "310105",
        "agency": agency,
        "agency_name": "长宁区应急管理局" if agency == "EMB" else "长宁区消防救援支队",
        "recovery_key": SigningKey.generate().verify_key.encode().hex(),
        "site": key.site,
        "site_key": key.public.hex(),
        "certificate": base64.b64encode(bytes(64)).decode(),
        "tls_root": ROOT.public_bytes(PEM).decode(),
        "endpoints": ["10.1.2.3:8443"],
        "made_at": 1_752_473_000_000,
    }
    return Identity(**{**fields, **other}), key.signing


def refusal(data: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_identity(data)
    return caught.value


def test_file_comes_back_as_it_was_written():
    identity, key = made()
    data = write_identity(identity, key)
    assert read_identity(data) == identity
    assert "长宁区应急管理局" in data.decode("utf-8")
    assert read_identity(data.replace(b"\n", b"\r\n")) == identity
    assert read_identity(data).certificate_bytes == bytes(64)


def test_only_the_own_key_signs():
    identity, _ = made()
    with pytest.raises(ValueError, match="another site"):
        write_identity(identity, SigningKey.generate())


def test_any_changed_field_is_noticed():
    identity, key = made()
    for name, value in (("agency", "FRD"), ("realm", "exercise"), ("endpoints", []), ("made_at", 1)):
        changed = json.loads(write_identity(identity, key))
        changed["identity"][name] = value
        assert refusal(json.dumps(changed).encode()).text == "refusal.sync.identity_forged"


def test_site_id_must_follow_from_the_key():
    """A site id is the hash of its key: nobody signs for another's id."""
    other, _ = made()
    identity, key = made(site=other.site)
    wrong = refusal(write_identity(identity, key))
    assert (wrong.code, wrong.text) == (ErrorCode.SYNC, "refusal.sync.identity_forged")


@pytest.mark.parametrize(
    "wrong",
    [
        {"site": "A" * 26},
        {"site": "a" * 25},
        {"site_key": "00"},
        {"site_key": "g" * 64},
        {"realm": "other"},
        {"district": ""},
        {"agency": "x" * 65},
        {"certificate": "not base64!"},
        {"certificate": ""},
        {"tls_root": "-----BEGIN CERTIFICATE-----"},
        {"tls_root": "äöü"},
        {"endpoints": ["x" * 256]},
        {"endpoints": ["10.0.0.1:1"] * 9},
        {"made_at": -1},
        {"made_at": "now"},
        {"surplus": 1},
    ],
)
def test_damaged_fields_are_refused(wrong):
    identity, _ = made()
    fields = {**msgspec.to_builtins(identity), **wrong}
    data = json.dumps({"identity": fields, "signature": "0" * 128}).encode()
    refused = refusal(data)
    assert (refused.code, refused.text) == (ErrorCode.FORMAT, "refusal.sync.identity_damaged")


def test_root_must_be_a_self_signed_root():
    leaf, _ = make_leaf("test", ROOT, ROOT_KEY)
    identity, key = made(tls_root=leaf.public_bytes(PEM).decode())
    assert refusal(write_identity(identity, key)).text == "refusal.sync.identity_damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"identity": 1, "signature": ""}',
        b'{"identity": {"format": 1}}',
        b"[" * 60_000,
        b'{"identity":' * 4_000,
        b" " * (MAX_IDENTITY_BYTES + 1),
    ],
)
def test_rubbish_is_refused(data):
    assert refusal(data).text == "refusal.sync.identity_damaged"


def test_a_file_of_another_kind_is_called_so():
    """A recovery key is no damaged identity."""
    assert refusal(b'{"format": 1, "key": "00"}').text == "refusal.sync.identity_none"


def test_truncated_file_is_refused():
    identity, key = made()
    data = write_identity(identity, key).rstrip()
    for cut in range(0, len(data), 97):
        assert refusal(data[:cut]).text == "refusal.sync.identity_damaged"


def test_other_format_version_is_told_as_such():
    identity, key = made(format=3)
    assert refusal(write_identity(identity, key)).text == "refusal.sync.identity_format"


def test_number_is_the_same_on_both_sides_and_twenty_digits():
    (a, _), (b, _) = made("EMB"), made("FRD")
    number = pairing_number(a, b)
    assert number == pairing_number(b, a)
    groups = number.split(" ")
    assert [len(group) for group in groups] == [4] * 5 and number.replace(" ", "").isdigit()


def test_every_field_of_both_files_enters_the_number():
    (a, _), (b, _) = made("EMB"), made("FRD")
    seen = {pairing_number(a, b)}
    changes = {
        "agency_name": "x",
        "recovery_key": "0" * 64,
        "certificate": base64.b64encode(b"x").decode(),
        "tls_root": make_root("other")[0].public_bytes(PEM).decode(),
        "endpoints": [],
        "made_at": 5,
    }
    for name, value in changes.items():
        seen.add(pairing_number(a, msgspec.structs.replace(b, **{name: value})))
    assert len(seen) == 1 + len(changes)


def test_number_is_costly_to_compute(monkeypatch):
    """What an attacker must pay for every trial: argon2id with 19 MiB and two passes."""
    asked = {}

    def watch(**options: object) -> bytes:
        asked.update(options)
        return bytes(32)

    monkeypatch.setattr(argon2.low_level, "hash_secret_raw", watch)
    assert pairing_number(made("EMB")[0], made("FRD")[0]) == "0000 0000 0000 0000 0000"
    assert (asked["time_cost"], asked["memory_cost"]) == (2, 19 * 1024)
    assert asked["type"] is argon2.low_level.Type.ID


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"realm": Realm.EXERCISE}, "refusal.sync.realm"),
        ({"district": "310104"}, "refusal.sync.district"),
        ({"agency": "EMB"}, "refusal.sync.founded_anew"),
    ],
)
def test_who_may_not_pair(other, key):
    """XC-10: live and exercise neither pair nor exchange; who bears our name under another key was founded anew."""
    own, _ = made("EMB")
    theirs, _ = made(**{"agency": "FRD", **other})
    for attempt in (check_pairing, pairing_number):
        with pytest.raises(Refusal) as caught:
            attempt(own, theirs)
        assert (caught.value.code, caught.value.text) == (ErrorCode.SYNC, key)


def test_same_site_and_same_recovery_key_do_not_pair():
    own, _ = made("EMB")
    with pytest.raises(Refusal) as caught:
        check_pairing(own, own)
    assert caught.value.text == "refusal.sync.same_site"
    theirs, _ = made("FRD", recovery_key=own.recovery_key)
    with pytest.raises(Refusal) as caught:
        check_pairing(own, theirs)
    assert caught.value.text == "refusal.sync.founded_anew"


def test_workstations_of_one_agency_pair():
    """REPLICATION, Trust: enrolled by one recovery key; the number is the same on both sides."""
    own, _ = made("EMB")
    other, _ = made("EMB", recovery_key=own.recovery_key)
    assert pairing_number(own, other) == pairing_number(other, own)


def test_made_at_is_utc_milliseconds():
    identity, _ = made()
    assert datetime.fromtimestamp(identity.made_at / 1000, UTC).year == 2025
