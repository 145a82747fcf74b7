"""The main window's shell: header, alarm strip, status line, palette, sign-in, lock, toasts, refusals."""
