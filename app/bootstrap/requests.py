"""Requests to a site, the same whether the command line opened it or a running console answers its local socket.

A request is a JSON object: {"call": name, "as": account, "password": text, ...}; the answer is {"ok": true, ...} or
{"ok": false, "error": {...}} with a stable code (docs/COMMAND-LINE.md).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from app.bootstrap import attaching, importing, pairing, second_folders, trust_requests
from app.bootstrap.bundle_requests import BundleRequests
from app.bootstrap.bundles import past_rows
from app.bootstrap.contact_keys import MaskedContact, masked_contacts
from app.bootstrap.feeding import intake_of
from app.bootstrap.listening import parse_address
from app.bootstrap.node import Node
from app.bootstrap.pairing_requests import PairingRequests
from app.bootstrap.parsing import (
    check_storable,
    fit_for_audit,
    limit_of,
    parse_command,
    text_of,
    wrong_argument,
)
from app.domain import wording
from app.exchange.imports.run import Ask
from app.journal.history import history
from app.kernel.clock import iso
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.texts import Texts
from app.local.identity import read_self
from app.queries import (
    accounts,
    attachments,
    casualties,
    duty,
    forces,
    imports,
    incidents,
    points,
    quarantine,
    reentries,
    reports,
    settings,
    shelters,
)
from app.usecases.accounts import SetPassword
from app.usecases.backups import ForgetBackupFolder
from app.usecases.sites import ForgetPeer
from db.tables import ENTITIES

Json = dict[str, Any]

_MOMENTS = ("_at", "_from", "_to")
MAX_ROWS = 100_000


def _incident_id(connection: Any, arguments: Mapping[str, Any]) -> str:
    """Id of the incident asked for by id or printed number."""
    key = text_of(arguments, "incident_id")
    row = incidents.incident_by_no(connection, key)
    return row.id if row else key


def _agency(connection: Any) -> str:
    """Agency of this site: nobody enters another agency's acts anew."""
    me = read_self(connection)
    return me.agency if me is not None else ""


QUERIES: dict[str, Callable[[Any, Mapping[str, Any]], list[Any]]] = {
    "accounts": lambda c, _: accounts.accounts(c),
    "agencies": lambda c, _: accounts.agencies(c),
    "alarm_units": lambda c, a: incidents.units(c, _incident_id(c, a)),
    "attachments": lambda c, a: attachments.attachments(c, _incident_id(c, a)),
    "board": lambda c, a: incidents.board(c, limit_of(a, MAX_ROWS)),
    "casualties": lambda c, a: casualties.figures(c, _incident_id(c, a)),
    "bundles": lambda c, a: past_rows(c, limit_of(a, MAX_ROWS)),
    "conflicts": lambda c, _: incidents.conflicts(c),
    "entries": lambda c, a: incidents.entries(
        c, text_of(a, "entity"), text_of(a, "entity_id"), text_of(a, "field")
    ),
    "imports": lambda c, _: imports.imports(c),
    "log": lambda c, a: duty.log(c, limit_of(a, MAX_ROWS)),
    "oral_reports": lambda c, a: reports.oral_reports(c, _incident_id(c, a)),
    "points": lambda c, _: points.points(c),
    "quarantine": lambda c, a: quarantine.quarantined(c, limit_of(a, MAX_ROWS)),
    "reentries": lambda c, a: reentries.offers(c, _agency(c), limit_of(a, MAX_ROWS)),
    "refusals": lambda c, a: accounts.refusals(c, limit_of(a, MAX_ROWS)),
    "reports": lambda c, a: reports.reports(c, _incident_id(c, a)),
    "rule_numbers": lambda c, _: settings.rule_numbers(c),
    "shelters": lambda c, _: shelters.shelters(c),
    "sites": lambda c, _: accounts.sites(c),
    "stations": lambda c, _: forces.stations(c),
    "vehicles": lambda c, _: forces.vehicles(c),
    "watch": lambda c, _: duty.on_watch(c),
}


def plain(value: Any, name: str = "") -> Any:
    """A value as JSON: moments in Asia/Shanghai with offset, hashes in hex."""
    if isinstance(value, int) and not isinstance(value, bool) and (name == "at" or name.endswith(_MOMENTS)):
        return iso(value) if 0 <= value < 1 << 43 else None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(part, key) for key, part in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(part, str(key)) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(part, name) for part in value]
    return value


def refused(texts: Texts, refusal: Refusal, agencies: Mapping[str, str] | None = None) -> Json:
    """A refusal as answer: code, sentence, field, who can, clause."""
    error = {
        "code": refusal.code.value,
        "text": wording.sentence(texts, refusal, agencies),
        "field": refusal.field,
        "who": [str(key) for key in refusal.who],
        "clause": refusal.clause,
    }
    if "problem" in refusal.params:
        error["problem"] = str(refusal.params["problem"])
    return {"ok": False, "kind": "refusal", "error": error}


def faulted(texts: Texts, fault: EnvironmentFault) -> Json:
    """A fault of the environment as answer."""
    return {
        "ok": False,
        "kind": "fault",
        "error": {"code": fault.code, "text": wording.sentence(texts, fault)},
    }


class Desk:
    """Answers requests over an open site."""

    def __init__(self, node: Node, links: Callable[[], list[Any]] | None = None) -> None:
        self._node, self._links = node, links
        self.feed = intake_of(node)
        self.pairing = PairingRequests(node.texts, self._signed_in)
        self._calls: dict[str, Callable[[Json], Json]] = {
            "do": self._do,
            "show": self._show,
            "history": self._history,
            "identity": self._identity,
            "compare": self._compare,
            "pair": self._pair,
            **self.pairing.calls(),
            **BundleRequests(node, self._signed_in, plain).calls(),
            "password": self._password,
            "links": lambda _: {"rows": plain(self._links() if self._links else [])},
            "import": self._import,
            "attach": self._attach,
            "attachment": self._attachment,
            "alarm": lambda request: plain(self.feed.take(request.get("alarm"))),
            "feed": lambda _: {"rows": [plain(self.feed.counts)]},
        }
        self._calls |= trust_requests.calls(node, self._signed_in)
        self.pairing_changed: Callable[[], object] = lambda: None

    def answer(self, request: Json) -> Json:
        """Carry out one request; refusals and faults become answers, bugs do not."""
        node = self._node
        agencies = {agency.value: names.short for agency, names in node.bus.pack.agencies.items()}
        try:
            check_storable({**request, "alarm": None})  # a faulty alarm is kept by the feed, which judges it
            call = self._calls.get(str(request.get("call")))
            if call is None:
                raise Refusal(
                    ErrorCode.FORMAT, "refusal.command.unknown", field="call", name=str(request.get("call"))
                )
            return {"ok": True, **call(request)}
        except Refusal as refusal:
            return refused(node.texts, refusal, agencies)
        except EnvironmentFault as fault:
            return faulted(node.texts, fault)

    def _signed_in(self, request: Json) -> str:
        return self._node.sign_in(str(request.get("as", "")), str(request.get("password", ""))).id

    def _signed_in_as_admin(self, request: Json) -> None:
        """Pairing is the administrator's, from the first look at the other side's file (CM-04)."""
        self._node.check_right("meet_agency", self._signed_in(request))

    def _do(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        name = str(request.get("command", ""))
        try:
            command = parse_command(name, request.get("arguments", {}))
            if isinstance(command, SetPassword):  # it would enter a password that nobody has set (CM-04)
                raise Refusal(
                    ErrorCode.FORMAT, "refusal.accounts.password_verb", field="command", clause="CM-04"
                )
        except Refusal as wrong:
            self._node.record_refusal(*fit_for_audit(name, wrong), account_id)
            raise
        if isinstance(command, ForgetPeer):
            result = pairing.forget(self._node, command.site, account_id)
            self.pairing_changed()
            return {"result": result, "changes": []}
        if isinstance(command, ForgetBackupFolder):
            return {"result": second_folders.forget(self._node, command.folder, account_id), "changes": []}
        done = self._node.execute(command, account_id)
        changes = [plain(change) for change in done.changes.changes]
        return {"result": plain(done.result), "changes": changes}

    def _show(self, request: Json) -> Json:
        name, arguments = str(request.get("query", "")), request.get("arguments", {}) or {}
        if name in ("links", "feed"):
            return self._calls[name](request)
        if not isinstance(arguments, dict):
            raise wrong_argument("arguments")
        if name == "contacts":
            return {"rows": plain(self._contacts(arguments))}
        query = QUERIES.get(name)
        if query is None:
            raise Refusal(
                ErrorCode.FORMAT,
                "refusal.query.unknown",
                field="query",
                name=name,
                known=", ".join([*QUERIES, "contacts", "feed", "links"]),
            )
        try:
            rows = self._node.read(lambda connection: query(connection, arguments))
        except KeyError as missing:
            raise Refusal(
                ErrorCode.REQUIRED,
                "refusal.query.argument",
                field=str(missing.args[0]),
                name=str(missing.args[0]),
            ) from missing
        return {"rows": plain(rows)}

    def _contacts(self, arguments: Mapping[str, Any]) -> list[MaskedContact]:
        incident_id = self._node.read(lambda c: _incident_id(c, arguments))
        return masked_contacts(self._node, incident_id)

    def _history(self, request: Json) -> Json:
        entity, entity_id = str(request.get("entity", "")), str(request.get("entity_id", ""))
        if entity not in ENTITIES:
            raise Refusal(ErrorCode.FORMAT, "refusal.query.entity", field="entity", known=", ".join(ENTITIES))
        if entity == "incident":
            entity_id = self._node.read(lambda c: _incident_id(c, {"incident_id": entity_id}))
        entries = self._node.local(lambda connection: history(connection, entity, entity_id))
        return {"rows": plain(entries)}

    def _identity(self, request: Json) -> Json:
        self._signed_in_as_admin(request)
        endpoints = request.get("endpoints")
        for endpoint in endpoints or []:
            parse_address(str(endpoint))
        return {"file": base64.b64encode(pairing.identity_file(self._node, endpoints)).decode()}

    def _file(self, request: Json) -> bytes:
        try:
            return base64.b64decode(str(request.get("file", "")), validate=True)
        except ValueError as wrong:
            raise Refusal(
                ErrorCode.FORMAT, "refusal.sync.identity_damaged", field="file", what="base64"
            ) from wrong

    def _compare(self, request: Json) -> Json:
        self._signed_in_as_admin(request)
        found = pairing.compare(self._node, self._file(request))
        other = found.identity
        return {
            "result": {
                "number": found.number,
                "agency": other.agency,
                "agency_name": other.agency_name,
                "site": other.site,
            }
        }

    def _pair(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        address = str(request.get("address", ""))
        parse_address(address)
        result = pairing.confirm(
            self._node, self._file(request), str(request.get("number", "")), account_id, address
        )
        self.pairing_changed()
        return {"result": result}

    def _import(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        ask = Ask(
            path=Path(str(request.get("path", ""))),
            kind=str(request.get("kind", "")),
            columns=request.get("columns") or {},
            encoding=request.get("encoding"),
            point_kind=request.get("point_kind"),
        )
        return {
            "result": plain(importing.run(self._node, ask, account_id, dry_run=bool(request.get("dry_run"))))
        }

    def _attach(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        incident_id = self._node.read(lambda c: _incident_id(c, request))
        path, note = Path(str(request.get("path", ""))), request.get("note")
        return {"result": attaching.attach(self._node, path, incident_id, account_id, note)}

    def _attachment(self, request: Json) -> Json:
        self._signed_in(request)
        target = Path(str(request.get("path", "")))
        return {"result": attaching.save_copy(self._node, text_of(request, "attachment_id"), target)}

    def _password(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        name = str(request.get("account", ""))
        found = self._node.read(
            lambda c: accounts.account_called(c, name or account_id, self._node.me.agency)
        )
        if found is None:
            raise Refusal(ErrorCode.STATE, "refusal.record.missing", field="account", entity="account")
        target = found.id
        self._node.set_password(target, str(request.get("new_password", "")), account_id)
        return {"result": {"account_id": target}}
