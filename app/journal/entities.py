"""The product's shared tables, as the layers above the journal know them."""

from __future__ import annotations

from db.tables import ENTITIES

__all__ = ["ENTITIES"]
