"""How this workstation is: versions, database, links, disk, clock; and how it ended the last time."""
