"""The large screen: what is under discussion, legible at four metres; no personal data, no controls (CS-08, MP-07, XC-07)."""
