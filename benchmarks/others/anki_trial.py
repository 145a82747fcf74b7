"""Anki's own sync server: notes from a collection through the server into another one. Run by the Python Anki is installed in.

anki_trial.py FOLDER PORT; FOLDER/texts.json holds the texts. The last line told is JSON: {"per_s": notes a second, both ways}.
"""

# mypy: ignore-errors

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from anki.collection import AddNoteRequest, Collection

PATIENCE_S, BLOCK = 60.0, 1000


def listening(port: int) -> None:
    """Wait until the server takes connections."""
    end = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > end:
            raise RuntimeError("the server does not listen")
        time.sleep(0.05)


def empty(folder: Path, name: str, auth, upload: bool) -> Collection:
    """A collection in step with the server, holding nothing."""
    made = Collection(str(folder / f"{name}.anki2"))
    made.sync_collection(auth, False)
    made.close_for_full_sync()
    made.full_upload_or_download(auth=auth, server_usn=None, upload=upload)
    made.reopen(after_full_sync=True)
    return made


def trial(folder: Path, port: int) -> float:
    """Notes a second from one collection to the other."""
    login = Collection(str(folder / "login.anki2"))
    auth = login.sync_login("u", "p", f"http://127.0.0.1:{port}/")
    login.close()
    first = empty(folder, "a", auth, upload=True)
    second = empty(folder, "b", auth, upload=False)
    texts = json.loads((folder / "texts.json").read_text("utf-8"))
    kind, deck = first.models.by_name("Basic"), first.decks.id("Default")
    for at in range(0, len(texts), BLOCK):
        block = []
        for number, text in enumerate(texts[at : at + BLOCK], at):
            note = first.new_note(kind)
            note["Front"], note["Back"] = str(number), text
            block.append(AddNoteRequest(note=note, deck_id=deck))
        first.add_notes(block)
    began = time.perf_counter()
    first.sync_collection(auth, False)
    second.sync_collection(auth, False)
    taken = time.perf_counter() - began
    arrived = second.db.scalar("select count() from notes")
    if arrived != len(texts):
        raise RuntimeError(f"{arrived} of {len(texts)} notes arrived")
    return len(texts) / taken


def main(folder: Path, port: int) -> None:
    """Server, trial, end of the server."""
    environment = {
        **os.environ,
        "SYNC_USER1": "u:p",
        "SYNC_BASE": str(folder / "server"),
        "SYNC_HOST": "127.0.0.1",
        "SYNC_PORT": str(port),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "anki.syncserver"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        listening(port)
        sys.stdout.write(json.dumps({"per_s": trial(folder, port)}) + "\n")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
