"""Machines are shared: properties are judged by their outcome, never by their time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
