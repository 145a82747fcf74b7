"""The screen for exchange by stick (CM-07)."""
