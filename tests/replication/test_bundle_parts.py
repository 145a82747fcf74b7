"""Parts of bundles (CM-07): what lies on a stick is taken as it was made, or refused with its sentence (attack tests 3, 4, 6)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as altered
from nacl.public import SealedBox
from nacl.signing import SigningKey, VerifyKey

from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.texts import Texts
from app.replication.bundles import files, parts
from app.replication.bundles.parts import (
    MAGIC,
    MAX_PART_BYTES,
    Contents,
    Head,
    Opened,
    check_addressee,
    check_signature,
    outline,
    seal,
    unseal,
)
from app.replication.frames import FrameCodec, Hello, Ops, Ping
from app.replication.hello import greeting
from app.replication.peers import LocalSite
from app.replication.wire import site_to_bytes
from tests.replication.sites import Site

OURS, THEIRS = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
BUNDLE = bytes(range(16))
TEXTS = [Texts.load(language) for language in ("zh_CN", "en")]
CODEC = FrameCodec()


def site_of(key: SigningKey) -> str:
    from app.journal.keys import site_id

    return site_id(bytes(key.verify_key))


US = LocalSite("live", "310105", "EMB", site_of(OURS), 3)
THEM = LocalSite("live", "310105", "FRD", site_of(THEIRS), 3)


def head(**other: Any) -> Head:
    made = Head(
        realm="live",
        district="310105",
        to=site_to_bytes(US.site),
        to_key=bytes(OURS.verify_key),
        sender=site_to_bytes(THEM.site),
        successions=[],
        bundle=BUNDLE,
        seq=1,
        number=1,
    )
    return altered(made, **other)


def contents(**other: Any) -> Contents:
    made = Contents(
        to_key=bytes(OURS.verify_key),
        sender=site_to_bytes(THEM.site),
        bundle=BUNDLE,
        seq=1,
        number=1,
        last=True,
        after=0,
        made_at=1_752_451_200_000,
        entries=0,
        before=0,
        spans=[],
        frames=1,
    )
    return altered(made, **other)


def hello(**other: Any) -> bytes:
    made = greeting(THEM, {}, {}, 1_752_451_200_000, BUNDLE)
    return CODEC.encode(altered(made, **other))


def part(
    outer: Head | None = None, inner: Contents | None = None, frames: list[bytes] | None = None
) -> bytes:
    return seal(outer or head(), inner or contents(), [hello()] if frames is None else frames, THEIRS)


def read(data: bytes) -> Opened:
    """As a site reads a part."""
    found = outline(data)
    check_addressee(US, found.head)
    check_signature(found, bytes(THEIRS.verify_key))
    return unseal(found, [OURS])


def refused(data: bytes, *keys: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(data)
    wrong = caught.value
    assert wrong.text.removeprefix("refusal.bundles.") in keys
    assert all(texts.get(wrong.text, **wrong.params) for texts in TEXTS)
    return wrong


WHOLE = part()


def test_round_trip() -> None:
    opened = read(WHOLE)
    assert (opened.contents, opened.hello.site) == (contents(), site_to_bytes(THEM.site))
    assert list(opened.frames) == [] and outline(WHOLE).sender == THEM.site


def test_every_flipped_byte_is_refused() -> None:
    """Attack: any byte changed anywhere; nothing of it is opened."""
    for at in range(len(WHOLE)):
        for flip in (0x01, 0xFF):
            data = bytearray(WHOLE)
            data[at] ^= flip
            refused(bytes(data), "damaged", "no_bundle", "newer", "not_for_us", "realm", "district", "own")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_cut_or_lengthened_is_refused(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(WHOLE) - 1))
    refused(WHOLE[:cut], "damaged", "no_bundle")
    refused(WHOLE + data.draw(st.binary(min_size=1, max_size=40)), "damaged")


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_rubbish_is_refused(data: bytes) -> None:
    refused(data, "no_bundle")
    refused(MAGIC + data, "damaged", "newer", "no_bundle")
    refused(MAGIC + b"\x01" + data, "damaged", "no_bundle")


def test_a_later_format_says_so() -> None:
    """版本较新."""
    assert refused(MAGIC + b"\x02" + bytes(100), "newer").code is ErrorCode.FORMAT


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"realm": "exercise"}, "realm"),
        ({"district": "310117"}, "district"),
        ({"to": bytes(16)}, "not_for_us"),
        ({"sender": site_to_bytes(US.site)}, "own"),
    ],
)
def test_wrong_address_is_told(wrong: dict[str, Any], key: str) -> None:
    """XC-10: an exercise and another district stay apart; a bundle for others is not ours to open."""
    assert refused(part(head(**wrong)), key).code is ErrorCode.SYNC


def test_sealed_to_an_earlier_key() -> None:
    """The key before the present one still opens; one before that does not, and the sentence says what to do."""
    past, long_past = SigningKey.generate(), SigningKey.generate()
    for key, opens in ((past, True), (long_past, False)):
        public = bytes(key.verify_key)
        found = outline(part(head(to_key=public), contents(to_key=public)))
        if opens:
            assert unseal(found, [OURS, past]).contents.seq == 1
        else:
            with pytest.raises(Refusal) as caught:
                unseal(found, [OURS, past])
            assert caught.value.text == "refusal.bundles.old_key"


def test_only_the_addressee_can_open_it() -> None:
    sealed = WHOLE[outline(WHOLE).sealed_at : -64]
    with pytest.raises(Exception, match=r"decrypt|error"):
        SealedBox(THEIRS.to_curve25519_private_key()).decrypt(sealed)
    assert b"EMB" not in sealed and b"FRD" not in sealed


def test_a_box_of_another_bundle_under_a_signed_head_is_noticed() -> None:
    """Somebody who may sign takes a box he cannot read and puts his own head on it."""
    for inner in (
        contents(bundle=bytes(16)),
        contents(number=2),
        contents(seq=2, after=1),
        contents(sender=bytes(16)),
        contents(to_key=bytes(32)),
    ):
        refused(part(None, inner), "damaged")


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [CODEC.encode(Ping(1, 2, 3))],
        [hello(site=bytes(16))],
        [hello(nonce=bytes(16))],
        [hello(), b""],
        [hello(), b"\xff" * 10],
        [b"\x01" + b"\xff" * 20],
    ],
    ids=["none", "no hello", "another site's", "another bundle's", "empty frame", "rubbish", "no zstd"],
)
def test_signed_nonsense_is_refused_as_well(frames: list[bytes]) -> None:
    """What a paired but changed program may write."""
    refused(part(None, contents(frames=max(1, len(frames))), frames), "damaged")


@pytest.mark.parametrize(
    "frame", [Ping(1, 2, 3), Hello(1, 1, "a", "b", "c", bytes(16), [], [], [], 1, BUNDLE)]
)
def test_frames_out_of_place_are_refused_before_anything_is_taken(frame: Any) -> None:
    opened = read(part(None, contents(frames=2), [hello(), CODEC.encode(frame)]))
    with pytest.raises(ValueError, match="out of place"):
        list(opened.decoded())


def test_counts_that_do_not_add_up_are_refused() -> None:
    refused(part(None, contents(frames=2)), "damaged")
    refused(part(None, contents(after=1)), "damaged")


def bomb(size: int) -> bytes:
    """A frame that says it unpacks to so much, and does."""
    return bytes((3 << 5 | 2,)) + zstandard.ZstdCompressor(level=19).compress(bytes(size))


def test_bombs_are_refused_by_what_they_announce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 4: hundreds of frames of a megabyte each in a few kilobytes; nothing of it is unpacked."""
    one = bomb(1 << 20)
    assert len(one) < 200
    many = [hello(), *([one] * 100)]
    refused(part(None, contents(frames=len(many)), many), "damaged")
    refused(part(None, contents(frames=2), [hello(), bomb(1 << 30)]), "damaged")
    silent = bytes((3 << 5 | 2,)) + zstandard.ZstdCompressor(write_content_size=False).compress(
        bytes(1 << 20)
    )
    refused(part(None, contents(frames=2), [hello(), silent]), "damaged")


def test_too_many_frames_are_refused() -> None:
    frames = [hello(), *([CODEC.encode(Ping(1, 2, 3))] * parts.MAX_FRAMES)]
    refused(part(None, contents(frames=parts.MAX_FRAMES), frames), "damaged")


def test_lengths_that_lie_are_refused() -> None:
    packed = msgspec.msgpack.encode(contents())
    for plain in (
        (1 << 31).to_bytes(4) + packed,
        len(packed).to_bytes(4) + packed + (70_000).to_bytes(4) + bytes(70_000),
        len(packed).to_bytes(4) + packed + (5).to_bytes(4) + b"ab",
        b"",
    ):
        box = SealedBox(VerifyKey(bytes(OURS.verify_key)).to_curve25519_public_key()).encrypt(plain)
        outer = msgspec.msgpack.encode(head())
        data = MAGIC + b"\x01" + len(outer).to_bytes(2) + outer + box
        refused(data + THEIRS.sign(parts._signed(data)).signature, "damaged")


def test_deep_heads_are_refused() -> None:
    deep = b"\x91" * 10_000
    refused(MAGIC + b"\x01" + len(deep).to_bytes(2) + deep + bytes(100), "damaged")


# -- files -----------------------------------------------------------------------------------------------------------------
def test_links_folders_pipes_and_giants_are_no_bundles(tmp_path: Path) -> None:
    """Attack 3: nothing the stick says is followed."""
    real, link, pipe, giant = (tmp_path / name for name in ("real.jdb", "link.jdb", "pipe.jdb", "giant.jdb"))
    real.write_bytes(WHOLE)
    link.symlink_to(real)
    with giant.open("wb") as file:
        file.truncate(MAX_PART_BYTES + 1)
    odd = [link, giant]
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
        odd.append(pipe)
    assert files.read(real) == WHOLE
    for path in odd:
        with pytest.raises(Refusal) as caught:
            files.read(path)
        assert caught.value.text == "refusal.bundles.no_bundle"
    with pytest.raises(EnvironmentFault) as gone:
        files.read(tmp_path / "none.jdb")
    assert gone.value.code == "bundle.unreadable"
    assert files.found([tmp_path]) == [giant, real]


def test_a_folder_without_bundles_and_one_with_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count, key in ((0, "none_here"), (3, "too_many")):
        monkeypatch.setattr(files, "MAX_FILES", 2)
        for n in range(count):
            (tmp_path / f"{n}.jdb").write_bytes(b"x")
        with pytest.raises(Refusal) as caught:
            files.found([tmp_path])
        assert caught.value.text == f"refusal.bundles.{key}"


def test_names_of_kept_parts_are_ours_whatever_the_head_says(tmp_path: Path) -> None:
    """Attack 3: ../ and absolute names have no way in: a name follows from the id and the number alone."""
    shelf = files.Shelf(tmp_path / "shelf")
    sender = "e" * 26
    shelf.keep(sender, b"../../etc/passwd", 7, b"one")
    [kept] = shelf.kept()
    path = kept.path
    assert (kept.sender, kept.bundle, kept.number) == (sender, b"../../etc/passwd", 7)
    assert path.parent == tmp_path / "shelf"
    assert path.name == f"{sender}-{kept.bundle.hex()}-0007-{kept.digest}.jdb"
    (tmp_path / "shelf" / "strange.jdb").write_bytes(b"x")
    half = tmp_path / "shelf" / f"{path.name}.writing"
    half.write_bytes(b"left by a kill")
    shelf.keep(sender, b"x" * 16, 1, b"two")
    assert not half.exists()
    shelf.drop(sender, b"x" * 16, 1, b"two")
    assert len(shelf.kept()) == 1
    for wrong in ((sender, b"x" * 16, 0), ("../" + sender[3:], b"x" * 16, 1)):
        with pytest.raises(ValueError, match="number"):
            shelf.keep(*wrong, b"one")
    shelf.drop(sender, kept.bundle, 7, b"one")
    assert shelf.kept() == []


def test_a_part_written_anew_replaces_the_one_before_and_no_other_sites(tmp_path: Path) -> None:
    """After a kill a part is written again under its id and number; another site may have chosen the same id."""
    shelf = files.Shelf(tmp_path)
    for sender, data in (("e" * 26, b"before"), ("f" * 26, b"theirs"), ("e" * 26, b"anew")):
        shelf.keep(sender, bytes(16), 1, data)
    assert [(each.sender, each.path.read_bytes()) for each in shelf.kept()] == [
        ("e" * 26, b"anew"),
        ("f" * 26, b"theirs"),
    ]
    shelf.drop("e" * 26, bytes(16), 1, b"before")
    assert len(shelf.kept()) == 2, "it is the later one that waits"


def test_the_shelf_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_KEPT_BYTES", 10)
    shelf = files.Shelf(tmp_path)
    shelf.keep("e" * 26, bytes(16), 1, b"123456")
    shelf.keep("e" * 26, bytes(16), 1, b"123456")
    shelf.keep("e" * 26, bytes(16), 1, b"written anew"[:6])
    with pytest.raises(Refusal) as caught:
        shelf.keep("e" * 26, bytes(16), 2, b"123456")
    assert caught.value.text == "refusal.bundles.shelf_full"


def test_a_medium_that_gives_back_something_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worn stick says yes and keeps rubbish: it is read back before the file gets its name."""

    def worn(path: Path, data: bytes) -> None:
        path.write_bytes(data[:-1] + b"?")

    monkeypatch.setattr(files, "write_through", worn)
    with pytest.raises(EnvironmentFault) as caught:
        files.Target(tmp_path, "x").write(1, b"content!")
    assert caught.value.code == "bundle.unwritable" and list(tmp_path.iterdir()) == []


# -- taking in, over a journal in memory -------------------------------------------------------------------------------------
def test_a_forged_author_in_an_honest_part_is_refused_and_what_came_before_is_kept(pair: list[Site]) -> None:
    """Attack 6: signed and sealed by a paired site, but one transaction is not its author's."""
    from app.replication.bundles.taking import BundleTaker
    from app.replication.wire import pack_block

    victim, attacker = pair
    good = attacker.journal.author([attacker.journal.act("good")])
    bad = attacker.journal.author([attacker.journal.act("bad")])
    forged = (*bad[:-1], replace(bad[-1], sig=bytes(64)))
    frame = CODEC.encode(Ops(1, False, pack_block([good, forged])))
    opened = read(part(None, contents(frames=2), [hello(), frame]))

    def on_writer(_priority: Any, work: Callable[[], Any]) -> Any:
        return work()

    taker = BundleTaker(victim.journal, on_writer, lambda _: None)
    with pytest.raises(Refusal) as caught:
        taker.take(opened)
    assert caught.value.text == "refusal.bundles.bad_content"
    assert victim.journal.rows == [good]
