"""What the two lists of a registry, of issuers and of approvals, have in common.

1. A registry lists for itself alone; what it has from an agreement names the agreement.
2. A listing is never changed and never deleted. ``ended`` lets it hold up to a day, or strikes it:
   then it was a mistake and never held. Both keep who, when and why.
3. What holds is asked for a day, the one on which an activity was completed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.paging import decode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid
from app.recognition.policies.model import Span
from app.recognition.register.entering import reason
from app.recognition.register.model import ApprovalListing, IssuerListing
from app.recognition.register.tables import ApprovalListingRow, IssuerListingRow


class ListingEnded(Conflict):
    """The listing was ended or struck before."""

    code = "listing-ended"


class ListedAlready(Conflict):
    """The same is listed already, for days in common."""

    code = "listed-already"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a listing stops to hold."""

    on: date | None
    """The last day on which it holds; ``None`` strikes it."""
    why: str


def ended(
    before: IssuerListing | ApprovalListing, ending: Ending, *, at: datetime, who: str
) -> dict[str, Any]:
    """What a listing that ends is written down as. Raises ``Invalid`` and ``ListingEnded``."""
    said = reason(ending.why)
    if before.struck or (before.ended_at is not None and ending.on is not None):
        raise ListingEnded("It was ended before; strike it, and list it anew, if that is wrong.")
    values: dict[str, Any] = {"ended_at": at, "ended_by": who, "reason": said}
    if ending.on is None:
        return values | {"struck": True}
    first, last = before.span.first, before.span.last
    if (first is not None and ending.on < first) or (last is not None and ending.on > last):
        mend = "Let it end within its days; strike it if it never held."
        raise Invalid(mend, fields=[FieldProblem("/on", "time-order", mend)])
    return values | {"valid_to": ending.on}


def joined(spans: Sequence[Span]) -> list[Span]:
    """Spans put together where they meet or follow each other, in the order of their days."""
    done: list[Span] = []
    for span in sorted(spans, key=lambda one: one.first or date.min):
        before = done[-1] if done else None
        if before is None or (before.last is not None and _after(before.last) < _first(span)):
            done.append(span)
        elif before.last is not None and (span.last is None or span.last > before.last):
            done[-1] = Span(before.first, span.last)
    return done


def meet(one: Span, other: Span) -> bool:
    """Whether two spans have a day in common."""
    last, other_last = one.last or date.max, other.last or date.max
    return _first(one) <= other_last and _first(other) <= last


def holding_text(text: str, *columns: Any) -> ColumnElement[bool]:
    """Whether the text is in one of the columns, whatever its case."""
    return or_(*(column.icontains(text.strip(), autoescape=True) for column in columns))


def holding_on(
    row: type[IssuerListingRow | ApprovalListingRow], on: date
) -> list[ColumnElement[bool]]:
    """Whether a listing holds on that day."""
    return [
        row.struck.is_(False),
        or_(row.valid_from.is_(None), row.valid_from <= on),
        or_(row.valid_to.is_(None), row.valid_to >= on),
    ]


def page(
    session: Session, query: Select[*tuple[Any, ...]], key: Any, cursor: str | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """As many rows as fit a page, in the order of ``key``, and one more if there is one."""
    if cursor is not None:
        query = query.where(key > decode_cursor(cursor))
    return session.execute(query.order_by(key).limit(limit + 1)).all()


def days(span: Span) -> dict[str, str]:
    """Days as the trail tells them."""
    told = {"valid_from": span.first, "valid_to": span.last}
    return {name: day.isoformat() for name, day in told.items() if day}


def note(
    session: Session,
    action: str,
    one: IssuerListing | ApprovalListing,
    told: Mapping[str, Any],
    *,
    at: datetime,
    who: str,
) -> None:
    """Note a new listing."""
    audit.record(
        session,
        who=who,
        action=f"{action}.add",
        subject=f"{action}:{one.id}",
        at=at,
        after={**told, **days(one.span)},
        organisation_id=one.registry_id,
    )


def note_ending(
    session: Session,
    subject: str,
    before: IssuerListing | ApprovalListing,
    ending: Ending,
    *,
    at: datetime,
    who: str,
) -> None:
    """Note that a listing ended."""
    struck = ending.on is None
    audit.record(
        session,
        who=who,
        action=f"{subject.partition(':')[0]}.{'strike' if struck else 'end'}",
        subject=subject,
        at=at,
        before=days(before.span),
        after={"reason": ending.why.strip()} | ({} if struck else {"valid_to": str(ending.on)}),
        organisation_id=before.registry_id,
    )


def _after(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)


def _first(span: Span) -> date:
    return span.first or date.min
