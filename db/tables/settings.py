"""Rule numbers that this district has changed from its pack's defaults (D-31)."""

from __future__ import annotations

from sqlalchemy import Integer

from db.fields import register, shared

RULE_NUMBER = shared("rule_number", [register("value", Integer)])
