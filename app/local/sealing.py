"""Sealing a contact value under its subject's key (REPLICATION, Contacts).

A sealed text is `1.<key id>.<box>`: XChaCha20-Poly1305 (IETF, libsodium) over the padded value, bound to the subject. The
nonce is a keyed hash of the value, so that the same value sealed twice under one key is one text (Merge: equal values are
one value); it tells nobody without the key anything but that.
"""

from __future__ import annotations

import base64
import hashlib
from binascii import Error as NotBase64
from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 16
_NONCE_BYTES: Final = 24
_BLOCK: Final = 64  # lengths are told in steps of this
_VERSION: Final = "1"
_PARTS: Final = 3


class NotUnsealedError(ValueError):
    """What was meant to be a sealed text is none, or was sealed for another subject, or under another key."""


def key_id(key: bytes) -> bytes:
    """Name of a key: it tells the key from others and nothing about it."""
    return hashlib.blake2b(key, digest_size=KEY_ID_BYTES, person=b"jdc-subject-id").digest()


def seal(key: bytes, subject: str, value: str) -> str:
    """Seal a value for a subject."""
    plain, about = value.encode(), subject.encode()
    padded = plain + b"\x80" + bytes(-(len(plain) + 1) % _BLOCK)
    nonce = hashlib.blake2b(about + b"\0" + padded, digest_size=_NONCE_BYTES, key=key).digest()
    box = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, about, nonce, key)
    return ".".join((_VERSION, key_id(key).hex(), base64.urlsafe_b64encode(nonce + box).decode()))


def key_id_of(sealed: str) -> bytes:
    """Name of the key that opens a sealed text. NotUnsealedError for what is none."""
    parts = sealed.split(".")
    try:
        name = bytes.fromhex(parts[1]) if len(parts) == _PARTS and parts[0] == _VERSION else b""
    except ValueError:
        name = b""
    if len(name) != KEY_ID_BYTES:
        raise NotUnsealedError("no sealed text")
    return name


def unseal(key: bytes, subject: str, sealed: str) -> str:
    """The value of a sealed text. NotUnsealedError as above, and for whatever was changed."""
    if key_id_of(sealed) != key_id(key):
        raise NotUnsealedError("another key")
    try:
        box = base64.urlsafe_b64decode(sealed.split(".")[2])
        padded = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            box[_NONCE_BYTES:], subject.encode(), box[:_NONCE_BYTES], key
        )
        return padded.rstrip(b"\0").removesuffix(b"\x80").decode()
    except (CryptoError, NotBase64, ValueError, TypeError) as wrong:
        raise NotUnsealedError("not what was sealed") from wrong
