"""Tests of app/bootstrap."""
