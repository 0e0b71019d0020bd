"""A credential signed twice, as an embedded proof and as a token, and read back before it leaves.

What is signed says who its issuer is; here is only the key.
"""

from dataclasses import dataclass
from datetime import datetime

from app.platform.problems import DomainError
from app.proof import jose
from app.proof.data_integrity import prepare_proof, verify_proof
from app.proof.keys import Algorithm, PublicKey
from app.proof.parse import RECORD, Limits, Object, dump, load_object
from app.trust.model import Issuer
from app.trust.signer import Signer


class NoKey(DomainError):
    """The issuer has no key that may sign."""

    code = "issuer-without-key"
    status = 503


@dataclass(frozen=True, slots=True)
class Secured:
    """Both forms of one credential."""

    json: bytes
    jwt: str


def signing_keys(issuer: Issuer) -> tuple[str, str]:
    """The ids of the keys for the proof and for the token. Raises ``NoKey``."""
    proof, token = issuer.signing_key(Algorithm.ED25519), issuer.signing_key(Algorithm.ES256)
    if proof is None or token is None:
        missing = Algorithm.ED25519 if proof is None else Algorithm.ES256
        raise NoKey(f"{issuer.name} has no current {missing} key; add one to the issuer.")
    return proof.id, token.id


def secure(
    unsecured: Object, signer: Signer, *, issuer: Issuer, at: datetime, limits: Limits = RECORD
) -> Secured:
    """Sign a credential in both forms.

    Raises ``ProofError`` when what came out does not verify, ``NoKey`` and what the signer raises.
    """
    proof_key_id, jwt_key_id = signing_keys(issuer)
    prepared = prepare_proof(unsecured, verification_method=proof_key_id, created=at)
    json = dump(prepared.attach(signer.sign(proof_key_id, prepared.hash_data)))
    token = jose.signing_input(unsecured, kid=jwt_key_id)
    jwt = jose.assemble(token, signer.sign(jwt_key_id, token))
    keys: dict[str, PublicKey] = {held.key.id: held.key for held in issuer.keys}
    verify_proof(load_object(json, limits=limits), key=keys[proof_key_id])
    jose.verify_jwt(jwt, key=keys[jwt_key_id], limits=limits)
    return Secured(json, jwt)
