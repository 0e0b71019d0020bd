from math import cos, radians

import pytest

from app.search import Near
from app.search.nearby import distance_km, filling, squares


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((51.5074, -0.1278), (48.8566, 2.3522), 344),
        ((0, 0), (0, 180), 20_015),
        ((-18.14, 178.44), (-18.14, -179.56), 211),
    ],
)
def test_distance_is_that_along_a_great_circle(
    one: tuple[float, float], other: tuple[float, float], km: float
) -> None:
    assert distance_km(one, other) == pytest.approx(km, rel=0.01)


@pytest.mark.parametrize("km", [5, 25, 100, 700, 5000])
@pytest.mark.parametrize("latitude", [0, -33.9, 55.7, 84])
@pytest.mark.parametrize("longitude", [12.6, 179.9])
def test_squares_fill_a_circle_and_no_more(km: float, latitude: float, longitude: float) -> None:
    filled = set(filling(Near(latitude, longitude, km)))
    doubt = 0.2 if km < 25 else 0.06
    for eastward in (-1.4, -1, -0.7, -0.2, 0, 0.4, 0.95, 1.2):
        for northward in (-1.3, -0.9, -0.5, 0, 0.3, 0.8, 1.1):
            north = max(-90, min(90, latitude + northward * km / 111.2))
            east = longitude + eastward * km / 111.2 / max(0.05, cos(radians(north)))
            place = (north, (east + 180) % 360 - 180)
            far = distance_km((latitude, longitude), place)
            if abs(far - km) > doubt * km:
                assert filled.isdisjoint(squares(*place)) is (far > km)


def test_a_circle_needs_few_squares() -> None:
    for km in (5, 50, 500, 5000):
        assert len(filling(Near(52.5, 13.4, km))) < 500


@pytest.mark.parametrize("place", [(90, 180), (-90, -180), (0, 0), (90, -180)])
def test_every_place_lies_in_squares(place: tuple[float, float]) -> None:
    assert len(squares(*place)) == len(set(squares(*place))) == 11
