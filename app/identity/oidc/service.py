"""Use cases: to a provider and back, identities linked and unlinked, sign-ins ended from afar.

The caller owns the transaction, and no transaction is open while a provider is asked anything.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Visitor
from app.identity.oidc import store
from app.identity.oidc.model import (
    Attempt,
    Ended,
    Identity,
    Purpose,
    Said,
    Waiting,
)
from app.identity.oidc.tokens import LEEWAY_SECONDS, LOGOUT_LASTS
from app.identity.people import service as people
from app.identity.people import sessions
from app.identity.people import store as people_store
from app.identity.people.model import Person
from app.identity.signin import passkeys
from app.platform.ids import new_id
from app.platform.problems import Conflict, DomainError, NotFound
from app.platform.settings import OidcProvider

LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider."""

WAITS = timedelta(minutes=30)
"""How long an identity waits to be linked: long enough for a mail to come."""


class AttemptUnknown(DomainError):
    """Nobody was sent to a provider with this, from this browser, just now; or came back already.

    A state works once, for ten minutes, in the browser that it was made for: who makes others
    follow his own way back would have them work in his account (login CSRF, RFC 9700 §4.7).
    """

    code = "sign-in-unknown"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            "This way back from the sign-in was used already, took too long, or began in another "
            "browser. Begin again."
        )


class IdentityTaken(Conflict):
    """The identity opens another person's account."""

    code = "identity-taken"


class LastWayIn(Conflict):
    """Without this identity its owner could not sign in any more."""

    code = "last-way-in"


def begin(
    session: Session,
    provider: OidcProvider,
    *,
    browser: str,
    then: str,
    link_to: Visitor | None = None,
    at: datetime,
) -> tuple[str, Attempt]:
    """Note that somebody goes to a provider; gives the state to come back with.

    ``browser`` is the secret in the cookie of who goes. ``link_to`` is whose account the identity
    is to be linked to; without, it signs in.
    """
    state = secrets.token_urlsafe(32)
    attempt = Attempt(
        provider_id=provider.id,
        purpose=Purpose.LINK if link_to else Purpose.SIGN_IN,
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        then=then[:1000],
        person_id=link_to.person_id if link_to else None,
        session_id=link_to.session_id if link_to else None,
    )
    store.insert_attempt(
        session, attempt, state_hash=hashed(state), asked_by=hashed(browser), at=at, lasts=LASTS
    )
    return state, attempt


def come_back(
    session: Session, provider: OidcProvider, *, state: str, browser: str, at: datetime
) -> Attempt:
    """Use a state up. Raises ``AttemptUnknown``."""
    found = store.take_attempt(
        session,
        state_hash=hashed(state),
        asked_by=hashed(browser),
        provider_id=provider.id,
        at=at,
    )
    if found is None:
        raise AttemptUnknown
    return found


def recognise(session: Session, *, issuer: str, subject: str, at: datetime) -> Person | None:
    """The person whom a known identity belongs to."""
    known = store.find_identity(session, issuer=issuer, subject=subject)
    if known is None:
        return None
    store.note_use(session, known.id, at=at)
    return people.get_person(session, known.person_id)


def sign_in(
    session: Session, provider: OidcProvider, said: Said, *, browser: str, at: datetime
) -> Person | Waiting:
    """Let an identity in: to its person, or to a new one. Raises ``Conflict`` for a race lost.

    An address that an account has already opens nothing: whoever controls a provider, or an
    address for a day, would have the account (account pre-hijacking and linking attacks). The
    identity waits, in the browser that came with it, for the account's owner to come in as usual
    and link it.
    """
    known = recognise(session, issuer=said.issuer, subject=said.subject, at=at)
    if known is not None:
        return known
    email = said.email if provider.trust_email else None
    owner = people_store.person_by_email(session, email) if email else None
    if owner is not None:
        waits = Waiting(owner.id, said.issuer, said.subject, said.shown)
        store.insert_waiting(session, waits, asked_by=hashed(browser), at=at, lasts=WAITS)
        return waits
    person = people.add_person(session, at=at, name=said.name, language=said.language)
    try:
        if email:
            people_store.insert_email(session, person.id, email, at=at, primary=True)
        _insert(session, person.id, said.issuer, said.subject, said.shown, at=at)
    except IntegrityError as error:
        raise Conflict("This sign-in happened twice at once. Try again.") from error
    return person


def link(
    session: Session, person_id: str, *, issuer: str, subject: str, shown: str, at: datetime
) -> None:
    """Have an identity open a person's account; doing it twice changes nothing.

    Raises ``IdentityTaken`` when it opens another person's.
    """
    known = store.find_identity(session, issuer=issuer, subject=subject)
    if known is None:
        try:
            _insert(session, person_id, issuer, subject, shown, at=at)
        except IntegrityError as error:
            raise IdentityTaken("This sign-in was linked in another place just now.") from error
    elif known.person_id != person_id:
        raise IdentityTaken(
            "This sign-in opens another account here. Unlink it there first, or use that account."
        )


def waiting(session: Session, browser: str, person_id: str, *, at: datetime) -> Waiting | None:
    """The identity that waits in this browser for this person to link it."""
    return store.find_waiting(session, asked_by=hashed(browser), person_id=person_id, at=at)


def link_waiting(session: Session, browser: str, person_id: str, *, at: datetime) -> Waiting:
    """Link the identity that waits; gives what it was. Raises ``NotFound`` or ``IdentityTaken``."""
    found = forget_waiting(session, browser, person_id, at=at)
    if found is None:
        raise NotFound("There is no sign-in that waits to be linked. Begin again.")
    link(
        session,
        person_id,
        issuer=found.issuer,
        subject=found.subject,
        shown=found.shown,
        at=at,
    )
    return found


def forget_waiting(
    session: Session, browser: str, person_id: str, *, at: datetime
) -> Waiting | None:
    """Let the identity that waits, wait no more."""
    return store.take_waiting(session, asked_by=hashed(browser), person_id=person_id, at=at)


def identities(session: Session, person_id: str) -> Sequence[Identity]:
    """A person's identities, oldest first."""
    return store.identities(session, person_id)


def ways_in(session: Session, person_id: str, *, issuers: Collection[str]) -> int:
    """How many ways to sign in a person has: identities, passkeys, mailboxes.

    An identity counts while its issuer is one of ``issuers``, those set up here.
    """
    return (
        sum(one.issuer in issuers for one in store.identities(session, person_id))
        + len(passkeys.of_person(session, person_id))
        + len(people_store.emails(session, person_id))
    )


def unlink(
    session: Session,
    visitor: Visitor,
    identity_id: str,
    *,
    issuers: Collection[str],
    at: datetime,
) -> Identity:
    """Have an identity open the account no more, and end what it had opened elsewhere.

    ``issuers`` are those set up here. Raises ``NotFound`` or ``LastWayIn``.
    """
    people_store.lock_person(session, visitor.person_id)
    held = {one.id: one for one in store.identities(session, visitor.person_id)}
    found = held.get(identity_id)
    if found is None:
        raise NotFound("There is no such linked sign-in.")
    others = ways_in(session, visitor.person_id, issuers=set(issuers)) - (found.issuer in issuers)
    if others < 1:
        raise LastWayIn(
            "This is your only way to sign in. Add an e-mail address, a passkey or another "
            "sign-in before you unlink it."
        )
    store.delete_identity(session, identity_id)
    for session_id, person_id in store.sessions_of(
        session, issuer=found.issuer, subject=found.subject
    ):
        if session_id != visitor.session_id:
            sessions.end(session, person_id, session_id, at=at)
    audit.record(
        session,
        who=f"person:{visitor.person_id}",
        action="identity.unlink",
        subject=f"person:{visitor.person_id}",
        at=at,
        before={"issuer": found.issuer, "identity": found.id},
    )
    return found


def note_session(
    session: Session, session_id: str, *, issuer: str, subject: str, sid: str | None
) -> None:
    """Remember which provider's sign-in began a session, so that the provider can end it."""
    store.insert_session(session, session_id=session_id, issuer=issuer, subject=subject, sid=sid)


def issuer_of_session(session: Session, session_id: str) -> str | None:
    """Whose sign-in began a session; ``None`` for one that began otherwise."""
    return store.issuer_of_session(session, session_id)


def end_from_afar(session: Session, provider: OidcProvider, ended: Ended, *, at: datetime) -> int:
    """End the sessions that a provider says have ended; gives how many (Back-Channel §2.7).

    A token that was obeyed before does nothing.
    """
    lasts = LOGOUT_LASTS + timedelta(seconds=2 * LEEWAY_SECONDS)
    token_hash = hashed(f"{ended.issuer} {ended.token_id}")
    try:
        if not store.note_logout(session, token_hash, at=at, lasts=lasts):
            return 0
    except IntegrityError as error:
        raise Conflict("This token came twice at once.") from error
    found = store.sessions_of(
        session, issuer=ended.issuer, subject=ended.subject, sid=ended.session
    )
    for session_id, person_id in found:
        sessions.end(session, person_id, session_id, at=at)
        audit.record(
            session,
            who=f"provider:{provider.id}",
            action="session.end-by-provider",
            subject=f"person:{person_id}",
            at=at,
            before={"session": session_id},
        )
    return len(found)


def _insert(
    session: Session, person_id: str, issuer: str, subject: str, shown: str, *, at: datetime
) -> None:
    made = Identity(new_id(), person_id, issuer, subject, shown[:200], at, at)
    store.insert_identity(session, made)
    audit.record(
        session,
        who=f"person:{person_id}",
        action="identity.link",
        subject=f"person:{person_id}",
        at=at,
        after={"issuer": issuer, "identity": made.id},
    )


def hashed(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
