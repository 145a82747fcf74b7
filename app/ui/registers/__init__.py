"""Simple registers in the window: lists of shelters and points, and the card of one record (RS-08, MP-02)."""
