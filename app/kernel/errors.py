"""Refusals (E_*, RULES part 2) and faults of the environment: told apart from each other and from bugs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Codes of RULES part 2."""

    REQUIRED = "E_REQUIRED"
    OWNER = "E_OWNER"
    PERM = "E_PERM"
    STATE = "E_STATE"
    HQ_REVIEW = "E_HQ_REVIEW"
    CONSENT = "E_CONSENT"
    TIME = "E_TIME"
    DUP = "E_DUP"
    RANGE = "E_RANGE"
    FORMAT = "E_FORMAT"
    MONO = "E_MONO"
    REGION = "E_REGION"
    QUALIFY = "E_QUALIFY"
    SYNC = "E_SYNC"


class Refusal(Exception):
    """An act the rules do not allow: says what (text key), why (clause), and who can (keys of roles or agencies).

    Shape: code, text (key into the catalogues), field (name of the faulty input, or None), who (tuple of keys),
    clause (source, e.g. "RP-01, D-03"), params (values for the sentence; never personal data).
    """

    def __init__(
        self,
        code: ErrorCode,
        text: str,
        *,
        field: str | None = None,
        who: tuple[str, ...] = (),
        clause: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.field = field
        self.who = who
        self.clause = clause
        self.params: Mapping[str, Any] = params


class EnvironmentFault(Exception):
    """Disk, lock, port, key or schema trouble that a person can mend; `text` is a key into the catalogues."""

    def __init__(self, code: str, text: str, **params: Any) -> None:
        super().__init__(f"{code}: {text} {params}")
        self.code = code
        self.text = text
        self.params: Mapping[str, Any] = params
