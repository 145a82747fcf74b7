"""Peers and pairing of a window: what its link desk and its pairing screen ask of the site behind it (JD-01, CM-04)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bootstrap.listening import Listening, no_address, parse_address
from app.bootstrap.window_work import WindowWork
from app.kernel.clock import DAY_MS
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local.pairing_view import PairingView
from app.ui.link_desk.port import LinkStory, LogLine, PeerCard
from app.ui.pairing.port import FileNumber

if TYPE_CHECKING:
    from app.bootstrap.network_pairing import NetworkPairing
    from app.bootstrap.node import Node
    from app.bootstrap.service import Service
    from app.local.peers import PeerRow
    from app.queries.accounts import SiteRow

MOVES = "peers.moved"  # kept on this workstation: peer -> when its address was changed and by whom
LOG_DAYS = 7
LOG_LINES = 200
_OUTWARD = ("192.0.2.1", 9)  # a documentation address; nothing is sent, the route alone tells our own


class SiteLinks:
    """Both ports over a site that may not be open yet; `service`: the network, None while it is not up."""

    def __init__(self, site: Callable[[], Node], service: Callable[[], Service | None]) -> None:
        self._site, self._service, self._work = site, service, WindowWork("links-screen")

    def close(self) -> None:
        """Wait for what is under way."""
        self._work.close()

    # -- the desk ----------------------------------------------------------------------------------------------------------
    def story(self) -> Future[LinkStory]:
        """Peers, and what the links did."""
        return self._work.submit(self._story)

    def _story(self) -> LinkStory:
        from app.local import memory, peers
        from app.queries import accounts
        from app.queries.links import link_log

        node = self._site()
        since = node.clock.now_ms() - LOG_DAYS * DAY_MS

        def read(connection: Any) -> tuple[list[peers.PeerRow], list[SiteRow], list[Any]]:
            return (
                peers.peers(connection),
                accounts.sites(connection),
                link_log(connection, since, LOG_LINES),
            )

        rows, sites, log = node.read(read)
        known = {row.id: row for row in sites}
        moves = node.local(memory.load).get(MOVES)
        moved = moves if isinstance(moves, dict) else {}
        me = known.get(node.me.site)
        begun = (me.enrolled_at or 0) if me is not None else 0
        cards = [
            replace(
                _card(row, known.get(row.site)),
                inherited=row.confirmed_at < begun,
                moved=_moved(moved.get(row.site), row.confirmed_at),
            )
            for row in rows
        ]
        return LinkStory(
            cards, [LogLine(row.at or 0, row.agency or "", " ".join((row.text or "").split())) for row in log]
        )

    def listening(self) -> str:
        """Where links reach this workstation."""
        service = self._service()
        return service.address if service is not None else ""

    def listen_for_links(self, address: str, account_id: str) -> Future[str]:
        """Take links while running."""
        return self._work.submit(lambda: self._listen(address, account_id))

    def _listen(self, address: str, account_id: str) -> str:
        self._site().check_right("meet_agency", account_id)
        service = self._service()
        if service is None:
            raise Refusal(ErrorCode.STATE, "refusal.pairing.no_network", clause="CM-04")
        return service.listen_at(Listening(*_where(address, 0)))

    def set_address(self, site: str, address: str, account_id: str) -> Future[None]:
        """Dial a peer elsewhere."""
        return self._work.submit(lambda: self._set_address(site, address.strip(), account_id))

    def _set_address(self, site: str, address: str, account_id: str) -> None:
        from app.local import peers

        node = self._site()
        node.check_right("meet_agency", account_id)
        parse_address(address)
        row = next((row for row in node.local(peers.peers) if row.site == site), None)
        if row is not None and row.address != address:
            self._note_move(node, row, account_id)
        node.local(lambda connection: peers.set_address(connection, site, address))
        self._changed()

    def _note_move(self, node: Node, row: PeerRow, account_id: str) -> None:
        """A line that is dead since somebody touched its address tells so: in the log, and beside the line (JD-01, JD-11)."""
        from app.local import memory
        from app.queries import accounts
        from app.usecases.duty import NoteLinkState

        account = node.read(lambda connection: accounts.account(connection, account_id))
        who = (account.title or account.name or "") if account is not None else ""
        note = NoteLinkState(peer=row.agency, state=LinkState.DOWN, moved_by=who)
        node.execute(note, node.me.console_account)
        now = node.clock.now_ms()

        def keep(connection: Any) -> None:
            moves = memory.load(connection).get(MOVES)
            known = moves if isinstance(moves, dict) else {}
            memory.keep(connection, MOVES, {**known, row.site: [now, who]}, now)

        node.local(keep)

    def forget(self, site: str, account_id: str) -> Future[None]:
        """Undo a pairing."""
        return self._work.submit(lambda: self._forget(site, account_id))

    def _forget(self, site: str, account_id: str) -> None:
        from app.bootstrap import pairing

        pairing.forget(self._site(), site, account_id)
        self._changed()

    def _changed(self) -> None:
        service = self._service()
        if service is not None:
            service.desk.pairing_changed()

    # -- pairing over the network ------------------------------------------------------------------------------------------
    def _pairing(self) -> NetworkPairing:
        self._site()
        service = self._service()
        if service is None:
            raise Refusal(ErrorCode.STATE, "refusal.pairing.no_network", clause="CM-04")
        return service.pairing

    def view(self) -> PairingView:
        """How it stands."""
        service = self._service()
        return service.pairing.view() if service is not None else PairingView()

    def own_addresses(self) -> Sequence[str]:
        """The address that leads outward, or loopback alone."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(_OUTWARD)
                return (str(probe.getsockname()[0]),)
            except OSError:
                return ("127.0.0.1",)

    def check(self, address: str, *, waits: bool) -> Future[None]:
        """Try the address of a window before anything is taken."""
        return self._work.submit(lambda: self._check(address, waits))

    def _check(self, address: str, waits: bool) -> None:
        pairing, where = self._pairing(), _where(address, 0 if waits else 1)
        if waits:
            pairing.check_free(*where)

    def listen(self, address: str, account_id: str) -> Future[PairingView]:
        """Wait for the other side."""
        return self._work.submit(lambda: self._pairing().listen(account_id, *_where(address, 0)))

    def dial(self, address: str, account_id: str) -> Future[PairingView]:
        """Dial the other side."""
        return self._work.submit(lambda: self._pairing().dial(account_id, *_where(address, 1)))

    def confirm(self, number: str, account_id: str) -> Future[PairingView]:
        """The number was heard."""
        return self._work.submit(lambda: self._pairing().confirm(account_id, number))

    def mismatch(self) -> Future[PairingView]:
        """Another number was heard."""
        return self._work.submit(lambda: self._pairing().mismatch())

    def cancel(self) -> Future[PairingView]:
        """Close the window."""
        return self._work.submit(lambda: self._pairing().cancel())

    # -- pairing by files --------------------------------------------------------------------------------------------------
    def write_file(self, path: Path, endpoint: str, account_id: str) -> Future[Path]:
        """Write our identity file."""
        return self._work.submit(lambda: self._write_file(path, endpoint.strip(), account_id))

    def _write_file(self, path: Path, endpoint: str, account_id: str) -> Path:
        from app.bootstrap import pairing

        node = self._site()
        node.check_right("meet_agency", account_id)
        parse_address(endpoint)
        target = path / f"{node.me.agency}{node.me.letter}.json" if path.is_dir() else path
        file = pairing.identity_file(node, [endpoint] if endpoint else [])
        try:
            target.write_bytes(file)
        except OSError as wrong:
            raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(target)) from wrong
        return target

    def read_file(self, path: Path, account_id: str) -> Future[FileNumber]:
        """Read theirs."""
        return self._work.submit(lambda: self._read_file(path, account_id))

    def _read_file(self, path: Path, account_id: str) -> FileNumber:
        from app.bootstrap import pairing

        node = self._site()
        node.check_right("meet_agency", account_id)
        found = pairing.compare(node, _bytes_of(path))
        other = found.identity
        return FileNumber(other.site, other.agency, other.agency_name, found.number)

    def confirm_file(self, path: Path, number: str, address: str, account_id: str) -> Future[None]:
        """Enter the other side."""
        return self._work.submit(lambda: self._confirm_file(path, number, address.strip(), account_id))

    def _confirm_file(self, path: Path, number: str, address: str, account_id: str) -> None:
        from app.bootstrap import pairing

        pairing.confirm(self._site(), _bytes_of(path), number, account_id, address)
        self._changed()


def _where(address: str, lowest: int) -> tuple[str, int]:
    where = parse_address(address.strip(), lowest)
    if where is None:
        raise no_address(own=not lowest)
    return where


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise EnvironmentFault("file.unreadable", "fault.file.unreadable", path=str(path)) from wrong


def _moved(kept: Any, confirmed_at: int) -> tuple[int, str] | None:
    """When and by whom the address was changed since it was paired."""
    if not isinstance(kept, list):
        return None
    at, who = kept
    return (int(at), str(who)) if at >= confirmed_at else None


def _state(site: SiteRow | None) -> str:
    from app.queries.accounts import is_revoked

    if site is None:
        return ""
    return "revoked" if is_revoked(site) else site.state or ""


def _card(row: Any, site: SiteRow | None) -> PeerCard:
    from app.bootstrap.pairing import certificate_span

    valid_from, valid_until = certificate_span(row)
    renewed = site.tls_until if site is not None else None
    return PeerCard(
        row.site,
        row.agency,
        (site.label or "") if site is not None else "",
        (site.letter or "") if site is not None else "",
        _state(site),
        row.address,
        row.confirmed_at,
        valid_from,
        renewed or valid_until,
        site.state_at if site is not None else None,
        site is not None and site.state == "forked",
    )
