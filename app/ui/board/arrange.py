"""Order of what the board shows: rows by their key, heads between the groups, and the fewest steps from one order to another.

Pure: no Qt, no clock of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.clock import SECOND_MS, local_date
from app.queries.board_view import GROUPED, BoardRow, BoardView, Sort

OVERDUE, SOON, RUNNING, CLOSED = "overdue", "soon", "running", "closed"
DAY = "day-"  # followed by YYYYMMDD, or nothing for rows without a time


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a group."""

    group: str

    @property
    def id(self) -> str:
        """Told apart from ids of incidents by its first character."""
        return "#" + self.group


Item = BoardRow | Head


class Sorted:
    """Rows in the board's order, kept so while single rows change."""

    def __init__(self, view: BoardView) -> None:
        self.view = view
        self.rows: dict[str, BoardRow] = {}
        self._keys: list[tuple[Any, ...]] = []  # the last part of a key is the row's id

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, row: BoardRow) -> None:
        """Add a row, or let it take the place it has now."""
        old = self.rows.get(row.id)
        key = self.view.key(row)
        if old is not None:
            before = self.view.key(old)
            self.rows[row.id] = row
            if before == key:
                return
            del self._keys[bisect_left(self._keys, before)]
        else:
            self.rows[row.id] = row
        self._keys.insert(bisect_left(self._keys, key), key)

    def drop(self, row_id: str) -> None:
        """Forget a row; nothing happens when it is not here."""
        old = self.rows.pop(row_id, None)
        if old is not None:
            del self._keys[bisect_left(self._keys, self.view.key(old))]

    def items(self, now_ms: int, amber_s: int) -> list[Item]:
        """All rows with the heads of their groups as of a moment. Groups follow from the sort key alone."""
        rows: list[Item] = [self.rows[key[-1]] for key in self._keys]
        if self.view.sort is Sort.RECEIVED:
            return list(_with_days(rows))
        if self.view.sort in GROUPED:
            return list(self._with_groups(rows))
        amber = now_ms + amber_s * SECOND_MS
        ends = [
            bisect_left(self._keys, (-1, now_ms)),
            bisect_right(self._keys, (-1, amber + 1)),
            bisect_left(self._keys, (0,)),
            len(rows),
        ]
        items: list[Item] = []
        begin = 0
        for group, end in zip((OVERDUE, SOON, RUNNING, CLOSED), ends, strict=True):
            if end > begin:
                items += [Head(group), *rows[begin:end]]
            begin = end
        return items

    def _with_groups(self, rows: Sequence[Item]) -> Iterator[Item]:
        last = None
        for row in rows:
            if isinstance(row, BoardRow):
                group = group_name(self.view, row)
                if group != last:
                    yield Head(group)
                last = group
            yield row


def group_name(view: BoardView, row: BoardRow) -> str:
    """Name of the group in which a row stands in a grouped view."""
    return f"{view.sort}-{view.group(row)}" if row.open else CLOSED


def _with_days(rows: Sequence[Item]) -> Iterator[Item]:
    last = None
    for row in rows:
        at = row.received_at if isinstance(row, BoardRow) else None
        group = DAY + (local_date(at) if at is not None else "")
        if group != last:
            yield Head(group)
        last = group
        yield row


# -- from one order to another -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Remove:
    """Rows first..last go."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Move:
    """The row at `source` goes to where it stands at `target` afterwards."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Insert:
    """New rows stand at first..last."""

    first: int
    last: int


Step = Remove | Move | Insert


def steps(shown: list[str], wanted: list[str]) -> Iterator[Step]:
    """Steps from `shown` to `wanted`, both without repetition; each step speaks of the order the last one left.

    Rows that keep their places among each other are not touched: selection and scroll survive.
    """
    shown, start = list(shown), _common(shown, wanted)
    tail = _common(shown[start:][::-1], wanted[start:][::-1])
    middle = wanted[start : len(wanted) - tail]
    rank = {row_id: at for at, row_id in enumerate(middle)}
    yield from _removals(shown, start, tail, rank)
    keep = _longest_rising([rank[row_id] for row_id in shown[start : len(shown) - tail]])
    yield from _moves(shown, start, tail, rank, keep)
    yield from _insertions(shown, start, middle)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _removals(shown: list[str], start: int, tail: int, rank: dict[str, int]) -> Iterator[Step]:
    last = len(shown) - tail - 1
    while last >= start:
        first = last
        while first >= start and shown[first] not in rank:
            first -= 1
        if first < last:
            yield Remove(first + 1, last)
            del shown[first + 1 : last + 1]
        last = first - 1


def _longest_rising(ranks: list[int]) -> set[int]:
    """Members of a longest rising subsequence."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for at, value in enumerate(ranks):
        length = bisect_left(ends, value)
        before.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(value)
            places.append(at)
        else:
            ends[length], places[length] = value, at
    found: set[int] = set()
    at = places[-1] if places else -1
    while at >= 0:
        found.add(ranks[at])
        at = before[at]
    return found


def _moves(shown: list[str], start: int, tail: int, rank: dict[str, int], keep: set[int]) -> Iterator[Step]:
    """Bring every row that is out of order to its place among the rows that are in order, one by one."""
    placed = sorted(keep)
    for row_id in [row_id for row_id in shown[start : len(shown) - tail] if rank[row_id] not in keep]:
        source = shown.index(row_id, start)
        shown.pop(source)
        following = bisect_left(placed, rank[row_id])
        end = len(shown) - tail
        successor = placed[following] if following < len(placed) else None
        target = next((at for at in range(start, end) if rank[shown[at]] == successor), end)
        placed.insert(following, rank[row_id])
        shown.insert(target, row_id)
        if source != target:
            yield Move(source, target)


def _insertions(shown: list[str], start: int, middle: list[str]) -> Iterator[Step]:
    here = set(shown)
    at = 0
    while at < len(middle):
        last = at
        while last < len(middle) and middle[last] not in here:
            last += 1
        if last > at:
            yield Insert(start + at, start + last - 1)
            shown[start + at : start + at] = middle[at:last]
        at = last + 1
