"""Passkeys (WebAuthn Level 3): a key that a person's device or key ring keeps for this site alone.

The private key never leaves the device; what is kept here signs nobody in. The checks of the
standard (§7.1, §7.2) are py_webauthn's; left to us are whose challenge it was, whose the key is,
frames of other sites, and that a key's counter moves once for one use.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn.helpers import (
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException

from app.identity import audit
from app.identity.people import rules, store
from app.identity.signin.challenges import Challenge, PasskeyRefused, RelyingParty
from app.identity.signin.tables import PasskeyRow
from app.platform.ids import new_id
from app.platform.problems import Conflict, NotFound

logger = structlog.get_logger(__name__)

LONGEST_NAME = 100
LONGEST_ID = 1023

_MALFORMED = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What the library lets out when an answer is not shaped as it should be."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A person's passkey, as its owner may see it."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


def add(
    session: Session,
    party: RelyingParty,
    challenge: Challenge,
    answer: Mapping[str, Any],
    *,
    person_id: str,
    name: str,
    at: datetime,
) -> Passkey:
    """Keep a new passkey of the person. Raises ``PasskeyRefused``, ``Invalid`` for its name."""
    called = rules.name(name)[:LONGEST_NAME]
    if challenge.person_id != person_id:
        raise PasskeyRefused
    with _judging():
        given = parse_registration_credential_json(dict(answer))
        _refuse_frames(given.response.client_data_json)
        verified = webauthn.verify_registration_response(
            credential=given,
            expected_challenge=challenge.value,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        # That it is a key at all is found out now and not when somebody wants to come in.
        decoded_public_key_to_cryptography(
            decode_credential_public_key(verified.credential_public_key)
        )
    made = Passkey(new_id(), called, at, None)
    row = insert(PasskeyRow).values(
        id=made.id,
        person_id=person_id,
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=made.name,
        created_at=at,
        used_at=None,
    )
    if len(verified.credential_id) > LONGEST_ID:  # §7.1 step 25
        raise PasskeyRefused
    try:
        with session.begin_nested():
            session.execute(row)
    except IntegrityError as error:  # step 26: it is somebody's already
        raise PasskeyRefused from error
    _note(session, person_id, "passkey.add", made.id, at=at)
    return made


def who(
    session: Session,
    party: RelyingParty,
    challenge: Challenge,
    answer: Mapping[str, Any],
    *,
    at: datetime,
) -> str:
    """The id of the person whose passkey answered. Raises ``PasskeyRefused``."""
    if challenge.person_id is not None:
        raise PasskeyRefused
    with _judging():
        given = parse_authentication_credential_json(dict(answer))
        row = session.execute(
            select(
                PasskeyRow.id, PasskeyRow.person_id, PasskeyRow.public_key, PasskeyRow.sign_count
            ).where(PasskeyRow.credential_id == given.id)
        ).one_or_none()
        # §7.2 step 6: who the authenticator says it is must be whose the key is.
        if row is None or given.response.user_handle != row.person_id.encode():
            raise PasskeyRefused
        _refuse_frames(given.response.client_data_json)
        verified = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge.value,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    used = session.execute(
        update(PasskeyRow)
        .where(PasskeyRow.id == row.id, PasskeyRow.sign_count == row.sign_count)
        .values(sign_count=verified.new_sign_count, used_at=at)
        .returning(PasskeyRow.id)
    ).one_or_none()
    if used is None:  # removed meanwhile, or its counter was moved by somebody else's answer
        raise PasskeyRefused
    return str(row.person_id)


def of_person(session: Session, person_id: str) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    rows = session.execute(
        select(PasskeyRow.id, PasskeyRow.name, PasskeyRow.created_at, PasskeyRow.used_at)
        .where(PasskeyRow.person_id == person_id)
        .order_by(PasskeyRow.created_at, PasskeyRow.id)
    )
    return [Passkey(*row) for row in rows]


def remove(session: Session, person_id: str, passkey_id: str, *, at: datetime) -> Passkey:
    """Forget a passkey; gives what it was. Raises ``NotFound``, ``Conflict`` for the only way in.

    An address keeps a door open: without one, the last passkey stays.
    """
    store.lock_person(session, person_id)
    mine = of_person(session, person_id)
    found = next((each for each in mine if each.id == passkey_id), None)
    if found is None:
        raise NotFound("You have no such passkey.")
    if len(mine) == 1 and not store.emails(session, person_id):
        raise Conflict("Add an e-mail address first: this passkey is your only way in.")
    session.execute(
        delete(PasskeyRow).where(PasskeyRow.id == passkey_id, PasskeyRow.person_id == person_id)
    )
    _note(session, person_id, "passkey.remove", passkey_id, at=at)
    return found


@contextmanager
def _judging() -> Iterator[None]:
    """Whatever is wrong with an answer is one refusal; the log says what it was."""
    try:
        yield
    except _MALFORMED as error:
        logger.info("passkey refused", reason=str(error)[:200])
        raise PasskeyRefused from error


def _refuse_frames(client_data: bytes) -> None:
    """Nobody signs in here from inside another site's page. Raises ``ValueError``."""
    if json.loads(client_data).get("crossOrigin"):
        raise ValueError("asked for in a frame of another site")


def _note(session: Session, person_id: str, action: str, passkey_id: str, *, at: datetime) -> None:
    audit.record(
        session,
        who=f"person:{person_id}",
        action=action,
        subject=f"person:{person_id}",
        at=at,
        after={"passkey": passkey_id},
    )
