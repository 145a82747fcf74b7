"""Seeded simulation of several sites around the real journal, with the reference model as oracle."""
