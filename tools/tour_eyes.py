"""Eyes and clipboard of the tour on one virtual screen: `grab FILE` and `clip TEXT` on standard input, `ok` when done."""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication


class Orders(QObject):
    """Lines from standard input, brought to the Qt thread."""

    came = Signal(str)


def main() -> int:
    """Obey until standard input ends."""
    app = QGuiApplication(sys.argv[:1])
    orders = Orders()

    def obey(line: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb == "clip":
            app.clipboard().setText(rest)
            done = True
        else:
            done = app.primaryScreen().grabWindow(0).save(rest)
        sys.stdout.write("ok\n" if done else "failed\n")
        sys.stdout.flush()

    def listen() -> None:
        for line in sys.stdin:
            orders.came.emit(line.rstrip("\n"))
        app.quit()

    orders.came.connect(obey)
    threading.Thread(target=listen, daemon=True).start()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
