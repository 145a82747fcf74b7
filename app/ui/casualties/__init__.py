"""Casualty figures: the form (IS-14)."""
