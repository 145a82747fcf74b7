"""Forms filled by keyboard alone: registration, oral report, grade, watch."""
