"""Guided pairing: over the network by a number of six digits, or by exchanged files (REPLICATION, Pairing)."""
