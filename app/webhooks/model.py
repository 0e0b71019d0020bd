"""The words of webhooks as values: endpoint, event, delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Why(StrEnum):
    """Why an endpoint is disabled."""

    MEMBER = "member"
    """Somebody of its organisation, or a program of it, wished so."""
    GONE = "gone"
    """It answered 410, which says that nobody listens there any more."""
    FAILING = "failing"
    """Nothing could be delivered to it for days."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up; only a replay sends it again."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint as somebody enters it."""

    url: str
    events: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different about an endpoint; ``None`` stays as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an organisation wants to be told, and of what."""

    id: str
    organisation_id: str
    url: str
    events: tuple[str, ...]
    description: str
    enabled: bool
    disabled_at: datetime | None
    disabled_why: Why | None
    version: int
    """Raised with each change that somebody makes."""
    generation: int
    """Which of its secrets is the present one, from 1."""
    oldest_generation: int
    old_until: datetime | None
    """Until then every secret from ``oldest_generation`` on signs beside the present one."""
    failures: int
    """Attempts in a row, of whatever delivery, that failed."""
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as it is told."""

    type: str
    at: datetime
    societies: frozenset[str]
    """Whose course, record, run or decision it is about."""
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    endpoint_id: str
    event_id: str
    """The same for every endpoint and every attempt; receivers know a repetition by it."""
    type: str
    event_at: datetime
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    """When it is sent next; ``None`` when it is not waiting."""
    created_at: datetime
    last_at: datetime | None
    status: int | None
    """What the endpoint answered the last time; ``None`` when it did not."""
    milliseconds: int | None
    reason: str | None
    """Why the last attempt was no success."""
    answer: str | None
    """The beginning of what the endpoint said."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the courier carries: one delivery, ready to be signed and sent."""

    delivery_id: str
    event_id: str
    body: str
    attempts: int
    endpoint: Endpoint
