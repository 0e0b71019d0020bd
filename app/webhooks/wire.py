"""What goes over the wire: endpoints and deliveries as programs read and write them."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictStr

from app.webhooks import rules
from app.webhooks.events import EVENTS
from app.webhooks.model import (
    Changes,
    Delivery,
    DeliveryState,
    Endpoint,
    NewEndpoint,
    Why,
)

_EVENTS = (
    f"Types of events, of {', '.join(f'`{name}`' for name in EVENTS)}. A society hears of its own "
    "courses, records and runs; others hear of the courses of all, `course.changed`."
)
_URL = "Where each event is posted to, by https; redirects are not followed."


class EndpointIn(BaseModel):
    """A webhook to be made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: StrictStr = Field(
        max_length=rules.LONGEST_URL, description=_URL, examples=["https://lms.example.org/hooks"]
    )
    events: tuple[StrictStr, ...] = Field(
        min_length=1, max_length=50, description=_EVENTS, examples=[["course.changed"]]
    )
    description: StrictStr = Field("", max_length=rules.LONGEST_DESCRIPTION)

    def new(self) -> NewEndpoint:
        """The same as a value."""
        return NewEndpoint(self.url, self.events, self.description)


class ChangesIn(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: StrictStr | None = Field(None, max_length=rules.LONGEST_URL, description=_URL)
    events: tuple[StrictStr, ...] | None = Field(
        None, min_length=1, max_length=50, description=_EVENTS
    )
    description: StrictStr | None = Field(None, max_length=rules.LONGEST_DESCRIPTION)
    enabled: StrictBool | None = Field(
        None, description="`true` also makes an endpoint as new that this node had disabled."
    )

    def changes(self) -> Changes:
        """The same as a value."""
        return Changes(self.url, self.events, self.description, self.enabled)


class EndpointOut(BaseModel):
    """A webhook as it stands."""

    id: str
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_at: datetime | None
    disabled_why: Why | None = Field(
        description="`member`: by one of the organisation. `gone`: it answered 410. `failing`: "
        "nothing could be delivered to it for five days."
    )
    failing_since: datetime | None = Field(description="Since when every attempt has failed.")
    secret_generation: int = Field(description="Raised by one with each rotation of the secret.")
    old_secrets_until: datetime | None = Field(
        description="Until then earlier secrets sign beside the present one."
    )
    created_at: datetime

    @classmethod
    def of(cls, one: Endpoint) -> "EndpointOut":
        return cls(**_told(one))


class EndpointWithSecretOut(EndpointOut):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(
        description="Verify the signature of what you receive with it, as Standard Webhooks says.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    @classmethod
    def revealing(cls, one: Endpoint, secret: str) -> "EndpointWithSecretOut":
        """What is told when a secret was begun."""
        return cls(**_told(one), secret=secret)


class EndpointList(BaseModel):
    """Every webhook of an organisation."""

    items: list[EndpointOut]


class DeliveryOut(BaseModel):
    """One event on its way to one webhook."""

    id: str
    webhook: str
    event: str = Field(description="Sent as `webhook-id`; the same in every attempt and replay.")
    type: str
    event_at: datetime
    state: DeliveryState
    attempts: int = Field(description="Since it was made, or replayed.")
    due_at: datetime | None = Field(description="When it is sent next, while it waits.")
    created_at: datetime
    last_at: datetime | None
    status: int | None = Field(description="What was answered the last time, if anything was.")
    milliseconds: int | None = Field(description="How long the last attempt took.")
    reason: str | None = Field(description="Why the last attempt was no success.")
    answer: str | None = Field(description="The beginning of what was answered the last time.")

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryOut":
        return cls(
            id=one.id,
            webhook=one.endpoint_id,
            event=one.event_id,
            type=one.type,
            event_at=one.event_at,
            state=one.state,
            attempts=one.attempts,
            due_at=one.due_at,
            created_at=one.created_at,
            last_at=one.last_at,
            status=one.status,
            milliseconds=one.milliseconds,
            reason=one.reason,
            answer=one.answer,
        )


class DeliveryPage(BaseModel):
    """Deliveries, the newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class ReplayIn(BaseModel):
    """From when on to send again what was given up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: AwareDatetime = Field(description="Deliveries that were made then or later.")


class ReplayOut(BaseModel):
    """How many deliveries are sent again."""

    replayed: int


def _told(one: Endpoint) -> Mapping[str, object]:
    return {
        "id": one.id,
        "url": one.url,
        "events": list(one.events),
        "description": one.description,
        "enabled": one.enabled,
        "disabled_at": one.disabled_at,
        "disabled_why": one.disabled_why,
        "failing_since": one.failing_since,
        "secret_generation": one.generation,
        "old_secrets_until": one.old_until,
        "created_at": one.created_at,
    }
