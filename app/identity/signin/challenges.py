"""Challenges: what an authenticator is asked to sign, before anybody is signed in or a key is kept.

A challenge is made here, for the browser that asks. It works once and for five minutes, and is used
up by the first answer, right or wrong: so take it in one transaction, and judge the answer in the
next. Since a passkey is the whole sign-in, the device has to make sure of its user each time. Who
made the device is not asked: nothing here would depend on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from webauthn.helpers import generate_challenge, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.identity.people import store
from app.identity.people.model import Person
from app.identity.signin.links import hashed
from app.identity.signin.tables import PasskeyChallengeRow, PasskeyRow
from app.platform.ids import new_id
from app.platform.problems import Conflict, DomainError

LASTS = timedelta(minutes=5)
MOST = 20
"""So many passkeys one person may have; each is named in every request to add another."""


class PasskeyRefused(DomainError):
    """The passkey's answer does not hold, or comes too late; nobody is told which."""

    code = "passkey-refused"
    status = 400

    def __init__(self) -> None:
        super().__init__("This passkey was not accepted. Try again, or sign in in another way.")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """This site as authenticators know it. A passkey is tied to it for good."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser hands to the authenticator, and the id to send back with the answer."""

    id: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that was taken: the answer to it may be judged once."""

    value: bytes
    person_id: str | None
    """Who adds a passkey; ``None`` where somebody signs in with one."""


def relying_party(public_url: str, *, name: str) -> RelyingParty | None:
    """The site at this address, or ``None`` where browsers know no passkeys (§5.1.3 step 8).

    They want a name, not an address, and a connection that nobody can listen to or change.
    """
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        secure = parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}", name) if secure else None
    return None


def ask_to_add(
    session: Session, party: RelyingParty, person: Person, *, browser: str, at: datetime
) -> Question:
    """What to make a new passkey with. Raises ``Conflict`` for who has too many."""
    known = session.scalars(
        select(PasskeyRow.credential_id).where(PasskeyRow.person_id == person.id)
    ).all()
    if len(known) >= MOST:
        raise Conflict(f"You have {MOST} passkeys. Remove one that you no longer use.")
    addresses = store.emails(session, person.id)
    shown = addresses[0].email if addresses else person.name or person.id
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=person.id.encode(),
        user_name=shown,
        user_display_name=person.name or shown,
        challenge=(challenge := generate_challenge()),
        timeout=int(LASTS.total_seconds() * 1000),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(webauthn.base64url_to_bytes(each)) for each in known
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    made = _keep(session, challenge, person_id=person.id, browser=browser, at=at)
    return Question(made, options_to_json_dict(options))


def ask_who(session: Session, party: RelyingParty, *, browser: str, at: datetime) -> Question:
    """What to sign in with. Names no passkeys, so it tells nobody who has some."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=(challenge := generate_challenge()),
        timeout=int(LASTS.total_seconds() * 1000),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    made = _keep(session, challenge, person_id=None, browser=browser, at=at)
    return Question(made, options_to_json_dict(options))


def take_challenge(session: Session, question_id: str, *, browser: str, at: datetime) -> Challenge:
    """Use a question up. Raises ``PasskeyRefused`` for another browser's, or none that lasts."""
    found = session.execute(
        delete(PasskeyChallengeRow)
        .where(
            PasskeyChallengeRow.id == question_id,
            PasskeyChallengeRow.asked_by == hashed(browser),
            PasskeyChallengeRow.ends_at > at,
        )
        .returning(PasskeyChallengeRow.challenge, PasskeyChallengeRow.person_id)
    ).one_or_none()
    if found is None:
        raise PasskeyRefused
    return Challenge(*found)


def _keep(
    session: Session, challenge: bytes, *, person_id: str | None, browser: str, at: datetime
) -> str:
    session.execute(delete(PasskeyChallengeRow).where(PasskeyChallengeRow.ends_at <= at))
    made = new_id()
    session.execute(
        insert(PasskeyChallengeRow).values(
            id=made,
            challenge=challenge,
            person_id=person_id,
            asked_by=hashed(browser),
            ends_at=at + LASTS,
        )
    )
    return made
