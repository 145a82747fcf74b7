"""Exchange by stick between two real sites (CM-07): back and forth until equal, with all that sticks do to files."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app.bootstrap import bundle_export, bundle_look
from app.bootstrap.bundles import partners, past
from app.bootstrap.window_bundles import SiteBundles
from app.exchange.bundles import CancelledError, Exported, Watch
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local import acks
from app.queries.links import link_acts
from app.replication.bundles import files, writing
from app.usecases.duty import NoteLinkState, WriteLogEntry
from tests.bootstrap.sticks import apart, heads, log_of, make, take
from tests.kit import Site, Town, act, business, dump, op_count, register

__all__ = ["apart"]


def refusal(text: str, code: ErrorCode, site: Site, *paths: Path) -> None:
    """Taking in is refused with this sentence and changes nothing at all."""
    before, ops = dump(site), op_count(site)
    with pytest.raises(Refusal) as caught:
        take(site, *paths)
    assert (caught.value.text, caught.value.code) == (text, code)
    assert site.node.texts.get(text, **caught.value.params)
    assert dump(site) == before and op_count(site) == ops


def paths_of(*made: Exported) -> list[Path]:
    return [Path(name) for each in made for name in each.files]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few operations, so that a bundle has several."""
    monkeypatch.setattr(writing, "PART_BYTES", 2500)
    monkeypatch.setattr(writing, "_FETCH_BYTES", 4000)


def many(site: Site, count: int = 12) -> None:
    """Entries that do not compress to nothing."""
    for n in range(count):
        act(site, "duty_officer", WriteLogEntry(text=f"{n} {os.urandom(400).hex()}"))


# -- there and back --------------------------------------------------------------------------------------------------------
def test_two_rooms_without_network_become_equal_by_sticks_alone(apart: Town, tmp_path: Path) -> None:
    """CM-07, JD-11: there, back, and there again with what the log says of it; both hold and show the same."""
    emb, frd = apart.emb, apart.frd
    register(emb, what="甲")
    register(frd, what="乙")
    made = make(emb, "FRD", tmp_path)
    apart.at("08:05:00")
    [taken] = take(frd, *paths_of(made)).bundles
    assert (taken.state, taken.hash) == ("whole", made.hash) and taken.applied
    apart.at("08:10:00")
    back = make(frd, "EMB", tmp_path)
    apart.at("08:20:00")
    take(emb, *paths_of(back))
    apart.at("08:30:00")
    last = take(frd, *paths_of(make(emb, "FRD", tmp_path)))
    assert last.bundles[0].applied == 2, "what the log of the other room says"
    assert heads(emb) == heads(frd)
    assert business(emb) == business(frd)
    assert log_of(emb) == log_of(frd)
    assert [text.split("（")[0] for text in log_of(emb)] == [
        "制作存储介质数据包第 1 号给消防支队",
        "导入应急局的存储介质数据包第 1 号",
        "制作存储介质数据包第 1 号给应急局",
        "导入消防支队的存储介质数据包第 1 号",
        "制作存储介质数据包第 2 号给消防支队",
    ]


def test_the_same_bundle_twice_changes_nothing(apart: Town, tmp_path: Path) -> None:
    """CM-07: importing the same bundle twice changes nothing; nor does an old one after a newer one."""
    emb, frd = apart.emb, apart.frd
    register(emb)
    first = make(emb, "FRD", tmp_path)
    register(emb, what="后来")
    second = make(emb, "FRD", tmp_path)
    take(frd, *paths_of(second))
    before, ops = dump(frd), op_count(frd)
    for made in (second, first, second):
        [again] = take(frd, *paths_of(made)).bundles
        assert (again.state, again.applied) == ("nothing_new", 0)
    assert dump(frd) == before and op_count(frd) == ops


def test_what_is_carried_waits_until_the_stick_comes_back(apart: Town, tmp_path: Path) -> None:
    """The bundle that comes back acknowledges: marks, waiting count and list of bundles follow (JD-01)."""
    emb, frd = apart.emb, apart.frd
    incident = register(emb)
    [before] = partners(emb.node)
    assert before.waiting and before.oldest_at and before.carried == 0
    made = make(emb, "FRD", tmp_path)
    [after] = partners(emb.node)
    assert (after.waiting, after.carried, after.follows) == (before.waiting + 1, before.waiting + 1, made.seq)
    assert [row.state for row in past(emb.node)] == ["made"]
    take(frd, *paths_of(made))
    assert frd.incident(incident.id).what
    take(emb, *paths_of(make(frd, "EMB", tmp_path)))
    [done] = partners(emb.node)
    assert (done.waiting, done.carried) == (1, 0), "only that the bundle was taken in is new"
    assert [row.state for row in past(emb.node)] == ["whole", "confirmed"]
    own = emb.node.me.site
    register(emb)
    emb.node.execute(NoteLinkState(peer="FRD", state=LinkState.DOWN, seconds=60), emb.node.me.console_account)
    [waits], [header] = partners(emb.node), emb.node.read(partial(link_acts, own_site=own))
    assert waits.acts == header.waiting == 2 < waits.waiting, "in the unit of the header: nobody did a note"
    make(emb, "FRD", tmp_path)
    [after] = partners(emb.node)
    assert (after.acts, after.carried_acts) == (3, 3)
    noted = emb.node.local(acks.noted)
    assert noted[frd.node.me.site][emb.node.me.site] >= made.entries


def test_only_what_the_partner_lacks_is_carried(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    register(emb)
    first = make(emb, "FRD", tmp_path)
    take(frd, *paths_of(first))
    take(emb, *paths_of(make(frd, "EMB", tmp_path)))
    second = make(emb, "FRD", tmp_path)
    assert second.entries == 2 < first.entries


def test_what_the_partner_may_not_read_goes_as_header(apart: Town, tmp_path: Path) -> None:
    """Scopes hold on a stick as on the wire."""
    emb, frd = apart.emb, apart.frd
    with pytest.raises(Refusal):
        register(emb, who="observer")  # the audit entry is internal to the agency
    take(frd, *paths_of(make(emb, "FRD", tmp_path)))
    withheld = frd.node.local(lambda _: frd.node.journal.withheld())
    assert emb.node.me.site in withheld
    assert frd.count("refusal") < emb.count("refusal")


# -- parts -----------------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("small")
def test_every_part_stands_by_itself(apart: Town, tmp_path: Path) -> None:
    """What is whole is taken in up to the first hole; what lies behind it waits for the missing part."""
    emb, frd = apart.emb, apart.frd
    many(emb)
    made = make(emb, "FRD", tmp_path)
    parts = paths_of(made)
    assert len(parts) >= 4
    [first] = take(frd, parts[0], parts[2], parts[3]).bundles
    assert (first.state, first.missing, first.kept) == ("partial", (2,), 2)
    assert 0 < first.applied < made.entries
    [second] = take(frd, *parts[4:], parts[1]).bundles
    assert (second.state, second.missing, second.kept, second.hash) == ("whole", (), 0, made.hash)
    assert frd.count("log_entry") == emb.count("log_entry") + 3, "its own pairing, and each import"
    assert not list((frd.node.data.root / "bundles").iterdir())


@pytest.mark.usefixtures("small")
def test_parts_in_any_order_one_by_one(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    many(emb)
    made = make(emb, "FRD", tmp_path)
    for path in reversed(paths_of(made)):
        last = take(frd, path)
    assert last.bundles[0].state == "whole"
    assert heads(frd)[emb.node.me.site] == heads(emb)[emb.node.me.site]


def test_a_bundle_that_goes_on_from_another_waits_for_it(apart: Town, tmp_path: Path) -> None:
    """Bundle 2 before bundle 1: told which one is missing, kept, taken in when it comes; nothing lost, nothing doubled."""
    emb, frd = apart.emb, apart.frd
    register(emb, what="甲")
    first = make(emb, "FRD", tmp_path)
    register(emb, what="乙")
    second = make(emb, "FRD", tmp_path, follow=True)
    assert (second.follows, second.entries) == (1, 2)
    [early] = take(frd, *paths_of(second)).bundles
    assert (early.state, early.applied, early.kept, early.needs) == ("partial", 0, 1, 1)
    both = take(frd, *paths_of(first))
    assert [(each.seq, each.state) for each in both.bundles] == [(1, "whole")]
    assert [(each.seq, each.state) for each in both.later] == [(2, "whole")]
    assert business(frd)["incident"] == business(emb)["incident"]


# -- interrupted -----------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("small")
def test_a_full_stick_leaves_whole_parts_and_is_gone_on_with(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emb, frd = apart.emb, apart.frd
    many(emb)
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    real = files.Target.free
    room = iter([1 << 40, 1 << 40, 1 << 40, 0])
    monkeypatch.setattr(files.Target, "free", lambda _: next(room))
    with pytest.raises(EnvironmentFault) as caught:
        make(emb, "FRD", one)
    assert caught.value.code == "bundle.full"
    monkeypatch.setattr(files.Target, "free", real)
    assert len(list(one.glob("*.jdb"))) == 2 and len(list(one.iterdir())) == 2, "no half file"
    assert partners(emb.node)[0].unfinished == 1
    rest = make(emb, "FRD", two, resume=True)
    assert rest.seq == 1 and partners(emb.node)[0].unfinished == 0
    [taken] = take(frd, one, two).bundles
    assert (taken.state, taken.hash) == ("whole", rest.hash)
    assert heads(frd)[emb.node.me.site] == heads(emb)[emb.node.me.site]
    assert [text.split("（")[0][-8:] for text in log_of(emb)][:1] and "没有做完" in log_of(emb)[1]


@pytest.mark.usefixtures("small")
def test_killed_between_the_file_and_its_note_it_is_gone_on_with(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part is on the stick, the site does not know it: the same part is written again, in its place."""

    class KilledError(BaseException):
        pass

    def killed(self: bundle_export._Export, part: writing.Written) -> None:
        if part.number == 2:
            raise KilledError
        real(self, part)

    emb, frd = apart.emb, apart.frd
    many(emb)
    real = bundle_export._Export._noted
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(bundle_export._Export, "_noted", killed)
        make(emb, "FRD", tmp_path)
    assert len(list(tmp_path.glob("*.jdb"))) == 2
    emb.reopen()
    rest = make(emb, "FRD", tmp_path, resume=True)
    assert len(rest.files) + 1 == len(list(tmp_path.glob("*.jdb")))
    [taken] = take(frd, tmp_path).bundles
    assert (taken.state, taken.hash) == ("whole", rest.hash)
    with pytest.raises(Refusal) as caught:
        make(emb, "FRD", tmp_path, resume=True)
    assert caught.value.text == "refusal.bundles.nothing_to_resume"


@pytest.mark.usefixtures("small")
def test_a_stick_pulled_out_is_told(apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emb = apart.emb
    many(emb)
    stick = tmp_path / "stick"
    stick.mkdir()

    def pulled(path: Path, data: bytes) -> None:
        if path.name.endswith("-02.jdb.writing"):
            shutil.rmtree(stick)
        real(path, data)

    real = files.write_through
    monkeypatch.setattr(files, "write_through", pulled)
    with pytest.raises(EnvironmentFault) as caught:
        make(emb, "FRD", stick)
    assert caught.value.code == "bundle.unwritable"
    with pytest.raises(EnvironmentFault) as gone:
        make(emb, "FRD", stick, resume=True)
    assert gone.value.text in ("fault.bundle.no_folder", "fault.bundle.unwritable")


def test_a_screen_names_folders_only_the_command_line_a_file_too(apart: Town, tmp_path: Path) -> None:
    """The folder may go between choosing and making: no file is made of its name."""
    emb, gone = apart.emb, tmp_path / "usb"
    peer = apart.frd.node.me.site
    with closing(SiteBundles(lambda: emb.node)) as door:
        made = door.export(peer, gone, emb.account("duty_officer"), Watch(), follow=False, resume=False)
        with pytest.raises(EnvironmentFault) as caught:
            made.result(60)
    assert caught.value.text == "fault.bundle.no_folder"
    assert not list(tmp_path.glob("usb*"))
    assert make(emb, "FRD", gone).files == (str(tmp_path / "usb.jdb"),)
    with pytest.raises(EnvironmentFault) as nowhere:
        make(emb, "FRD", tmp_path / "no" / "such")
    assert nowhere.value.text == "fault.bundle.no_folder"


@pytest.mark.usefixtures("small")
def test_cancelling_leaves_no_file(apart: Town, tmp_path: Path) -> None:
    emb = apart.emb
    many(emb)
    stick = tmp_path / "stick"
    stick.mkdir()
    watch = Watch(cancelled=lambda: len(list(stick.glob("*.jdb"))) >= 2)
    with pytest.raises(CancelledError):
        make(emb, "FRD", stick, watch=watch)
    assert list(stick.iterdir()) == []
    assert [row.state for row in past(emb.node)] == ["cancelled"]
    assert make(emb, "FRD", stick).seq == 2, "a number once given is used up"


@pytest.mark.usefixtures("small")
def test_a_cancelled_import_keeps_what_it_took_and_goes_on(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    many(emb)
    made = make(emb, "FRD", tmp_path)
    seen: list[tuple[int, int]] = []
    watch = Watch(lambda done, total: seen.append((done, total)), lambda: len(seen) > 3)
    with pytest.raises(CancelledError):
        take(frd, *paths_of(made), watch=watch)
    assert 0 < heads(frd)[emb.node.me.site] < heads(emb)[emb.node.me.site]
    assert seen[0] == (0, made.entries) and seen == sorted(seen)
    [taken] = take(frd, *paths_of(made)).bundles
    assert taken.state == "whole" and taken.known


def test_a_file_that_is_there_is_not_overwritten(apart: Town, tmp_path: Path) -> None:
    emb = apart.emb
    register(emb)
    target = tmp_path / "包.jdb"
    target.write_bytes(b"mine")
    with pytest.raises(EnvironmentFault) as caught:
        make(emb, "FRD", target)
    assert caught.value.code == "file.exists" and target.read_bytes() == b"mine"
    assert past(emb.node) == [] and log_of(emb) == []
    made = make(emb, "FRD", tmp_path / "另一个.jdb")
    assert [Path(name).name for name in made.files] == ["另一个.jdb"]


def test_nothing_leaves_that_could_not_be_entered_into_the_log(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emb = apart.emb
    register(emb)

    def full(*_: object) -> None:
        raise EnvironmentFault("database.full", "fault.database.full")

    with monkeypatch.context() as patch, pytest.raises(EnvironmentFault):
        patch.setattr(emb.node, "execute", full)
        make(emb, "FRD", tmp_path)
    assert list(tmp_path.glob("*.jdb*")) == [] and partners(emb.node)[0].unfinished == 0
    assert make(emb, "FRD", tmp_path).seq == 2


def test_one_exchange_at_a_time(apart: Town, tmp_path: Path) -> None:
    emb = apart.emb
    register(emb)
    caught: list[str] = []

    def during(done: int, total: int) -> None:
        try:
            make(emb, "FRD", tmp_path)
        except Refusal as wrong:
            caught.append(wrong.text)

    make(emb, "FRD", tmp_path, watch=Watch(during))
    assert set(caught) == {"refusal.bundles.busy"}


# -- who, for whom ---------------------------------------------------------------------------------------------------------
def test_who_may_not_write_it_into_the_log_may_not_exchange(apart: Town, tmp_path: Path) -> None:
    """XC-06: denied by default, and recorded."""
    register(apart.emb)
    made = make(apart.emb, "FRD", tmp_path)
    for call in (
        lambda: make(apart.emb, "FRD", tmp_path, who="observer"),
        lambda: take(apart.frd, *paths_of(made), who="observer"),
        lambda: bundle_look.examine(apart.frd.node, paths_of(made), apart.frd.account("observer")),
    ):
        with pytest.raises(Refusal) as caught:
            call()
        assert (caught.value.code, caught.value.clause) == (ErrorCode.PERM, "XC-06")
    assert len(apart.frd.refusals()) == 2


def test_a_partner_that_is_not_known_is_refused(apart: Town, town: Town, tmp_path: Path) -> None:
    for to in ("HALL", "x" * 26, "", "EMB"):
        with pytest.raises(Refusal) as caught:
            make(apart.emb, to, tmp_path)
        assert caught.value.text == "refusal.bundles.unknown_partner"


def test_looking_tells_and_changes_nothing(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    register(emb)
    made = make(emb, "FRD", tmp_path)
    before, ops = dump(frd), op_count(frd)
    account = frd.account("duty_officer")
    (tmp_path / "note.jdb").write_text("shopping list")
    looked = bundle_look.examine(frd.node, [tmp_path], account)
    [bundle] = looked.bundles
    assert (bundle.agency, bundle.seq, bundle.made_at) == ("EMB", 1, emb.clock.now_ms())
    assert made.entries > 1
    assert (bundle.entries, bundle.fresh, bundle.parts, bundle.total) == (made.entries, made.entries, (1,), 1)
    assert (bundle.state, bundle.newer, bundle.closed) == ("new", False, False)
    assert [each.name for each in looked.unusable] == ["note.jdb"]
    assert dump(frd) == before and op_count(frd) == ops and past(frd.node) == []
    take(frd, *paths_of(made))
    [again] = bundle_look.examine(frd.node, paths_of(made), account).bundles
    assert (again.state, again.fresh) == ("whole", 0)


def test_not_for_us_and_our_own(apart: Town, tmp_path: Path) -> None:
    register(apart.emb)
    made = make(apart.emb, "FRD", tmp_path)
    refusal("refusal.bundles.own", ErrorCode.SYNC, apart.emb, *paths_of(made))
    forgotten = apart.frd.node.me.site
    apart.frd.node.local(lambda c: c.execute("DELETE FROM peer"))
    refusal("refusal.bundles.unknown_sender", ErrorCode.SYNC, apart.frd, *paths_of(made))
    assert forgotten == apart.frd.node.me.site
