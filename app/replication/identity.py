"""Identity files: what two sites exchange before they pair, and the number that both read to each other by
telephone.

A file is JSON in UTF-8, signed by the site's own key. The signature shows that whoever made the file holds
the key; that the file came unchanged from the other room is shown by the number alone (REPLICATION, Pairing).
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Final

import argon2.low_level
import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from msgspec import Meta
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.journal.keys import site_id
from app.journal.operation import pack
from app.journal.site_keys import succeeds
from app.kernel.enums import Realm
from app.kernel.errors import ErrorCode, Refusal

FORMAT: Final = 1
FORMAT_ROTATED: Final = 2  # of a site whose key was changed: older programs could not check it
MAX_IDENTITY_BYTES: Final = 64 * 1024
PAIRING_DIGITS: Final = 20
_GROUP: Final = 4
_TIME_COST: Final = 2
_MEMORY_KIB: Final = 19 * 1024
_SIGNED: Final = b"jdc-identity-1"
_CLAUSE: Final = "REPLICATION, Wire: Pairing"

_Short = Annotated[str, Meta(min_length=1, max_length=64)]
_Key = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Signature = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}\Z")]


class Succession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change of a site's key, in hex: the new key, the old one's word for it, the new one's proof (site_keys.py)."""

    key: _Key
    by: _Signature
    proof: _Signature


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who a site is: keys in hex, certificate of enrolment in base64 (the journal's own bytes), root in PEM,
    UTC ms. `site_key` is the key in force; `first_key`, whose hash is the site's id, and `successions` lead to it.
    """

    format: int
    realm: Realm
    district: _Short
    agency: _Short
    agency_name: _Short
    recovery_key: _Key
    site: Annotated[str, Meta(pattern=r"^[a-z2-7]{26}\Z")]
    site_key: _Key
    certificate: Annotated[str, Meta(max_length=32 * 1024)]
    tls_root: Annotated[str, Meta(max_length=4096)]
    endpoints: Annotated[list[Annotated[str, Meta(min_length=3, max_length=255)]], Meta(max_length=8)]
    made_at: Annotated[int, Meta(ge=0, lt=1 << 53)]
    first_key: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    successions: Annotated[list[Succession], Meta(max_length=128)] = []

    @property
    def certificate_bytes(self) -> bytes:
        """The certificate of enrolment as the journal wrote it."""
        return base64.b64decode(self.certificate, validate=True)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    identity: Identity
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}\Z")]


def _canonical(identity: Identity) -> bytes:
    return _SIGNED + pack(msgspec.to_builtins(identity))


def _damaged(what: str, cause: BaseException | None = None) -> Refusal:
    refusal = Refusal(ErrorCode.FORMAT, "refusal.sync.identity_damaged", clause=_CLAUSE, what=what)
    refusal.__cause__ = cause
    return refusal


def write_identity(identity: Identity, key: SigningKey) -> bytes:
    """Return the bytes of an identity file; ValueError when the key is not that of the identity's site."""
    if bytes(key.verify_key).hex() != identity.site_key:
        raise ValueError("key of another site")
    signature = key.sign(_canonical(identity)).signature.hex()
    return msgspec.json.format(msgspec.json.encode(_File(identity, signature)), indent=2) + b"\n"


def read_identity(data: bytes) -> Identity:
    """Read an identity file and check everything that can be checked without its origin.

    Raises Refusal: E_FORMAT `identity_none` for a file of another kind, `identity_damaged` (size, JSON, fields, keys,
    root), `identity_format` for
    another format version, E_SYNC `identity_forged` when signature or site id do not fit the key.
    """
    if len(data) > MAX_IDENTITY_BYTES:
        raise _damaged("size")
    try:
        parts = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        if parts and "identity" not in parts:
            raise Refusal(ErrorCode.FORMAT, "refusal.sync.identity_none", clause=_CLAUSE)
        version = parts.get("identity")
        stated = msgspec.json.decode(version or b"{}", type=dict[str, msgspec.Raw]).get("format")
        if stated is not None and msgspec.json.decode(stated) not in (FORMAT, FORMAT_ROTATED):
            raise Refusal(ErrorCode.FORMAT, "refusal.sync.identity_format", clause=_CLAUSE)
        file = msgspec.json.decode(data, type=_File, strict=True)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as wrong:
        raise _damaged("json", wrong) from wrong
    _check_parts(file.identity)
    _check_signature(file)
    return file.identity


def _check_parts(identity: Identity) -> None:
    try:
        if not identity.certificate_bytes:
            raise _damaged("certificate")
        root = x509.load_pem_x509_certificate(identity.tls_root.encode("ascii"))
        root.verify_directly_issued_by(root)
        if not root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise _damaged("tls_root")
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as wrong:
        raise _damaged("certificate or tls_root", wrong) from wrong


def _check_signature(file: _File) -> None:
    public = bytes.fromhex(file.identity.site_key)
    try:
        VerifyKey(public).verify(_canonical(file.identity), bytes.fromhex(file.signature))
    except (BadSignatureError, ValueError) as wrong:
        raise Refusal(ErrorCode.SYNC, "refusal.sync.identity_forged", clause=_CLAUSE) from wrong
    if not _leads_to_its_key(file.identity):
        raise Refusal(ErrorCode.SYNC, "refusal.sync.identity_forged", clause=_CLAUSE)


def _leads_to_its_key(identity: Identity) -> bool:
    """The id is the first key's hash; every later key was named by the one before it."""
    key = bytes.fromhex(identity.first_key or identity.site_key)
    if site_id(key) != identity.site:
        return False
    for each in identity.successions:
        new, by, proof = (bytes.fromhex(part) for part in (each.key, each.by, each.proof))
        if not succeeds(identity.realm, identity.site, key, new, by, proof):
            return False
        key = new
    return key.hex() == identity.site_key


def check_pairing(own: Identity, other: Identity) -> None:
    """Refuse (E_SYNC) to pair with: the same site, another realm (XC-10), another district, a site that bears our agency's name
    under another recovery key, or our key under another name: it was founded anew instead of joined.

    A further workstation of our own agency, enrolled by the same recovery key, is welcome.
    """
    founded_anew = (own.agency == other.agency) != (own.recovery_key == other.recovery_key)
    for wrong, key in (
        (own.site == other.site, "refusal.sync.same_site"),
        (own.realm != other.realm, "refusal.sync.realm"),
        (own.district != other.district, "refusal.sync.district"),
        (founded_anew, "refusal.sync.founded_anew"),
    ):
        if wrong:
            raise Refusal(ErrorCode.SYNC, key, clause=_CLAUSE)


def pairing_number(a: Identity, b: Identity) -> str:
    """Return 20 digits in groups of four, the same on both sides, over everything in both identities.

    Refusals as in `check_pairing`. The number is argon2id (t = 2, 19 MiB, one lane) over both identities,
    sorted. Arithmetic: 20 digits are 66 bits. Someone between the rooms shows a false M1 to A and a false M2
    to B and needs number(A, M1) = number(M2, B). Choosing both freely, he expects a match after about 10^10
    trials on each side, 2 * 10^10 in all; at 35 ms and 19 MiB each that is 22 years of one core, or a week of
    1 200 cores with 23 TiB of memory. Against one fixed identity it is 10^20 trials. A plain hash at 10^9 per
    second would fall in 20 seconds. So files are exchanged and compared on the same day, and the number is
    read aloud, never sent along with the files.
    """
    check_pairing(a, b)
    digests = sorted(
        hashlib.blake2b(_canonical(i), digest_size=32, person=b"jdc-pairing").digest() for i in (a, b)
    )
    raw = argon2.low_level.hash_secret_raw(
        secret=b"".join(digests),
        salt=b"jdc-pairing-number-1",
        time_cost=_TIME_COST,
        memory_cost=_MEMORY_KIB,
        parallelism=1,
        hash_len=32,
        type=argon2.low_level.Type.ID,
    )
    digits = f"{int.from_bytes(raw) % 10**PAIRING_DIGITS:0{PAIRING_DIGITS}d}"
    return " ".join(digits[start : start + _GROUP] for start in range(0, PAIRING_DIGITS, _GROUP))
