"""Tables of counts from which no small count can be read or computed. Pure.

A count from 1 to 9 is hidden: so few people are soon recognised. Hiding it alone would be of no
use, since the totals beside it give it away; so further cells of its row and column are hidden
until no hidden cell can be computed (complementary suppression). That is tested exactly: a table
with its totals is a network in which each cell is an arc, and a hidden cell is safe if some other
table of whole numbers, not below 0, with the same figures shown, has another number in that cell.
Such a table exists if, and only if, the cell lies on a cycle of hidden cells along which one can be
added and taken away in turn (D. Gusfield, "A graph theoretic approach to statistical data
security", SIAM J. Comput. 17, 1988). And where the total of a row or column is shown, what is
hidden in it adds up to 10 or more: the difference is a count as well, and may be no small one.

0 is shown, since it is nobody; but it may be hidden to keep another cell. The totals of each
dimension are settled once (``line``) and are the same in every table, so that two tables with a
dimension in common cannot be set off against each other.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SMALLEST = 10
"""The smallest count that is shown, except 0."""

_TOTAL = -1
_Place = tuple[int, int]
"""Row and column; ``_TOTAL`` is the row, or the column, of totals."""


@dataclass(frozen=True, slots=True)
class Line:
    """The counts of one dimension, ``None`` where hidden, and their total."""

    names: tuple[str, ...]
    counts: tuple[int | None, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """The counts of two dimensions, ``None`` where hidden, with the totals of both."""

    rows: Line
    columns: Line
    cells: tuple[tuple[int | None, ...], ...] | None
    """``None`` where nothing could be shown without giving a small count away."""


def line(counts: Mapping[str, int], *, smallest: int = SMALLEST) -> Line:
    """The totals of one dimension, as they are shown in every table."""
    names = tuple(counts)
    total = sum(counts.values())
    if total < smallest:
        return Line(names, tuple(None if total else 0 for _ in names), None if total else 0)
    hidden = {name for name, count in counts.items() if 0 < count < smallest}
    waiting = sorted(set(names) - hidden, key=lambda name: (counts[name] == 0, counts[name], name))
    while hidden and not _line_is_safe([counts[name] for name in hidden], smallest):
        if not waiting:
            return Line(names, tuple(None for _ in names), total)
        hidden.add(waiting.pop(0))
    return Line(names, tuple(None if name in hidden else counts[name] for name in names), total)


def _line_is_safe(hidden: Sequence[int], smallest: int) -> bool:
    return len(hidden) > 1 and sum(hidden) >= smallest


def table(
    counts: Mapping[tuple[str, str], int],
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    *,
    smallest: int = SMALLEST,
) -> Table:
    """The table of two dimensions; ``rows`` and ``columns`` are the true totals of each."""
    top, side = line(columns, smallest=smallest), line(rows, smallest=smallest)
    grid = _Grid(counts, side, top, rows=rows, columns=columns, smallest=smallest)
    return Table(side, top, grid.shown() if grid.close() else None)


class _Grid:
    """A table with its totals while it is decided what is hidden."""

    def __init__(
        self,
        counts: Mapping[tuple[str, str], int],
        side: Line,
        top: Line,
        *,
        rows: Mapping[str, int],
        columns: Mapping[str, int],
        smallest: int,
    ) -> None:
        self._smallest = smallest
        self._height, self._width = len(side.names), len(top.names)
        self._true: dict[_Place, int] = {
            (i, j): counts.get((row, column), 0)
            for i, row in enumerate(side.names)
            for j, column in enumerate(top.names)
        }
        self._true |= {(i, _TOTAL): rows[name] for i, name in enumerate(side.names)}
        self._true |= {(_TOTAL, j): columns[name] for j, name in enumerate(top.names)}
        self._true[_TOTAL, _TOTAL] = sum(rows.values())
        self._hidden = {place for place in self._inside() if 0 < self._true[place] < smallest}
        self._hidden |= {(i, _TOTAL) for i, count in enumerate(side.counts) if count is None}
        self._hidden |= {(_TOTAL, j) for j, count in enumerate(top.counts) if count is None}
        if side.total is None:
            self._hidden.add((_TOTAL, _TOTAL))

    def _inside(self) -> Iterator[_Place]:
        return ((i, j) for i in range(self._height) for j in range(self._width))

    def close(self) -> bool:
        """Hide as much as is needed; whether that sufficed."""
        while (near := self._in_danger()) is not None:
            row, column = near
            waiting = [
                place
                for place in self._inside()
                if place not in self._hidden and (place[0] == row or place[1] == column)
            ] or [place for place in self._inside() if place not in self._hidden]
            if not waiting:
                return False
            # The smallest count that is any help; a zero hides nobody, so it comes last.
            self._hidden.add(min(waiting, key=lambda p: (self._true[p] == 0, self._true[p], p)))
        return True

    def shown(self) -> tuple[tuple[int | None, ...], ...]:
        return tuple(
            tuple(None if (i, j) in self._hidden else self._true[i, j] for j in range(self._width))
            for i in range(self._height)
        )

    def _in_danger(self) -> _Place | None:
        """A hidden cell, or a line's total, that what is shown gives away."""
        for i in range(self._height):
            if self._gives_away([(i, j) for j in range(self._width)], (i, _TOTAL)):
                return i, _TOTAL
        for j in range(self._width):
            if self._gives_away([(i, j) for i in range(self._height)], (_TOTAL, j)):
                return _TOTAL, j
        return next((place for place in sorted(self._hidden) if not self._moves(place)), None)

    def _gives_away(self, cells: Sequence[_Place], total: _Place) -> bool:
        hidden = [place for place in cells if place in self._hidden]
        rest = sum(self._true[place] for place in hidden)
        return bool(hidden) and total not in self._hidden and rest < self._smallest

    def _moves(self, place: _Place) -> bool:
        """Whether another number in this cell agrees with all that is shown."""
        arcs: dict[tuple[str, int], set[tuple[str, int]]] = {}
        for other in self._hidden - {place}:
            for start, end in self._arcs(other):
                arcs.setdefault(start, set()).add(end)
        return any(_reaches(arcs, end, start) for start, end in self._arcs(place))

    def _arcs(self, place: _Place) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
        """From where to where one can be moved: up always, down unless the count is 0.

        A total stands on the other side of its equation, so there up and down change places;
        the total of totals does so twice.
        """
        row, column = ("row", place[0]), ("column", place[1])
        turned = (place[0] == _TOTAL) != (place[1] == _TOTAL)
        up, down = ((column, row), (row, column)) if turned else ((row, column), (column, row))
        yield up
        if self._true[place]:
            yield down


def _reaches(
    arcs: Mapping[tuple[str, int], set[tuple[str, int]]],
    start: tuple[str, int],
    end: tuple[str, int],
) -> bool:
    seen, waiting = {start}, deque([start])
    while waiting:
        here = waiting.popleft()
        if here == end:
            return True
        for there in arcs.get(here, ()):
            if there not in seen:
                seen.add(there)
                waiting.append(there)
    return False
