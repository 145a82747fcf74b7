"""Who changed what: the history of a record on screen (XC-07)."""
