"""The link panel: how the line to the partner really stands."""
