"""did:key, the identifier that is its own key (W3C CCG, did:key method).

For tests, for holders of wallets and for the records of others; nobody can rotate or revoke such a
key, so no issuer here has one. Nothing is looked up: the whole DID document follows from the name.
"""

from app.proof.errors import ProofError
from app.proof.keys import PublicKey, from_multibase

_METHOD = "did:key:"


def did_key(public: PublicKey) -> str:
    """The did:key of a key."""
    return _METHOD + public.multibase


def resolve(did_url: str) -> PublicKey:
    """Give the key that a did:key stands for, whether it is named with its fragment or without.

    The key gets the full DID URL (``did:key:z6Mk...#z6Mk...``) as its id, as proofs name it.
    """
    did, mark, fragment = did_url.partition("#")
    multibase = did.removeprefix(_METHOD)
    if multibase == did or (mark and fragment != multibase):
        raise ProofError("did-malformed", f"{did_url[:100]!r} is not the did:key of one key.")
    return from_multibase(multibase, key_id=f"{did}#{multibase}", controller=did)
