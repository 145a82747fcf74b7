"""Joint Duty Console: `main.py` opens the window, `main.py VERB ...` works without one."""

import sys

from app.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
