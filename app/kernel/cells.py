"""Texts that go into a spreadsheet: nothing an officer or a peer has typed becomes a formula there (QUALITY, attack test 2)."""

from __future__ import annotations

_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20|%")
_UNSEEN = "\ufeff\u200b\u200e\u200f\u00a0\u3000\"'"


def neutral(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    bare = text.lstrip().lstrip(_UNSEEN).lstrip()
    risky = bare.startswith(_STARTS) or text.startswith(("\t", "\r", "\n"))
    return "'" + text if risky else text
