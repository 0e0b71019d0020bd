"""One house for all tests here: an engineer with registrations in four registries."""

from collections.abc import Iterator

import pytest

from tests.conftest import own_database
from tests.simulator.members import house
from tests.simulator.studying import Studying


@pytest.fixture(scope="session")
def study(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Studying]:
    folder = tmp_path_factory.mktemp("studying")
    with own_database(request, folder) as url, house(folder / "node", url) as opened:
        yield Studying(opened)
