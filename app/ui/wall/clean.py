"""Free text for a screen that guests see: what tells who a person is or how to reach him is left out (CS-08, XC-07).

It goes by form alone: long numbers, what follows words such as "caller", a surname before a title, the number of a flat. A name
without any of these cannot be told from other words; contacts belong into their own sealed form, which the wall never reads.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache

from app.kernel.texts import RESOURCES

_STOP = r"[^,;!?\n\u3001\u3002\uff0c\uff1b\uff01\uff1f)\uff09]*"
_NUMBER = re.compile(
    r"\+?\d(?:[ \-\u2010-\u2015\uff0d]?\d){6,}[xX]?"
)  # telephones, identity numbers, plates of accounts
_SPOKEN = re.compile(
    r"[\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5e7a]{7,}"
)  # digits as words
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LEFT = re.compile(r"[,;\u3001\uff0c\uff1b:\uff1a\s]{2,}")
_ENDS = re.compile(r"^[\s,;:\u3001\uff0c\uff1b\uff1a]+|[\s,;:\u3001\uff0c\uff1b\uff1a]+$")
_EMPTY = re.compile(r"[(\uff08]\s*[)\uff09]")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What is replaced by what, in this order."""
    with (RESOURCES / "wall" / "personal.toml").open("rb") as file:
        known = tomllib.load(file)
    cues, titles, rooms = (
        "|".join(map(re.escape, sorted(known[name], key=len, reverse=True)))
        for name in ("cues", "titles", "rooms")
    )
    return (
        (_MAIL, ""),
        (re.compile(rf"(?:{cues}){_STOP}", re.IGNORECASE), ""),
        (_NUMBER, ""),
        (_SPOKEN, ""),
        (re.compile(rf"[\u4e00-\u9fff](?={titles})"), known["some"]),
        (re.compile(rf"\d+\s*(?:{rooms})"), ""),
    )


def clean(text: str | None) -> str:
    """The text without what could be personal, in one line."""
    line = " ".join((text or "").split())
    for pattern, instead in _patterns():
        line = pattern.sub(instead, line)
    line = _EMPTY.sub("", line)
    line = _LEFT.sub(lambda found: found.group()[0], line)
    return _ENDS.sub("", " ".join(line.split()))
