"""Which keys sign a society's records and its status lists."""

from app.platform.problems import DomainError
from app.proof.keys import Algorithm
from app.trust.model import Issuer


class NoKey(DomainError):
    """The issuer has no key that may sign."""

    code = "issuer-without-key"
    status = 503


def signing_keys(issuer: Issuer) -> tuple[str, str]:
    """The ids of the keys for the proof and for the token. Raises ``NoKey``."""
    proof, token = issuer.signing_key(Algorithm.ED25519), issuer.signing_key(Algorithm.ES256)
    if proof is None or token is None:
        missing = Algorithm.ED25519 if proof is None else Algorithm.ES256
        raise NoKey(f"{issuer.name} has no current {missing} key; add one to the issuer.")
    return proof.id, token.id
