"""Exchange: import and export of files and standards."""
