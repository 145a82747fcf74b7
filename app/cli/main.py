"""Dispatch of the command line."""

from __future__ import annotations

import argparse
import base64
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from app.cli import asking, exits, parser, secrets
from app.cli.exits import Exit
from app.cli.given import clock_of, data_of, wrong_input
from app.kernel import imports, logs
from app.kernel.enums import Agency, Realm
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.texts import Texts


def run(argv: Sequence[str]) -> int:
    """Carry out one call of the command line; returns the exit code."""
    call = parser.with_verb(argv)
    arguments = parser.build(call[0]).parse_args(call)
    if arguments.verb != "window":  # which has it begin after the first paint
        gc.enable()
    imports.one_at_a_time()
    logs.configure()
    try:
        answer = _VERBS[arguments.verb](arguments)
    except Refusal as refusal:
        answer = _refused(refusal)
    except EnvironmentFault as fault:
        answer = _faulted(fault)
    if answer is None or isinstance(answer, int):
        return answer or Exit.OK
    exits.say(answer)
    if answer.get("damaged"):
        return Exit.DAMAGED
    return exits.exit_of(answer)


def _refused(refusal: Refusal) -> dict[str, Any]:
    from app.bootstrap.requests import refused

    return refused(Texts.load(), refusal)


def _faulted(fault: EnvironmentFault) -> dict[str, Any]:
    from app.bootstrap.requests import faulted

    return faulted(Texts.load(), fault)


def _ask(arguments: argparse.Namespace, /, **request: Any) -> dict[str, Any]:
    return asking.ask(data_of(arguments), clock_of(arguments.clock), request)


def _signed(arguments: argparse.Namespace) -> dict[str, str]:
    password = secrets.read_secret(arguments.key_file, "Password: ")
    return {"as": arguments.account, "password": password}


def _json(text: str) -> Any:
    try:
        value = asking.read_json(text)
    except (ValueError, OSError) as wrong:
        raise wrong_input("arguments", str(wrong)) from wrong
    if not isinstance(value, dict):
        raise wrong_input("arguments", "not a JSON object")
    return value


def _do(arguments: argparse.Namespace) -> dict[str, Any]:
    given = _json(arguments.arguments)
    return _ask(arguments, call="do", command=arguments.command, arguments=given, **_signed(arguments))


def _show(arguments: argparse.Namespace) -> dict[str, Any]:
    return _ask(arguments, call="show", query=arguments.query, arguments=_json(arguments.arguments))


def _history(arguments: argparse.Namespace) -> dict[str, Any]:
    return _ask(arguments, call="history", entity=arguments.entity, entity_id=arguments.entity_id)


def _identity(arguments: argparse.Namespace) -> dict[str, Any]:
    request = {"endpoints": arguments.endpoint} if arguments.endpoint else {}
    answer = _ask(arguments, call="identity", **request, **_signed(arguments))
    if not answer["ok"]:
        return answer
    try:
        arguments.file.write_bytes(base64.b64decode(answer["file"]))
    except OSError as wrong:
        raise EnvironmentFault(
            "file.unwritable", "fault.file.unwritable", path=str(arguments.file)
        ) from wrong
    return {"ok": True, "result": {"file": str(arguments.file)}}


def _pair(arguments: argparse.Namespace) -> dict[str, Any]:
    try:
        file = base64.b64encode(arguments.file.read_bytes()).decode()
    except OSError as wrong:
        raise EnvironmentFault(
            "file.unreadable", "fault.file.unreadable", path=str(arguments.file)
        ) from wrong
    signed = _signed(arguments)
    if arguments.number is None:
        return _ask(arguments, call="compare", file=file, **signed)
    return _ask(
        arguments, call="pair", file=file, number=arguments.number, address=arguments.address, **signed
    )


def _password(arguments: argparse.Namespace) -> dict[str, Any]:
    signed = _signed(arguments)
    new = secrets.read_secret(None, "New password: ")
    return _ask(arguments, call="password", account=arguments.account_name, new_password=new, **signed)


def _stop(arguments: argparse.Namespace) -> dict[str, Any]:
    answer = asking.ask_running(data_of(arguments), {"call": "stop"})
    return answer if answer is not None else {"ok": True, "result": {"running": False}}


def _init(arguments: argparse.Namespace) -> dict[str, Any]:
    from app.bootstrap.founding import Founding, found
    from app.kernel.clock import SystemClock

    password = secrets.read_secret(arguments.key_file, "Administrator's password: ")
    ask = Founding(
        realm=Realm(arguments.realm),
        agency=Agency(arguments.agency),
        district=arguments.district,
        district_file=arguments.district_file,
        letter=arguments.letter,
        label=arguments.label,
        admin_name=arguments.admin,
        admin_title=arguments.title,
        admin_password=password,
        recovery_file=arguments.recovery_file,
        joining=arguments.join,
    )
    made = found(data_of(arguments), ask, clock_of(arguments.clock) or SystemClock())
    result = {
        "site": made.site,
        "admin_account": made.admin_account,
        "recovery_file": str(made.recovery_file),
        "sheet": str(made.sheet) if made.sheet is not None else None,
        **({"letter": made.letter} if arguments.join else {}),
    }
    return {"ok": True, "result": result}


def _certify(arguments: argparse.Namespace) -> dict[str, Any]:
    """A certificate of the recovery key, as the command that any workstation of the agency takes; needs no data folder."""
    from app.bootstrap.certifying import certify
    from app.kernel.clock import SystemClock

    made = certify(
        arguments.recovery_file,
        arguments.what,
        arguments.target,
        heir=arguments.heir,
        last_seq=arguments.last_seq,
        clock=SystemClock(),
    )
    return {"ok": True, "result": made}


def _window(arguments: argparse.Namespace) -> int:
    """The console with its window; imports little before the board is painted, and collects no garbage (QUALITY, Speed)."""
    gc.disable()  # app/ui/start.py turns it on again
    try:
        from app.bootstrap.listening import Doors, listening_at
        from app.bootstrap.window import rescue, run_window, show_fault
        from app.kernel.clock import SystemClock

        clock = clock_of(arguments.clock) or SystemClock()
        where = listening_at(arguments.listen)
        doors = Doors(arguments.feed_folder, arguments.feed_port)
        data, realm = data_of(arguments), Realm(arguments.realm)

        def tell(fault: EnvironmentFault) -> None:
            exits.say(_faulted(fault))

        while True:
            try:
                return run_window(data, realm, clock, where, arguments.side, doors, tell)
            except (
                EnvironmentFault
            ) as fault:  # on the terminal at once, and where a double click would see it
                tell(fault)
                if not show_fault(fault) or not rescue(data, realm, clock):
                    return Exit.FAULT
    finally:
        gc.enable()


def _late(module: str, name: str) -> Callable[[argparse.Namespace], Any]:
    """A verb of another module, imported when it is called: the window does not wait for them."""

    def verb(arguments: argparse.Namespace) -> Any:
        return getattr(importlib.import_module(f"app.cli.{module}"), name)(arguments)

    return verb


_VERBS: dict[str, Callable[[argparse.Namespace], dict[str, Any] | int | None]] = {
    "init": _init,
    "certify": _certify,
    "rotate-key": _late("trust", "rotate_key"),
    "renew": _late("trust", "renew"),
    "seal": _late("trust", "seal"),
    "sheet": _late("trust", "sheet"),
    "recovery": _late("trust", "recovery"),
    "do": _do,
    "show": _show,
    "commands": _late("record", "commands"),
    "serve": _late("record", "serve"),
    "stop": _stop,
    "window": _window,
    "identity": _identity,
    "pair": _pair,
    "pair-listen": _late("pairing", "listen"),
    "pair-connect": _late("pairing", "connect"),
    "password": _password,
    "feed": _late("feeding", "feed"),
    "import": _late("feeding", "load_file"),
    "bundle-export": _late("bundles", "export"),
    "bundle-import": _late("bundles", "take"),
    "attach": _late("attaching", "attach"),
    "attachment": _late("attaching", "save"),
    "replay": _late("feeding", "replay"),
    "exercise-pack": _late("feeding", "exercise_pack"),
    "verify": _late("record", "verify"),
    "rebuild": _late("record", "rebuild"),
    "history": _history,
    "backup": _late("record", "backup"),
    "restore": _late("record", "restore"),
}


def main() -> int:
    """Entry point."""
    try:
        return run(sys.argv[1:])
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
