"""Use cases: one module per feature, commands and their handlers."""
