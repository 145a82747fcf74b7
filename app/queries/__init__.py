"""Queries: one module per feature, frozen rows and the statements that fill them."""
