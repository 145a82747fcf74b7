"""Taking bundles in from a stick (CM-07): part by part, what came too early laid aside.

What is whole is taken in up to the first hole; the rest stays on the shelf (sealed, as it came) and is tried again with every
import. Nothing of this has to be undone: every commit is a valid journal, and a bundle taken in twice changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.bundle_export import hash_of
from app.bootstrap.bundle_look import BundleId, Found, id_of, search
from app.bootstrap.bundles import (
    NOTE,
    acknowledged,
    local_site,
    note,
    one_at_a_time,
    opened,
    shelf_of,
)
from app.bootstrap.node import Node
from app.bootstrap.pairing import confirmed_peers
from app.exchange.bundles import (
    UNWATCHED,
    CancelledError,
    Imported,
    TakenIn,
    Unusable,
    Watch,
    short_id,
)
from app.journal.offering import as_far_as_here
from app.journal.own_chain import NO_HEAD, Named
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.local import bundles
from app.local.bundles import BundleRow, Heard
from app.replication.bundles import files
from app.replication.bundles.parts import Opened, Outline, bundle_refusal, damaged
from app.replication.bundles.taking import BundleTaker, Taken
from app.replication.bundles.taking import CancelledError as GivenUpError
from app.replication.frames import FrameError
from app.replication.hello import Met, check_hello, flat
from app.replication.peers import Peer
from app.replication.wire import ranges_of
from app.usecases.bundles import NoteBundle, Step

log = logging.getLogger(__name__)


# -- taking in -------------------------------------------------------------------------------------------------------------
def take(node: Node, paths: Sequence[Path], account_id: str, watch: Watch = UNWATCHED) -> Imported:
    """Take files or folders in. Blocks: call it off the screen's thread.

    Refusal E_PERM, recorded; Refusal or EnvironmentFault when nothing of it can be used, or when the disk refuses. After
    CancelledError what was taken in until then stays, the rest can be taken in any time.
    """
    with one_at_a_time(node):
        node.check_right(NOTE, account_id)
        found, bad = search(node, paths, watch)
        return _Import(node, account_id, watch, sum(each.weight for each in found)).run(found, bad)


@dataclass
class _Account:
    """What has become of one bundle in this import."""

    row: BundleRow
    before_at: int | None = None  # when all of it had been taken in earlier, UTC ms
    applied: int = 0
    known: int = 0
    newer: int = 0
    files: int = 0
    substance: bool = False  # more than the partner's own notes about bundles
    gap: bool = False
    seen: set[int] = field(default_factory=set)


class _Import:
    def __init__(self, node: Node, account_id: str, watch: Watch, total: int) -> None:
        self._node, self._account_id, self._watch, self._total = node, account_id, watch, total
        self._peers = {peer.site: peer for peer in confirmed_peers(node)}
        self._shelf = shelf_of(node)
        self._accounts: dict[BundleId, _Account] = {}
        self._taker = BundleTaker(
            node.journal,
            node.wait_on_writer,
            node.publish,
            progress=self._progress,
            cancelled=watch.cancelled,
            files=AttachmentFiles(node),
        )

    def _progress(self, done: int) -> None:
        self._watch.progress(min(done, self._total), self._total)

    def run(self, found: Sequence[Found], bad: list[Unusable]) -> Imported:
        """Take all parts in, then what was laid aside; the log has an entry for each bundle that brought something."""
        error: Refusal | EnvironmentFault | None = None
        given: set[BundleId] = set()
        self._watch.progress(0, self._total)
        try:
            for each in found:
                try:
                    head, part = opened(self._node, files.read(each.path))
                    given.add(id_of(head))
                    self._one(head, part, keep=True)
                except Refusal as wrong:
                    bad.append(Unusable(each.path.name, wrong))
                    error = wrong
            self._try_shelf()
        except GivenUpError as given_up:
            raise CancelledError from given_up
        finally:
            self._log()
        taken = {bundle: self._taken(account) for bundle, account in self._accounts.items()}
        if error is not None and not taken:
            raise error
        return Imported(
            bundles=tuple(each for bundle, each in taken.items() if bundle in given),
            unusable=tuple(bad),
            later=tuple(each for bundle, each in taken.items() if bundle not in given),
        )

    def _one(self, head: Outline, part: Opened, *, keep: bool) -> bool:
        """Take a part in; True if nothing of it has to come again."""
        node, peer = self._node, self._peers[head.sender]
        met = self._hear(peer, part)
        account = self._account_of(head, part)
        taken = self._taker.take(part)
        self._tell_anew(peer, self._vouch(peer, met))
        self._book(account, head, part, taken)
        place = head.sender, head.head.bundle, part.contents.number
        if taken.whole:
            self._shelf.drop(*place, head.data)
        elif keep:
            self._shelf.keep(*place, head.data)
        node.local(partial(bundles.save, row=account.row))
        return taken.whole

    def _hear(self, peer: Peer, part: Opened) -> Met:
        """What the sender held when the bundle was made acknowledges what we had sent (REPLICATION, Wire: ACK)."""
        node = self._node
        held = node.wait_on_writer(Priority.BULK, lambda: dict(node.journal.vector()))
        try:
            met = check_hello(local_site(node), peer, held, part.hello)
            asked = part.asked()
        except FrameError as wrong:
            raise damaged("hello") from wrong
        head = met.heads.get(node.me.site, NO_HEAD)
        named = node.wait_on_writer(Priority.BULK, partial(node.journal.named, peer.site, head))
        if named is not Named.GOOD:
            raise bundle_refusal("refusal.sync.own_chain_behind")
        self._vouch(peer, met)
        contents = part.contents
        news = Heard(contents.seq, contents.made_at, flat(ranges_of(part.hello.withheld)), met.scopes, asked)
        node.local(partial(bundles.hear, peer=peer.site, news=news))
        return met

    def _vouch(self, peer: Peer, met: Met) -> set[str]:
        """Note what the sender says it held, as far as it is here: before a part is taken in, and with what it brought.

        Returns the chains of which it held another branch than is held here.
        """
        journal = self._node.journal
        common, held = self._node.wait_on_writer(
            Priority.BULK, lambda: (journal.common(met.heads), journal.vector())
        )
        said = {site: met.heads[site][0] for site, seq in common.items() if seq}
        acknowledged(self._node, peer.site, as_far_as_here(said, held))
        return {site for site, seq in common.items() if not seq}

    def _tell_anew(self, peer: Peer, others: set[str]) -> None:
        """Numbers do not tell branches apart: of a chain that the sender holds otherwise, and whose fork is not known here, the
        next bundle carries all, so that it learns of the fork (REPLICATION, Fork)."""

        def unforked(_: object) -> dict[str, int]:
            chains = self._node.journal.state.chains
            return {site: 0 for site in others if site in chains and chains[site].fork_seq is None}

        if others:
            acknowledged(self._node, peer.site, self._node.local(unforked))

    def _account_of(self, head: Outline, part: Opened) -> _Account:
        key, contents, now = id_of(head), part.contents, self._node.clock.now_ms()
        sender, bundle = key
        if key not in self._accounts:
            row = self._row(key)
            whole = row is not None and row.state == bundles.WHOLE
            self._accounts[key] = _Account(
                before_at=row.touched_at if row is not None and whole else None,
                row=row
                or BundleRow(
                    direction=bundles.IN,
                    id=bundle,
                    peer=sender,
                    seq=contents.seq,
                    follows=contents.after,
                    made_at=contents.made_at,
                    touched_at=now,
                    account_id=self._account_id,
                    state=bundles.PARTIAL,
                    entries=contents.entries,
                    applied=0,
                    parts=None,
                    done="{}",
                    size=0,
                    upto=None,
                    target=None,
                ),
            )
        return self._accounts[key]

    def _row(self, key: BundleId) -> BundleRow | None:
        return self._node.local(partial(bundles.one, direction=bundles.IN, peer=key[0], bundle=key[1]))

    def _book(self, account: _Account, head: Outline, part: Opened, taken: Taken) -> None:
        account.applied += taken.applied + taken.bodies
        account.known += taken.known
        account.newer += taken.newer
        account.files += taken.files
        account.gap = account.gap or taken.gap
        account.substance = account.substance or bool(taken.bodies or taken.files or taken.commands - {NOTE})
        number, row = part.contents.number, account.row
        account.seen.add(number)
        done, size = row.parts_done, row.size
        if taken.whole:  # one that was written anew takes the place of the one before
            size += 0 if number in done else len(head.data)
            done = {**done, number: head.digest.hex()}
        parts = number if part.contents.last else row.parts
        whole = parts is not None and set(done) >= set(range(1, parts + 1))
        brought = taken.applied or taken.bodies or taken.files or number not in row.parts_done
        account.row = replace(
            row,
            touched_at=self._node.clock.now_ms() if brought else row.touched_at,
            applied=row.applied + taken.applied + taken.bodies,
            parts=parts,
            done=json.dumps(done),
            size=size,
            state=bundles.WHOLE if whole else bundles.PARTIAL,
        )

    # -- what was laid aside -----------------------------------------------------------------------------------------------
    def _try_shelf(self) -> None:
        """Parts laid aside are taken in as soon as what they waited for is here; again and again while one helps another."""
        moved = True
        while moved:
            moved = False
            for each in self._shelf.kept():
                row = self._row((each.sender, each.bundle.hex()))
                if row is not None and row.parts_done.get(each.number) == each.digest:
                    files.discard(each.path)
                    continue
                try:
                    head, part = opened(self._node, files.read(each.path))
                    moved = self._one(head, part, keep=True) or moved
                except Refusal as wrong:
                    log.warning("a part laid aside is of no use any more: %s", wrong)
                    files.discard(each.path)

    # -- results -----------------------------------------------------------------------------------------------------------
    def _taken(self, account: _Account) -> TakenIn:
        row = account.row
        done = row.parts_done
        shelf = self._shelf.kept()
        kept = {each.number for each in shelf if (each.sender, each.bundle.hex()) == (row.peer, row.id)}
        most = row.parts or max((*done, *kept, *account.seen), default=0)
        missing = tuple(n for n in range(1, most + 1) if n not in done and n not in kept)
        whole = row.state == bundles.WHOLE
        state = "whole" if whole else "newer" if account.newer else "partial"
        if whole and not account.applied and not account.files:
            state = "nothing_new"
        return TakenIn(
            site=row.peer,
            agency=self._peers[row.peer].agency if row.peer in self._peers else "",
            seq=row.seq,
            bundle_id=row.id,
            hash=hash_of(row) if whole else "",
            state=state,
            applied=account.applied,
            known=account.known,
            missing=missing,
            needs=self._needs(row) if kept and not missing and not account.newer else 0,
            kept=len(kept),
            newer=account.newer,
            attachments=account.files,
            before_at=account.before_at,
        )

    def _needs(self, row: BundleRow) -> int:
        """Number of the bundle this one goes on from, if that has not come whole."""
        if not row.follows:
            return 0
        taken = self._node.local(partial(bundles.of_peer, direction=bundles.IN, peer=row.peer))
        whole = {each.seq for each in taken if each.state == bundles.WHOLE}
        return 0 if row.follows in whole else row.follows

    def _log(self) -> None:
        for account in self._accounts.values():
            if not (account.applied or account.files) or not account.substance:
                continue
            row = account.row
            agency = self._peers[row.peer].agency
            command = NoteBundle(
                peer=agency,
                step=Step.TAKEN,
                bundle_no=row.seq,
                code=short_id(row.id),
                entries=account.applied,
            )
            note(self._node, self._account_id, command)
