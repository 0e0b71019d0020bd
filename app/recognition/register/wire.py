"""How the register looks over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from app.recognition.register.entering import LONGEST_REASON
from app.recognition.register.model import (
    ApprovalListing,
    HolderBinding,
    Imported,
    IssuerListing,
    NewApprovalListing,
    NewIssuerListing,
    NewRegistrant,
    Registrant,
    Waiting,
)

_LONGEST = 1000
_DID = "did:web:node.example:societies:cse"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RegistrantIn(_In):
    """A registrant as the registry knows him or her."""

    number: str = Field(max_length=_LONGEST, description="Unique in the registry.")
    name: str = Field(max_length=_LONGEST)
    language: str | None = Field(None, max_length=_LONGEST, description="To write in (BCP 47).")
    registered_on: date | None = None
    ended_on: date | None = Field(None, description="The last day; nothing while it lasts.")

    def entered(self) -> NewRegistrant:
        """As it is entered."""
        return NewRegistrant(
            self.number,
            self.name,
            self.language or "",
            str(self.registered_on or ""),
            str(self.ended_on or ""),
        )


class RegistrantOut(BaseModel):
    """A registrant of the registry."""

    id: str
    number: str
    name: str
    language: str | None
    registered_on: date | None
    ended_on: date | None
    person: str | None = Field(description="The person of this node who was confirmed to be it.")
    created_at: datetime

    @classmethod
    def of(cls, one: Registrant) -> "RegistrantOut":
        """What is told of a registrant."""
        return cls(
            id=one.id,
            number=one.number,
            name=one.name,
            language=one.language,
            registered_on=one.registered_on,
            ended_on=one.ended_on,
            person=one.person_id,
            created_at=one.created_at,
        )


class RegistrantPage(BaseModel):
    """Some of the registrants, in the order of their numbers."""

    items: list[RegistrantOut]
    next_cursor: str | None


class EndingIn(_In):
    """With which day something ends, and why."""

    on: date = Field(description="The last day.")
    reason: str = Field(max_length=_LONGEST, examples=["Left the profession."])


class ReasonIn(_In):
    """Why something is taken back."""

    reason: str = Field(max_length=_LONGEST, description=f"Up to {LONGEST_REASON} characters.")


class HolderIn(_In):
    """Which holder of records is the registrant."""

    holder_id: str = Field(
        max_length=_LONGEST, examples=["urn:uuid:0190d5a8-0000-7000-8000-000000000001"]
    )


class HolderOut(BaseModel):
    """That a holder of records is a registrant, who found so, and whether it still holds."""

    id: str
    registrant: str
    holder_id: str
    bound_at: datetime
    bound_by: str
    undone_at: datetime | None
    undone_by: str | None
    reason: str | None

    @classmethod
    def of(cls, one: HolderBinding) -> "HolderOut":
        """What is told of a binding."""
        return cls(
            id=one.id,
            registrant=one.registrant_id,
            holder_id=one.holder_id,
            bound_at=one.bound_at,
            bound_by=one.bound_by,
            undone_at=one.undone_at,
            undone_by=one.undone_by,
            reason=one.reason,
        )


class HolderList(BaseModel):
    """Every holder that a registrant is or was."""

    items: list[HolderOut]


class NumberTypes(_In):
    """The types of identifiers that the registry takes for its own numbers."""

    types: list[str] = Field(max_length=50, examples=[["ext:RegisterNumber"]])


class NumberTypesOut(BaseModel):
    """The types by which records may name registrants of this registry."""

    own: str = Field(description="Always taken; it is this registry's and no other's.")
    types: list[str] = Field(description="Taken beside it.")


class WaitingOut(BaseModel):
    """A person who states to be registered, beside who has that number in the register."""

    id: str
    person: str
    person_name: str = Field(description="As the person writes it; no proof of anything.")
    number: str
    since: date | None
    until: date | None
    registrant: RegistrantOut | None

    @classmethod
    def of(cls, one: Waiting) -> "WaitingOut":
        """What is told of it."""
        return cls(
            id=one.registration_id,
            person=one.person_id,
            person_name=one.person_name,
            number=one.number,
            since=one.since,
            until=one.until,
            registrant=RegistrantOut.of(one.registrant) if one.registrant else None,
        )


class WaitingPage(BaseModel):
    """What waits for the registry's answer, the oldest first."""

    items: list[WaitingOut]
    next_cursor: str | None


class IssuerListingIn(_In):
    """What the registry says of an issuer."""

    issuer_id: str = Field(max_length=_LONGEST, examples=[_DID])
    tag: str = Field(max_length=_LONGEST, examples=["cse-listed-society"])
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = Field("", max_length=_LONGEST)

    def entered(self) -> NewIssuerListing:
        """As it is entered."""
        days = (str(self.valid_from or ""), str(self.valid_to or ""))
        return NewIssuerListing(self.issuer_id, self.tag, *days, self.note)


class _ListingOut(BaseModel):
    id: str
    valid_from: date | None
    valid_to: date | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    ended_by: str | None
    struck: bool = Field(description="It was a mistake and never held.")
    reason: str | None


class IssuerListingOut(_ListingOut):
    """What the registry says, or said, of an issuer."""

    issuer_id: str
    tag: str
    source: str = Field(description="`own`, or the id of the agreement that it follows from.")
    note: str

    @classmethod
    def of(cls, one: IssuerListing) -> "IssuerListingOut":
        """What is told of a listing."""
        return cls(
            **_ending(one),
            issuer_id=one.issuer_id,
            tag=one.tag,
            source=one.source,
            note=one.note,
        )


class IssuerListingPage(BaseModel):
    """Some of the listings, in the order in which they were made."""

    items: list[IssuerListingOut]
    next_cursor: str | None


class ApprovalListingIn(_In):
    """An approval of an activity."""

    body: str = Field(max_length=_LONGEST, examples=["PEC"])
    number: str = Field(max_length=_LONGEST, examples=["CPD-2026-17"])
    title: str = Field("", max_length=_LONGEST)
    issuer_id: str | None = Field(
        None, max_length=_LONGEST, description="The only issuer whose records may claim it."
    )
    valid_from: date | None = None
    valid_to: date | None = None

    def entered(self) -> NewApprovalListing:
        """As it is entered."""
        days = (str(self.valid_from or ""), str(self.valid_to or ""))
        return NewApprovalListing(self.body, self.number, self.title, self.issuer_id or "", *days)


class ApprovalListingOut(_ListingOut):
    """An approval that the registry lists, or listed."""

    body: str
    number: str
    title: str
    issuer_id: str | None

    @classmethod
    def of(cls, one: ApprovalListing) -> "ApprovalListingOut":
        """What is told of a listing."""
        return cls(
            **_ending(one),
            body=one.body,
            number=one.number,
            title=one.title,
            issuer_id=one.issuer_id,
        )


class ApprovalListingPage(BaseModel):
    """Some of the approvals, in the order in which they were listed."""

    items: list[ApprovalListingOut]
    next_cursor: str | None


class FaultOut(BaseModel):
    """What is wrong with one cell, and what mends it."""

    row: int
    column: str = Field(description="Empty where the whole row is meant.")
    code: str
    value: str
    mend: str


class ImportedOut(BaseModel):
    """What became of a file: each row is in one of the four counts."""

    rows: int
    added: int
    changed: int
    unchanged: int
    faulty: int
    faults: list[FaultOut]
    more_faults: int = Field(description="How many more faults there are than are told.")
    dry_run: bool

    @classmethod
    def of(cls, one: Imported, *, dry_run: bool) -> "ImportedOut":
        """What is told of it."""
        return cls(
            rows=one.rows,
            added=one.added,
            changed=one.changed,
            unchanged=one.unchanged,
            faulty=one.faulty,
            faults=_faults(one),
            more_faults=one.more_faults,
            dry_run=dry_run,
        )


def _faults(one: Imported) -> list[FaultOut]:
    found: Sequence[FaultOut] = [FaultOut(**asdict(each)) for each in one.faults]
    return list(found)


def _ending(one: IssuerListing | ApprovalListing) -> dict[str, object]:
    return {
        "id": one.id,
        "valid_from": one.span.first,
        "valid_to": one.span.last,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
        "struck": one.struck,
        "reason": one.reason,
    }
