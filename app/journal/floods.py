"""What a paired workstation that lies can make more of at will, and how much of it is taken (docs/decisions/0045-floods.md)."""

from __future__ import annotations

MOST_STRANGERS = 32  # chains of workstations that nobody we have met enrolled
