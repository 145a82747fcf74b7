"""TLS of a site: its own long-lived root, a leaf under it, and contexts that accept pinned peers only
(REPLICATION, Wire).

TLS 1.3 with certificates on both sides. Host names mean nothing between two rooms and are not checked;
instead the public-key hash of the root must be one of a confirmed peer. Validity runs from 2000 to 2099,
because isolated rooms have wrong clocks.
"""

from __future__ import annotations

import hashlib
import logging
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import write_secret

VALID_FROM: Final = datetime(2000, 1, 1, tzinfo=UTC)
VALID_UNTIL: Final = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
ROOT_FILE: Final = "tls_root.pem"
ROOT_KEY_FILE: Final = "tls_root.key"
LEAF_FILE: Final = "tls.pem"
LEAF_KEY_FILE: Final = "tls.key"
CLAUSE: Final = "REPLICATION, Wire"

_LOG = logging.getLogger(__name__)
_X509_EXPIRED: Final = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


@dataclass(frozen=True)
class TlsFiles:
    """Where a site's certificate and key lie, and the root it shows to peers (PEM)."""

    leaf: Path
    key: Path
    root_pem: str

    @property
    def pin(self) -> bytes:
        """Public-key hash of the own root."""
        return pin_of(self.root_pem)


def _name(site: str, part: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"jdc {site} {part}")])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    until: datetime | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(until or VALID_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def make_root(site: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Make a site's self-signed root (EC P-256)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(site, "root")
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def make_leaf(
    site: str,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    until: datetime | None = None,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Make a leaf under a root, for serving and for dialling."""
    key = ec.generate_private_key(ec.SECP256R1())
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = (
        _builder(_name(site, "link"), root.subject, key.public_key(), until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    return certificate, key


def create_tls(folder: Path, site: str) -> TlsFiles:
    """Make root and leaf of a site and write them into its keys folder (0600); OSError reaches the caller."""
    root, root_key = make_root(site)
    leaf, leaf_key = make_leaf(site, root, root_key)
    write_secret(folder / ROOT_KEY_FILE, _key_pem(root_key))
    write_secret(folder / ROOT_FILE, root.public_bytes(serialization.Encoding.PEM))
    write_secret(folder / LEAF_KEY_FILE, _key_pem(leaf_key))
    write_secret(folder / LEAF_FILE, leaf.public_bytes(serialization.Encoding.PEM))
    return load_tls(folder)


def renewed_leaf(folder: Path, site: str, until: datetime | None = None) -> bytes:
    """A new leaf with a new key under the site's own root, certificate and key in one file; peers pin the root and take it.

    EnvironmentFault `keys` when the root is missing or damaged.
    """
    try:
        root = x509.load_pem_x509_certificate((folder / ROOT_FILE).read_bytes())
        root_key = serialization.load_pem_private_key((folder / ROOT_KEY_FILE).read_bytes(), None)
    except (OSError, ValueError, TypeError) as wrong:
        raise EnvironmentFault("keys", "fault.keys.tls", path=str(folder)) from wrong
    if not isinstance(root_key, ec.EllipticCurvePrivateKey):
        raise EnvironmentFault("keys", "fault.keys.tls", path=str(folder))
    leaf, key = make_leaf(site, root, root_key, until)
    return leaf.public_bytes(serialization.Encoding.PEM) + _key_pem(key)


def install_leaf(folder: Path, leaf: bytes) -> None:
    """Put a renewed leaf in the place of the present one, at once and durably; the key that lay beside it is of no use."""
    write_secret(folder / LEAF_FILE, leaf)
    (folder / LEAF_KEY_FILE).unlink(missing_ok=True)


def ends_at(leaf: bytes) -> datetime:
    """When a leaf (PEM) ends; ValueError when this is no certificate."""
    return x509.load_pem_x509_certificate(leaf).not_valid_after_utc


def load_tls(folder: Path) -> TlsFiles:
    """Read a site's TLS files; EnvironmentFault `keys` when one is missing or damaged. A renewed leaf holds its key itself."""
    try:
        leaf = folder / LEAF_FILE
        alone = b"PRIVATE KEY" in leaf.read_bytes()
        files = leaf, leaf if alone else folder / LEAF_KEY_FILE
        root_pem = (folder / ROOT_FILE).read_text("ascii")
        pin_of(root_pem)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*files)
    except (OSError, ValueError) as wrong:  # ssl.SSLError is an OSError
        raise EnvironmentFault("keys", "fault.keys.tls", path=str(folder)) from wrong
    return TlsFiles(*files, root_pem)


def pin_of(root_pem: str) -> bytes:
    """SHA-256 over the public key (SPKI) of a root; ValueError when this is no certificate."""
    certificate = x509.load_pem_x509_certificate(root_pem.encode("ascii"))
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).digest()


def _context(purpose: int, own: TlsFiles, trusted_roots: Iterable[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(own.leaf, own.key)
    for root in trusted_roots:
        context.load_verify_locations(cadata=root)
    return context


def client_context(own: TlsFiles, trusted_roots: Iterable[str]) -> ssl.SSLContext:
    """Context for dialling: TLS 1.3, shows the own leaf, accepts leaves under these roots (PEM) only."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, own, trusted_roots)


def server_context(
    own: TlsFiles, trusted_roots: Iterable[str], on_refused: Callable[[Refusal], None] | None = None
) -> ssl.SSLContext:
    """Context for listening; without any root no handshake succeeds.

    `on_refused` hears why a handshake failed: asyncio itself drops that silently. No tickets are issued, so
    that every connection shows its certificate.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, own, trusted_roots)
    context.num_tickets = 0
    if on_refused is not None:
        context.sslobject_class = _telling(on_refused)
    return context


def _telling(on_refused: Callable[[Refusal], None]) -> type[ssl.SSLObject]:
    class TellingObject(ssl.SSLObject):
        """Reports a failed handshake before it raises."""

        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as wrong:
                on_refused(tls_refusal(wrong))
                raise

    return TellingObject


_ALERTS: Final = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "refusal.sync.own_certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "refusal.sync.own_certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "refusal.sync.own_certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "refusal.sync.own_certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "refusal.sync.own_certificate",
    "TLSV1_ALERT_PROTOCOL_VERSION": "refusal.sync.tls_version",
    "UNSUPPORTED_PROTOCOL": "refusal.sync.tls_version",
    "WRONG_VERSION_NUMBER": "refusal.sync.tls_version",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "refusal.sync.no_certificate",
}


def tls_refusal(wrong: ssl.SSLError) -> Refusal:
    """Say why a handshake failed: certificate expired, unknown, missing, refused there, or an older TLS."""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        expired = wrong.verify_code in _X509_EXPIRED
        key = "refusal.sync.certificate_expired" if expired else "refusal.sync.certificate_unknown"
    else:
        key = _ALERTS.get(wrong.reason or "", "refusal.sync.tls")
    _LOG.info("handshake failed: %s (%s)", key, wrong.reason)
    return Refusal(ErrorCode.SYNC, key, clause=CLAUSE)


def peer_pin(connection: ssl.SSLObject | ssl.SSLSocket, roots: Iterable[str]) -> bytes:
    """After the handshake: the pin of the root (one of these, PEM) that signed the peer's leaf; Refusal when
    none did.
    """
    shown = connection.getpeercert(binary_form=True)
    if not shown or connection.version() != "TLSv1.3":
        raise Refusal(ErrorCode.SYNC, "refusal.sync.no_certificate", clause=CLAUSE)
    leaf = x509.load_der_x509_certificate(shown)
    for root_pem in roots:
        try:
            leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(root_pem.encode("ascii")))
        except (ValueError, TypeError, InvalidSignature):
            continue
        return pin_of(root_pem)
    raise Refusal(ErrorCode.SYNC, "refusal.sync.not_paired", clause=CLAUSE)
