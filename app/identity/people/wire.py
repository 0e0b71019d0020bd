"""How members and invitations look to programs."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.identity.model import Kind, Organisation, Role
from app.identity.people.model import Invitation, Member


class OrganisationOut(BaseModel):
    """A body that acts through this node."""

    id: str
    kind: Kind
    name: str

    @classmethod
    def of(cls, one: Organisation) -> "OrganisationOut":
        """What is told of it."""
        return cls(id=one.id, kind=one.kind, name=one.name)


class MemberOut(BaseModel):
    """A person's standing in the organisation."""

    person: str = Field(description="The person's id on this node.")
    name: str = Field(description="As the person writes it; may be empty.")
    email: str = Field(description="The person's primary address; may be empty.")
    roles: list[Role]
    since: datetime

    @classmethod
    def of(cls, one: Member) -> "MemberOut":
        """What is told of a member."""
        return cls(
            person=one.person_id,
            name=one.name,
            email=one.email,
            roles=sorted(one.roles),
            since=one.since,
        )


class MemberPage(BaseModel):
    """Some of the members, in the order of their ids."""

    items: list[MemberOut]
    next_cursor: str | None


class RolesIn(BaseModel):
    """All roles that the member is to have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: list[Role] = Field(min_length=1, max_length=len(Role), examples=[["editor"]])


class InvitationIn(BaseModel):
    """Whom to invite, to what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(max_length=254, examples=["ada@example.org"])
    roles: list[Role] = Field(min_length=1, max_length=len(Role), examples=[["editor"]])
    note: str = Field("", max_length=2000, description="A few lines for the mail.")


class InvitationOut(BaseModel):
    """An invitation that waits for an answer. Its secret is in the mail alone."""

    id: str
    email: str
    roles: list[Role]
    note: str
    invited_by: str
    created_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, one: Invitation) -> "InvitationOut":
        """What is told of an invitation."""
        return cls(
            id=one.id,
            email=one.email,
            roles=sorted(one.roles),
            note=one.note,
            invited_by=one.invited_by,
            created_at=one.created_at,
            ends_at=one.ends_at,
        )


class InvitationPage(BaseModel):
    """Some of the invitations that wait for an answer, the oldest first."""

    items: list[InvitationOut]
    next_cursor: str | None
