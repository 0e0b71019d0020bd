"""Who may do what."""

from app.identity.model import Actor
from app.identity.rules import may


def test_a_client_acts_for_its_own_organisation_within_its_scopes() -> None:
    actor = Actor("client", "society-1", frozenset({"records:issue"}))
    assert may(actor, "records:issue", "society-1")
    assert not may(actor, "records:issue", "society-2")
    assert not may(actor, "records:revoke", "society-1")
