"""The tabs of an organisation's pages, and what all of these pages show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.identity import rules
from app.identity import service as identity
from app.identity.model import Actor, Kind


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of an organisation: the last part of its path, and the scope that opens it."""

    name: str
    scope: str
    kinds: frozenset[Kind] = frozenset(Kind)


_REGISTRY = frozenset({Kind.REGISTRY})
TABS = (
    Tab("", "catalogue:read"),
    Tab("courses", "catalogue:read", frozenset({Kind.SOCIETY})),
    Tab("matches", "catalogue:read", frozenset({Kind.SOCIETY})),
    Tab("sources", "catalogue:write", frozenset({Kind.SOCIETY})),
    Tab("inbox", "recognition:read", _REGISTRY),
    Tab("reviews", "recognition:read", _REGISTRY),
    Tab("appeals", "recognition:read", _REGISTRY),
    Tab("registrants", "recognition:read", _REGISTRY),
    Tab("issuers", "recognition:read", _REGISTRY),
    Tab("policies", "recognition:read", _REGISTRY),
    Tab("agreements", "recognition:read", _REGISTRY),
    Tab("compliance", "recognition:read", _REGISTRY),
    Tab("samples", "recognition:read", _REGISTRY),
    Tab("returns", "recognition:read", _REGISTRY),
    Tab("statistics", "recognition:read", _REGISTRY),
    Tab("members", "admin:organisation"),
    Tab("clients", "admin:clients"),
    Tab("webhooks", "admin:webhooks"),
    Tab("audit", "admin:audit"),
)


def shown(session: Session, actor: Actor, current: str) -> Mapping[str, Any]:
    """What ``organisation.html`` needs: the organisation, the tabs of this actor, the open one."""
    organisation = identity.get_organisation(session, actor.organisation_id)
    tabs = [
        tab.name
        for tab in TABS
        if organisation.kind in tab.kinds and rules.may(actor, tab.scope, organisation.id)
    ]
    return {"organisation": organisation, "tabs": tabs, "current": current}
