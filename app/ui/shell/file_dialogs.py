"""Dialogs for files and folders: in the console's language, beginning where one was last for the same purpose.

Qt draws them itself, so that they look and read alike everywhere; nothing of them blocks. What Qt's own translation lacks is said
here. Where nobody was yet they begin with the documents of the person at the desk, never with the folder of the program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

from PySide6.QtCore import QFileInfo, QStandardPaths, QStorageInfo, QUrl
from PySide6.QtWidgets import QFileDialog, QFileIconProvider, QWidget

from app.kernel.texts import ENGLISH, Texts

MEDIA: Final = (
    ("/media", 2),
    ("/run/media", 2),
    ("/mnt", 1),
    ("/Volumes", 1),
)  # and how deep below them media are mounted
_LABELS = {
    "look_in": QFileDialog.DialogLabel.LookIn,
    "file_name": QFileDialog.DialogLabel.FileName,
    "file_type": QFileDialog.DialogLabel.FileType,
}


class Places(Protocol):
    """Where the places are remembered."""

    def memory(self, key: str) -> Any:
        """What was remembered."""
        ...

    def remember(self, key: str, value: Any) -> None:
        """Remember it."""
        ...


class Kinds(QFileIconProvider):
    """Names of kinds of files, which Qt's translation does not have."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts

    def type(self, info: QFileInfo) -> str:
        """Folder, or what the name ends with."""
        if info.isDir():
            return self._texts.get("ui.files.folder")
        return self._texts.get("ui.files.kind", suffix=info.suffix().upper()).strip()


def file_dialog(
    parent: QWidget,
    title: str,
    texts: Texts,
    *,
    places: Places | None = None,
    purpose: str = "",
    start: str = "",
    medium: bool = False,
) -> QFileDialog:
    """A dialog that is not shown yet; `purpose` is the key under which its folder is remembered, `start` goes before that.

    `medium`: what is chosen lies on a medium that is plugged in, as a rule: where nobody was yet it begins there.
    """
    dialog = QFileDialog(parent, title)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    if texts.language != ENGLISH:
        for name, label in _LABELS.items():
            dialog.setLabelText(label, texts.get(f"ui.files.{name}"))
    kinds = Kinds(texts)
    dialog.setIconProvider(kinds)
    dialog.setProperty("kinds", kinds)  # lives as long as the dialog
    kept = places.memory(purpose) if places is not None and purpose else None
    dialog.setDirectory(str(begin_at(start, kept, *(media() if medium else ()))))
    dialog.setSidebarUrls([QUrl("file:"), *(QUrl.fromLocalFile(str(path)) for path in _sidebar())])
    if places is not None and purpose:
        dialog.fileSelected.connect(lambda chosen: _remember(places, purpose, dialog, Path(chosen)))
    return dialog


def begin_at(*wanted: Any) -> Path:
    """The first of these folders that is there, else the documents, else the home folder."""
    for each in (*wanted, _documents()):
        if isinstance(each, str) and each and Path(each).is_dir():
            return Path(each)
    return Path.home()


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)


def media() -> list[str]:
    """Folders of the media that are plugged in."""
    volumes = (each.rootPath() for each in QStorageInfo.mountedVolumes() if each.isReady())
    return sorted(path for path in volumes if _is_medium(Path(path)))


def _is_medium(path: Path) -> bool:
    below = ((path.relative_to(base).parts, deep) for base, deep in MEDIA if path.is_relative_to(base))
    return any(0 < len(parts) <= deep for parts, deep in below)


def _remember(places: Places, purpose: str, dialog: QFileDialog, chosen: Path) -> None:
    folder = chosen if dialog.fileMode() is QFileDialog.FileMode.Directory else chosen.parent
    places.remember(purpose, str(folder))


def _sidebar() -> list[Path]:
    """Home, documents, and the media that are plugged in."""
    found = (Path(each) for each in (str(Path.home()), _documents(), *media()) if each)
    return list(dict.fromkeys(path for path in found if path.is_dir()))
