"""First start: a few questions, then a founded site; or a guided exercise instead."""
