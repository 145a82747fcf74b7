"""Import of registers from files: good rows in, bad rows into a file with their reasons, nothing half-loaded."""
