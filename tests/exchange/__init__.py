"""Tests of what comes in from files and feeds."""
