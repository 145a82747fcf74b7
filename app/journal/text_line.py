"""A long text as a line of pieces in the order in which they stand: joining updates without loading the engine.

The rule is the engine's own (YATA, as Yjs has it): a piece stands between the neighbours its author saw; of several that were
typed there without hearing of each other, those of lower clients stand first. What an author may claim is narrowed before it
is joined: the right neighbour is the one that followed the left one in the author's past, whatever the update says. So every
update is one that an honest editor could have made, and the engine comes to the same text in whatever order it loads them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from app.journal.operation import pack, unpack
from app.journal.text_codec import Id, Run, Update

_UNITS = "utf-16-le"


@dataclass(slots=True, eq=False)
class Piece:
    """Units of one client that stand together; `text` is None where only their place is left."""

    client: int
    clock: int
    length: int
    left: Id | None
    right: Id | None
    text: str | None

    @property
    def last(self) -> Id:
        """Id of its last unit."""
        return self.client, self.clock + self.length - 1

    def holds(self, place: Id) -> bool:
        """True if a unit lies in this piece."""
        return place[0] == self.client and self.clock <= place[1] < self.clock + self.length

    def parted(self, at: int) -> Piece:
        """Keep the first `at` units; the rest is returned."""
        text = None
        if self.text is not None:
            data = self.text.encode(_UNITS)
            self.text, text = data[: 2 * at].decode(_UNITS), data[2 * at :].decode(_UNITS)
        rest = Piece(
            self.client,
            self.clock + at,
            self.length - at,
            (self.client, self.clock + at - 1),
            self.right,
            text,
        )
        self.length = at
        return rest

    def joins(self, after: Piece) -> bool:
        """True if the piece behind this one goes on where this one ends."""
        return (
            after.client == self.client
            and after.left == self.last
            and after.clock == self.clock + self.length
            and after.right == self.right
            and (after.text is None) == (self.text is None)
        )


class Line:
    """Pieces in their order."""

    def __init__(self, state: bytes | None = None) -> None:
        self._pieces: list[Piece] = []
        self._of: dict[int, list[Piece]] = {}  # of each client, by their clocks
        for client, clock, length, left, right, text in unpack(state) if state is not None else ():
            before, behind = tuple(left) if left else None, tuple(right) if right else None
            piece = Piece(client, clock, length, before, behind, text)
            self._pieces.append(piece)
            self._of.setdefault(client, []).append(piece)
        for pieces in self._of.values():
            pieces.sort(key=_clock)

    @property
    def state(self) -> bytes:
        """The line in its one form: what can be joined is joined."""
        out: list[Piece] = []
        for piece in self._pieces:
            if out and out[-1].joins(piece):
                last = out[-1]
                text = None if last.text is None or piece.text is None else last.text + piece.text
                out[-1] = Piece(
                    last.client, last.clock, last.length + piece.length, last.left, last.right, text
                )
            else:
                out.append(piece)
        return pack([[p.client, p.clock, p.length, p.left, p.right, p.text] for p in out])

    @property
    def text(self) -> str:
        """What is to be read."""
        return "".join(piece.text for piece in self._pieces if piece.text is not None)

    def update(self) -> Update:
        """The whole document as one update for the engine."""
        runs: dict[int, list[Run]] = {}
        deleted: dict[int, list[tuple[int, int]]] = {}
        for piece in sorted(self._pieces, key=lambda each: (each.client, each.clock)):
            run = Run(piece.clock, piece.length, piece.left, piece.right, piece.text)
            runs.setdefault(piece.client, []).append(run)
            if piece.text is None:
                deleted.setdefault(piece.client, []).append((piece.clock, piece.length))
        return Update({c: tuple(r) for c, r in runs.items()}, {c: tuple(r) for c, r in deleted.items()})

    def ends(self) -> dict[int, int]:
        """Client -> units of text it has written."""
        out: dict[int, int] = {}
        for client, pieces in self._of.items():
            out[client] = pieces[-1].clock + pieces[-1].length
        return out

    # -- joining -----------------------------------------------------------------------------------------------------
    def join(self, client: int, runs: Sequence[Run], seen: Mapping[int, int], counts: bool) -> None:
        """Runs of one update. `seen`: units of each client in its author's past; `counts` False: nothing but the places."""
        known = dict(seen)
        for run in runs:
            known[client] = run.clock
            left, right = self._neighbours(run, known)
            text = run.text if counts else None
            self._insert(Piece(client, run.clock, run.length, left, right, text))

    def delete(self, client: int, clock: int, length: int) -> None:
        """Take units out; their places stay."""
        self._cut((client, clock))
        self._cut((client, clock + length))
        pieces = self._of.get(client, [])
        first, end = (bisect_left(pieces, at, key=_clock) for at in (clock, clock + length))
        for piece in pieces[first:end]:
            piece.text = None

    def _neighbours(self, run: Run, known: Mapping[int, int]) -> tuple[Id | None, Id | None]:
        """Where the author saw the run stand. What is not here any more (a forked chain's) is passed over to its right."""
        if run.left is None or self._index(run.left) is not None:
            at = 0 if run.left is None else self._after(run.left)
            behind = (
                piece for piece in islice(self._pieces, at, None) if piece.clock < known.get(piece.client, 0)
            )
            follower = next(behind, None)
            return run.left, (follower.client, follower.clock) if follower is not None else None
        end = None if run.right is None else self._index(run.right)
        right = run.right if end is not None else None
        if right is not None:
            self._cut(right)
            end = self._index(right)
        for piece in reversed(self._pieces[:end]):
            if piece.clock < (seen := known.get(piece.client, 0)):
                return (piece.client, min(piece.clock + piece.length, seen) - 1), right
        return None, right

    def _insert(self, piece: Piece) -> None:
        at = begin = 0 if piece.left is None else self._after(piece.left)
        if piece.right is not None:
            self._cut(piece.right)
        passed: list[Piece] = []
        waiting = 0  # of those passed, how many stand behind the place found so far
        for other in islice(self._pieces, begin, None):
            if piece.right == (other.client, other.clock):
                break
            passed.append(other)
            waiting += 1
            if other.left == piece.left:
                if other.client < piece.client:
                    at, waiting = begin + len(passed), 0
                elif other.right == piece.right:
                    break
            else:
                origin = _where(passed, other.left)
                if origin is None:
                    break
                if origin < len(passed) - waiting:
                    at, waiting = begin + len(passed), 0
        self._pieces.insert(at, piece)
        insort(self._of.setdefault(piece.client, []), piece, key=_clock)

    def _find(self, place: Id) -> Piece | None:
        """The piece that holds a unit."""
        pieces = self._of.get(place[0], [])
        at = bisect_right(pieces, place[1], key=_clock) - 1
        return pieces[at] if at >= 0 and pieces[at].holds(place) else None

    def _index(self, place: Id) -> int | None:
        piece = self._find(place)
        return self._pieces.index(piece) if piece is not None else None

    def _after(self, place: Id) -> int:
        """Number of the piece behind a unit; a piece that goes on behind it is parted."""
        self._cut((place[0], place[1] + 1))
        at = self._index(place)
        assert at is not None
        return at + 1

    def _cut(self, place: Id) -> None:
        """Part the piece that holds a unit before it."""
        piece = self._find(place)
        if piece is not None and piece.clock < place[1]:
            rest = piece.parted(place[1] - piece.clock)
            self._pieces.insert(self._pieces.index(piece) + 1, rest)
            insort(self._of[piece.client], rest, key=_clock)


def _clock(piece: Piece) -> int:
    return piece.clock


def _where(pieces: list[Piece], place: Id | None) -> int | None:
    if place is None:
        return None
    return next((n for n, piece in enumerate(pieces) if piece.holds(place)), None)
