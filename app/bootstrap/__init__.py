"""Composition root: puts the layers together into a running site, founds it, pairs it, restores it."""
