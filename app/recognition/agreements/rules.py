"""Where the versions of an agreement stand on a day. Pure.

1. A version binds when both parties' signatures on it hold; one that does not breaks it.
2. A version that binds is in force from its first day to its last, to the day on which a notice
   ends it, or to the day before the next version that binds begins, whichever comes first.
3. Nothing else is in force: a draft, an offer that one side signed, a version whose chain of hashes
   was never begun here.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from app.recognition.agreements import signing
from app.recognition.agreements.model import Ending, Held, Kept, Standing, State
from app.recognition.policies.model import Span
from app.verification.bundle import Bundle


def standings(
    versions: Sequence[Kept],
    endings: Mapping[int, Sequence[Ending]],
    *,
    bundle: Bundle,
    at: datetime,
    on: date,
) -> tuple[Standing, ...]:
    """Each version's standing, in their order."""
    held = [signing.held(one.agreement, one.signatures, bundle=bundle, at=at) for one in versions]
    found = []
    for place, one in enumerate(versions):
        notices = signing.standing_endings(
            one.agreement, endings.get(one.agreement.version, ()), bundle=bundle, at=at
        )
        later = [
            other.agreement.span.first
            for other, signed in zip(versions[place + 1 :], held[place + 1 :], strict=True)
            if binds(signed) and other.agreement.span.first
        ]
        amended = min(later, default=None)
        span = _span(one, notices, amended)
        state = _state(held[place], span, on=on, amended=amended)
        found.append(Standing(one, state, held[place], span, notices))
    return tuple(found)


def binds(held: Sequence[Held]) -> bool:
    """Whether both parties' signatures are there and hold."""
    return len({one.party_id for one in held if one.holds}) == 2


def lasts(span: Span) -> bool:
    """Whether there is a day in it."""
    return span.last is None or span.first is None or span.first <= span.last


def _span(one: Kept, notices: Sequence[Ending], amended: date | None) -> Span:
    span = one.agreement.span
    ends = [notice.ends_on for notice in notices]
    ends += [] if span.last is None else [span.last]
    ends += [] if amended is None else [amended - timedelta(days=1)]
    return Span(span.first, min(ends, default=None))


def _state(held: Sequence[Held], span: Span, *, on: date, amended: date | None) -> State:
    if not held:
        return State.DRAFT
    if not all(one.holds for one in held):
        return State.BROKEN
    if not binds(held):
        return State.OFFERED
    if span.holds(on):
        return State.IN_FORCE
    if lasts(span) and span.first is not None and on < span.first:
        return State.SIGNED
    replaced = amended is not None and span.last == amended - timedelta(days=1)
    return State.AMENDED if replaced else State.ENDED
