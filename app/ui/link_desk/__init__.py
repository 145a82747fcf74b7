"""The link desk: every line to every other workstation as it really stands, and what to do about it (JD-01)."""
