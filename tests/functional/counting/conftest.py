from collections.abc import Iterator

import pytest

from tests.conftest import own_database
from tests.simulator.counting import Counting
from tests.simulator.members import house


@pytest.fixture(scope="module")
def counting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counting]:
    folder = tmp_path_factory.mktemp("counting")
    with own_database(request, folder) as url, house(folder / "node", url) as opened:
        yield Counting(opened)
