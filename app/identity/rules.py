"""The one answer to "may this actor do that?". Pure."""

from app.identity.model import Actor


def may(actor: Actor, action: str, organisation_id: str) -> bool:
    """Whether ``actor`` may do ``action`` (a scope) to what belongs to ``organisation_id``.

    A client acts for its own organisation alone, and only within the scopes of its token.
    """
    return action in actor.scopes and actor.organisation_id == organisation_id
