"""Signed statements: what an organisation of this node says in its own name, for others to keep.

A statement is a compact JWS (RFC 7515) of the type ``opencpd-<kind>+jwt``, signed ES256 by the
society or registry that says it; ``kid`` is the DID URL of its key. Its payload has ``iss`` (the
organisation's DID), ``iat``, ``jti`` and whatever is said. Each kind of statement has a type of its
own, so that none can be shown for another, and none for a record.

``read`` is as strict as the reading of records: the header has three members, the algorithm is the
key's and never the header's, the key is one that the bundle has for that very issuer, and it was
fit at the time of signing by the rules of ``app.verification.keyring``. It knows no database and no
network; all it raises is ``ProofError``. What is said is the reader's to check.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.identity.model import Kind
from app.identity.service import get_organisation
from app.platform.ids import new_id
from app.platform.problems import Invalid, Unavailable
from app.proof import jose
from app.proof.did import without_fragment
from app.proof.encoding import base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm, PublicKey
from app.proof.parse import JSON, RECORD, Limits, Object, dump, load_object
from app.trust import service
from app.trust.model import Issuer
from app.trust.securing import Secured, secure
from app.trust.signer import LockedSigner, Signer
from app.verification import reading
from app.verification.bundle import Bundle, KeyEntry
from app.verification.keyring import check_time
from app.verification.options import Options

_KIND = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_HEADER = frozenset({"alg", "typ", "kid"})
_OWN = frozenset({"iss", "iat", "jti"})
"""The claims that every statement has and that no caller gives."""


class NoStatementKey(Unavailable):
    """The organisation has no key to sign with."""

    code = "statement-without-key"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose signature is good: what its issuer says, no more."""

    issuer_id: str
    claims: Object
    """What is said, without ``iss``, ``iat`` and ``jti``."""
    issued_at: datetime
    key_id: str
    id: str = ""


class Statements:
    """Signs for the organisations of this node."""

    def __init__(self, signer: Signer, *, public_url: str) -> None:
        self._signer = signer
        self._public_url = public_url

    @property
    def can_sign(self) -> bool:
        """Whether this node has keys to sign with."""
        return not isinstance(self._signer, LockedSigner)

    def issuer(
        self, session: Session, organisation_id: str, *, at: datetime, who: str = "system"
    ) -> Issuer:
        """Who signs for an organisation; a registry without keys gets them now.

        Raises ``NotFound`` for an organisation that is none or a society that does not issue, and
        what the signer raises.
        """
        found = service.organisation_issuer(session, organisation_id)
        if found is not None:
            return found
        organisation = get_organisation(session, organisation_id)
        if organisation.kind is not Kind.REGISTRY:
            return service.issuer_of(session, organisation_id)
        return service.add_registry_issuer(
            session,
            self._signer,
            registry_id=organisation_id,
            name=organisation.name,
            public_url=self._public_url,
            at=at,
            who=who,
        )

    def sign(
        self,
        session: Session,
        *,
        organisation_id: str,
        kind: str,
        claims: Mapping[str, JSON],
        at: datetime,
    ) -> str:
        """The statement, read back as a stranger would before it leaves.

        Raises ``NotFound``, ``NoStatementKey``, ``Invalid`` for what cannot be stated (too large,
        too deep), and what the signer raises.
        """
        issuer = self.issuer(session, organisation_id, at=at)
        key = issuer.signing_key(Algorithm.ES256)
        if key is None:
            raise NoStatementKey(f"{issuer.name} has no current ES256 key; add one to it.")
        try:
            to_sign = _signing_input(kind, claims, key=key, at=at)
            token = jose.assemble(to_sign, self._signer.sign(key.id, to_sign))
            read(token, kind=kind, bundle=_alone(session, issuer, at=at), at=at)
        except ProofError as error:
            raise Invalid(f"This cannot be stated: {error.message}") from error
        return token

    def secure(
        self,
        session: Session,
        document: Object,
        *,
        organisation_id: str,
        at: datetime,
        limits: Limits = RECORD,
    ) -> Secured:
        """A credential of the organisation's, signed twice and read back.

        Raises as ``sign`` does, and ``NoKey``.
        """
        issuer = self.issuer(session, organisation_id, at=at)
        try:
            return secure(document, self._signer, issuer=issuer, at=at, limits=limits)
        except ProofError as error:
            raise Invalid(f"This cannot be signed: {error.message}") from error

    def read(self, token: str, *, kind: str, bundle: Bundle, at: datetime) -> Statement:
        """Read a statement (``read`` of this module)."""
        return read(token, kind=kind, bundle=bundle, at=at)


def type_of(kind: str) -> str:
    """The ``typ`` of statements of a kind. Raises ``ProofError`` for what is no kind."""
    if not _KIND.fullmatch(kind):
        raise ProofError("statement-kind", f"{kind!r} is no kind of statement.")
    return f"opencpd-{kind}+jwt"


def read(token: str, *, kind: str, bundle: Bundle, at: datetime) -> Statement:
    """Read a statement that an issuer of the bundle signed, or raise ``ProofError``."""
    parts = jose.split(token)
    if parts.header.keys() != _HEADER or parts.header["typ"] != type_of(kind):
        raise ProofError("statement-type", f"The token is no {type_of(kind)}.")
    held = _key(parts.key_id, bundle)
    if held.key.algorithm is not Algorithm.ES256:
        raise ProofError("key-algorithm", "A statement is signed with ES256 only.")
    jose.verify_signature(parts, key=held.key)
    members = load_object(parts.payload)
    if reading.text(members, "iss") != held.key.controller:
        raise ProofError("statement-issuer", "The statement is not signed by who says to make it.")
    issued_at = reading.instant(reading.number(members, "iat"))
    check_time(held, signed_at=issued_at, at=at, leeway=Options().leeway)
    return Statement(
        issuer_id=held.key.controller,
        claims={name: value for name, value in members.items() if name not in _OWN},
        issued_at=issued_at,
        key_id=held.key.id,
        id=reading.text(members, "jti"),
    )


def untrusted_issuer(token: str) -> str:
    """The DID whose key a token names. Nothing is verified by this. Raises ``ProofError``."""
    return without_fragment(jose.split(token).key_id)


def _key(key_id: str, bundle: Bundle) -> KeyEntry:
    issuer = bundle.issuers.get(without_fragment(key_id))
    if issuer is None:
        raise ProofError("issuer-unknown", f"The bundle does not know who {key_id} is a key of.")
    for held in issuer.keys:
        if held.key.id == key_id:
            return held
    raise ProofError("key-unknown", f"The bundle does not know the key {key_id}.")


def _signing_input(kind: str, claims: Mapping[str, Any], *, key: PublicKey, at: datetime) -> bytes:
    if not _OWN.isdisjoint(claims):
        raise ProofError("statement-claims", "A statement's own claims are not the caller's.")
    header: Object = {"alg": "ES256", "typ": type_of(kind), "kid": key.id}
    payload: Object = {
        "iss": key.controller,
        "iat": int(at.timestamp()),
        "jti": f"urn:uuid:{new_id()}",
        **claims,
    }
    return f"{base64url_encode(dump(header))}.{base64url_encode(dump(payload))}".encode("ascii")


def _alone(session: Session, issuer: Issuer, *, at: datetime) -> Bundle:
    return service.bundle(session, at=at, issuer_ids=[issuer.id], status_urls=[])
