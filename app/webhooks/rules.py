"""What may be an endpoint, who may hear what, and how long to wait after a failure. Pure."""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.identity.model import Kind
from app.platform.problems import FieldProblem
from app.webhooks.events import EVENTS
from app.webhooks.model import Endpoint, Event, NewEndpoint

MOST_ENDPOINTS = 20
"""How many endpoints one organisation may have."""
LONGEST_URL = 2000
LONGEST_DESCRIPTION = 200

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""Between the attempts of one delivery, about three days in all; then it is given up."""
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=24)
_LONGEST_REST = timedelta(minutes=5)
_LONGEST_REST_ASKED = timedelta(hours=1)
PATIENCE = timedelta(days=5)
"""An endpoint to which nothing could be delivered for so long is disabled."""
OLD_SECRET_LASTS = timedelta(hours=24)
MOST_SECRETS_AT_ONCE = 5
KEPT = timedelta(days=30)
"""How long events and deliveries are remembered."""

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def audible(kind: Kind) -> Sequence[str]:
    """The types of events that an organisation of this kind may hear of."""
    return [name for name, one in EVENTS.items() if one.public or kind is one.whose]


def hears(endpoint: Endpoint, kind: Kind, event: Event) -> bool:
    """Whether an endpoint of an organisation of this kind is told of the event.

    Societies, and registries of their decisions, hear of what is their own; others of what anybody
    may see, whosever it is.
    """
    if event.type not in endpoint.events:
        return False
    if kind is EVENTS[event.type].whose:
        return endpoint.organisation_id in event.societies
    return EVENTS[event.type].public


def problems(new: NewEndpoint, kind: Kind, *, plain_http: bool) -> list[FieldProblem]:
    """What is wrong with an endpoint as it was entered."""
    found = []
    fault = _fault_of_url(new.url, plain_http=plain_http)
    if fault:
        found.append(FieldProblem("/url", "url-form", fault))
    allowed = audible(kind)
    if not new.events or not set(new.events) <= set(allowed):
        mend = f"Choose from {', '.join(allowed)}."
        found.append(FieldProblem("/events", "event-unknown", mend))
    if len(new.description) > LONGEST_DESCRIPTION or _has_hidden(new.description):
        mend = f"Give one line of up to {LONGEST_DESCRIPTION} characters."
        found.append(FieldProblem("/description", "description-form", mend))
    return found


def _fault_of_url(url: str, *, plain_http: bool) -> str | None:
    """What is wrong with the address. Where it leads is judged when it is connected to."""
    if len(url) > LONGEST_URL or _has_hidden(url) or any(one.isspace() for one in url):
        return f"Give an address of up to {LONGEST_URL} characters, without spaces."
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.scheme not in {"https", "http"} or "\\" in url:
        return "Give an address such as https://example.org/hooks."
    if parts.scheme == "http" and not plain_http:
        return "Only https is spoken, since what is told could be read on its way."
    if "@" in parts.netloc or "#" in url:
        return "Leave out name, password and what begins with #; the signature shows who calls."
    return None


def _has_hidden(text: str) -> bool:
    return any(unicodedata.category(character) in _HIDDEN for character in text)


def pause(attempts: int, *, jitter: float, retry_after: float | None) -> timedelta | None:
    """How long after the failed attempt of this number to try again; ``None`` is to give up.

    ``jitter`` lies between -1 and 1. ``retry_after`` is what the endpoint itself asked for.
    """
    if attempts > len(PAUSES):
        return None
    planned = PAUSES[attempts - 1] * (1 + JITTER * jitter)
    return max(planned, _asked(retry_after, most=LONGEST_RETRY_AFTER))


def rest(failures: int, *, retry_after: float | None) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row, whatever waits for it."""
    doubled = min(timedelta(seconds=2 ** min(failures - 1, 16)), _LONGEST_REST)
    return max(doubled, _asked(retry_after, most=_LONGEST_REST_ASKED))


def _asked(retry_after: float | None, *, most: timedelta) -> timedelta:
    if retry_after is None or retry_after < 0:
        return timedelta()
    return timedelta(seconds=min(retry_after, most.total_seconds()))


def given_up(failing_since: datetime | None, *, at: datetime) -> bool:
    """Whether an endpoint that fails again has been failing for too long."""
    return failing_since is not None and at - failing_since >= PATIENCE


def followed(endpoints: Collection[Endpoint]) -> frozenset[str]:
    """The types of events that anybody wants to hear of."""
    wanted = {name for one in endpoints if one.enabled for name in one.events}
    return frozenset(wanted & EVENTS.keys())
