"""Tests of app/local."""
