"""Texts that go into a spreadsheet: nothing an officer or a peer has typed becomes a formula there (QUALITY, attack test 2)."""

from __future__ import annotations

_SIGNS = "=+-@"
_WIDE = 0xFEE0  # from a sign to its full-width form, which spreadsheets take for the same
_STARTS = (*_SIGNS, *(chr(ord(sign) + _WIDE) for sign in _SIGNS), "|", "%")
_UNSEEN = "".join(map(chr, (0xFEFF, 0x200B, 0x200E, 0x200F, 0xA0, 0x3000))) + "\"'"


def neutral(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    bare = text.lstrip().lstrip(_UNSEEN).lstrip()
    risky = bare.startswith(_STARTS) or text.startswith(("\t", "\r", "\n"))
    return "'" + text if risky else text
