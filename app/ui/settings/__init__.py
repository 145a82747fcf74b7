"""Settings: the rule numbers of both rooms, and what this console does for whoever sits at it."""
