"""The incident board: what burns first, live, never all of it in memory (PRODUCT; SCREEN)."""
