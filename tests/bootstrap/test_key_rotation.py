"""A workstation changes its signing key: on real files, over restarts, cut off at every step, known to the partner."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from app.bootstrap import pairing, site_key_files, trusting
from app.bootstrap.checking import verify_site
from app.journal.keys import SiteKey, site_id
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.replication.identity import FORMAT_ROTATED, pairing_number, read_identity, write_identity
from app.usecases.duty import WriteLogEntry
from app.usecases.site_keys import RotateKey
from tests.kit import Site, Town, act, founded_town, ship, town

__all__ = ["founded_town", "town"]


def entry(site: Site, text: str) -> None:
    act(site, "duty_officer", WriteLogEntry(text=text))


def texts(site: Site) -> list[str]:
    return [row["text"] for row in site.rows("log_entry")]


def test_the_key_changes_and_the_trust_stays(town: Town) -> None:
    east, fire = town.emb, town.frd
    first, site = east.node.key.public, east.node.me.site
    before = read_identity(pairing.identity_file(east.node))
    trusting.rotate_key(east.node, east.admin)
    trusting.rotate_key(east.node, east.admin)
    entry(east, "换钥之后")
    assert east.node.key.public != first and east.node.key.site == site == site_id(first)
    assert sorted(path.name for path in east.node.data.keys.glob("site.key*")) == [
        "site.key",
        "site.key.past",
    ]
    east.reopen()
    entry(east, "重启之后")
    ship(east, fire)
    assert {"换钥之后", "重启之后"} <= set(texts(fire))
    assert sum("更换了签名密钥" in text for text in texts(fire)) == 2
    assert fire.node.writing(lambda: fire.node.journal.public_key(site)) == east.node.key.public
    after = read_identity(pairing.identity_file(east.node))
    assert (after.site, after.site_key) == (before.site, east.node.key.public.hex())
    assert after.format == FORMAT_ROTATED and len(after.successions) == 2
    own = read_identity(pairing.identity_file(fire.node))
    assert pairing_number(own, after) == pairing_number(after, own)
    for each in (east, fire):
        data = each.node.data
        each.node.close()
        assert verify_site(data)["damaged"] is False
        each.reopen()


def test_identity_of_a_changed_key_is_checked_step_by_step(town: Town) -> None:
    """A file with a step left out, or with a key nobody named, is of somebody else."""
    east = town.emb
    trusting.rotate_key(east.node, east.admin)
    trusting.rotate_key(east.node, east.admin)
    good = pairing.own_identity(east.node)
    stranger = SigningKey.generate()
    parts = {name: getattr(good, name) for name in good.__struct_fields__}
    for wrong, key in (
        ({"successions": good.successions[1:]}, east.node.key.signing),
        ({"successions": good.successions[::-1]}, east.node.key.signing),
        ({"first_key": bytes(stranger.verify_key).hex()}, east.node.key.signing),
        ({"site_key": bytes(stranger.verify_key).hex()}, stranger),
        ({"first_key": "", "successions": []}, east.node.key.signing),
    ):
        with pytest.raises(Refusal) as refused:
            read_identity(write_identity(type(good)(**{**parts, **wrong}), key))
        assert refused.value.text == "refusal.sync.identity_forged"


def test_only_the_administrator_changes_the_key_and_never_by_a_plain_command(town: Town) -> None:
    east = town.emb
    before = east.node.key.public
    with pytest.raises(Refusal) as refused:
        trusting.rotate_key(east.node, east.account("duty_chief"))
    assert refused.value.code is ErrorCode.PERM
    new = SigningKey.generate()
    from app.journal.site_keys import succession

    parts = succession(east.node.me.realm, east.node.me.site, east.node.key.signing, new)
    command = RotateKey(**{name: part.hex() for name, part in parts.items()})
    with pytest.raises(Refusal):  # nobody here holds that key
        act(east, "admin", command)
    with pytest.raises(Refusal):
        act(east, "admin", RotateKey(key="zz", by="", proof=""))
    assert east.node.key.public == before and not list(east.node.data.keys.glob("site.key.*"))
    entry(east, "仍能记录")


@pytest.mark.parametrize("step", ["written", "committed", "past"])
def test_cut_off_at_every_step_the_next_start_finds_the_key_in_force(
    town: Town, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    east, fire = town.emb, town.frd
    old = east.node.key.public

    class Cut(BaseException):
        """The power goes."""

    def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        if step == "written":
            patch.setattr(east.node.bus, "execute", cut)
        elif step == "committed":
            patch.setattr(site_key_files, "take_over", cut)
        else:
            patch.setattr(os, "replace", lambda a, b: cut() if str(a).endswith(".next") else os.rename(a, b))
        with pytest.raises(Cut):
            trusting.rotate_key(east.node, east.admin)
    east.reopen()
    assert (east.node.key.public == old) is (step == "written")
    assert not (east.node.data.keys / site_key_files.NEXT_FILE).exists()
    entry(east, "断电之后")
    ship(east, fire)
    assert "断电之后" in texts(fire)


class _Failing:
    """A connection whose COMMIT is reported as failed; `durable`: after it has reached the disk all the same."""

    def __init__(self, connection: sqlite3.Connection, *, durable: bool) -> None:
        self._connection, self._durable = connection, durable

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *given: Any) -> Any:
        if statement != "COMMIT":
            return self._connection.execute(statement, *given)
        if self._durable:
            self._connection.execute(statement)
        wrong = sqlite3.OperationalError("disk I/O error")
        wrong.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise wrong


@pytest.mark.parametrize("durable", [True, False])
def test_a_commit_that_was_reported_as_failed_leaves_the_next_key(
    town: Town, durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A COMMIT that fails in its fsync may be found on the disk by the next start: the key it names is still there. One that
    was not is cleared then, and a second try before that names the same key, so that either of them may be the one found."""
    east, fire = town.emb, town.frd
    old, following = east.node.key.public, east.node.data.keys / site_key_files.NEXT_FILE
    offered = list[bytes]()
    for _ in range(1 if durable else 2):
        with monkeypatch.context() as patch:
            failing = _Failing(east.node.journal._connection, durable=durable)
            patch.setattr(east.node.journal, "_connection", failing)
            with pytest.raises(EnvironmentFault):
                trusting.rotate_key(east.node, east.admin)
        offered.append(following.read_bytes())
    assert len(set(offered)) == 1
    east.reopen()
    assert (east.node.key.public != old) is durable
    assert not following.exists()
    entry(east, "提交报错之后")
    ship(east, fire)
    assert "提交报错之后" in texts(fire)


def test_a_folder_without_the_key_in_force_is_told(town: Town) -> None:
    east = town.emb
    trusting.rotate_key(east.node, east.admin)
    data = east.node.data
    past = (data.keys / site_key_files.PAST_FILE).read_bytes()
    assert (
        SiteKey(SigningKey(past)).site == east.node.me.site
    )  # the first key, kept to open what was sealed to it
    east.node.close()
    present = (data.keys / "site.key").read_bytes()
    (data.keys / "site.key").write_bytes(past)
    with pytest.raises(EnvironmentFault) as told:
        east.reopen()
    assert told.value.code == "keys.mismatch"
    (data.keys / "site.key").write_bytes(present)
    east.reopen()


ROTATING = """
import sys
from pathlib import Path
from app.bootstrap.node import open_node
from app.bootstrap import trusting
node = open_node(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    trusting.rotate_key(node, sys.argv[2])
    print("turned", flush=True)
"""


@pytest.mark.parametrize("turns", [1, 2, 4])
def test_killed_while_it_changes_its_key(town: Town, turns: int) -> None:
    """kill -9 in the midst of one change after another: it opens, writes, and the partner takes the whole chain."""
    east, fire = town.emb, town.frd
    data, admin = east.node.data, east.admin
    east.node.close()
    with subprocess.Popen(
        [sys.executable, "-c", ROTATING, str(data.root), admin],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as child:
        assert child.stdout is not None
        for _ in range(turns + 1):
            assert child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait(60)
    east.reopen()
    entry(east, "杀掉之后")
    ship(east, fire)
    assert "杀掉之后" in texts(fire)
    assert fire.node.writing(lambda: fire.node.journal.public_key(east.node.me.site)) == east.node.key.public
