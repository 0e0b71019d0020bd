"""Of several policies always the same one decides: an agreement's before the registry's own."""

from datetime import date
from typing import Any

from app.recognition.deciding.choosing import choose
from app.recognition.deciding.model import Facts
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import read_document


def policy(name: str, *, tags: tuple[str, ...] = (), **more: object) -> Policy:
    return read_document(
        {
            "policy_id": name,
            "policy_version": 1,
            "registry": "R",
            "status": "adopted",
            "unit": "hour",
            "issuers": {"accept_tags": list(tags)} if tags else {"accept_any": True},
            "map": [{"id": "x", "when": {}, "decision": "review", "reason": "ASK"}],
            **more,
        }
    )


BASIS: dict[str, Any] = {"basis": {"type": "bilateral_mra", "ref": "A-B"}}
HOME = policy("home")
PARTNER = policy("from-partner", tags=("partner",), **BASIS)


def facts(*tags: str, completed: date = date(2026, 5, 1)) -> Facts:
    return Facts("r", completed, "course", issuer_tags=tags)


def test_an_agreements_rules_decide_on_what_comes_under_it() -> None:
    assert choose([HOME, PARTNER], facts("partner")) is PARTNER
    assert choose([PARTNER, HOME], facts("stranger")) is HOME


def test_what_no_policy_takes_is_decided_by_one_all_the_same() -> None:
    assert choose([PARTNER], facts("stranger")) is PARTNER
    assert choose([], facts()) is None


def test_a_policy_decides_only_on_days_on_which_it_is_in_force() -> None:
    ended = policy("from-partner", tags=("partner",), valid={"to": "2026-04-30"}, **BASIS)
    assert choose([ended, HOME], facts("partner")) is HOME
    assert choose([ended, HOME], facts("partner", completed=date(2026, 4, 30))) is ended


def test_an_issuer_that_a_policy_excludes_is_not_taken_by_it() -> None:
    careful = policy(
        "from-partner", **BASIS, issuers={"accept_tags": ["partner"], "review_tags": ["new"]}
    )
    assert choose([careful, HOME], facts("partner", "new")) is HOME
