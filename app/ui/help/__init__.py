"""The manual inside the console, and hints for who sits here for the first time."""
