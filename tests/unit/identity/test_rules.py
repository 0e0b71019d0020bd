"""Who may do what: the one pure answer."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.identity.model import Actor, Grant
from app.identity.rules import may

ACTOR = Actor("client", "society-1", frozenset({"records:issue"}))


def test_a_client_acts_for_its_own_organisation_within_its_scopes() -> None:
    assert may(ACTOR, "records:issue", "society-1")
    assert not may(ACTOR, "records:issue", "society-2")
    assert not may(ACTOR, "records:revoke", "society-1")


def test_a_grant_lets_it_act_for_another_while_it_holds(now: datetime) -> None:
    hour = timedelta(hours=1)
    grant = Grant("g", "society-2", "society-1", "records:issue", now, now + 2 * hour)

    def allowed(given: Grant, *, at: datetime = now + hour) -> bool:
        return may(ACTOR, "records:issue", "society-2", grants=[given], at=at)

    assert allowed(grant)
    assert allowed(grant, at=now)
    assert not allowed(grant, at=now - hour)
    assert not allowed(grant, at=now + 2 * hour)
    assert not allowed(replace(grant, ended_at=now + hour))
    assert allowed(replace(grant, ended_at=now + hour), at=now + hour / 2)
    assert not allowed(replace(grant, action="records:read"))
    assert not allowed(replace(grant, grantee_id="society-3"))
    assert not allowed(replace(grant, society_id="society-3"))
    assert not may(ACTOR, "records:issue", "society-2", grants=[grant])
    assert not may(replace(ACTOR, scopes=frozenset()), "records:issue", "society-2",
                   grants=[grant], at=now)  # fmt: skip
