"""Joint Duty Console: two duty rooms, one picture, a record nobody can dispute."""
