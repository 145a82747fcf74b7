"""Files of an incident: attach, look at, save a copy, destroy (CM-05, XC-07)."""
