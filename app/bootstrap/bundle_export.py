"""Making a bundle for a paired workstation onto a stick (CM-07): log, snapshot, parts, and how far it came.

The entry in the log is made first, so that it travels along. Every part is whole on the medium before the next is begun; a stick
that is full or pulled out leaves whole parts, and the bundle can be gone on with on another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.bundles import (
    NOTE,
    after_taking,
    key_of,
    local_site,
    note,
    one_at_a_time,
    own_successions,
    partner_named,
    waiting,
)
from app.bootstrap.node import Node
from app.exchange.bundles import UNWATCHED, CancelledError, Exported, Watch, short_id
from app.journal.journal import PeerView
from app.journal.own_chain import NO_HEAD, Named
from app.kernel.clock import local_date
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local import acks, bundles
from app.local.attachments import names_a_file
from app.local.bundles import BundleRow, Heard
from app.queries import attachments
from app.replication.bundles.attached import named_in
from app.replication.bundles.files import Target, discard
from app.replication.bundles.parts import bundle_refusal, outline
from app.replication.bundles.writing import BundleWriter, Order, Written
from app.replication.frames import Hello
from app.replication.hello import greeting
from app.replication.peers import Peer, PeerState
from app.usecases.bundles import NoteBundle, Step

ID_BYTES = 16
_SCAN_BYTES = 512 * 1024  # of the journal, in one turn on the writer
_NAME = 4  # characters of a site's id in a file's name


def export(
    node: Node,
    to: str,
    where: Path,
    account_id: str,
    *,
    follow: bool = False,
    resume: bool = False,
    folder_only: bool = False,
    watch: Watch = UNWATCHED,
) -> Exported:
    """Make a bundle for a site or agency in a folder or file. Blocks: call it off the screen's thread.

    It begins at what the partner is known to hold; with `follow` where the last bundle to it ended, and can then be taken in
    after that one only. `resume` goes on with a bundle that was cut off; with `folder_only` (a screen) `where` must be a folder
    that is there: no file is made of the name of a stick that is not in. Refusal (E_PERM recorded; E_STATE for the partner),
    EnvironmentFault (stick), CancelledError: the parts of this call are removed again.
    """
    with one_at_a_time(node):
        node.check_right(NOTE, account_id)
        peer = partner_named(node, to)
        _check_own_chain(node, peer)
        row = _unfinished(node, peer) if resume else _new(node, peer, account_id, follow)
        target = Target(where, _stem(node, peer, row), folder_only=folder_only)
        return _Export(node, peer, row, target, account_id, watch).run(resume)


def _check_own_chain(node: Node, peer: Peer) -> None:
    """Nothing is made for one that has named what is not here of our own chain (REPLICATION, Fork)."""
    named = node.wait_on_writer(Priority.BULK, partial(node.journal.named, peer.site, NO_HEAD))
    if named is not Named.GOOD:
        raise bundle_refusal("refusal.sync.own_chain_behind")


def _new(node: Node, peer: Peer, account_id: str, follow: bool) -> BundleRow:
    made = node.local(partial(bundles.of_peer, direction=bundles.OUT, peer=peer.site))
    last = next((row for row in made if row.state == bundles.MADE), None)
    start = node.local(acks.noted).get(peer.site, {})
    if follow and last is not None:
        start = after_taking(start, last.carried)
    now = node.clock.now_ms()
    return BundleRow(
        direction=bundles.OUT,
        id=os.urandom(ID_BYTES).hex(),
        peer=peer.site,
        seq=made[0].seq + 1 if made else 1,
        follows=last.seq if follow and last is not None else 0,
        made_at=now,
        touched_at=now,
        account_id=account_id,
        state=bundles.MAKING,
        entries=0,
        applied=0,
        parts=None,
        done="{}",
        size=0,
        upto=bundles.pack_vector(start),
        target=None,
    )


def _unfinished(node: Node, peer: Peer) -> BundleRow:
    made = node.local(partial(bundles.of_peer, direction=bundles.OUT, peer=peer.site))
    if not made or made[0].state != bundles.MAKING or made[0].target is None:
        raise bundle_refusal("refusal.bundles.nothing_to_resume", ErrorCode.STATE)
    return made[0]


def _stem(node: Node, peer: Peer, row: BundleRow) -> str:
    """Names of ours, plain letters: sticks pass through many systems."""
    day = local_date(row.made_at)
    return f"{node.me.agency}-{peer.agency}-{peer.site[:_NAME]}-{day}-{row.seq:03d}"


@dataclass
class _Export:
    node: Node
    peer: Peer
    row: BundleRow
    target: Target
    account_id: str
    watch: Watch
    files: list[Path] = field(default_factory=list)
    attachments: int = 0

    def run(self, resumed: bool) -> Exported:
        """Write what is left; the row follows after every part."""
        before, number = self.row, len(self.row.parts_done) + 1
        if not (resumed and self._is_ours(number)):
            self.target.check_new(number)
        self._save()
        start = self.row.carried
        begun = Step.RESUMED if resumed else Step.MADE
        self.node.execute(self._entry(begun, self._waiting(start)), self.account_id)  # or nothing leaves
        try:
            order, hello = self._order(start, number)
            self.row = replace(
                self.row,
                target=bundles.pack_vector(order.target),
                entries=max(order.entries, self.row.entries),
            )
            self._save()
            written = self._write(order, hello)
        except CancelledError:
            for path in self.files:
                discard(path)
            self.row = before if resumed else replace(self.row, state=bundles.CANCELLED)
            self._save()
            self._log(Step.CANCELLED, self.row.entries)
            raise
        except EnvironmentFault:
            with contextlib.suppress(EnvironmentFault):
                self._log(Step.BROKEN, self.row.entries)
            raise
        return self._exported(written)

    def _is_ours(self, number: int) -> bool:
        """True if the file of this part is one of this very bundle, written just before a cut."""
        try:
            head = outline(self.target.path(number).read_bytes()).head
        except (OSError, Refusal):
            return False
        return head.bundle.hex() == self.row.id and head.number == number

    def _waiting(self, start: dict[str, int]) -> int:
        journal = self.node.journal
        return self.node.wait_on_writer(Priority.BULK, partial(waiting, journal, start, self.peer.site))[0]

    def _order(self, start: dict[str, int], number: int) -> tuple[Order, Hello]:
        node, peer, row = self.node, self.peer, self.row
        journal, local = node.journal, local_site(node)
        held, withheld = node.wait_on_writer(
            Priority.BULK, lambda: (dict(journal.vector()), dict(journal.withheld()))
        )
        target = (
            bundles.unpack_vector(row.target)
            if row.target
            else {site: seq for site, (seq, _) in held.items()}
        )
        carried = sum(max(0, seq - start.get(site, 0)) for site, seq in target.items() if site != peer.site)
        heard = node.local(partial(bundles.heard, peer=peer.site)) or Heard(0, 0, (), peer.scopes)
        noted = node.local(acks.noted).get(peer.site, {})
        if noted.get(peer.site) != 0:  # 0: it writes another branch of its chain than the one known here
            start = {**start, peer.site: max(start.get(peer.site, 0), held.get(peer.site, (0, b""))[0])}
        done = row.entries - carried if row.target else 0
        order = Order(
            local=local,
            to=peer.site,
            to_key=key_of(node, peer.site),
            successions=own_successions(node),
            view=PeerView(peer.agency, peer.site, peer.scopes & heard.scopes, noted),
            bundle=bytes.fromhex(row.id),
            seq=row.seq,
            after=row.follows,
            made_at=row.made_at,
            start=start,
            target=target,
            entries=row.entries if row.target else carried,
            owed=tuple(heard.owed),
            files=self._files(noted, heard.files),
            number=number,
            carried=max(0, done),
        )
        return order, greeting(local, held, withheld, node.clock.now_ms(), order.bundle)

    def _files(self, noted: Mapping[str, int], asked: Sequence[str]) -> tuple[str, ...]:
        """Files of attachments to go along: those he asked for, and those that acts name which he may not have yet."""
        node, peer = self.node, self.peer
        if peer.state is not PeerState.OPEN or not node.read(attachments.contents):
            return ()
        view = PeerView(peer.agency, peer.site, peer.scopes, noted)
        steps = named_in(node.journal, dict(noted), view, _SCAN_BYTES)
        found = dict.fromkeys(asked)
        while (named := node.wait_on_writer(Priority.BULK, lambda: next(steps, None))) is not None:
            if self.watch.cancelled():
                raise CancelledError
            found.update(dict.fromkeys(named))
        return tuple(content for content in found if names_a_file(content) and node.attachments.has(content))

    def _write(self, order: Order, hello: Hello) -> Written:
        node, watch = self.node, self.watch

        def progress(entries: int) -> None:
            if watch.cancelled():
                raise CancelledError
            watch.progress(min(entries, order.entries), order.entries)

        progress(order.carried)
        writer = BundleWriter(
            node.journal,
            node.wait_on_writer,
            node.key.signing,
            order,
            hello,
            progress,
            AttachmentFiles(node),
        )
        self.attachments = len(order.files)
        for part in writer.parts():
            progress(part.entries)
            self.files.append(self.target.write(part.number, part.data))
            self._noted(part)
        return part

    def _noted(self, part: Written) -> None:
        done = {**self.row.parts_done, part.number: hashlib.blake2b(part.data, digest_size=32).hexdigest()}
        self.row = replace(
            self.row,
            done=json.dumps(done),
            upto=bundles.pack_vector(part.upto),
            size=self.row.size + len(part.data),
            parts=part.number if part.last else None,
            entries=max(part.entries, self.row.entries),
            state=bundles.MADE if part.last else bundles.MAKING,
        )
        self._save()

    def _exported(self, last: Written) -> Exported:
        row = self.row
        return Exported(
            site=self.peer.site,
            agency=self.peer.agency,
            seq=row.seq,
            bundle_id=row.id,
            hash=hash_of(row),
            files=tuple(str(path) for path in self.files),
            entries=last.entries,
            size=row.size,
            follows=row.follows,
            left_out=tuple(sorted(last.left_out)),
            attachments=self.attachments,
        )

    def _save(self) -> None:
        self.row = replace(self.row, touched_at=self.node.clock.now_ms())
        self.node.local(partial(bundles.save, row=self.row))

    def _log(self, step: Step, entries: int) -> None:
        note(self.node, self.account_id, self._entry(step, entries))

    def _entry(self, step: Step, entries: int) -> NoteBundle:
        return NoteBundle(
            peer=self.peer.agency,
            step=step,
            bundle_no=self.row.seq,
            code=short_id(self.row.id),
            entries=entries,
        )


def hash_of(row: BundleRow) -> str:
    """Hash over all parts in their order (CM-07), the same at both ends once all parts are there."""
    digests = (bytes.fromhex(digest) for _, digest in sorted(row.parts_done.items()))
    return hashlib.blake2b(b"".join(digests), digest_size=32).hexdigest()
