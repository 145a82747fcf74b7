"""The incident desk: one line while folded, overview and timeline when opened."""
