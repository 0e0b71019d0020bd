"""Requests made up from the API's own description, good and bad: none makes the node fail.

With a fixed seed, in the process itself: a few examples of each operation, and more among the slow
tests. A first line, not a campaign.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.functional.api.conftest import Served

schemathesis.serializer("application/x-ndjson")(lambda _case, value: str(value).encode())
FEW, MANY = 6, 30
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SLOWEST_SECONDS = 2


def operations(served: Served) -> list[Any]:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", served.app)
    found: list[Any] = list(schema.get_all_operations())
    return [each.ok() for each in found]


def cases(operation: Any, known_ids: Mapping[str, str]) -> SearchStrategy[Any]:
    """Good and bad requests, to made-up addresses and to those where there is something."""
    real = {name: value for name, value in known_ids.items() if f"{{{name}}}" in operation.path}
    return st.one_of(
        [
            operation.as_strategy(generation_mode=mode, path_parameters=path)
            for mode in GenerationMode
            for path in ([None, real] if real else [None])
        ]
    )


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("known", [True, False], ids=["with a token", "without a token"])
def test_no_request_makes_the_node_fail(served: Served, known: bool, examples: int) -> None:
    headers = served.token() if known else {}
    known_ids = {"society_id": "cse", "record_id": served.issue()}
    answered: dict[str, set[int]] = defaultdict(set)
    for operation in operations(served):

        @seed(20261123)
        @settings(
            max_examples=examples,
            phases=[Phase.explicit, Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases(operation, known_ids))
        def attack(case: Any) -> None:
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            assert answer.elapsed < SLOWEST_SECONDS
            answered[case.operation.label].add(answer.status_code)

        attack()
    assert len(answered) == len(operations(served))
    reading = answered["GET /api/v1/records/{record_id}"]
    assert (200 in reading, 401 in reading) == (known, not known)
