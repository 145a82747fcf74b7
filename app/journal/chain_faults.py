"""What can be wrong with a journal, and where: plain data for the command line, the console and reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """Kinds of fault; each stands at one entry (site, seq) unless noted."""

    TYPE = "type"  # a column holds what no entry can hold
    HEADER = "header"  # the header does not give the stored hash
    HIDDEN = "hidden"  # actor, command, entity, salt or body do not give the commitment
    HALF_WITHHELD = "half_withheld"  # some hidden columns are there, some not
    SIGNATURE = "signature"  # the transaction that ends here is not signed by the site's key
    MISSING = "missing"  # entries from seq to last_seq are not there
    ORDER = "order"  # stands out of the chain's order
    REPLACED = "replaced"  # the entry after it, which is genuine, names another one
    LINK = "link"  # names another predecessor than the one that is there
    TRANSACTION = "transaction"  # torn apart, without end, or wrongly numbered
    PARENT = "parent"  # names a parent that is missing or stands later
    UNKNOWN_SITE = "unknown_site"  # no chain is known under this site
    KEY = "key"  # the chain's key is not the one its site id was made from (seq 0)
    END = "end"  # the chain does not end where it is noted to end: cut off or added to
    FORK = "fork"  # two entries under one number that are not noted as a fork
    UNREADABLE = "unreadable"  # the file cannot be read on from here


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One fault: site, sequence number (0: the chain as a whole), row number in the order of projection."""

    kind: FaultKind
    site: str
    seq: int
    row: int | None = None
    last_seq: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Two signed operations under one (site, seq): proof by themselves, with both hashes (REPLICATION, Fork)."""

    site: str
    seq: int
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """Result of walking a range of rows."""

    entries: int = 0
    bodies: int = 0
    signatures: int = 0
    faults: tuple[ChainFault, ...] = ()
