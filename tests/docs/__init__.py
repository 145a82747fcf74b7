"""Tests of the project's papers."""
