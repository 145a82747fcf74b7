"""Founded sites for the tests of the queries."""

from tests.kit import emb, founded_town, frd, town

__all__ = ["emb", "founded_town", "frd", "town"]
