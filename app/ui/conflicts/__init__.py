"""The conflict desk: disagreements and what was not accepted (XC-03, D-19, E_SYNC)."""
