"""Tests of the journal: stories, properties, tampering."""
