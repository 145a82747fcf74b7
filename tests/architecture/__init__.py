"""Tests of the tree itself: layers, forbidden constructs, clean files."""
