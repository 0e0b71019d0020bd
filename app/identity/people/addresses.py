"""Use cases: the e-mail addresses of an account. The caller owns the transaction.

An account that has an address keeps one, and one of them is the primary: to it everything is told.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people import store
from app.identity.people.model import Address
from app.platform.problems import Conflict, NotFound

MOST = 10
"""So many addresses one account may have."""


class AddressTaken(Conflict):
    """The address belongs to another account; said only to who reads its mail."""

    code = "address-taken"

    def __init__(self) -> None:
        super().__init__("This address belongs to another account: sign in with it instead.")


def room_for_more(session: Session, person_id: str) -> None:
    """Raises ``Conflict`` where there are as many addresses as one account may have."""
    if len(store.emails(session, person_id)) >= MOST:
        raise Conflict(f"An account has up to {MOST} addresses. Remove one first.")


def add(session: Session, person_id: str, email: str, *, at: datetime) -> None:
    """Give a person an address that he or she was shown to read.

    Raises ``AddressTaken``, and ``Conflict`` for too many.
    """
    store.lock_person(session, person_id)
    known = store.emails(session, person_id)
    if email in {each.email for each in known}:
        return
    room_for_more(session, person_id)
    try:
        with session.begin_nested():
            store.insert_email(session, person_id, email, at=at, primary=not known)
    except IntegrityError as error:
        raise AddressTaken from error
    _note(session, person_id, "person.address.add", at=at)


def make_primary(session: Session, person_id: str, email: str, *, at: datetime) -> None:
    """Write to this address from now on. Raises ``NotFound``."""
    store.lock_person(session, person_id)
    if not _mine(session, person_id, email).primary:
        store.set_primary(session, person_id, email)
        _note(session, person_id, "person.address.primary", at=at)


def remove(session: Session, person_id: str, email: str, *, at: datetime) -> None:
    """Take an address off the account. Raises ``NotFound``, ``Conflict`` for the last one.

    Where it was the primary one, the one that has been there longest is from now on.
    """
    store.lock_person(session, person_id)
    gone = _mine(session, person_id, email)
    others = [each for each in store.emails(session, person_id) if each.email != email]
    if not others:
        raise Conflict("An account keeps its last address. Add another one first.")
    store.delete_email(session, person_id, email)
    if gone.primary:
        store.set_primary(session, person_id, _oldest(others).email)
    _note(session, person_id, "person.address.remove", at=at)


def _oldest(addresses: Sequence[Address]) -> Address:
    return min(addresses, key=lambda each: (each.verified_at, each.email))


def _mine(session: Session, person_id: str, email: str) -> Address:
    found = next((each for each in store.emails(session, person_id) if each.email == email), None)
    if found is None:
        raise NotFound("You have no such address.")
    return found


def _note(session: Session, person_id: str, action: str, *, at: datetime) -> None:
    # Without the address: it is personal and can be deleted, which the trail cannot.
    subject = f"person:{person_id}"
    audit.record(session, who=subject, action=action, subject=subject, at=at)
