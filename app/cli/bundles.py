"""Verbs of the exchange by stick: make a bundle for a paired workstation, take bundles in."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli import asking, secrets
from app.cli.given import clock_of, data_of


def export(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make a bundle; the console that holds the data writes it, so the path is made absolute here."""
    return _ask(
        arguments,
        call="bundle_export",
        to=arguments.to,
        path=str(arguments.where.absolute()),
        follow=arguments.follow,
        resume=arguments.resume,
    )


def take(arguments: argparse.Namespace) -> dict[str, Any]:
    """Take files or folders in, or only look at them."""
    return _ask(
        arguments,
        call="bundle_import",
        paths=[str(path.absolute()) for path in arguments.files],
        dry_run=arguments.dry_run,
    )


def _ask(arguments: argparse.Namespace, **request: Any) -> dict[str, Any]:
    password = secrets.read_secret(arguments.key_file, "Password: ")
    request |= {"as": arguments.account, "password": password}
    return asking.ask(data_of(arguments), clock_of(arguments.clock), request)
