"""Domain: pure rules of duty, reporting and ownership, without input or output."""
