"""Use cases: approvals of activities that a registry knows, each with its days.

A record may claim an approval by body and number; what holds is what the registry lists, with the
registry's days. What holds in common of all listings is in ``listing``.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from app.platform.ids import new_id
from app.platform.paging import Slice, encode_cursor
from app.platform.problems import NotFound
from app.recognition.deciding.model import Approval
from app.recognition.policies.model import Span
from app.recognition.register import listing, registrants
from app.recognition.register.entering import Form
from app.recognition.register.model import ApprovalListing, NewApprovalListing
from app.recognition.register.tables import ApprovalListingRow

LONGEST_BODY, LONGEST_NUMBER, LONGEST_TITLE = 100, 200, 500
_MOST_CLAIMED = 100
_APPROVAL = (
    ApprovalListingRow.id,
    ApprovalListingRow.registry_id,
    ApprovalListingRow.body,
    ApprovalListingRow.number,
    ApprovalListingRow.title,
    ApprovalListingRow.issuer_id,
    ApprovalListingRow.valid_from,
    ApprovalListingRow.valid_to,
    ApprovalListingRow.created_at,
    ApprovalListingRow.created_by,
    ApprovalListingRow.ended_at,
    ApprovalListingRow.ended_by,
    ApprovalListingRow.struck,
    ApprovalListingRow.reason,
)


def add_approval(
    session: Session, registry_id: str, new: NewApprovalListing, *, at: datetime, who: str
) -> ApprovalListing:
    """List an approval. Raises ``NotARegistry``, ``Invalid`` and ``ListedAlready``."""
    registrants.hold(session, registry_id)
    form = Form()
    made = ApprovalListing(
        id=new_id(),
        registry_id=registry_id,
        body=form.line("body", new.body, longest=LONGEST_BODY, needed=True),
        number=form.line("number", new.number, longest=LONGEST_NUMBER, needed=True),
        title=form.line("title", new.title, longest=LONGEST_TITLE),
        issuer_id=form.issuer(new.issuer_id) if new.issuer_id.strip() else None,
        span=form.span(new.valid_from, new.valid_to),
        created_at=at,
        created_by=who,
    )
    form.close("The approval cannot be listed like this.")
    for other in _approvals_of(session, registry_id, [made.number]):
        same = (other.body, other.issuer_id) == (made.body, made.issuer_id)
        if same and listing.meet(other.span, made.span):
            raise listing.ListedAlready("This approval is listed for some of these days already.")
    session.execute(
        insert(ApprovalListingRow).values(
            id=made.id,
            registry_id=registry_id,
            body=made.body,
            number=made.number,
            title=made.title,
            issuer_id=made.issuer_id,
            valid_from=made.span.first,
            valid_to=made.span.last,
            created_at=at,
            created_by=who,
        )
    )
    told = {"body": made.body, "number": made.number}
    listing.note(session, "approval-listing", made, told, at=at, who=who)
    return made


def end_approval(
    session: Session,
    registry_id: str,
    listing_id: str,
    ending: listing.Ending,
    *,
    at: datetime,
    who: str,
) -> ApprovalListing:
    """End or strike a listing. Raises ``NotFound``, ``Invalid`` and ``ListingEnded``."""
    registrants.hold(session, registry_id)
    before = get_approval(session, registry_id, listing_id)
    values = listing.ended(before, ending, at=at, who=who)
    session.execute(
        update(ApprovalListingRow).where(ApprovalListingRow.id == listing_id).values(**values)
    )
    listing.note_ending(session, f"approval-listing:{listing_id}", before, ending, at=at, who=who)
    return get_approval(session, registry_id, listing_id)


def get_approval(session: Session, registry_id: str, listing_id: str) -> ApprovalListing:
    """Raises ``NotFound``, also for another registry's."""
    query = select(*_APPROVAL).where(
        ApprovalListingRow.id == listing_id, ApprovalListingRow.registry_id == registry_id
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such listing.")
    return _approval(row)


def page_approvals(
    session: Session,
    registry_id: str,
    *,
    text: str = "",
    on: date | None = None,
    cursor: str | None,
    limit: int,
) -> Slice[ApprovalListing]:
    """The approvals a registry lists, in the order in which they were listed."""
    query = select(*_APPROVAL).where(ApprovalListingRow.registry_id == registry_id)
    if text.strip():
        columns = (ApprovalListingRow.body, ApprovalListingRow.number, ApprovalListingRow.title)
        query = query.where(listing.holding_text(text, *columns))
    if on is not None:
        query = query.where(*listing.holding_on(ApprovalListingRow, on))
    rows = listing.page(session, query, ApprovalListingRow.id, cursor, limit)
    found = list(map(_approval, rows[:limit]))
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def approvals(
    session: Session,
    registry_id: str,
    claimed: Sequence[tuple[str, str]],
    *,
    issuer_id: str | None = None,
) -> tuple[Approval, ...]:
    """Those of the approvals that a record claims, as body and number, which the registry lists.

    With the registry's days, never the record's. ``issuer_id`` is who claims them: an approval that
    was given to one issuer is of no use to another.
    """
    wanted = {(_one_line(body), _one_line(number)) for body, number in claimed[:_MOST_CLAIMED]}
    found = _approvals_of(session, registry_id, sorted({number for _, number in wanted}))
    return tuple(
        Approval(one.body, one.number, one.span)
        for one in found
        if (one.body, one.number) in wanted and one.issuer_id in {None, issuer_id}
    )


def _approvals_of(
    session: Session, registry_id: str, numbers: Sequence[str]
) -> Sequence[ApprovalListing]:
    if not numbers:
        return []
    rows = session.execute(
        select(*_APPROVAL)
        .where(
            ApprovalListingRow.registry_id == registry_id,
            ApprovalListingRow.number.in_(numbers),
            ApprovalListingRow.struck.is_(False),
        )
        .order_by(ApprovalListingRow.id)
    )
    return list(map(_approval, rows))


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _approval(row: Row[*tuple[Any, ...]]) -> ApprovalListing:
    listing_id, registry_id, body, number, title, issuer_id, first, last, *rest = row
    span = Span(first, last)
    return ApprovalListing(listing_id, registry_id, body, number, title, issuer_id, span, *rest)
