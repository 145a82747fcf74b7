"""The situation on one page, for the leader on shift: seen, copied, printed."""
