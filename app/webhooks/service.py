"""Use cases of endpoints, one function a verb. The caller owns the transaction.

What belongs to another organisation is as unknown here as what is not there.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity import service as identity
from app.platform.conditions import require_match
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.webhooks import rules, store
from app.webhooks.model import (
    Changes,
    Endpoint,
    NewEndpoint,
    Why,
)
from app.webhooks.signing import SigningKey
from app.webhooks.spreading import follow_what_is_wanted

DISABLED = "The endpoint was disabled."


class TooMany(Conflict):
    """The organisation has as many endpoints as it may have."""

    code = "webhooks-too-many"


@dataclass(frozen=True, slots=True)
class Desk:
    """What entering an endpoint needs of this node."""

    key: SigningKey
    plain_http: bool
    """Whether the operator has allowed networks, within which plain http will do."""
    speaks_to: Callable[[str], bool]
    """Whether a host is a name, or an address that this node connects to."""


def list_endpoints(session: Session, organisation_id: str) -> Sequence[Endpoint]:
    """All of an organisation's, oldest first."""
    return store.endpoints(session, organisation_id)


def get_endpoint(
    session: Session, organisation_id: str, endpoint_id: str, *, lock: bool = False
) -> Endpoint:
    """Raises ``NotFound``."""
    found = None
    if is_uuid(endpoint_id):
        found = store.find_endpoint(session, endpoint_id, lock=lock)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound("There is no such webhook.")
    return found


def tag(endpoint: Endpoint) -> str:
    """The entity tag of what can be changed of an endpoint."""
    return f'"{endpoint.id}.{endpoint.version}"'


def add_endpoint(
    session: Session, organisation_id: str, new: NewEndpoint, *, desk: Desk, at: datetime, who: str
) -> Endpoint:
    """Enter an endpoint. Raises ``Invalid`` naming each bad field, ``TooMany``, ``NotFound``."""
    store.alone(session)
    _check(session, organisation_id, new, desk=desk)
    if len(store.endpoints(session, organisation_id)) >= rules.MOST_ENDPOINTS:
        raise TooMany(f"An organisation has at most {rules.MOST_ENDPOINTS} webhooks.")
    endpoint = Endpoint(
        id=new_id(),
        organisation_id=organisation_id,
        url=new.url,
        events=_in_order(new.events),
        description=new.description,
        enabled=True,
        disabled_at=None,
        disabled_why=None,
        version=1,
        generation=1,
        oldest_generation=1,
        old_until=None,
        failures=0,
        failing_since=None,
        created_at=at,
    )
    store.insert_endpoint(session, endpoint)
    follow_what_is_wanted(session)
    note(session, "add", endpoint, at=at, who=who, after=_state(endpoint))
    return endpoint


def change_endpoint(
    session: Session,
    organisation_id: str,
    endpoint_id: str,
    changes: Changes,
    *,
    desk: Desk,
    at: datetime,
    who: str,
    seen: str | None = None,
) -> Endpoint:
    """Change what is given; ``seen`` is an ``If-Match``.

    Raises ``NotFound``, ``Invalid``, ``PreconditionFailed``.
    """
    store.alone(session)
    before = get_endpoint(session, organisation_id, endpoint_id, lock=True)
    require_match(seen, tag(before))
    wanted: dict[str, Any] = {
        name: value
        for name, value in (
            ("url", changes.url),
            ("events", None if changes.events is None else _in_order(changes.events)),
            ("description", changes.description),
            ("enabled", changes.enabled),
        )
        if value is not None and value != getattr(before, name)
    }
    if not wanted:
        return before
    after = replace(before, version=before.version + 1, **wanted)
    _check(session, organisation_id, after, desk=desk)
    if "enabled" in wanted:
        after = _switched(after, at=at)
    _store(session, after)
    note(session, "change", after, at=at, who=who, before=_state(before), after=_state(after))
    return after


def disable(session: Session, known: Endpoint, why: Why, *, at: datetime) -> None:
    """Send nothing more to an endpoint that is gone or fails for too long, and tell its owners.

    Who has changed the endpoint since it was ``known`` may have mended it: then nothing is done.
    """
    store.alone(session)
    before = store.find_endpoint(session, known.id, lock=True)
    if before is None or not before.enabled or before.version != known.version:
        return
    after = replace(
        before, enabled=False, disabled_at=at, disabled_why=why, version=before.version + 1
    )
    _store(session, after)
    store.update_endpoint(session, known.id, notice_due_at=at)
    store.give_up_waiting(session, known.id, reason=DISABLED)
    note(
        session, "disable", after, at=at, who="system:webhooks",
        before=_state(before), after=_state(after) | {"why": why.value},
    )  # fmt: skip


def delete_endpoint(
    session: Session, organisation_id: str, endpoint_id: str, *, at: datetime, who: str
) -> None:
    """Forget an endpoint and what was sent to it. Raises ``NotFound``."""
    store.alone(session)
    endpoint = get_endpoint(session, organisation_id, endpoint_id, lock=True)
    store.delete_endpoint(session, endpoint.id)
    follow_what_is_wanted(session)
    note(session, "delete", endpoint, at=at, who=who, before=_state(endpoint))


def rotate_secret(
    session: Session, organisation_id: str, endpoint_id: str, *, at: datetime, who: str
) -> Endpoint:
    """Begin a new secret; what signed until now signs beside it for a day. Raises ``NotFound``."""
    store.alone(session)
    before = get_endpoint(session, organisation_id, endpoint_id, lock=True)
    overlapping = before.old_until is not None and at < before.old_until
    oldest = before.oldest_generation if overlapping else before.generation
    generation = before.generation + 1
    after = replace(
        before,
        version=before.version + 1,
        generation=generation,
        oldest_generation=max(oldest, generation - rules.MOST_SECRETS_AT_ONCE + 1),
        old_until=at + rules.OLD_SECRET_LASTS,
    )
    _store(session, after)
    note(
        session, "rotate", after, at=at, who=who,
        before={"generation": before.generation}, after={"generation": after.generation},
    )  # fmt: skip
    return after


def _check(
    session: Session, organisation_id: str, new: NewEndpoint | Endpoint, *, desk: Desk
) -> None:
    kind = identity.get_organisation(session, organisation_id).kind
    entered = NewEndpoint(new.url, new.events, new.description)
    found = rules.problems(entered, kind, plain_http=desk.plain_http)
    sendable = all(one.pointer != "/url" for one in found)
    if sendable and not desk.speaks_to(str(urlsplit(new.url).hostname)):
        mend = "This node sends to public addresses only; an operator may allow others."
        found.append(FieldProblem("/url", "url-address", mend))
    if found:
        raise Invalid("The webhook cannot be entered as given.", fields=found)


def _switched(endpoint: Endpoint, *, at: datetime) -> Endpoint:
    """Enabled by a member: as new. Disabled by one: what waits goes on waiting."""
    if endpoint.enabled:
        return replace(
            endpoint, disabled_at=None, disabled_why=None, failures=0, failing_since=None
        )
    return replace(endpoint, disabled_at=at, disabled_why=Why.MEMBER)


def _store(session: Session, endpoint: Endpoint) -> None:
    store.update_endpoint(
        session,
        endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        enabled=endpoint.enabled,
        disabled_at=endpoint.disabled_at,
        disabled_why=endpoint.disabled_why,
        notice_due_at=None,
        version=endpoint.version,
        generation=endpoint.generation,
        oldest_generation=endpoint.oldest_generation,
        old_until=endpoint.old_until,
        failures=endpoint.failures,
        failing_since=endpoint.failing_since,
        resting_until=None,
    )
    follow_what_is_wanted(session)


def _in_order(events: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(events)))


def _state(endpoint: Endpoint) -> dict[str, Any]:
    """For the audit trail. Of the address only the host: its path may be a secret of its own."""
    return {
        "host": urlsplit(endpoint.url).hostname,
        "events": list(endpoint.events),
        "enabled": endpoint.enabled,
    }


def note(
    session: Session,
    action: str,
    endpoint: Endpoint,
    *,
    at: datetime,
    who: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        who=who,
        action=f"webhook.{action}",
        subject=f"webhook:{endpoint.id}",
        at=at,
        before=before,
        after=after,
        organisation_id=endpoint.organisation_id,
    )


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
