"""Use cases: an organisation invites somebody by e-mail, and that person becomes a member.

The mail holds 256 random bits, of which only the hash is kept. They open the invitation for
``LASTS``, until it is accepted once, or withdrawn, or sent again with others. They do not suffice
to accept it: the address it was sent to must belong to the account that accepts. Invitations are
forwarded, and left lying about for two weeks; whoever came to such a mail would otherwise take the
place of the one who was meant. For the same reason accepting never adds the address to an account.
An address is added, or signed in with, by a mail that is asked for at that moment.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Actor, Organisation, Role
from app.identity.people import invitation_store as invited
from app.identity.people import rules, service, store
from app.identity.people.managing import hold, refuse_beyond
from app.identity.people.model import Invitation, NewInvitation
from app.identity.service import get_organisation
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, DomainError, NotFound

LASTS = timedelta(days=14)
MOST_PENDING = 200
REMEMBERED = timedelta(days=30)
"""How long an invitation that is over stays in the table, with the address in it."""


class NoInvitation(NotFound):
    """No invitation has this secret, or it is over: the answer is the same."""

    code = "no-invitation"

    def __init__(self) -> None:
        super().__init__(
            "This invitation cannot be accepted. It was used or withdrawn, or it has ended, or "
            "its address was cut short. Ask the organisation for a new one."
        )


class OtherAddress(DomainError):
    """The invitation was sent to an address that is not the account's."""

    code = "other-address"
    status = 403

    def __init__(self, email: str) -> None:
        super().__init__(
            f"This invitation was sent to {rules.masked(email)}, which is not an address of the "
            "account that you are signed in to. Sign in with that address, or add it to your "
            "account, and open the invitation again."
        )


class InvitedAlready(Conflict):
    """There is an invitation to this address that can still be accepted."""

    code = "invited-already"


class TooManyInvitations(Conflict):
    """The organisation waits for as many answers as it may."""

    code = "too-many-invitations"


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody sees who has an invitation's secret."""

    invitation: Invitation
    organisation: Organisation
    inviter: str
    """The name of the person who invites; empty for a program, and for who gave none."""


def invite(session: Session, actor: Actor, new: NewInvitation, *, at: datetime) -> Invitation:
    """Make an invitation and its secret, which is kept nowhere.

    Raises ``Forbidden``, ``Invalid`` naming the bad field, ``InvitedAlready`` and
    ``TooManyInvitations``.
    """
    email, roles, note = rules.email(new.email), rules.roles(new.roles), rules.note(new.note)
    refuse_beyond(actor, roles, hold(session, actor))
    return _make(session, actor.organisation_id, email, roles, note, at=at, who=actor.who)


def invite_owner(
    session: Session, organisation_id: str, email: str, *, at: datetime, who: str
) -> Invitation:
    """Invite the first owner of an organisation that nobody owns, as the operator of the node.

    Where there are owners it is theirs to invite. Raises ``NotFound``, ``Conflict``, ``Invalid``.
    """
    address = rules.email(email)
    if store.lock_organisation(session, organisation_id) is None:
        raise NotFound(f"There is no organisation {organisation_id}.")
    if store.owners(session, organisation_id):
        raise Conflict("This organisation has owners: they invite whom they want.")
    return _make(session, organisation_id, address, frozenset({Role.OWNER}), "", at=at, who=who)


def _make(
    session: Session,
    organisation_id: str,
    email: str,
    roles: frozenset[Role],
    note: str,
    *,
    at: datetime,
    who: str,
) -> Invitation:
    """The caller holds the organisation."""
    invited.forget(session, organisation_id, before=at - REMEMBERED)
    if invited.pending(session, organisation_id, at=at, email=email, limit=1):
        raise InvitedAlready("This address is invited already; send that invitation again.")
    if invited.count_pending(session, organisation_id, at=at) >= MOST_PENDING:
        raise TooManyInvitations(f"{MOST_PENDING} invitations wait for an answer; withdraw some.")
    made = Invitation(
        new_id(), organisation_id, email, roles, note, who, at, at + LASTS,
        secret=secrets.token_urlsafe(32),
    )  # fmt: skip
    invited.insert_invitation(session, made, secret_hash=_hash(made.secret))
    _note(session, made, "invitation.make", at=at, who=who)
    return made


def list_pending(
    session: Session, organisation_id: str, *, at: datetime, cursor: str | None, limit: int
) -> Slice[Invitation]:
    """A page of the invitations that wait for an answer, the oldest first."""
    after = "" if cursor is None else decode_cursor(cursor)
    found = invited.pending(session, organisation_id, at=at, after=after, limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if more else None)


def get_pending(
    session: Session, organisation_id: str, invitation_id: str, *, at: datetime
) -> Invitation:
    """One that waits for an answer. Raises ``NotFound``."""
    found = invited.find(session, organisation_id, invitation_id)
    if found is None or not found.holds(at=at):
        raise NotFound("No such invitation waits for an answer.")
    return found


def send_again(session: Session, actor: Actor, invitation_id: str, *, at: datetime) -> Invitation:
    """Give an invitation a new secret and its full time; the mail before opens nothing any more.

    Raises ``NotFound`` and ``Forbidden``. From now on it is the actor who invites.
    """
    organisation = hold(session, actor)
    before = get_pending(session, actor.organisation_id, invitation_id, at=at)
    refuse_beyond(actor, before.roles, organisation)
    made = replace(
        before, invited_by=actor.who, ends_at=at + LASTS, secret=secrets.token_urlsafe(32)
    )
    invited.renew(
        session,
        made.id,
        secret_hash=_hash(made.secret),
        invited_by=made.invited_by,
        ends_at=made.ends_at,
    )
    _note(session, made, "invitation.send-again", at=at, who=actor.who)
    return made


def withdraw(session: Session, actor: Actor, invitation_id: str, *, at: datetime) -> None:
    """End an invitation that nobody accepted yet. Raises ``NotFound`` and ``Forbidden``."""
    hold(session, actor)
    found = get_pending(session, actor.organisation_id, invitation_id, at=at)
    invited.mark_withdrawn(session, actor.organisation_id, at=at, only=found.id)
    _note(session, found, "invitation.withdraw", at=at, who=actor.who)


def open_invitation(session: Session, secret: str, *, at: datetime) -> Opened:
    """What the invitation with this secret offers. Raises ``NoInvitation``."""
    found = invited.find_by_secret(session, _hash(secret))
    if found is None or not found.holds(at=at):
        raise NoInvitation
    kind, _, person_id = found.invited_by.partition(":")
    inviter = store.find_person(session, person_id) if kind == "person" else None
    organisation = get_organisation(session, found.organisation_id)
    return Opened(found, organisation, inviter.name if inviter else "")


def is_for(session: Session, invitation: Invitation, person_id: str) -> bool:
    """Whether the address that was invited belongs to this account."""
    return invitation.email in {one.email for one in store.emails(session, person_id)}


def accept(session: Session, secret: str, person_id: str, *, at: datetime) -> Organisation:
    """Make the person a member; one who is a member already gains roles and loses none.

    Raises ``NoInvitation``, also for whoever comes second, and ``OtherAddress``.
    """
    opened = open_invitation(session, secret, at=at)
    invitation, organisation = opened.invitation, opened.organisation
    if not is_for(session, invitation, person_id):
        raise OtherAddress(invitation.email)
    # The locks come first, in the order that everybody takes them: who removes the inviter at this
    # moment, or ends this account, is before us or after us.
    store.lock_organisation(session, organisation.id)
    store.lock_person(session, person_id)
    if not invited.mark_accepted(session, invitation.id, at=at):
        raise NoInvitation
    who = f"person:{person_id}"
    member = store.find_member(session, organisation.id, person_id)
    held = member.roles if member else frozenset()
    _note(session, invitation, "invitation.accept", at=at, who=who)
    service.set_roles(session, organisation.id, person_id, held | invitation.roles, at=at, who=who)
    return organisation


def _note(session: Session, invitation: Invitation, action: str, *, at: datetime, who: str) -> None:
    """Without the address: the trail is for ever, and the invited may never come."""
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"organisation:{invitation.organisation_id}",
        at=at,
        after={"invitation": invitation.id, "roles": sorted(invitation.roles)},
    )


def _hash(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
