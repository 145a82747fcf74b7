"""TLS over real sockets: only a confirmed peer's certificate, only TLS 1.3 (attack tests 7)."""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.replication import tls
from app.replication.dialling import open_connection
from app.replication.tls import (
    TlsFiles,
    client_context,
    create_tls,
    load_tls,
    make_leaf,
    make_root,
    peer_pin,
    pin_of,
    server_context,
)
from tests.replication.fakes import run

PEM = serialization.Encoding.PEM


def material(folder, name: str) -> TlsFiles:
    made = folder / name
    made.mkdir()
    return create_tls(made, name * 5)


@pytest.fixture
def own(tmp_path):
    return material(tmp_path, "own00")


@pytest.fixture
def other(tmp_path):
    return material(tmp_path, "other")


async def meet(server: ssl.SSLContext, client: ssl.SSLContext | None) -> tuple[Any, Any]:
    """Let a client say something and hear the answer; return what both saw: pin, bytes or the exception."""
    seen: list[object] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("ssl_object"))
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server) as listening:
        port = listening.sockets[0].getsockname()[1]
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="x")
        except (OSError, EOFError) as wrong:
            return (seen[0] if seen else None), wrong
        try:
            writer.write(b"hello\n")
            got: object = await reader.readline()
        except OSError as wrong:
            got = wrong
        finally:
            writer.transport.abort()
        return (seen[0] if seen else None), got


def refused(server: ssl.SSLContext, client: ssl.SSLContext) -> Any:
    shown, got = run(meet(server, client))
    assert shown is None and got != b"hello\n"
    return got


def test_confirmed_peers_meet_over_tls_1_3(own, other):
    told: list[Refusal] = []
    shown, got = run(
        meet(server_context(own, [other.root_pem], told.append), client_context(other, [own.root_pem]))
    )
    assert got == b"hello\n" and not told
    assert shown.version() == "TLSv1.3"
    assert peer_pin(shown, [own.root_pem, other.root_pem]) == other.pin
    with pytest.raises(Refusal) as caught:
        peer_pin(shown, [own.root_pem])
    assert caught.value.text == "refusal.sync.not_paired"


def test_certificates_last_from_2000_to_2099(own):
    """Isolated rooms have wrong clocks."""
    for pem in (own.root_pem.encode(), own.leaf.read_bytes()):
        certificate = x509.load_pem_x509_certificate(pem)
        assert certificate.not_valid_before_utc == datetime(2000, 1, 1, tzinfo=UTC)
        assert certificate.not_valid_after_utc == datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
        assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_files_are_for_their_owner_only(own):
    files = sorted(own.leaf.parent.iterdir())
    assert [file.name for file in files] == ["tls.key", "tls.pem", "tls_root.key", "tls_root.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize("name", ["tls.key", "tls.pem", "tls_root.pem"])
def test_missing_or_damaged_file_is_a_fault(own, name):
    path = own.leaf.parent / name
    path.write_bytes(b"-----BEGIN RUBBISH-----\n")
    with pytest.raises(EnvironmentFault) as caught:
        load_tls(own.leaf.parent)
    assert caught.value.text == "fault.keys.tls"
    path.unlink()
    with pytest.raises(EnvironmentFault):
        load_tls(own.leaf.parent)


def test_unconfirmed_server_is_not_trusted(own, other, tmp_path):
    stranger = material(tmp_path, "stran")
    wrong = refused(server_context(stranger, [other.root_pem]), client_context(other, [own.root_pem]))
    assert tls.tls_refusal(wrong).text == "refusal.sync.certificate_unknown"


def test_unconfirmed_client_is_refused_and_the_reason_told(own, other, tmp_path):
    told: list[Refusal] = []
    stranger = material(tmp_path, "stran")
    refused(server_context(own, [other.root_pem], told.append), client_context(stranger, [own.root_pem]))
    assert [(r.code, r.text) for r in told] == [(ErrorCode.SYNC, "refusal.sync.certificate_unknown")]


def test_without_a_confirmed_peer_nobody_is_accepted(own, other):
    told: list[Refusal] = []
    refused(server_context(own, [], told.append), client_context(other, [own.root_pem]))
    assert [r.text for r in told] == ["refusal.sync.certificate_unknown"]


def test_client_without_certificate_connects_and_then_reads_its_end(own, other):
    """Under TLS 1.3 the client's side of the handshake is done before the server has judged it."""
    told: list[Refusal] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=own.root_pem)
    refused(server_context(own, [other.root_pem], told.append), context)
    assert [r.text for r in told] == ["refusal.sync.no_certificate"]


def test_older_tls_is_refused(own, other):
    told: list[Refusal] = []
    context = client_context(other, [own.root_pem])
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    refused(server_context(own, [other.root_pem], told.append), context)
    assert [r.text for r in told] == ["refusal.sync.tls_version"]


def test_a_server_of_older_tls_is_refused(own, other):
    """Downgrade: whoever answers with TLS 1.2 gets no HELLO."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(own.leaf, own.key)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    wrong = refused(server, client_context(other, [own.root_pem]))
    assert isinstance(wrong, OSError | EOFError), wrong
    loose = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the same server, asked by somebody who takes TLS 1.2
    loose.check_hostname = False
    loose.load_verify_locations(cadata=own.root_pem)
    assert run(meet(server, loose))[1] == b"hello\n"


def test_plain_text_gets_no_answer(own, other):
    shown, got = run(meet_plainly(server_context(own, [other.root_pem])))
    assert shown is None and b"hello" not in got


async def meet_plainly(server: ssl.SSLContext) -> tuple[Any, bytes]:
    """Speak without TLS to a port that wants it."""
    seen: list[object] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server) as listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname()[:2])
        writer.write(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nhello\n")
        try:
            got = await reader.read()
        except OSError:
            got = b""
        writer.transport.abort()
    return (seen[0] if seen else None), got


def replaced_leaf(
    files: TlsFiles, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> TlsFiles:
    files.leaf.write_bytes(certificate.public_bytes(PEM))
    files.key.write_bytes(tls._key_pem(key))
    return files


def root_of(files: TlsFiles) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = serialization.load_pem_private_key((files.leaf.parent / "tls_root.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate(files.root_pem.encode()), key


def test_expired_certificate_is_refused(own, other, monkeypatch):
    told: list[Refusal] = []
    monkeypatch.setattr(tls, "VALID_UNTIL", datetime(2001, 1, 1, tzinfo=UTC))
    expired = replaced_leaf(other, *make_leaf("x" * 26, *root_of(other)))
    refused(server_context(own, [other.root_pem], told.append), client_context(expired, [own.root_pem]))
    assert [r.text for r in told] == ["refusal.sync.certificate_expired"]


def test_certificate_of_tomorrow_is_refused(own, other, monkeypatch):
    told: list[Refusal] = []
    monkeypatch.setattr(tls, "VALID_FROM", datetime(2098, 1, 1, tzinfo=UTC))
    early = replaced_leaf(other, *make_leaf("x" * 26, *root_of(other)))
    refused(server_context(own, [other.root_pem], told.append), client_context(early, [own.root_pem]))
    assert [r.text for r in told] == ["refusal.sync.certificate_expired"]


@pytest.mark.parametrize("how", ["expired", "self-signed", "forged root"])
def test_a_server_with_such_a_certificate_is_not_spoken_to(own, other, monkeypatch, how):
    """The dialling side judges as strictly as the listening one."""
    if how == "expired":
        monkeypatch.setattr(tls, "VALID_UNTIL", datetime(2001, 1, 1, tzinfo=UTC))
        leaf = make_leaf("x" * 26, *root_of(own))
    elif how == "self-signed":
        leaf = make_root("x" * 26)
    else:
        leaf = make_leaf("own00" * 5, *make_root("own00" * 5))
    pinned = own.root_pem
    wrong = refused(
        server_context(replaced_leaf(own, *leaf), [other.root_pem]), client_context(other, [pinned])
    )
    known = {"refusal.sync.certificate_expired", "refusal.sync.certificate_unknown", "refusal.sync.tls"}
    assert tls.tls_refusal(wrong).text in known


def test_self_signed_leaf_is_refused(own, other):
    told: list[Refusal] = []
    alone = replaced_leaf(other, *make_root("x" * 26))
    refused(server_context(own, [other.root_pem], told.append), client_context(alone, [own.root_pem]))
    assert [r.text for r in told] == ["refusal.sync.certificate_unknown"]


def test_forged_root_of_the_same_name_is_refused(own, other):
    told: list[Refusal] = []
    certificate, key = make_root("other" * 5)
    assert certificate.subject == x509.load_pem_x509_certificate(other.root_pem.encode()).subject
    forged = replaced_leaf(other, *make_leaf("other" * 5, certificate, key))
    refused(server_context(own, [other.root_pem], told.append), client_context(forged, [own.root_pem]))
    assert len(told) == 1 and told[0].code is ErrorCode.SYNC


def test_leaf_below_an_intermediate_of_a_pinned_root_is_refused(own, other):
    """A pinned site may not lend its name: the root signs leaves only (path length 0)."""
    told: list[Refusal] = []
    root, root_key = root_of(other)
    middle_key = ec.generate_private_key(ec.SECP256R1())
    middle = (
        tls._builder(tls._name("m", "middle"), root.subject, middle_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf, leaf_key = make_leaf("m", middle, middle_key)
    lent = replaced_leaf(other, leaf, leaf_key)
    lent.leaf.write_bytes(leaf.public_bytes(PEM) + middle.public_bytes(PEM))
    refused(server_context(own, [other.root_pem], told.append), client_context(lent, [own.root_pem]))
    assert len(told) == 1


def test_renewed_leaf_needs_no_new_pairing(own, other):
    renewed = replaced_leaf(other, *make_leaf("other" * 5, *root_of(other)))
    shown, got = run(meet(server_context(own, [other.root_pem]), client_context(renewed, [own.root_pem])))
    assert got == b"hello\n" and peer_pin(shown, [other.root_pem]) == other.pin


def test_pin_is_the_hash_of_the_public_key(own):
    script = "openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r"
    try:
        done = subprocess.run(
            ["sh", "-c", script], input=own.root_pem.encode(), capture_output=True, check=True, timeout=20
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no openssl command on {sys.platform}")
    assert done.stdout.decode().split()[0] == pin_of(own.root_pem).hex()


@pytest.mark.parametrize(
    ("answer", "key"),
    [(None, "refusal.sync.unreachable"), (b"HTTP/1.1 400 no\r\n\r\n", "refusal.sync.tls_version")],
)
def test_dialling_says_why_nothing_came_about(own, other, answer, key):
    async def scenario() -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            if answer is None:
                listening.close()
            with pytest.raises(Refusal) as caught:
                await open_connection("127.0.0.1", port, client_context(own, [other.root_pem]), 5)
            return caught.value.text

    assert run(scenario()) == key
