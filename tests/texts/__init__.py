"""Tests of the text catalogues and of the sentences made from them."""
