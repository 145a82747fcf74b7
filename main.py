"""Joint Duty Console: `main.py` opens the window, `main.py VERB ...` works without one."""

import gc
import sys

gc.disable()  # nothing is collected while the program is imported; app.cli.main turns it on again

from app.cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
