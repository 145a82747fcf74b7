"""Tests of the pure rules, the district packs and the reference tables."""
