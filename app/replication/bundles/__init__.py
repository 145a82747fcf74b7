"""Exchange by stick (CM-07): frames of the wire in files, signed by the sending site and sealed to the receiving one."""
