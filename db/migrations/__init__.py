"""Migrations: the only way tables come into being."""
