"""Programs that other people synchronise with, measured beside ours; each is installed from its own registry when asked for."""
