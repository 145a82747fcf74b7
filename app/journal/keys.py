"""Keys and certificates (REPLICATION, Trust).

A site id is the BLAKE2b-128 of the site's first public key, so no key can be claimed for another site.
Enrolling, closing and revoking a site and appointing an administrator are certificates of the agency's recovery key:
valid by themselves, whoever carries them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.journal.operation import pack
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import write_secret

SITE_ID_LENGTH = 26
KEY_BYTES = 32
KEY_FILE = "site.key"


def site_id(public_key: bytes) -> str:
    """Return the 26-character id of a site's public key (32 bytes)."""
    digest = hashlib.blake2b(public_key, digest_size=16, person=b"jdc-site").digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()


@dataclass(frozen=True)
class SiteKey:
    """A workstation's signing key, and the id that follows from its first one.

    `origin`: the site's id where this is not its first key (site_keys.py); empty for a first key.
    """

    signing: SigningKey
    origin: str = ""

    @classmethod
    def generate(cls) -> SiteKey:
        """Make the first key of a new site; a site id and key are never reused."""
        return cls(SigningKey.generate())

    @classmethod
    def load(cls, folder: Path, origin: str = "", name: str = KEY_FILE) -> SiteKey:
        """Read keys/site.key; EnvironmentFault `keys` when missing or damaged."""
        path = folder / name
        try:
            return cls(SigningKey(path.read_bytes()), origin)
        except (OSError, ValueError) as wrong:
            raise EnvironmentFault("keys", "fault.keys.site", path=str(path)) from wrong

    def save(self, folder: Path, name: str = KEY_FILE) -> None:
        """Write keys/site.key, 0600."""
        write_secret(folder / name, bytes(self.signing))

    @property
    def public(self) -> bytes:
        """Public key, 32 bytes."""
        return bytes(self.signing.verify_key)

    @property
    def site(self) -> str:
        """The site's id."""
        return self.origin or site_id(self.public)


@dataclass(frozen=True)
class Identity:
    """Who this journal writes as."""

    realm: str
    agency: str
    recovery_key: bytes
    key: SiteKey


def certificate_text(realm: str, verb: str, agency: str, target: str, terms: dict[str, str | int]) -> bytes:
    """What a certificate signs: realm, verb, agency, target and its terms, canonically packed."""
    return b"jdc-certificate-1" + pack([realm, verb, agency, target, sorted(terms.items())])


def certify(
    recovery: SigningKey, realm: str, verb: str, agency: str, target: str, **terms: str | int
) -> bytes:
    """Sign a certificate with an agency's recovery key (64 bytes)."""
    return recovery.sign(certificate_text(realm, verb, agency, target, terms)).signature


def certificate_holds(
    recovery_key: bytes, realm: str, verb: str, agency: str, target: str, cert: object, **terms: str | int
) -> bool:
    """True if the certificate was made by this recovery key for exactly these terms."""
    if not isinstance(cert, bytes):
        return False
    try:
        VerifyKey(recovery_key).verify(certificate_text(realm, verb, agency, target, terms), cert)
    except (BadSignatureError, ValueError):
        return False
    return True
