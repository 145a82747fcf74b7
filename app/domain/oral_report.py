"""Oral reports: four fields, one key (RP-16, RP-08).

Whoever fills the form sets the usual values (duty room, landline, place and what) before the check.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.event_time import FUTURE_TOLERANCE_S, LATE_WINDOW_S, check_event_time
from app.domain.required import is_blank, require_text
from app.kernel.enums import Channel
from app.kernel.errors import ErrorCode, Refusal

_CLAUSE = "RP-16"
SPOKEN_CHANNELS = frozenset({Channel.VIDEO, Channel.RADIO, Channel.LANDLINE})


@dataclass(frozen=True, slots=True)
class OralForm:
    """The four fields: to whom, by what channel, when it was spoken (UTC ms), the gist."""

    to_role: str | None
    channel: Channel | None
    spoken_at: int | None
    gist: str | None


def _check_recipient(to_role: str | None, recipients: Collection[str]) -> None:
    if to_role is None or is_blank(to_role):
        raise Refusal(ErrorCode.REQUIRED, "refusal.reports.oral_to_required", field="to_role", clause=_CLAUSE)
    if to_role not in recipients:
        raise Refusal(ErrorCode.RANGE, "refusal.reports.recipient_unknown", field="to_role", clause="RP-08")


def _check_channel(channel: Channel | None) -> None:
    if channel is None:
        raise Refusal(
            ErrorCode.REQUIRED, "refusal.reports.oral_channel_required", field="channel", clause=_CLAUSE
        )
    if channel not in SPOKEN_CHANNELS:
        raise Refusal(
            ErrorCode.RANGE, "refusal.reports.oral_channel_not_spoken", field="channel", clause="RP-16, D-32"
        )


def check_oral_report(
    form: OralForm,
    recipients: Collection[str],
    now_ms: int,
    *,
    received_at: int | None = None,
    confirmed: bool = False,
    tolerance_s: int = FUTURE_TOLERANCE_S,
    late_window_s: int = LATE_WINDOW_S,
) -> None:
    """Check an oral report or its amendment; `recipients` is the district's list, moments are UTC ms.

    Raises Refusal E_REQUIRED naming to_role, channel, spoken_at or gist; E_RANGE for a recipient outside the
    list (RP-08) or a channel nobody speaks on; E_TIME for a time ahead of now, and, unless `confirmed`, far
    back (D-26) or earlier than the incident was received.
    """
    _check_recipient(form.to_role, recipients)
    _check_channel(form.channel)
    if form.spoken_at is None:
        raise Refusal(
            ErrorCode.REQUIRED, "refusal.reports.oral_spoken_at_required", field="spoken_at", clause=_CLAUSE
        )
    require_text(form.gist, "refusal.reports.oral_gist_required", field="gist", clause=_CLAUSE)
    check_event_time(
        form.spoken_at,
        now_ms,
        field="spoken_at",
        late_confirmed=confirmed,
        tolerance_s=tolerance_s,
        late_window_s=late_window_s,
    )
    if received_at is not None and form.spoken_at < received_at and not confirmed:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.reports.oral_before_received",
            field="spoken_at",
            clause="RP-16, D-26",
            spoken_at=form.spoken_at,
            received_at=received_at,
        )
