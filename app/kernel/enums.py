"""Shared vocabularies. English values as in GLOSSARY; their texts stand in resources/texts."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Agency(StrEnum):
    """Kinds of site: bureau, detachment, hall."""

    EMB = "EMB"
    FRD = "FRD"
    HALL = "HALL"


class Realm(StrEnum):
    """Live and exercise data never meet (XC-10)."""

    LIVE = "live"
    EXERCISE = "exercise"


class Role(StrEnum):
    """Roles of accounts (RULES part 3); `console` is the machine account of a workstation."""

    DUTY_OFFICER = "duty_officer"
    DUTY_CHIEF = "duty_chief"
    LEADER = "leader"
    AUTHORISED = "authorised"
    HQ_REVIEWER = "hq_reviewer"
    TECHNICIAN = "technician"
    ACCOUNT_ADMIN = "account_admin"
    ROSTER_EDITOR = "roster_editor"
    CHECKER = "checker"
    EMBEDDED = "embedded"
    OBSERVER = "observer"
    STREET = "street"
    CONSOLE = "console"


class AccountKind(StrEnum):
    """One account is one person on duty or one machine (CM-04)."""

    PERSON = "person"
    MACHINE = "machine"
    EMERGENCY = "emergency"  # sealed: nobody's until it is opened


class Post(StrEnum):
    """Posts of a shift (JD-04)."""

    LEADER_ON_SHIFT = "leader_on_shift"
    DUTY_CHIEF = "duty_chief"
    DUTY_OFFICER = "duty_officer"


class IncidentClass(StrEnum):
    """The four classes of the law and `pending` for a while (RC-01)."""

    NATURAL = "natural"
    ACCIDENT = "accident"
    PUBLIC_HEALTH = "public_health"
    SOCIAL_SECURITY = "social_security"
    PENDING = "pending"


class IncidentStatus(StrEnum):
    """State machine of RULES part 2."""

    CLUE = "clue"
    REGISTERED = "registered"
    HANDLING = "handling"
    CONTROLLED = "controlled"
    CLOSED = "closed"
    MERGED = "merged"
    VOID = "void"


class IncidentLevel(StrEnum):
    """Incident levels by figures (order 493 art. 3); `level_none` when nothing is known (D-22)."""

    LEVEL_1 = "level_1"
    LEVEL_2 = "level_2"
    LEVEL_3 = "level_3"
    LEVEL_4 = "level_4"
    LEVEL_NONE = "level_none"


class Figure(StrEnum):
    """Casualty figures of an incident, in the order in which they are said (IS-14)."""

    DEATHS = "deaths"
    INJURED_SERIOUS = "injured_serious"
    INJURED_MINOR = "injured_minor"
    MISSING = "missing"
    TRAPPED = "trapped"
    EVACUATED = "evacuated"
    DIRECT_LOSS_YUAN = "direct_loss_yuan"


class VerifyState(StrEnum):
    """How sure a fact is (IS-14): reported, being verified, verified, refuted."""

    REPORTED = "reported"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    REFUTED = "refuted"


class Source(StrEnum):
    """Where a message came from (IS-08)."""

    ALARM_119 = "119"
    POLICE_110 = "110"
    MEDICAL_120 = "120"
    HOTLINE_12345 = "12345"
    STREET = "street"
    DEPARTMENT = "department"
    SUPERIOR = "superior"
    PATROL = "patrol"
    SELF = "self"


class Channel(StrEnum):
    """Channels between the rooms and upward (IS-06)."""

    VIDEO = "video"
    RADIO = "radio"
    LANDLINE = "landline"
    DATA = "data"


class ReportKind(StrEnum):
    """Kinds of reports (RP-15, D-28)."""

    FIRST = "first"
    FOLLOW_UP = "follow_up"
    FINAL = "final"
    SUPPLEMENT = "supplement"
    CORRECTION = "correction"


class ReportForm(StrEnum):
    """Short text of the three facts, or a document (D-32)."""

    SHORT = "short"
    WRITTEN = "written"


class DeadlineKind(StrEnum):
    """Clocks of RP-07."""

    ORAL_REPORT = "oral_report"
    WRITTEN_REPORT = "written_report"


class DeadlineStatus(StrEnum):
    """`overdue` is a flag computed while running, never a stored state."""

    RUNNING = "running"
    MET = "met"
    MET_LATE = "met_late"
    WAIVED = "waived"


class Recipient(StrEnum):
    """Recipients of reports (RP-08)."""

    GOV_DUTY_ROOM = "gov_duty_room"
    PARTY_OFFICE = "party_office"
    GOV_OFFICE = "gov_office"


class VehicleState(StrEnum):
    """Duty states of vehicles (GA/T 974.39-2011)."""

    STANDBY = "10"
    TURNED_OUT = "20"
    EN_ROUTE = "21"
    ARRIVED = "22"
    WATER_ON = "23"
    WATER_OFF = "24"
    RETURNING = "25"
    STATIONED = "26"
    CARRYING_WATER = "27"
    TRAINING = "30"


class ShelterState(StrEnum):
    """State machine of RULES part 2 (RS-08)."""

    CLOSED = "closed"
    PREPARING = "preparing"
    OPEN = "open"
    FULL = "full"
    CLOSING = "closing"


class LogKind(StrEnum):
    """Kinds of entries of the duty log (JD-11)."""

    NOTE = "note"
    CALL = "call"
    WATCH = "watch"
    LINK = "link"
    FAULT = "fault"
    ALARM = "alarm"


class Severity(IntEnum):
    """Rank of an alarm: red must be acknowledged, amber is said once and stands, a notice stands in silence."""

    RED = 0
    AMBER = 1
    NOTICE = 2


class FaultKind(StrEnum):
    """Troubles that the console itself enters into the log (JD-11)."""

    CLOCK_APART = "clock_apart"  # from the partner's by more than 60 s (D-24)
    CLOCK_TOGETHER = "clock_together"  # no longer so
    CLOCK_JUMPED = "clock_jumped"  # was set while the console ran
    CLOCK_BEHIND = "clock_behind"  # stands before our own last act
    FORKED = "forked"  # the data of a workstation were copied: two branches of its record came
    LETTER_TWICE = "letter_twice"  # two workstations of the agency give numbers of one series (D-35)
    RESTORED = "restored"  # this workstation goes on from a backup; what came after it is not here yet
    RESTORED_FILLED = "restored_filled"  # the partner has given back what it held of that
    RESTORED_LACKS = "restored_lacks"  # so many of its entries had been made ready to leave and are nowhere
    RESTORED_NOTHING = "restored_nothing"  # the partner holds no more of it than the backup did


class LinkState(StrEnum):
    """States of a link (RULES part 2)."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


class ChangeKind(StrEnum):
    """What happened to a row."""

    NEW = "new"
    CHANGED = "changed"
    RETRACTED = "retracted"


class Origin(StrEnum):
    """Where a change came from."""

    LOCAL = "local"
    PEER = "peer"
    REBUILD = "rebuild"


class Priority(IntEnum):
    """Order of the writer's queue: lower goes first."""

    OFFICER = 0
    LIVE = 1
    BULK = 2


class ContactAbout(StrEnum):
    """Who is rung at a contact's number."""

    CALLER = "caller"
    SCENE = "scene"
    UNIT = "unit"
    FAMILY = "family"
