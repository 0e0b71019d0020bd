"""One node for all tests of a module, and in it a society of each test's own."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.conftest import own_database
from tests.simulator.members import House
from tests.simulator.publishing import Publisher, publishing_house, site

_numbers = count(1)


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("publishing")
    with own_database(request, folder) as url, publishing_house(folder / "node", url) as opened:
        yield opened


@pytest.fixture
def cse(made: House) -> Publisher:
    """A client of a society that has published nothing yet."""
    name = f"cse-{next(_numbers)}"
    made.add(name)
    site["host"] = f"{name}.example"
    return Publisher(made, name)
