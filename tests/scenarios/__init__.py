"""The acceptance scenarios, run on two real consoles."""
