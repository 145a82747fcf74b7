"""The 119 feed is a port (IS-01): a file, a watched folder or local POST hand in alarms; one intake takes them."""
