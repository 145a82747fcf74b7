"""What a verification found, as sentences for people: which entry of which workstation, which row (XC-04)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.journal.high_water import Standing
from app.kernel.texts import Texts

MOST = 200


def findings(texts: Texts, report: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Sentences for a report of `verify` (`VerifyReport.as_dict`), at most `MOST`; `names`: of workstations, by site."""
    out: list[str] = []
    for sentence in _all(texts, report, names):
        if len(out) == MOST:
            break
        out.append(sentence)
    return out


def count(report: Mapping[str, Any]) -> int:
    """How much was found in all."""
    parts = ("pages", "guards_missing", "strange", "faults")
    high_water = report.get("high_water")
    found = sum(len(report.get(part, ())) for part in parts) + int(report.get("differences_total", 0))
    found += bool(report.get("projection_failed"))
    return found + (high_water is not None and high_water["standing"] != Standing.OK)


def _all(texts: Texts, report: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    if report.get("pages"):
        yield texts.get("verify.finding.pages")
    if report.get("guards_missing"):
        yield texts.get("verify.finding.guards")
    if report.get("strange"):
        yield texts.get("verify.finding.strange", names=texts.get("wording.comma").join(report["strange"]))
    for fault in report.get("faults", ()):
        yield texts.get(
            f"verify.finding.{fault['kind']}",
            site=_name(names, fault["site"]),
            seq=fault["seq"],
            last=fault["last_seq"] or fault["seq"],
        )
    if report.get("projection_failed"):
        yield texts.get("verify.finding.projection")
    for row in report.get("differences", ()):
        yield _row(texts, row)
    high_water = report.get("high_water")
    if high_water is not None and high_water["standing"] != Standing.OK:
        yield texts.get("verify.finding.high_water")


def _name(names: Mapping[str, str], site: str) -> str:
    return names.get(site) or site[:6]


def _row(texts: Texts, row: Mapping[str, Any]) -> str:
    table, key = row["table"], " ".join(str(part) for part in row["key"])
    entity = texts.get(f"entity.{table}") if texts.has(f"entity.{table}") else table
    columns = texts.get("wording.comma").join(
        texts.get(f"field.{name}") if texts.has(f"field.{name}") else name for name in row["columns"]
    )
    return texts.get(f"verify.finding.row_{row['kind']}", entity=entity, row=key, columns=columns)
