"""Benchmarks: runnable commands that print figures and their ratios."""
