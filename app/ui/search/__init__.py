"""Searching everything from one field, and the language of the board's field (docs/decisions/0041)."""
