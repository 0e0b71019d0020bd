"""The mails about memberships and accounts: what they say, and how they leave.

A mail leaves after the answer to whoever caused it, so its failure can be told to nobody there; it
is logged, and whatever was mailed can be asked for again. Texts that come from people stand in
lines of their own.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.identity.people import store
from app.identity.people.model import Invitation
from app.identity.service import get_organisation
from app.platform.limits import RateLimits
from app.platform.mail import Mailer, Message, deliver

PER_ORGANISATION = "60/hour"
PER_MAILBOX = "5/day"


def invitation(
    made: Invitation, *, organisation: str, inviter: str, public_url: str, node_name: str
) -> Message:
    """The mail that brings an invitation's secret to whom it is for."""
    by = f"{inviter} invites you" if inviter else "You are invited"
    lines = [
        f"{by} to work for this organisation on {node_name}:",
        "",
        f"    {_line(organisation)}",
        f"    as {', '.join(sorted(made.roles))}",
        "",
    ]
    if made.note:
        lines += [*(f"> {line}" for line in made.note.split("\n")), ""]
    lines += [
        "See the invitation and accept it here:",
        "",
        f"{public_url}/invitations/{made.secret}",
        "",
        f"It can be accepted once, until {made.ends_at:%d %B %Y, %H:%M} UTC, by the account that",
        f"this address belongs to: {made.email}",
        "If you know nothing of it, do nothing: nothing happens without you.",
    ]
    return Message(made.email, _line(f"Invitation to {organisation}"), "\n".join(lines) + "\n")


def farewell(to: str, *, node_name: str) -> Message:
    """The last mail to somebody whose account is gone."""
    text = (
        f"Your account on {node_name} was deleted, as you asked, with everything it held.\n\n"
        "Records that societies issued about you are theirs and stay valid; keep your copies.\n"
        "If it was not you who asked, tell the operator of this node at once.\n"
    )
    return Message(to, _line(f"Your account on {node_name} was deleted"), text)


@dataclass(frozen=True, slots=True)
class Post:
    """What is needed to mail somebody about a membership or an account."""

    mailer: Mailer
    limits: RateLimits
    public_url: str
    node_name: str

    def invitation(self, session: Session, made: Invitation) -> Message:
        """The mail of an invitation that was just made. Raises ``TooManyRequests``.

        An organisation can neither flood the mail server nor one person's mailbox.
        """
        self.limits.take("invitations", made.organisation_id, rate=PER_ORGANISATION)
        mailbox = f"{made.organisation_id} {made.email}"
        self.limits.take("invitations to one", mailbox, rate=PER_MAILBOX)
        kind, _, person_id = made.invited_by.partition(":")
        inviter = store.find_person(session, person_id) if kind == "person" else None
        return invitation(
            made,
            organisation=get_organisation(session, made.organisation_id).name,
            inviter=inviter.name if inviter else "",
            public_url=self.public_url,
            node_name=self.node_name,
        )

    def deliver(self, message: Message) -> None:
        """Send a mail for which nobody waits."""
        deliver(self.mailer, message)


def _line(text: str) -> str:
    return " ".join(text.split())
