"""The intake: alarms in, acts of the console's machine account out; what is refused is kept with its reason."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from app.kernel.clock import Clock, iso
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import private_opener
from app.usecases.alarms import ReceiveAlarm
from app.usecases.bus import Done
from app.usecases.commands import Command

log = logging.getLogger(__name__)

_PIECE = 1 << 20


@dataclass(frozen=True)
class FeedCounts:
    """What has come in since the start; `last_at` in UTC ms is the age that is shown.

    `kept_before`: rejected alarms that lay in the file of rejects already; `why`: text key of the last one's reason;
    `trouble`: what keeps a watched folder from being taken, empty when nothing does.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    last_at: int | None = None
    flags: Mapping[str, int] = field(default_factory=dict)
    kept_before: int = 0
    rejected_at: int | None = None
    why: str | None = None
    trouble: str = ""


class FeedIntake:
    """Takes alarms one by one, in the order they come; a faulty one never stops the next.

    `execute` carries out a command as the console's machine account and raises Refusal. Rejected alarms are appended to
    `rejects` as JSON lines with their reason, so that nothing that came in is lost.
    """

    def __init__(self, execute: Callable[[Command], Done], rejects: Path, clock: Clock) -> None:
        self._execute, self._rejects, self._clock = execute, rejects, clock
        self._counts: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._last_at: int | None = None
        self._rejected_at: int | None = None
        self._why: str | None = None
        self._kept_before = _lines(rejects)
        self.trouble = ""
        self._taking = threading.Lock()

    @property
    def counts(self) -> FeedCounts:
        """Snapshot of what has come in."""
        done = {name: self._counts[name] for name in ("new", "changed", "unchanged", "rejected")}
        return FeedCounts(
            **done,
            last_at=self._last_at,
            flags=dict(self._flags),
            kept_before=self._kept_before,
            rejected_at=self._rejected_at,
            why=self._why,
            trouble=self.trouble,
        )

    @property
    def rejects(self) -> Path:
        """Where rejected alarms are kept."""
        return self._rejects

    def take(self, alarm: Any) -> Mapping[str, Any]:
        """Take one alarm, decoded from JSON; returns what became of it, raises Refusal after keeping a faulty one.

        EnvironmentFault (disk full, say): it was neither taken nor kept and has to be told again.
        """
        with self._taking:
            return self._take(alarm)

    def _take(self, alarm: Any) -> Mapping[str, Any]:
        self._last_at = self._clock.now_ms()
        try:
            done = self._execute(_command(alarm))
        except Refusal as refusal:
            self._reject(alarm, refusal)
            raise
        except EnvironmentFault:
            raise  # nothing is wrong with the alarm: whoever told it tells it again
        except Exception as bug:
            problem = type(bug).__name__
            self._reject(
                alarm, Refusal(ErrorCode.FORMAT, "refusal.command.input", field="alarm", problem=problem)
            )
            raise
        result = done.result
        self._counts["new" if result["new"] else "changed" if result["changed"] else "unchanged"] += 1
        self._flags.update(result["flags"])
        return result

    def _reject(self, alarm: Any, refusal: Refusal) -> None:
        """Count and keep a rejected alarm; its content is never written to the technical log (XC-07)."""
        self._counts["rejected"] += 1
        self._rejected_at, self._why = self._clock.now_ms(), refusal.text
        log.warning("an alarm was rejected: %s %s", refusal.code, refusal.text)
        try:
            self._keep(alarm, refusal)
        except OSError as wrong:
            raise EnvironmentFault(
                "file.unwritable", "fault.file.unwritable", path=str(self._rejects)
            ) from wrong

    def _keep(self, alarm: Any, refusal: Refusal) -> None:
        """Append one line of plain ASCII to the rejects, 0600: half characters stand in it as they came, escaped."""
        line = {
            "at": iso(self._clock.now_ms()),
            "code": refusal.code.value,
            "why": refusal.text,
            "field": refusal.field,
            "alarm": alarm,
        }
        self._rejects.parent.mkdir(parents=True, exist_ok=True)
        try:
            text = json.dumps(line, default=str)
        except (RecursionError, ValueError):  # nested so deeply that it can be read but not written
            text = json.dumps(line | {"alarm": None, "why": "nested too deeply"}, default=str)
        with open(self._rejects, "a", encoding="ascii", opener=private_opener) as handle:
            handle.write(text + "\n")


def _lines(path: Path) -> int:
    """Lines of a file; none when there is no such file, or it cannot be read."""
    count = 0
    try:
        with path.open("rb") as handle:
            while piece := handle.read(_PIECE):
                count += piece.count(b"\n")
    except OSError:
        return 0
    return count


def _command(alarm: Any) -> ReceiveAlarm:
    if not isinstance(alarm, dict):
        raise Refusal(ErrorCode.FORMAT, "refusal.command.input", field="alarm", problem="{}")
    strange = sorted(set(alarm) - set(ReceiveAlarm.__dataclass_fields__))
    if strange:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.input", field=strange[0], problem=strange[0])
    try:
        return msgspec.convert(alarm, ReceiveAlarm, strict=True)
    except msgspec.ValidationError as wrong:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.input", field="alarm", problem=str(wrong)) from wrong
    except UnicodeEncodeError as wrong:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.encoding", field="alarm", clause="XC-01") from wrong
