"""Attachments: kinds by their first bytes, sizes, and names that can do no harm (CM-05; QUALITY, attack test 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.attachment import MIB, MediaType, check_media, check_size, media_type_of, safe_name
from app.kernel.errors import ErrorCode, Refusal

HEADS = {
    MediaType.JPEG: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    MediaType.MP4: b"\x00\x00\x00\x18ftypmp42\x00\x00",
    MediaType.PDF: b"%PDF-1.7\n%\xe2\xe3",
}


@pytest.mark.parametrize("kind", MediaType)
def test_kind_is_told_by_the_first_bytes(kind: MediaType) -> None:
    assert media_type_of(HEADS[kind]) is kind
    assert check_media(HEADS[kind]) is kind


@pytest.mark.parametrize(
    "head", [b"", b"MZ\x90\x00", b"PK\x03\x04", b"<html>", b"#!/bin/sh", b"\xff\xd8", b" %PDF-", b"ftyp"]
)
def test_any_other_kind_is_refused(head: bytes) -> None:
    assert media_type_of(head) is None
    with pytest.raises(Refusal) as refused:
        check_media(head)
    assert refused.value.code is ErrorCode.FORMAT


def test_size_limit_is_inclusive() -> None:
    check_size(1, 20)
    check_size(20 * MIB, 20)
    for size in (0, 20 * MIB + 1):
        with pytest.raises(Refusal) as refused:
            check_size(size, 20)
        assert refused.value.code is ErrorCode.RANGE


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("六层阳台.jpg", "六层阳台.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\x.exe", "x.exe.jpg"),
        ("/absolute/a.JPEG", "a.JPEG"),
        ("C:\\b.jpg", "b.jpg"),
        ("a\x00b.jpg", "ab.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe.jpg"),
        ("..", "attachment.jpg"),
        ("", "attachment.jpg"),
        (" . ", "attachment.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("com1.tar", "_com1.tar.jpg"),
        ('a<b>:"|?*.jpg', "a_b______.jpg"),
        (".hidden.jpg", "hidden.jpg"),
        ("=1+1`x`.jpg", "=1+1`x`.jpg"),
        ("line\nbreak.jpg", "line break.jpg"),
    ],
)
def test_names_lose_what_could_do_harm(name: str, safe: str) -> None:
    assert safe_name(name, MediaType.JPEG) == safe


@given(st.text(), st.sampled_from(MediaType))
def test_any_name_becomes_one_plain_file_name(name: str, kind: MediaType) -> None:
    safe = safe_name(name, kind)
    assert len(safe.encode()) <= 255
    assert not set(safe) & set('/\\<>:"|?*\x00\n\r')
    assert safe == safe.strip() and not safe.startswith(".")
    assert safe_name(safe, kind) == safe, "saving it again changes nothing"


def test_long_names_keep_their_ending() -> None:
    assert safe_name("阳" * 300 + ".pdf", MediaType.PDF).endswith(".pdf")
