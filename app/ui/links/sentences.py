"""What is stuck on a link and since when, in a sentence: how long nothing came, then why and what to do (JD-01, D-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.enums import LinkState
from app.kernel.texts import Texts
from app.ui.shell import moments

if TYPE_CHECKING:
    from app.ui.links.judgement import Standing

_NOTHING = ("refusal.sync.silent", "refusal.sync.no_answer")
_OUT, _IN = "refusal.sync.not_acknowledged", "refusal.sync.not_arriving"


def why(texts: Texts, standing: Standing, partner: str) -> str:
    """The sentences; empty when nothing is stuck. `partner`: short name, for reasons that name it."""
    said = [_since(texts, standing), _reason(texts, standing.reason, partner)]
    return "\n".join(part for part in said if part)


def _reason(texts: Texts, key: str | None, partner: str) -> str:
    """Words that are missing are never a raw key on the screen."""
    if key is None or not texts.has(key):
        return ""
    return texts.get(key, **dict.fromkeys(texts.parameters(key), partner))


def _since(texts: Texts, standing: Standing) -> str:
    """How long it has stood still, where the reason alone does not tell."""
    if standing.reason in _NOTHING:
        if standing.heard_ms is None:
            return texts.get("ui.links.stuck.never")
        key = "open_silent" if standing.state is LinkState.DEGRADED else "silent"
        return texts.get(f"ui.links.stuck.{key}", age=moments.age(texts, standing.heard_ms))
    if standing.reason == _OUT and standing.out_ms is not None:
        age = moments.age(texts, standing.out_ms)
        return texts.get("ui.links.stuck.out", age=age)
    if standing.reason == _IN and standing.in_ms is not None:
        age = moments.age(texts, standing.in_ms)
        return texts.get("ui.links.stuck.in", n=standing.waiting_in, age=age)
    return ""
