"""Which programs hear of a decision, and what they are told."""

from datetime import UTC, datetime

import pytest

from app.identity.model import Kind
from app.platform.outbox import Entry
from app.recognition.ledger import DECISION_MADE
from app.webhooks import rules
from app.webhooks.events import EVENTS
from app.webhooks.model import Endpoint, Event
from tests.simulator.ledgers import Registry

AT = datetime(2026, 11, 23, tzinfo=UTC)


def told(registry: Registry, *keys: str) -> list[Event]:
    entries = [Entry(n, DECISION_MADE, key, 0, AT) for n, key in enumerate(keys)]
    with registry.database.read() as session:
        read = EVENTS[DECISION_MADE].read(session, entries, "https://node.example")
        return [event for _, event in read]


def endpoint(organisation_id: str) -> Endpoint:
    given = dict.fromkeys(Endpoint.__slots__)
    return Endpoint(**{**given, "organisation_id": organisation_id, "events": (DECISION_MADE,)})


def test_a_registrys_program_is_told_what_was_decided_and_of_nobody(registry: Registry) -> None:
    found = registry.counted(registry.registrant(), minutes=90)
    (event,) = told(registry, found.decision.id, "gone")
    assert event.societies == {registry.id}
    assert event.data["credited"] == "3/2"
    assert event.data["url"].endswith(f"/registries/{registry.id}/submissions/{found.id}")
    assert "Ada" not in str(event.data)
    assert "N-" not in str(event.data)


@pytest.mark.parametrize("kind", [Kind.SOCIETY, Kind.OPERATOR])
def test_no_other_kind_of_organisation_can_hear_of_decisions(
    registry: Registry, kind: Kind
) -> None:
    assert DECISION_MADE not in rules.audible(kind)
    assert DECISION_MADE in rules.audible(Kind.REGISTRY)
    found = registry.counted(registry.registrant())
    (event,) = told(registry, found.decision.id)
    assert rules.hears(endpoint(registry.id), Kind.REGISTRY, event)
    assert not rules.hears(endpoint("another"), Kind.REGISTRY, event)
    assert not rules.hears(endpoint("another"), kind, event)
