"""Use cases: the issuers that a registry knows, each with a tag and its days.

The tags are the words of the registry's policies (``issuers.accept_tags`` and its like). What holds
in common of all listings is in ``listing``.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.platform.ids import new_id
from app.platform.paging import Slice, encode_cursor
from app.platform.problems import NotFound
from app.recognition.policies.model import Span
from app.recognition.register import listing, registrants
from app.recognition.register.entering import Form
from app.recognition.register.model import IssuerListing, NewIssuerListing
from app.recognition.register.tables import IssuerListingRow

OWN = "own"
"""The source of what a registry lists by itself; else the id of the agreement."""
LONGEST_NOTE = 500
_ISSUER = (
    IssuerListingRow.id,
    IssuerListingRow.registry_id,
    IssuerListingRow.issuer_id,
    IssuerListingRow.tag,
    IssuerListingRow.valid_from,
    IssuerListingRow.valid_to,
    IssuerListingRow.source,
    IssuerListingRow.note,
    IssuerListingRow.created_at,
    IssuerListingRow.created_by,
    IssuerListingRow.ended_at,
    IssuerListingRow.ended_by,
    IssuerListingRow.struck,
    IssuerListingRow.reason,
)
_LISTINGS_OF = (
    select(*_ISSUER)
    .where(
        IssuerListingRow.registry_id.in_(bindparam("registries", expanding=True)),
        IssuerListingRow.issuer_id.in_(bindparam("issuers", expanding=True)),
    )
    .order_by(IssuerListingRow.id)
)
"""Built once: it is asked with every search that counts."""


def add_issuer(
    session: Session,
    registry_id: str,
    new: NewIssuerListing,
    *,
    at: datetime,
    who: str,
    source: str = OWN,
) -> IssuerListing:
    """List an issuer. Raises ``NotARegistry``, ``Invalid`` and ``ListedAlready``."""
    registrants.hold(session, registry_id)
    form = Form()
    made = IssuerListing(
        id=new_id(),
        registry_id=registry_id,
        issuer_id=form.issuer(new.issuer_id),
        tag=form.tag(new.tag),
        span=form.span(new.valid_from, new.valid_to),
        source=source,
        note=form.line("note", new.note, longest=LONGEST_NOTE),
        created_at=at,
        created_by=who,
    )
    form.close("The issuer cannot be listed like this.")
    for other in issuer_listings(session, registry_id, made.issuer_id):
        same = (other.tag, other.source) == (made.tag, made.source)
        if same and not other.struck and listing.meet(other.span, made.span):
            raise listing.ListedAlready(f"It has the tag {made.tag} on some of these days already.")
    session.execute(
        insert(IssuerListingRow).values(
            id=made.id,
            registry_id=registry_id,
            issuer_id=made.issuer_id,
            tag=made.tag,
            valid_from=made.span.first,
            valid_to=made.span.last,
            source=source,
            note=made.note,
            created_at=at,
            created_by=who,
        )
    )
    told = {"issuer": made.issuer_id, "tag": made.tag, "source": source}
    listing.note(session, "issuer-listing", made, told, at=at, who=who)
    return made


def end_issuer(
    session: Session,
    registry_id: str,
    listing_id: str,
    ending: listing.Ending,
    *,
    at: datetime,
    who: str,
) -> IssuerListing:
    """End or strike a listing. Raises ``NotFound``, ``Invalid`` and ``ListingEnded``."""
    registrants.hold(session, registry_id)
    before = get_issuer(session, registry_id, listing_id)
    values = listing.ended(before, ending, at=at, who=who)
    session.execute(
        update(IssuerListingRow).where(IssuerListingRow.id == listing_id).values(**values)
    )
    listing.note_ending(session, f"issuer-listing:{listing_id}", before, ending, at=at, who=who)
    return get_issuer(session, registry_id, listing_id)


def get_issuer(session: Session, registry_id: str, listing_id: str) -> IssuerListing:
    """Raises ``NotFound``, also for another registry's."""
    query = select(*_ISSUER).where(
        IssuerListingRow.id == listing_id, IssuerListingRow.registry_id == registry_id
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such listing.")
    return _issuer(row)


def issuer_listings(session: Session, registry_id: str, issuer_id: str) -> Sequence[IssuerListing]:
    """Everything that a registry says, and said, of one issuer."""
    rows = session.execute(
        select(*_ISSUER)
        .where(IssuerListingRow.registry_id == registry_id, IssuerListingRow.issuer_id == issuer_id)
        .order_by(IssuerListingRow.id)
    )
    return list(map(_issuer, rows))


def page_issuers(
    session: Session,
    registry_id: str,
    *,
    text: str = "",
    on: date | None = None,
    cursor: str | None,
    limit: int,
) -> Slice[IssuerListing]:
    """What a registry lists, in the order in which it was listed.

    Those with ``text`` in issuer, tag or note; those that hold ``on`` a day.
    """
    query = select(*_ISSUER).where(IssuerListingRow.registry_id == registry_id)
    if text.strip():
        columns = (IssuerListingRow.issuer_id, IssuerListingRow.tag, IssuerListingRow.note)
        query = query.where(listing.holding_text(text, *columns))
    if on is not None:
        query = query.where(*listing.holding_on(IssuerListingRow, on))
    rows = listing.page(session, query, IssuerListingRow.id, cursor, limit)
    found = list(map(_issuer, rows[:limit]))
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def listings_of(
    session: Session, registry_ids: Collection[str], issuer_ids: Collection[str]
) -> Sequence[IssuerListing]:
    """Everything that several registries say of several issuers, read at once."""
    asked = {"registries": list(registry_ids), "issuers": list(issuer_ids)}
    return list(map(_issuer, session.connection().execute(_LISTINGS_OF, asked)))


def issuer_tags(
    session: Session, registry_id: str, issuer_did: str, *, on: date
) -> tuple[str, ...]:
    """What the registry says of an issuer as on that day."""
    return tags_on(issuer_listings(session, registry_id, issuer_did), on)


def tags_on(found: Sequence[IssuerListing], on: date) -> tuple[str, ...]:
    """The tags among listings of one issuer that hold on that day."""
    return tuple(sorted({one.tag for one in found if not one.struck and one.span.holds(on)}))


def issuer_standing(
    session: Session, registry_id: str, issuer_did: str, *, on: date
) -> Span | None:
    """The days around ``on`` for which the registry lists the issuer, whatever the tag."""
    return standing_on(issuer_listings(session, registry_id, issuer_did), on)


def standing_on(found: Sequence[IssuerListing], on: date) -> Span | None:
    """The days around ``on`` for which one issuer is listed, whatever the tag.

    Days of several listings that follow each other are one span. Where none holds on that day, the
    span that ended last before it, else the first that begins after it; ``None`` for an issuer that
    was never listed.
    """
    spans = listing.joined([one.span for one in found if not one.struck])
    holding = [span for span in spans if span.holds(on)]
    past = [span for span in spans if span.last is not None and span.last < on]
    return next(iter([*holding, *reversed(past), *spans]), None)


def _issuer(row: Row[*tuple[Any, ...]]) -> IssuerListing:
    listing_id, registry_id, issuer_id, tag, first, last, *rest = row
    return IssuerListing(listing_id, registry_id, issuer_id, tag, Span(first, last), *rest)
