"""A purge reaches every second folder of backups that was ever used here, or is not confirmed (XC-07, XC-09)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.bootstrap import second_folders
from app.bootstrap.backup_store import MARK, SECOND_FOLDER, copies
from app.bootstrap.backup_work import make
from app.bootstrap.purging import purge
from app.bootstrap.requests import Desk
from app.bootstrap.window_attachments import _waits
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local import memory
from app.local.attachments import AttachmentStore
from app.queries import duty
from tests.bootstrap.test_backing_up import job, quiet
from tests.bootstrap.test_left_over_files import reopen
from tests.bootstrap.test_purging_files import acknowledged, order, put_in
from tests.kit import PASSWORD, Site


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


def backed_up(site: Site, second: Path) -> str:
    """A backup into the second folder that is in use; the state it is left in."""
    ids = [each.id for each in site.node.local(second_folders.known) if each.path == second]
    return make(job(site, second=second, second_ids=tuple(ids)), quiet).second


def holds(second: Path, content: str) -> bool:
    return AttachmentStore(second / "files").has(content)


def waiting(site: Site) -> str:
    """What a purge waits for; "" when it is through."""
    try:
        purge(site.node)
    except EnvironmentFault as fault:
        assert (fault.code, fault.text) == ("purge.second", "fault.purge.second")
        return str(fault.params["path"])
    return ""


def former(site: Site) -> list[str]:
    return [name for _, name in site.node.local(second_folders.former)]


@pytest.mark.parametrize("then", ["none", "another"])
def test_a_folder_that_is_used_no_more_is_reached(emb: Site, tmp_path: Path, then: str) -> None:
    """At hand: destroyed there. It is forgotten then, for it holds no file any more."""
    second = folder(tmp_path, "second")
    second_folders.choose(emb.node, second)
    wrong, content = put_in(emb, tmp_path)
    assert backed_up(emb, second) == "kept" and holds(second, content)
    second_folders.choose(emb.node, None if then == "none" else folder(tmp_path, "third"))
    reopen(emb)
    assert former(emb) == [str(second)]
    order(emb, wrong)
    assert waiting(emb) == ""
    assert not holds(second, content) and acknowledged(emb, wrong) == 1
    assert former(emb) == []


def test_each_that_lacks_is_named_and_they_need_not_be_there_together(emb: Site, tmp_path: Path) -> None:
    """Two former ones and the present one, one stick after the other in the port; over a restart too."""
    paths = [folder(tmp_path, name) for name in ("first", "second", "third")]
    wrong, content = put_in(emb, tmp_path)
    _, kept = put_in(emb, tmp_path, "right.jpg")
    for path in paths:
        second_folders.choose(emb.node, path)
        assert backed_up(emb, path) == "kept"
    drawer = [path.rename(tmp_path / f"{path.name} in a drawer") for path in paths]
    order(emb, wrong)
    assert waiting(emb).split("、") == [str(path) for path in paths]
    assert _waits(emb.node, wrong, content).split("、") == [str(path) for path in paths]
    for at, left in ((1, [0, 2]), (2, [0])):
        drawer[at].rename(paths[at])
        assert waiting(emb).split("、") == [str(paths[each]) for each in left]
        paths[at].rename(drawer[at])
        assert acknowledged(emb, wrong) == 0
    reopen(emb)
    drawer[0].rename(paths[0])
    assert waiting(emb) == "" and acknowledged(emb, wrong) == 1
    assert _waits(emb.node, wrong, content) == ""
    for at in (1, 2):
        drawer[at].rename(paths[at])
    assert [holds(path, content) for path in paths] == [False] * 3
    assert [holds(path, kept) for path in paths] == [True] * 3
    assert former(emb) == [str(path) for path in paths[:2]], "they hold other files"


def test_orders_that_follow_each_other_are_each_remembered(emb: Site, tmp_path: Path) -> None:
    """Both were destroyed in the first folder on different days; then that one is away and the other is there."""
    paths = [folder(tmp_path, name) for name in ("first", "second")]
    records = [put_in(emb, tmp_path, name)[0] for name in ("a.jpg", "b.jpg")]
    for path in paths:
        second_folders.choose(emb.node, path)
        assert backed_up(emb, path) == "kept"
    drawers = [tmp_path / f"{path.name} in a drawer" for path in paths]
    paths[1].rename(drawers[1])
    for record in records:
        order(emb, record)
        assert waiting(emb) == str(paths[1])
    paths[0].rename(drawers[0])
    drawers[1].rename(paths[1])
    assert waiting(emb) == "" and [acknowledged(emb, record) for record in records] == [1, 1]


def test_two_sticks_that_take_turns_under_one_name_are_two(emb: Site, tmp_path: Path) -> None:
    """E:\\ today and E:\\ tomorrow: the one in the drawer is waited for; a third stick that nobody chose gets no backup."""
    port, sticks = tmp_path / "port", [folder(tmp_path, name) for name in ("a", "b", "strange")]
    wrong, content = put_in(emb, tmp_path)
    for stick in sticks[:2]:
        stick.rename(port)
        second_folders.choose(emb.node, port)
        assert backed_up(emb, port) == "kept"
        port.rename(stick)
    sticks[0].rename(port)
    assert backed_up(emb, port) == "kept", "chosen once, it goes on taking its turn"
    port.rename(sticks[0])
    (sticks[2] / MARK).write_text(json.dumps({"site": "another", "id": "ab" * 8}))
    sticks[2].rename(port)
    assert backed_up(emb, port) == "missing" and not copies(port)
    port.rename(sticks[2])
    order(emb, wrong)
    [a, b] = waiting(emb).split("、")
    assert a != b and a.startswith(f"{port} #") and b.startswith(f"{port} #")
    sticks[1].rename(port)
    assert waiting(emb) == a
    port.rename(sticks[1])
    sticks[0].rename(port)
    assert waiting(emb) == ""
    port.rename(sticks[0])
    assert not any(holds(stick, content) for stick in sticks) and acknowledged(emb, wrong) == 1


def test_chosen_again_it_is_the_same_one(emb: Site, tmp_path: Path) -> None:
    """Also one that was marked before marks had an id, and one that has another path today."""
    second, third = folder(tmp_path, "second"), folder(tmp_path, "third")
    (second / MARK).write_text(json.dumps({"site": emb.node.me.site}))
    emb.node.local(lambda c: memory.keep(c, SECOND_FOLDER, str(second), 0))
    for path in (second, third, second):
        second_folders.choose(emb.node, path)
    assert former(emb) == [str(third)]
    second.rename(tmp_path / "moved")
    second_folders.choose(emb.node, tmp_path / "moved")
    assert former(emb) == [str(third)]
    assert len(emb.node.local(second_folders.known)) == 2


def test_a_person_says_that_it_is_destroyed(emb: Site, tmp_path: Path) -> None:
    """XC-06, XC-07: who may choose such folders; in the duty log, under his name; then nothing waits for it."""
    second = folder(tmp_path, "second")
    second_folders.choose(emb.node, second)
    wrong, _ = put_in(emb, tmp_path)
    assert backed_up(emb, second) == "kept"
    second.rename(tmp_path / "burnt")
    order(emb, wrong)
    with pytest.raises(Refusal) as early:
        second_folders.forget(emb.node, str(second), emb.account("technician"))
    assert early.value.code is ErrorCode.STATE, "it is in use"
    second_folders.choose(emb.node, None)
    assert waiting(emb) == str(second)
    with pytest.raises(Refusal) as denied:
        second_folders.forget(emb.node, str(second), emb.account("duty_officer"))
    assert denied.value.code is ErrorCode.PERM and former(emb) == [str(second)]
    asked = {"call": "do", "command": "forget_backup_folder", "as": "EMB-technician", "password": PASSWORD}
    assert (
        Desk(emb.node).answer({**asked, "arguments": {"folder": "elsewhere"}})["error"]["code"] == "E_STATE"
    )
    assert Desk(emb.node).answer({**asked, "arguments": {"folder": str(second)}})["ok"]
    [entry] = [row for row in emb.node.local(duty.log) if str(second) in str(row.text)]
    assert entry.account_id == emb.account("technician") and "已销毁" in str(entry.text)
    assert waiting(emb) == "" and acknowledged(emb, wrong) == 1 and former(emb) == []
