"""Tests of the console; the packages below carry the names of the layers."""
