"""Scopes: declared per field, never chosen by an act (REPLICATION, Scope)."""

from __future__ import annotations

from db.fields import INTERNAL, JOINT

INTERNAL_PREFIX = "internal:"


def resolve(declared: str, agency: str) -> str:
    """The scope of an operation by an author of `agency` on a field declared with this scope."""
    return INTERNAL_PREFIX + agency if declared == INTERNAL else declared


def readable_by(scope: str, agency: str, granted: frozenset[str]) -> bool:
    """True if a site of this agency, granted these scopes, may hold a body of this scope."""
    return scope == JOINT or scope == INTERNAL_PREFIX + agency or scope in granted
