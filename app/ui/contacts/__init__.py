"""Whom to ring at an incident: masked, opened by a noted act, destroyed for good (XC-07)."""
