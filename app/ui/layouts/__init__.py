"""Layouts of the main window: panels that move, hide and float, remembered for each account and set-up of screens."""
