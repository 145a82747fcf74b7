"""Local: drafts, layout and caches of this workstation; the only writer of local tables."""
