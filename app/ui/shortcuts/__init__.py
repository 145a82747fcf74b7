"""Keys of an officer's own for any command, beside the standard ones (SCREEN, Keyboard)."""
