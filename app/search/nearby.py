"""Places on the globe as words an index can filter by: near a place, in any engine.

The globe is cut into squares of latitude and longitude, those into four, and so on. A place is
found by the squares it lies in, one of each size; a circle is asked for as the few hundred squares
that fill it, large ones within and small ones at its rim. A place may be counted on the wrong side
of the rim when it is within a twentieth of the radius of it (a fifth, in circles of 5 km).
"""

from collections.abc import Iterator, Sequence
from math import asin, cos, floor, radians, sin, sqrt

from app.search.index import Near

EARTH_KM = 6371.0
KM_PER_DEGREE = 111.2
SIZES = tuple(0.0125 * 2**step for step in range(11))
"""Widths of the squares in degrees, the smallest first: some 1.4 km to 1,400 km at the equator."""

LEAST_KM = 5
MOST_KM = 5_000
FARTHEST_NORTH = 85
"""Nearer to a pole the squares grow too narrow to fill a circle with few of them."""

_RIM = 20
"""How many of the smallest squares lie across a circle, about."""


def distance_km(one: Sequence[float], other: Sequence[float]) -> float:
    """Along a great circle, by the haversine formula; both are latitude and longitude."""
    latitudes = radians(one[0]), radians(other[0])
    half = (
        sin((latitudes[1] - latitudes[0]) / 2) ** 2
        + cos(latitudes[0]) * cos(latitudes[1]) * sin(radians(other[1] - one[1]) / 2) ** 2
    )
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def squares(latitude: float, longitude: float) -> list[str]:
    """The squares a place lies in, one of each size."""
    return [
        _name(step, floor((latitude + 90) / size), floor((longitude + 180) % 360 / size))
        for step, size in enumerate(SIZES)
    ]


def filling(near: Near) -> list[str]:
    """The squares that fill the circle, of mixed sizes."""
    smallest = next(
        (step for step, size in enumerate(SIZES) if size * KM_PER_DEGREE * 2 > near.km * 2 / _RIM),
        len(SIZES) - 1,
    )
    largest = len(SIZES) - 1
    size = SIZES[largest]
    found: list[str] = []
    for row in range(floor(180 / size) + 1):
        for column in range(floor(360 / size) + 1):
            found += _filling(near, largest, row, column, smallest)
    return found


def _filling(near: Near, step: int, row: int, column: int, smallest: int) -> Iterator[str]:
    size = SIZES[step]
    south, west = row * size - 90, column * size - 180
    if south > 90 or west >= 180:
        return
    nearest, farthest = _reach(near, south, west, size)
    if nearest > near.km:
        return
    if farthest <= near.km:
        yield _name(step, row, column)
    elif step <= smallest:
        middle = (south + size / 2, west + size / 2)
        if distance_km((near.latitude, near.longitude), middle) <= near.km:
            yield _name(step, row, column)
    else:
        for part in range(4):
            yield from _filling(
                near, step - 1, 2 * row + part // 2, 2 * column + part % 2, smallest
            )


def _reach(near: Near, south: float, west: float, size: float) -> tuple[float, float]:
    """How far the nearest and the farthest point of a square are, never too far and too near.

    The distance to the middle, less and more half of the square's diagonal.
    """
    middle = (south + size / 2, west + size / 2)
    here = (near.latitude, near.longitude)
    corner = max(
        distance_km(middle, (south, west)), distance_km(middle, (min(90.0, south + size), west))
    )
    away = distance_km(here, middle)
    return away - corner, away + corner


def _name(step: int, row: int, column: int) -> str:
    return f"{'abcdefghijk'[step]}{row}.{column}"
