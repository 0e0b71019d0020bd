"""A whole node with a society and a registry, for the recognition API."""

from collections.abc import Iterator

import pytest

from tests.conftest import own_database
from tests.simulator.desk import RegistryDesk
from tests.simulator.members import house


@pytest.fixture(scope="module")
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryDesk]:
    folder = tmp_path_factory.mktemp("registry")
    often = {"quota_address": "1000000/minute", "quota_client": "1000000/minute"}
    with own_database(request, folder) as url, house(folder, url, **often) as made:
        yield RegistryDesk(made)
