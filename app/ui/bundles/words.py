"""What the screen for exchange by stick says, worked out from where it stands. No widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.exchange.bundles import Examined, Exported, Imported, Looked, Partner, Past, TakenIn, short_id
from app.kernel.clock import SECOND_MS
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.texts import Texts
from app.ui.bundles.flow import LATEST, BundleFlow, State, Way
from app.ui.console import AgencyView
from app.ui.shell import moments
from app.ui.shell.runs import Run
from app.ui.shell.under_way import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

Names = Mapping[str, AgencyView]
Line = list[Run]
_KIB, _MIB = 1024, 1024 * 1024
_LIMITS = 5  # bundles and files told one by one; the rest is counted
TONES = {
    "confirmed": "good",
    "whole": "good",
    "made": "text",
    "partial": "warn",
    "making": "warn",
    "cancelled": "muted",
}


def number(n: int) -> str:
    """A number with its thousands apart: 5 929."""
    return f"{n:,}".replace(",", "\N{NO-BREAK SPACE}")


def numbers(texts: Texts, found: Sequence[int]) -> str:
    """Numbers of parts, runs of them shortened: 1, 3-11."""
    runs: list[list[int]] = []
    for n in sorted(found):
        if runs and n == runs[-1][-1] + 1:
            runs[-1][1:] = [n]
        else:
            runs.append([n])
    said = ["\N{EN DASH}".join(map(str, run)) for run in runs]
    return texts.get("wording.comma").join(said)


def size(n: int) -> str:
    """Bytes as people read them."""
    return f"{n / _MIB:.1f} MB" if n >= _MIB else f"{max(1, round(n / _KIB))} KB"


def who(names: Names, agency: str, label: str) -> str:
    """A workstation: its agency, and its label where it has one."""
    short = names[agency].short if agency in names else agency
    return f"{short} {label}".strip()


def minute(ms: int) -> str:
    """2025-07-14 14:02."""
    return moments.exact_text(ms)[:16]


# -- carrying out ----------------------------------------------------------------------------------------------------------
def waiting(texts: Texts, partner: Partner, now_ms: int) -> list[Line]:
    """What waits to be carried: how much, since when, and what of it is under way."""
    if partner.closed:
        return [[Run(texts.get("ui.bundles.closed"), "warn")]]
    if not partner.waiting:
        return [[Run(texts.get("ui.bundles.nothing_waits"), "good", icon="check")]]
    key = "waits" if partner.acts else "waits_notes"
    said = texts.get(f"ui.bundles.{key}", n=number(partner.waiting), **_acts(key, partner.acts))
    line = [Run(said, "text", "summary", True)]
    if partner.oldest_at is not None:
        age = moments.age(texts, now_ms - partner.oldest_at)
        line.append(Run(texts.get("ui.bundles.oldest", age=age, at=minute(partner.oldest_at)), "muted"))
    lines = [line]
    if partner.carried:
        key = "carried" if partner.carried_acts else "carried_notes"
        said = texts.get(f"ui.bundles.{key}", seq=partner.follows, **_acts(key, partner.carried_acts))
        lines.append([Run(said, "warn", icon="clock")])
    if partner.unfinished:
        lines.append([Run(texts.get("ui.bundles.unfinished", seq=partner.unfinished), "warn", icon="alert")])
    return lines


def _acts(key: str, acts: int) -> dict[str, str]:
    """The figure in the header's unit, for the sentences that name it."""
    return {} if key.endswith("_notes") else {"acts": number(acts)}


def will_make(texts: Texts, flow: BundleFlow, names: Names) -> str:
    """What the button would do, or what is missing for it."""
    partner = flow.partner
    if partner is None:
        return ""
    if flow.folder is None:
        return texts.get("ui.bundles.choose_folder")
    count = partner.waiting - partner.carried if flow.follow else partner.waiting
    acts = partner.acts - partner.carried_acts if flow.follow else partner.acts
    key = "will_follow" if flow.follow else "will_make" if count else "will_acknowledge"
    return texts.get(
        f"ui.bundles.{key}",
        who=who(names, partner.agency, partner.label),
        acts=number(max(0, acts)),
        n=number(max(0, count)),
        seq=partner.follows,
    )


def target(texts: Texts, flow: BundleFlow) -> str:
    """What is wrong with the folder that was chosen, "" when nothing is."""
    if flow.missing:
        return texts.get("ui.bundles.folder_missing")
    return texts.get("ui.bundles.folder_near") if flow.near else ""


def made(texts: Texts, exported: Exported, names: Names) -> list[Line]:
    """How the making went: what to carry, and the number to say on the telephone."""
    name = who(names, exported.agency, "")
    head = texts.get(
        "ui.bundles.made",
        seq=exported.seq,
        who=name,
        files=len(exported.files),
        size=size(exported.size),
        n=number(exported.entries),
    )
    first = [Run(head, "good", "body", True, icon="check", shrinks=True)]
    if exported.attachments:
        first.append(Run(texts.get("ui.bundles.attachments", n=exported.attachments), "muted", gap=12))
    lines = [
        first,
        [Run(texts.get("ui.bundles.made_next", code=short_id(exported.bundle_id)), "text", shrinks=True)],
        [Run(file, "muted", "small", shrinks=True) for file in exported.files[:1]],
    ]
    if exported.left_out:
        lines[2] = [Run(texts.get("ui.bundles.left_out"), "warn", icon="alert")]
    return lines


# -- taking in -------------------------------------------------------------------------------------------------------------
def found(
    texts: Texts, examined: Examined, names: Names, sentence: Callable[[Refusal | EnvironmentFault], str]
) -> list[Line]:
    """What the files hold, a bundle in two lines, then what cannot be used."""
    lines: list[Line] = []
    for each in examined.bundles[:_LIMITS]:
        lines += [_head(texts, each, names), _facts(texts, each)]
    if len(examined.bundles) > _LIMITS:
        lines.append([Run(texts.get("ui.bundles.more", n=len(examined.bundles) - _LIMITS), "muted")])
    for bad in examined.unusable[:_LIMITS]:
        lines.append(
            [
                Run(bad.name, "warn", icon="alert", shrinks=True),
                Run(sentence(bad.error), "muted", "small", gap=12, shrinks=True),
            ]
        )
    return lines


def _head(texts: Texts, each: Looked, names: Names) -> Line:
    return [
        Run(who(names, each.agency, each.label), "text", "body", True),
        Run(texts.get("ui.bundles.no", seq=each.seq, code=short_id(each.bundle_id)), "text", "body", gap=12),
        Run(texts.get("ui.bundles.made_at", at=minute(each.made_at)), "muted", gap=12, shrinks=True),
    ]


def _facts(texts: Texts, each: Looked) -> Line:
    if each.fresh:
        first = Run(texts.get("ui.bundles.fresh", n=number(each.entries), fresh=number(each.fresh)), "text")
    elif each.taken_at is not None:
        first = Run(texts.get("ui.bundles.known_before", at=minute(each.taken_at)), "muted", icon="check")
    elif each.entries:
        first = Run(texts.get("ui.bundles.nothing_fresh", n=number(each.entries)), "muted")
    else:
        first = Run(texts.get("ui.bundles.no_entries"), "muted")
    line = [first]
    if each.files:
        line.append(Run(texts.get("ui.bundles.fresh_files", n=number(each.files)), "text", gap=12))
    if each.total is None or len(each.parts) < each.total or each.total > 1:
        line.append(Run(_parts(texts, each), "warn" if _lacks(each) else "muted", gap=12))
    if each.follows:
        line.append(Run(texts.get("ui.bundles.rests_on", seq=each.follows), "muted", gap=12))
    if each.newer:
        line.append(Run(texts.get("ui.bundles.newer"), "warn", gap=12, icon="alert"))
    if each.closed:
        line.append(Run(texts.get("ui.bundles.from_closed"), "warn", gap=12, icon="alert"))
    return line


def _lacks(each: Looked) -> bool:
    return each.total is None or len(each.parts) < each.total


def _parts(texts: Texts, each: Looked) -> str:
    here = numbers(texts, each.parts)
    if each.total is None:
        return texts.get("ui.bundles.parts_open", parts=here)
    return texts.get("ui.bundles.parts", parts=here, total=each.total)


def taken(
    texts: Texts, imported: Imported, names: Names, sentence: Callable[[Refusal | EnvironmentFault], str]
) -> list[Line]:
    """How the taking in went, a line for each bundle and for each file that was of no use."""
    lines = [_taken(texts, each, names) for each in (*imported.bundles, *imported.later)[: 2 * _LIMITS]]
    for bad in imported.unusable[:_LIMITS]:
        lines.append(
            [
                Run(bad.name, "warn", icon="alert", shrinks=True),
                Run(sentence(bad.error), "muted", "small", gap=12, shrinks=True),
            ]
        )
    return lines


def _taken(texts: Texts, each: TakenIn, names: Names) -> Line:
    head = texts.get(
        "ui.bundles.taken_head",
        who=who(names, each.agency, ""),
        seq=each.seq,
        code=short_id(each.bundle_id),
    )
    line = [Run(head, "text", "body", True)]
    if each.state == "nothing_new":
        return [*line, Run(_nothing(texts, each.before_at), "muted", gap=12, icon="check", shrinks=True)]
    news = _news(texts, each.applied, each.attachments)
    if each.state == "whole":
        return [*line, Run(texts.get("ui.bundles.taken_whole", news=news), "good", gap=12, icon="check")]
    line.append(Run(texts.get("ui.bundles.taken_some", news=news), "text", gap=12))
    if each.newer:
        said = texts.get("ui.bundles.waits_version", n=number(each.newer))
    elif each.needs:
        said = texts.get("ui.bundles.waits_bundle", seq=each.needs)
    elif each.missing:
        said = texts.get("ui.bundles.waits_parts", parts=numbers(texts, each.missing))
    else:
        said = texts.get("ui.bundles.waits_rest")
    return [*line, Run(said, "warn", gap=12, icon="clock", shrinks=True)]


def _nothing(texts: Texts, before_at: int | None) -> str:
    """Nothing new, and when it was taken in before; what came another way has no such time."""
    if before_at is None:
        return texts.get("ui.bundles.taken_nothing")
    return texts.get("ui.bundles.taken_before", at=minute(before_at))


def _news(texts: Texts, entries: int, files: int) -> str:
    """What is new: entries, attachments, or both."""
    said = [texts.get("ui.bundles.news_entries", n=number(entries))] if entries or not files else []
    if files:
        said.append(texts.get("ui.bundles.news_files", n=number(files)))
    return texts.get("wording.comma").join(said)


def will_take(texts: Texts, examined: Examined) -> str:
    """What the button would do."""
    fresh, files = (sum(getattr(each, name) for each in examined.bundles) for name in ("fresh", "files"))
    if not fresh and not files:
        return texts.get("ui.bundles.take_nothing")
    return texts.get("ui.bundles.will_take", news=_news(texts, fresh, files))


# -- both ------------------------------------------------------------------------------------------------------------------
def progress(texts: Texts, way: Way, state: State, how: Progress) -> str:
    """How far it is and how long it will take."""
    if state is State.STOPPING:
        return texts.get("ui.bundles.stopping")
    said = texts.get(f"ui.bundles.progress.{way.value}", done=number(how.done), total=number(how.total))
    left = how.left_s
    if left is None:
        return said
    span = moments.age(texts, round(left * SECOND_MS + SECOND_MS / 2))
    return texts.get("ui.bundles.left", said=said, left=span)


def latest(texts: Texts, past: Sequence[Past], names: Names) -> list[Line]:
    """Earlier bundles, a line each."""
    lines = []
    for each in past[:LATEST]:
        out = each.direction == "out"
        count = each.entries if out else each.applied
        key = "figures_out" if out else "figures_in" if count else "figures_none"
        lines.append(
            [
                Run(minute(each.at), "muted", "small"),
                Run(
                    texts.get(f"ui.bundles.direction.{each.direction}"),
                    "muted",
                    "small",
                    gap=12,
                    icon="export" if each.direction == "out" else "import",
                ),
                Run(who(names, each.agency, each.label), "text", "small", gap=12, shrinks=True),
                Run(
                    texts.get("ui.bundles.no", seq=each.seq, code=short_id(each.bundle_id)),
                    "muted",
                    "small",
                    gap=12,
                ),
                Run(texts.get(f"ui.bundles.{key}", n=number(count)), "muted", "small", gap=12),
                Run(
                    texts.get(f"ui.bundles.state.{each.state}"),
                    TONES.get(each.state, "muted"),
                    "small",
                    gap=12,
                ),
            ]
        )
    return lines


def outcome(texts: Texts, flow: BundleFlow, way: Way, names: Names) -> tuple[str, str, str]:
    """(icon, tone, sentence) of how it ended, for a note when the sheet is away."""
    state = flow.states[way]
    if state is State.CANCELLED:
        return "undo", "warn", texts.get(f"ui.bundles.cancelled.{way.value}")
    if way is Way.OUT and flow.exported is not None:
        return "check", "good", made(texts, flow.exported, names)[0][0].text
    if way is Way.IN and flow.imported is not None:
        bundles = (*flow.imported.bundles, *flow.imported.later)
        news = _news(texts, sum(each.applied for each in bundles), sum(each.attachments for each in bundles))
        whole = all(each.state in ("whole", "nothing_new") for each in bundles)
        others = len(flow.imported.unusable)
        if bundles and not others and all(each.state == "nothing_new" for each in bundles):
            before = [each.before_at for each in bundles if each.before_at is not None]
            return "check", "good", _nothing(texts, max(before) if len(before) == len(bundles) else None)
        key = "taken_partly" if not whole else "taken_others" if others else "taken_all"
        return (
            "check" if whole else "alert",
            "good" if whole else "warn",
            texts.get(f"ui.bundles.{key}", news=news, files=others),
        )
    return "alert", "bad", texts.get(f"ui.bundles.failed.{way.value}")
