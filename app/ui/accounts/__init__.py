"""Accounts of the room: who may what, until when, and what each did (CM-04)."""
