"""Workstations and certificates, and acts that were not accepted."""
