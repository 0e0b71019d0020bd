"""The documents by which strangers find an issuer's keys: DID document and JWK set. Pure.

DID Core 1.0 with did:web. The shapes are those that verifiers in use accept: ``JsonWebKey2020`` for
the key of the JWT form, ``Multikey`` for the embedded proof, absolute ids in ``assertionMethod``.
A retired key stays, or what it signed would stop verifying; a compromised one is taken out, since
the reader of such a document cannot see since when.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.proof.keys import Algorithm
from app.proof.times import write_time
from app.trust.model import Issuer, IssuerKey, State

_CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/jws-2020/v1",
    "https://w3id.org/security/multikey/v1",
]


def did_document(issuer: Issuer) -> dict[str, Any]:
    """The DID document of ``issuer``."""
    keys = _published(issuer)
    return {
        "@context": list(_CONTEXTS),
        "id": issuer.id,
        "verificationMethod": [_method(held) for held in keys],
        "assertionMethod": [held.key.id for held in keys],
    }


def jwk_set(issuers: Iterable[Issuer]) -> dict[str, Any]:
    """All keys of ``issuers``; ``kid`` is the DID URL that tokens name."""
    return {
        "keys": [
            {**held.key.jwk, "kid": held.key.id, "use": "sig"}
            for issuer in issuers
            for held in _published(issuer)
        ]
    }


def key_history(issuer: Issuer) -> dict[str, Any]:
    """Every key that ever signed for ``issuer``, with what became of it."""
    return {
        "id": issuer.id,
        "name": issuer.name,
        "keys": [
            {
                "id": held.key.id,
                "publicKeyMultibase": held.key.multibase,
                "publicKeyJwk": held.key.jwk,
                "state": held.state.value,
                "valid_from": write_time(held.valid_from),
                "retired_at": held.retired_at and write_time(held.retired_at),
                "compromised_since": held.compromised_since and write_time(held.compromised_since),
            }
            for held in issuer.keys
        ],
    }


def _published(issuer: Issuer) -> list[IssuerKey]:
    return [held for held in issuer.keys if held.state is not State.COMPROMISED]


def _method(held: IssuerKey) -> Mapping[str, Any]:
    named = {"id": held.key.id, "controller": held.key.controller}
    if held.key.algorithm is Algorithm.ES256:
        return {**named, "type": "JsonWebKey2020", "publicKeyJwk": held.key.jwk}
    return {**named, "type": "Multikey", "publicKeyMultibase": held.key.multibase}
