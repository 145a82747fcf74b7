"""Screens: the only place that knows Qt."""

from app.ui import overrides

overrides.shield()
