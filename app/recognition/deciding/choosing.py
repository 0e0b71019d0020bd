"""Which of a registry's policies decides on a record. Pure.

A registry may have rules of its own and, beside them, rules for what comes under an agreement. Of
those in force on the day of completion, one with a ``basis`` goes first when it takes the record's
issuer, by its id; else the one without a basis decides. Two without one would leave it open which
decides, so the first by its id does, always the same.
"""

from collections.abc import Sequence

from app.recognition.deciding.model import Facts
from app.recognition.policies.model import Policy


def choose(policies: Sequence[Policy], facts: Facts) -> Policy | None:
    """The policy that decides on a record with these facts; nothing where none is in force."""
    in_force = sorted(
        (one for one in policies if one.valid.holds(facts.completed)),
        key=lambda one: (one.policy_id, -one.policy_version),
    )
    for policy in in_force:
        if policy.basis is not None and takes_issuer(policy, facts):
            return policy
    own = [one for one in in_force if one.basis is None]
    return own[0] if own else in_force[0] if in_force else None


def takes_issuer(policy: Policy, facts: Facts) -> bool:
    """Whether the policy names the record's issuer among those whose records it takes."""
    issuers, held = policy.issuers, set(facts.issuer_tags)
    if held & {*issuers.reject_tags, *issuers.review_tags}:
        return False
    return issuers.accept_any or bool(held & set(issuers.accept_tags))
