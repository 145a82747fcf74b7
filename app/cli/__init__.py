"""The command line: every act and every list of the console without a screen (docs/COMMAND-LINE.md)."""
