"""Requests made up from the API's own description, good and bad: none makes the node fail.

With a fixed seed, in the process itself, with a token that each operation wants and without any. No
answer may have a status or a form that the description does not name.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
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

from app.identity.model import PERSONAL_SCOPES
from tests.simulator import feeding, recognised, registry_scene
from tests.simulator.members import house
from tests.simulator.scene import OPERATOR, OWN, REGISTRY, Scene

pytestmark = [pytest.mark.slow, pytest.mark.once]

schemathesis.serializer("application/x-ndjson")(lambda _case, value: str(value).encode())
EXAMPLES, SHARES = 30, 4
REGISTRIES = "/api/v1/registries/"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SLOWEST_SECONDS = 2


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    often = {"quota_address": "1000000/minute", "quota_client": "1000000/minute"}
    with house(tmp_path, database_url, **often) as made:
        yield Scene(made)


def operations(scene: Scene) -> list[Any]:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", scene.house.app)
    found: list[Any] = list(schema.get_all_operations())
    return [each.ok() for each in found]


class Tokens:
    """For each operation the token that it wants."""

    def __init__(self, scene: Scene) -> None:
        self.own = scene.house.token(OWN)
        self.operators = scene.house.token(OPERATOR)
        self.registrys = scene.house.token(REGISTRY)
        self.persons = scene.token_of_person(scene.ada, frozenset(PERSONAL_SCOPES))

    def of(self, operation: Any) -> Mapping[str, str]:
        if operation.path.startswith(REGISTRIES):
            return self.registrys
        asked = {
            scope
            for one in operation.definition.raw.get("security", ())
            for scopes in one.values()
            for scope in scopes
        }
        if asked & set(PERSONAL_SCOPES):
            return self.persons
        return self.operators if "admin:node" in asked else self.own


def known_ids(scene: Scene) -> Mapping[str, str]:
    """Something real for every parameter of a path."""
    return {
        "society_id": OWN,
        "organisation_id": OWN,
        "record_id": scene.kept(),
        "roster_id": scene.roster(),
        "grant_id": scene.grant(),
        "remote_id": scene.pushed(),
        "run_id": "a",
        "endpoint_id": scene.webhook(),
        "delivery_id": scene.delivery(),
        "invitation_id": scene.invitation()[0],
        "person_id": scene.member(),
        "client_id": scene.client(),
        "registrant_id": scene.mine(),
        "binding_id": scene.bound(),
        "registration_id": scene.stated(),
        "listing_id": scene.listed(),
        "version_id": scene.drafted(),
        "submission_id": scene.submitted(),
        "review_id": scene.reviewed(),
        "appeal_id": scene.appealed(),
        "rerun_id": scene.rerun(),
        "sample_id": registry_scene.sample(scene)["sample_id"],
        "agreement_id": recognised.signed(scene),
        "version": "1",
        "statement_id": recognised.my_statement(scene),
        "request_id": recognised.request(scene),
        "source_id": feeding.source(scene),
    }


def cases(operation: Any, known: Mapping[str, str]) -> SearchStrategy[Any]:
    """Good and bad requests, to made-up addresses and to those where there is something."""
    if operation.path.startswith(REGISTRIES):
        known = {**known, "organisation_id": REGISTRY}
    real = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    return st.one_of(
        [
            operation.as_strategy(generation_mode=mode, path_parameters=path)
            for mode in GenerationMode
            for path in ([None, real] if real else [None])
        ]
    )


def narrower(operation: Any, paths: Collection[str]) -> list[re.Pattern[str]]:
    """The paths that are a case of this operation's and answer for themselves.

    A made-up id may be a word of the code, such as ``deliveries`` in the place of a webhook's id.
    """
    return [
        re.compile(re.sub(r"{[a-z_]+}", "[^/]+", path))
        for path in paths
        if path.count("{") < operation.path.count("{")
    ]


Answered = dict[str, set[int]]
"""The statuses that each operation answered."""


def attack(
    operation: Any,
    *,
    ids: Mapping[str, str],
    token: Mapping[str, str],
    others: Sequence[re.Pattern[str]],
    known: Answered,
    unknown: Answered,
) -> None:
    """Send each request that is made up twice: as nobody, and with the operation's own token."""

    @seed(20261123)
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, ids))
    def sent(case: Any) -> None:
        if any(other.fullmatch(case.formatted_path) for other in others):
            return
        for headers, answered in (({}, unknown), (token, known)):
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            assert answer.elapsed < SLOWEST_SECONDS
            answered[case.operation.label].add(answer.status_code)

    sent()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", range(SHARES))
def test_no_request_makes_the_node_fail(scene: Scene, share: int) -> None:
    """Every operation is in one share; several processes take one each."""
    ids, tokens = known_ids(scene), Tokens(scene)
    known: Answered = defaultdict(set)
    unknown: Answered = defaultdict(set)
    all_of_them = operations(scene)
    paths = {operation.path for operation in all_of_them}
    of_this_share = all_of_them[share::SHARES]
    for operation in of_this_share:
        attack(
            operation, ids=ids, token=tokens.of(operation),
            others=narrower(operation, paths), known=known, unknown=unknown,
        )  # fmt: skip
    assert len(known) == len(unknown) == len(of_this_share) > 0
    let_in = {label for label, said in known.items() if said & {200, 201, 202, 204}}
    print(f"\n{len(known)} operations, {len(let_in)} answered as wished")
    reading = "GET /api/v1/records/{record_id}"
    if reading in known:
        assert 401 not in known[reading]
        assert 200 in known[reading]
        assert (200 in unknown[reading], 401 in unknown[reading]) == (False, True)
