"""No small count can be read, or computed, from what a registry shows.

Two adversaries try, and neither knows how the hiding is done: one solves the linear equations that
the totals are, in exact fractions; the other goes through every table of whole numbers that agrees
with what is shown.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.recognition.office.statistics.hiding import SMALLEST, Line, Table, line, table

Counts = list[list[int]]


def made(counts: Counts, *, smallest: int = SMALLEST) -> Table:
    rows = {f"r{i}": sum(row) for i, row in enumerate(counts)}
    columns = {f"c{j}": sum(column) for j, column in enumerate(zip(*counts, strict=True))}
    cells = {(f"r{i}", f"c{j}"): n for i, row in enumerate(counts) for j, n in enumerate(row)}
    return table(cells, rows, columns, smallest=smallest)


def equations(shown: Table) -> Iterator[tuple[dict[object, int], int]]:
    """Each sum of a row, of a column and of the totals: the unknowns' signs, and the known part."""

    def one(parts: list[tuple[object, int | None]], total: tuple[object, int | None]):
        signs: dict[object, int] = {}
        known = 0
        for sign, (name, value) in [*((1, part) for part in parts), (-1, total)]:
            if value is None:
                signs[name] = signs.get(name, 0) + sign
            else:
                known -= sign * value
        return signs, known

    side, top = shown.rows, shown.columns
    whole = ("whole", side.total)
    yield one([(("r", i), n) for i, n in enumerate(side.counts)], whole)
    yield one([(("c", j), n) for j, n in enumerate(top.counts)], whole)
    if shown.cells is None:
        return
    for i, row in enumerate(shown.cells):
        yield one([((i, j), n) for j, n in enumerate(row)], (("r", i), side.counts[i]))
    for j in range(len(top.counts)):
        column = [((i, j), row[j]) for i, row in enumerate(shown.cells)]
        yield one(column, (("c", j), top.counts[j]))


Signs = dict[object, Fraction]


def _less(row: Signs, name: object, pivot: Signs) -> Signs:
    """The row without ``name``, by as much of the pivot as that takes."""
    factor = row.get(name, Fraction(0))
    keys = row.keys() | pivot.keys()
    found = {k: row.get(k, Fraction(0)) - factor * pivot.get(k, Fraction(0)) for k in keys}
    return {k: v for k, v in found.items() if v}


def solved(shown: Table) -> set[object]:
    """The unknowns that the equations settle, by elimination to the reduced echelon form."""
    rows = [({k: Fraction(v) for k, v in signs.items() if v}, known) for signs, known in
            equations(shown)]  # fmt: skip
    done: list[dict[object, Fraction]] = []
    names = sorted({name for signs, _ in rows for name in signs}, key=repr)
    left = [signs for signs, _ in rows]
    for name in names:
        pivot = next((row for row in left if row.get(name)), None)
        if pivot is None:
            continue
        left.remove(pivot)
        scaled = {k: v / pivot[name] for k, v in pivot.items()}

        left = [_less(row, name, scaled) for row in left]
        done = [_less(row, name, scaled) for row in done] + [scaled]
    return {next(iter(row)) for row in done if len(row) == 1}


def possible(shown: Table, most: int) -> Iterator[Counts]:
    """Every table of counts up to ``most`` that agrees with what is shown."""
    assert shown.cells is not None
    choices = [range(most + 1) if n is None else (n,) for row in shown.cells for n in row]
    width = len(shown.columns.names)
    for flat in itertools.product(*choices):
        counts = [list(flat[k : k + width]) for k in range(0, len(flat), width)]
        sums = [sum(row) for row in counts]
        across = [sum(column) for column in zip(*counts, strict=True)]
        pairs = [*zip(shown.rows.counts, sums, strict=True)]
        pairs += [*zip(shown.columns.counts, across, strict=True), (shown.rows.total, sum(sums))]
        if all(told is None or told == true for told, true in pairs):
            yield counts


@st.composite
def grids(draw: st.DrawFn, most: int, height: int, width: int) -> Counts:
    rows = draw(st.integers(1, height))
    columns = draw(st.integers(1, width))
    often_small = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, most))
    return [[draw(often_small) for _ in range(columns)] for _ in range(rows)]


def figures(shown: Table) -> list[int]:
    lines = [*shown.rows.counts, *shown.columns.counts, shown.rows.total]
    inside = [n for row in shown.cells or () for n in row]
    return [n for n in [*lines, *inside] if n is not None]


@settings(max_examples=150)
@given(grids(most=200, height=6, width=5))
def test_no_small_count_is_shown_or_follows_from_the_totals(counts: Counts) -> None:
    shown = made(counts)
    assert all(n == 0 or n >= SMALLEST for n in figures(shown))
    assert solved(shown) == set()


def small(height: int, width: int, most: int) -> st.SearchStrategy[Counts]:
    row = st.lists(st.integers(0, most), min_size=width, max_size=width)
    return st.lists(row, min_size=height, max_size=height)


@settings(max_examples=60)
@given(st.one_of(small(2, 2, 4), small(2, 3, 2)))
def test_each_hidden_count_could_be_another_one(counts: Counts) -> None:
    wide = len(counts[0]) == 3
    shown = made(counts, smallest=2 if wide else 3)
    if shown.cells is None:
        return
    worlds = list(possible(shown, most=3 if wide else 6))
    assert counts in worlds
    for i, row in enumerate(shown.cells):
        for j, told in enumerate(row):
            if told is None:
                assert len({world[i][j] for world in worlds}) > 1, (shown, i, j)


@given(grids(most=100, height=5, width=5))
def test_what_is_hidden_of_a_line_is_no_small_count_either(counts: Counts) -> None:
    shown = made(counts)
    for i, row in enumerate(shown.cells or ()):
        rest = sum(counts[i][j] for j, n in enumerate(row) if n is None)
        assert shown.rows.counts[i] is None or None not in row or rest >= SMALLEST


def test_a_small_count_takes_the_next_smallest_of_its_line_with_it() -> None:
    assert line({"accept": 90, "reject": 12, "review": 3}) == Line(
        ("accept", "reject", "review"), (90, None, None), 105
    )


def test_where_all_are_few_nothing_is_told() -> None:
    assert line({"accept": 4, "reject": 2}) == Line(("accept", "reject"), (None, None), None)


def test_nobody_is_told_as_nobody() -> None:
    assert line({"accept": 0, "reject": 0}) == Line(("accept", "reject"), (0, 0), 0)
    assert line({"accept": 40, "reject": 0}).counts == (40, 0)


def test_a_table_without_small_counts_is_shown_whole() -> None:
    shown = made([[20, 30], [40, 0]])
    assert shown.cells == ((20, 30), (40, 0))


def test_the_totals_of_a_dimension_are_the_same_in_every_table() -> None:
    rows = {"a": 40, "b": 15, "c": 4}
    one = table({("a", "x"): 40, ("b", "x"): 15, ("c", "y"): 4}, rows, {"x": 55, "y": 4})
    two = table({("a", "p"): 20, ("a", "q"): 20, ("b", "p"): 15, ("c", "p"): 4}, rows,
                {"p": 39, "q": 20})  # fmt: skip
    assert one.rows == two.rows == line(rows)
