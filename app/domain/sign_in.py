"""What a sign-in name and a password may be (CM-04)."""

from __future__ import annotations

import re

from app.domain.required import is_blank, tidy
from app.kernel.errors import ErrorCode, Refusal

PASSWORD_LENGTH = 8
NAME_LENGTH, TITLE_LENGTH = 32, 30  # at most: what lists and log lines have room for
_NAME = re.compile(
    r"[A-Za-z0-9._\-\u3400-\u9fff]+"
)  # Latin letters, digits, - _ . and Chinese: what a room can spell


def is_sign_in_name(name: str) -> bool:
    """True if a name can be typed and read aloud: letters, digits, `-`, `_`, `.` and Chinese characters."""
    return _NAME.fullmatch(tidy(name)) is not None


def check_sign_in_name(name: str, *, field: str) -> None:
    """Refuse a name that holds anything else (E_FORMAT), or is longer than a list has room for: E_RANGE (CM-04)."""
    if not is_sign_in_name(name):
        raise Refusal(ErrorCode.FORMAT, "refusal.accounts.name_signs", field=field, clause="CM-04")
    if len(tidy(name)) > NAME_LENGTH:
        raise Refusal(
            ErrorCode.RANGE, "refusal.accounts.name_long", field=field, clause="CM-04", n=NAME_LENGTH
        )


def check_title(title: str, *, field: str) -> None:
    """Refuse a post's name that is longer than a list has room for: E_RANGE (CM-04)."""
    if len(tidy(title)) > TITLE_LENGTH:
        raise Refusal(
            ErrorCode.RANGE, "refusal.accounts.title_long", field=field, clause="CM-04", n=TITLE_LENGTH
        )


def check_password(password: str) -> None:
    """Refuse a password of fewer than eight characters or of blanks alone: E_RANGE (CM-04)."""
    if len(password) < PASSWORD_LENGTH:
        raise _unfit("refusal.accounts.password_short")
    if is_blank(password):
        raise _unfit("refusal.accounts.password_blank")


def _unfit(text: str) -> Refusal:
    return Refusal(ErrorCode.RANGE, text, field="password", clause="CM-04", n=PASSWORD_LENGTH)
