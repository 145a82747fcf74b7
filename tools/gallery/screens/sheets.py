"""The sheets of the features, on the evening's stage: empty, filled, refused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from PySide6.QtGui import QColor, QImage

from app.bootstrap.backup_work import BackupJob, make
from app.kernel.clock import HOUR_MS
from app.kernel.enums import VerifyState
from app.ui.board.port import ExportAsk
from app.ui.shell.header_text import is_single_sided
from app.usecases.casualties import SetCasualties
from tools import stage as on
from tools.gallery.screens.shot import Picture, Scene, Shot

SHELTERS = """名称,类别,地址,经度,纬度,容纳人数,面积
演练·第一中学,应急避难场所,演练路 1 号,121.412,31.215,600,1500
演练·体育公园,应急避难场所,演练路 2 号,121.377,31.205,1200,3200
演练·社区中心,应急避难场所,演练路 3 号,121.43,31.208,-5,800
演练·第一中学,应急避难场所,演练路 1 号,121.412,31.215,600,1500
"""
_BACKUPS = (
    (100, "day"),
    (76, "day"),
    (52, "day"),
    (28, "day"),
    (14, "schedule"),
    (8, "handover"),
    (2, "schedule"),
)


def figures(scene: Scene) -> Iterator[Shot]:
    """Casualty figures, a disputed one on the conflict desk, and who changed what."""
    window, stage = scene.window, scene.stage
    home, mall = scene.ids["home"], scene.ids["mall"]
    stage.emb.act(
        SetCasualties(incident_id=home, deaths=1, verify_state=VerifyState.VERIFIED, source="区中心医院")
    )
    stage.emb.act(SetCasualties(incident_id=home, injured_serious=2, evacuated=130, source="现场指挥员"))
    on.until(stage.same, "both rooms hold the figures")
    stage.pull(True)
    on.until(lambda: not stage.linked(), "the cable is out")
    stage.emb.act(SetCasualties(incident_id=mall, injured_serious=4, source="区中心医院"))
    stage.frd.act(SetCasualties(incident_id=mall, injured_serious=6, source="现场指挥员"))
    stage.pull(False)
    on.until(lambda: stage.linked() and stage.same(), "the cable is back")
    scene.select("home")
    deeds, overlays = window.features.conflicts, window.overlays
    deeds.casualties()
    on.until(lambda: overlays.casualties.is_open, "the form")
    on.still(window)
    yield Shot("casualties", window, overlays.casualties, (Picture("casualties", overlays.casualties, 12),))
    overlays.casualties.dismiss()
    deeds.conflicts()
    on.until(lambda: overlays.conflicts.cases.card is not None, "the card")
    on.still(window)
    yield Shot("conflicts", window, overlays.conflicts, (Picture("conflicts", overlays.conflicts, 12),))
    overlays.conflicts.ask("refused")
    on.still(window)
    yield Shot("conflicts-refused", window, overlays.conflicts)
    overlays.conflicts.dismiss()
    deeds.history()
    on.until(lambda: overlays.history.shown, "the history")
    on.still(window)
    yield Shot("history", window, overlays.history, (Picture("history", overlays.history, 12),))


def board(scene: Scene) -> Iterator[Shot]:
    """Views, voiding, an export under way."""
    window, overlays = scene.window, scene.window.overlays
    scene.select("home")
    scene.run("board.views")
    yield Shot("views", window, overlays.views)
    overlays.views.dismiss()
    scene.sign_in("chief")
    scene.select("road")
    scene.run("board.void")
    yield Shot("void", window, overlays.void)
    overlays.void.submit()
    on.still(window)
    yield Shot("void-refused", window, overlays.void)
    overlays.void.dismiss()
    overlays.output.begin(_Endless(), window.features.output.ask(), Path("board.xlsx"), lambda _error: True)
    on.still(window)
    yield Shot("output", window, overlays.output)
    overlays.output._end()


class _Endless:
    """Writes, and is never done."""

    def save(
        self, _ask: ExportAsk, _path: Path, tell: Callable[[int, int], None], _stop: Callable[[], bool]
    ) -> Future[int]:
        """Half of it."""
        tell(5_000, 10_000)
        return Future()

    def rows(self, _ask: ExportAsk, _most: int) -> Future[list[tuple[str, ...]]]:
        """None yet."""
        return Future()


def files(scene: Scene) -> Iterator[Shot]:
    """Files and contacts of an incident."""
    window, overlays = scene.window, scene.window.overlays
    scene.select("home")
    scene.run("attachments")
    sheet = overlays.attachments
    yield Shot("attachments-empty", window, sheet)
    with tempfile.TemporaryDirectory(prefix="jdc-photo-") as name:
        photo, wrong = Path(name) / "六层阳台.jpg", Path(name) / "x.jpg"
        image = QImage(640, 480, QImage.Format.Format_RGB32)
        image.fill(QColor("#4CA3FF"))
        image.save(str(photo))
        wrong.write_bytes(b"MZ no picture")
        sheet.attach(photo)
        on.until(lambda: sheet.model.rowCount() == 1, "attached")
        on.still(window)
        yield Shot("attachments", window, sheet)
        sheet.attach(wrong)
        on.until(lambda: sheet.note.property("tone") == "bad", "told")
        yield Shot("attachments-refused", window, sheet)
    sheet.dismiss()
    scene.run("contacts")
    people = overlays.contacts
    yield Shot("contacts-empty", window, people)
    people.submit()
    on.still(window)
    yield Shot("contacts-missing", window, people)


def imports(scene: Scene) -> Iterator[Shot]:
    """The import screen: nothing chosen, and a file that holds two bad rows."""
    window = scene.window
    scene.sign_in("chief")
    scene.run("import")
    sheet = window.overlays.imports
    yield Shot("import-empty", window, sheet)
    with tempfile.TemporaryDirectory(prefix="jdc-import-") as name:
        file = Path(name) / "避难场所.csv"
        file.write_text(SHELTERS, "utf-8")
        sheet.flow.choose_file(file)
        on.until(lambda: not sheet.flow.busy and sheet.flow.state.name == "READY", "the file was read")
        on.still(window)
        yield Shot("import", window, sheet, (Picture("import", sheet, 12),))
        sheet.dismiss()


def registers(scene: Scene) -> Iterator[Shot]:
    """Shelters, points, the card of one of them."""
    window, overlays = scene.window, scene.window.overlays
    for kind in ("shelters", "points"):
        scene.run(kind)
        on.until(lambda: overlays.registers.is_open and bool(overlays.registers.model.rows), kind)
        overlays.registers._step(1)
        on.until(lambda: bool(overlays.registers.chosen_id()), kind)
        on.still(window)
        yield Shot(kind, window, overlays.registers)
    point = overlays.registers.chosen_id()
    overlays.registers.dismiss()
    overlays.record.ask("point", point)
    on.until(lambda: overlays.record.is_open, "the card")
    on.still(window)
    yield Shot("record", window, overlays.record)


def backup(scene: Scene) -> Iterator[Shot]:
    """Backups of some days, then the check of the record, then how to restore."""
    window = scene.window
    data, now = window.console.data, window.console.clock.now_ms()
    if not any(data.backups.glob("*.db")):
        for hours, why in _BACKUPS:
            make(BackupJob(data.database, data.backups, now - hours * HOUR_MS, why), lambda *_: None)
    scene.run("backup.open")
    sheet = window.overlays.backup
    on.until(lambda: sheet.model.rowCount() > 0, "backups")
    on.still(window)
    yield Shot("backup", window, sheet, (Picture("backup", sheet, 12),))
    sheet.choose("check")
    yield Shot("backup-check-empty", window, sheet)
    sheet.submit()
    on.until(lambda: sheet.flow.checked is not None, "checked")
    on.still(window)
    yield Shot("backup-check", window, sheet, (Picture("backup-check", sheet, 12),))
    sheet.choose("restore")
    yield Shot("backup-restore", window, sheet)


def trust(scene: Scene) -> Iterator[Shot]:
    """Workstations and certificates, with what changing a key will do; what was not accepted."""
    window = scene.window
    scene.sign_in("admin")
    scene.run("sites.open")
    sheet = window.overlays.sites
    on.until(lambda: sheet.view is not None, "workstations")
    on.still(window)
    yield Shot("sites-list", window, sheet)
    for deed in sheet.sites.chips:
        sheet.sites.choose(deed)
        on.still(window)
        pictures = (Picture("sites", sheet, 12),) if deed == "rotate" else ()
        yield Shot(f"sites-{deed}", window, sheet, pictures)
    sheet.choose("offers")
    yield Shot("sites-offers", window, sheet)


def pairing(scene: Scene) -> Iterator[Shot]:
    """A further workstation is paired: by network and by file."""
    window = scene.window
    scene.sign_in("admin")
    scene.run("pairing.open")
    sheet = window.overlays.pairing
    for way in ("network", "file"):
        sheet.choose(way)
        on.still(window)
        yield Shot(f"pairing-{way}", window, sheet)


def links(scene: Scene) -> Iterator[Shot]:
    """The line stands; then the cable is out: header, links, link desk, stick."""
    window, stage = scene.window, scene.stage
    scene.sign_in("officer")
    desk = window.overlays.link_desk
    on.until(stage.linked, "the line stands")
    scene.run("link_desk.open")
    on.until(lambda: bool(desk.story.peers), "the link desk has read its peers")
    on.still(window)
    yield Shot("link-desk-up", window, desk)
    desk.dismiss()
    stage.pull(True)
    on.until(lambda: not stage.linked(), "the cable is out")
    stage.emb.register(1, "江苏路街道", "某商铺", "店铺起火", **on.FIRE)
    on.until(lambda: _single_sided(scene), "it is told")
    on.still(window)
    pictures = (Picture("single-sided", window.header, 0), Picture("links", window.links, 0))
    yield Shot("single-sided", window, None, pictures)
    scene.run("link_desk.open")
    on.until(lambda: bool(desk.story.peers), "the link desk has read its peers")
    on.still(window)
    yield Shot("link-desk", window, desk, (Picture("link-desk", desk, 12),))
    desk.dismiss()
    yield from _stick(scene)
    stage.pull(False)
    on.until(lambda: stage.linked() and stage.same(), "the cable is back")


def _single_sided(scene: Scene) -> bool:
    standing = scene.window.feeds.standing
    return standing is not None and is_single_sided(standing)


def _stick(scene: Scene) -> Iterator[Shot]:
    """What waits goes onto a stick while the cable is out."""
    window = scene.window
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="U盘-", dir=memory if memory.is_dir() else None) as name:
        scene.run("bundles")
        sheet = window.overlays.bundles
        on.until(lambda: sheet.flow.partner is not None, "what waits is counted")
        on.still(window)
        yield Shot("stick-empty", window, sheet)
        sheet.folder.setText(name)
        sheet.submit()
        if not sheet.flow.busy:  # warned of: the disk of the data
            sheet.submit()
        on.until(lambda: sheet.flow.exported is not None and bool(sheet.flow.past), "the bundle is made")
        on.still(window)
        yield Shot("stick", window, sheet, (Picture("stick", sheet, 12),))
        sheet.dismiss()


CHAPTERS = (figures, board, files, imports, registers, backup, trust, pairing, links)
