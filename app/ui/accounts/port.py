"""What the screen of accounts asks of a running site: a password is no command, it never enters the record (decision 0009)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol


class AccountsDoor(Protocol):
    """Passwords of the site behind the window. Every future raises Refusal or EnvironmentFault."""

    def set_password(self, account_id: str, password: str, by: str) -> Future[None]:
        """Set a password on this workstation; that it was set is recorded, the password is not."""
        ...
