"""What a registry says of issuers and of activities: for days, ended or struck, never deleted."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.problems import Invalid, NotFound
from app.recognition.deciding.model import Approval
from app.recognition.policies.model import Span
from app.recognition.register import listing, service
from app.recognition.register.listing import Ending
from app.recognition.register.model import (
    ApprovalListing,
    IssuerListing,
    NewApprovalListing,
    NewIssuerListing,
)
from tests.conftest import NOW
from tests.simulator.registries import WHO

CSE = "did:web:cse.example"
DAY = date(2026, 6, 1)


def listed(
    session: Session, registry: str, *, tag: str = "listed", first: str = "", last: str = ""
) -> IssuerListing:
    new = NewIssuerListing(CSE, tag, first, last)
    return service.add_issuer(session, registry, new, at=NOW, who=WHO)


def approved(session: Session, registry: str, number: str = "17", **how: str) -> ApprovalListing:
    new = NewApprovalListing("PEC", number, **how)
    return service.add_approval(session, registry, new, at=NOW, who=WHO)


def test_tags_hold_on_their_days_and_for_their_registry(
    session: Session, pec: str, ebk: str
) -> None:
    listed(session, pec, first="2026-01-01", last="2026-12-31")
    listed(session, pec, tag="foreign_issuer")
    tags = {
        day: service.issuer_tags(session, pec, CSE, on=date.fromisoformat(day))
        for day in ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    }
    assert tags == {
        "2025-12-31": ("foreign_issuer",),
        "2026-01-01": ("foreign_issuer", "listed"),
        "2026-12-31": ("foreign_issuer", "listed"),
        "2027-01-01": ("foreign_issuer",),
    }
    assert service.issuer_tags(session, ebk, CSE, on=DAY) == ()
    assert service.issuer_tags(session, pec, "did:web:other.example", on=DAY) == ()


def test_standing_is_the_days_around_the_completion(session: Session, pec: str) -> None:
    def standing(day: str) -> Span | None:
        return service.issuer_standing(session, pec, CSE, on=date.fromisoformat(day))

    assert standing("2026-06-01") is None
    listed(session, pec, first="2024-01-01", last="2024-12-31")
    listed(session, pec, tag="another", first="2025-01-01", last="2025-06-30")
    listed(session, pec, first="2026-01-01")
    joined = Span(date(2024, 1, 1), date(2025, 6, 30))
    assert standing("2024-12-31") == standing("2025-01-01") == joined
    assert standing("2025-09-01") == joined, "lapsed: the last span before it"
    assert standing("2023-01-01") == joined, "not yet: the first span after it"
    assert standing("2030-01-01") == Span(date(2026, 1, 1), None)


def test_a_listing_ends_within_its_days_and_once(session: Session, pec: str, ebk: str) -> None:
    made = listed(session, pec, first="2026-01-01", last="2026-12-31")
    for on in (date(2025, 12, 31), date(2027, 1, 1)):
        ending = Ending(on, "It left.")
        with pytest.raises(Invalid):
            service.end_issuer(session, pec, made.id, ending, at=NOW, who=WHO)
    with pytest.raises(NotFound):
        service.end_issuer(session, ebk, made.id, Ending(DAY, "It left."), at=NOW, who=WHO)
    with pytest.raises(Invalid):
        service.end_issuer(session, pec, made.id, Ending(DAY, " "), at=NOW, who=WHO)
    ended = service.end_issuer(session, pec, made.id, Ending(DAY, "It left."), at=NOW, who=WHO)
    assert ended.span.last == DAY
    assert service.issuer_tags(session, pec, CSE, on=DAY) == ("listed",)
    assert service.issuer_tags(session, pec, CSE, on=DAY + timedelta(days=1)) == ()
    with pytest.raises(listing.ListingEnded):
        service.end_issuer(session, pec, made.id, Ending(DAY, "Again."), at=NOW, who=WHO)
    trail = audit.trail(session, f"issuer-listing:{made.id}")
    assert [one.action for one in trail] == ["issuer-listing.add", "issuer-listing.end"]
    assert trail[1].before == {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}


def test_what_was_struck_never_held_and_is_still_told(session: Session, pec: str) -> None:
    made = listed(session, pec)
    service.end_issuer(session, pec, made.id, Ending(DAY, "It left."), at=NOW, who=WHO)
    struck = service.end_issuer(session, pec, made.id, Ending(None, "Wrong."), at=NOW, who=WHO)
    assert (struck.struck, struck.reason) == (True, "Wrong.")
    assert service.issuer_tags(session, pec, CSE, on=DAY) == ()
    assert service.issuer_standing(session, pec, CSE, on=DAY) is None
    assert service.issuer_listings(session, pec, CSE) == [struck]
    with pytest.raises(listing.ListingEnded):
        service.end_issuer(session, pec, made.id, Ending(None, "Again."), at=NOW, who=WHO)
    listed(session, pec)


def test_the_same_is_not_listed_twice_for_a_day(session: Session, pec: str) -> None:
    listed(session, pec, first="2026-01-01", last="2026-06-30")
    for first, last in [("", ""), ("2026-06-30", ""), ("", "2026-01-01")]:
        with pytest.raises(listing.ListedAlready):
            listed(session, pec, first=first, last=last)
    listed(session, pec, first="2026-07-01")
    listed(session, pec, tag="another")
    approved(session, pec, "17", valid_to="2026-06-30")
    with pytest.raises(listing.ListedAlready):
        approved(session, pec, "17")
    approved(session, pec, "17", valid_from="2026-07-01")


@pytest.mark.parametrize(
    "new",
    [
        NewIssuerListing("https://cse.example", "listed"),
        NewIssuerListing("did:web:" + "a" * 400, "listed"),
        NewIssuerListing(CSE, ""),
        NewIssuerListing(CSE, "=cmd()"),
        NewIssuerListing(CSE, "listed", "soon"),
        NewIssuerListing(CSE, "listed", "2026-12-31", "2026-01-01"),
        NewIssuerListing(CSE, "listed", note="x" * 501),
        NewIssuerListing(CSE, "listed", note="@evil"),
    ],
)
def test_what_cannot_be_listed_is_refused(
    session: Session, pec: str, new: NewIssuerListing
) -> None:
    with pytest.raises(Invalid) as refused:
        service.add_issuer(session, pec, new, at=NOW, who=WHO)
    assert refused.value.fields


def test_lists_are_searched_and_read_page_by_page(session: Session, pec: str, ebk: str) -> None:
    made = [listed(session, pec, tag=tag) for tag in ("one", "two", "three")]
    listed(session, ebk, tag="theirs")
    first = service.page_issuers(session, pec, cursor=None, limit=2)
    rest = service.page_issuers(session, pec, cursor=first.next_cursor, limit=2)
    assert [*first.items, *rest.items] == made
    found = service.page_issuers(session, pec, text="TWO", cursor=None, limit=9)
    assert list(found.items) == [made[1]]
    ending = Ending(DAY, "It left.")
    service.end_issuer(session, pec, made[0].id, ending, at=NOW, who=WHO)
    service.end_issuer(session, pec, made[1].id, Ending(None, "Wrong."), at=NOW, who=WHO)
    held = service.page_issuers(
        session, pec, on=DAY + timedelta(days=1), cursor=None, limit=9
    ).items
    assert [one.tag for one in held] == ["three"]


def test_a_claimed_approval_counts_as_the_registry_lists_it(
    session: Session, pec: str, ebk: str
) -> None:
    approved(session, pec, "17", valid_from="2026-01-01", valid_to="2026-12-31", title="Bridges")
    approved(session, pec, "18", issuer_id=CSE)
    struck = approved(session, pec, "19")
    service.end_approval(session, pec, struck.id, Ending(None, "Wrong."), at=NOW, who=WHO)
    claimed = [("PEC", " 17 "), ("EBK", "17"), ("PEC", "18"), ("PEC", "19"), ("PEC", "20")]
    span = Span(date(2026, 1, 1), date(2026, 12, 31))
    assert service.approvals(session, pec, claimed) == (Approval("PEC", "17", span),)
    with_issuer = service.approvals(session, pec, claimed, issuer_id=CSE)
    assert [one.number for one in with_issuer] == ["17", "18"]
    stranger = service.approvals(session, pec, claimed, issuer_id="did:web:other.example")
    assert [one.number for one in stranger] == ["17"]
    assert service.approvals(session, ebk, claimed) == ()
    assert service.approvals(session, pec, []) == ()
    found = service.page_approvals(session, pec, text="bridges", cursor=None, limit=9)
    assert [one.number for one in found.items] == ["17"]
