"""Backup and check: copies with what is known of them, one now, the record checked, how to restore (XC-09, XC-04)."""
