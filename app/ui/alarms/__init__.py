"""The list of alarms: what stands, what was put off, what the shift did about it; acknowledging and putting off (JD-11)."""
