"""Import of registers from files: choose, look, load with progress, and what became of it (FR-10)."""
