"""Verbs about attachments: attach a file to an incident, save a copy of one."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli import asking, secrets
from app.cli.given import clock_of, data_of


def attach(arguments: argparse.Namespace) -> dict[str, Any]:
    """Attach a file; the console that holds the data reads it, so the path is made absolute here."""
    return _ask(
        arguments,
        call="attach",
        incident_id=arguments.incident,
        path=str(arguments.file.absolute()),
        note=arguments.note,
    )


def save(arguments: argparse.Namespace) -> dict[str, Any]:
    """Save a copy of an attachment; never over another file."""
    return _ask(
        arguments,
        call="attachment",
        attachment_id=arguments.attachment_id,
        path=str(arguments.out.absolute()),
    )


def _ask(arguments: argparse.Namespace, **request: Any) -> dict[str, Any]:
    password = secrets.read_secret(arguments.key_file, "Password: ")
    request |= {"as": arguments.account, "password": password}
    return asking.ask(data_of(arguments), clock_of(arguments.clock), request)
