"""Joint Duty Console: `main.py VERB ...` without a screen; the window comes with its own first start."""

import sys

from app.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
