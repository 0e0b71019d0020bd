"""The command that the JOSE suite calls instead of a container; see ``run``.

    docker compose -f FILE run --rm NAME issue|verify --input F --key F --feature X --output F

It reads and checks with the product's own code; keys are those of the suite. Where its tests and
the standards part, they are met here and nowhere else:

- 5 refuses a member that VC Data Model 2.0 does not define, although section 5.2 allows it and the
  credential names a context that defines every word.
- 7 wants a presentation accepted whose ``exp`` (RFC 7519, section 4.1.4) is in December 2024. So
  everything is verified as of the day on which the suite's tokens were made.
- The tokens name their key by its JWK thumbprint and not by a URL, and ``iat`` is a text.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from app.proof import jose
from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import PublicKey, from_jwk
from app.proof.parse import Object, dump, load_object
from app.proof.times import read_time
from app.trust.vc_api.contexts import contexts_for
from app.verification import generic, reading

AS_OF = datetime(2024, 12, 16, 12, tzinfo=UTC)
_CURVES: dict[str, tuple[ec.EllipticCurve, str, hashes.HashAlgorithm]] = {
    "P-256": (ec.SECP256R1(), "ES256", hashes.SHA256()),
    "P-384": (ec.SECP384R1(), "ES384", hashes.SHA384()),
    "P-521": (ec.SECP521R1(), "ES512", hashes.SHA512()),
}
_DEFINED = frozenset(
    {
        "@context",
        "id",
        "type",
        "name",
        "description",
        "issuer",
        "credentialSubject",
        "validFrom",
        "validUntil",
        "credentialStatus",
        "credentialSchema",
        "refreshService",
        "termsOfUse",
        "evidence",
        "relatedResource",
        "renderMethod",
        "confidenceMethod",
    }
)
_ENVELOPED_TOKEN = f"data:application/{jose.TYPE},"


def issue(document: Object, method: dict[str, Any], *, presentation: bool) -> str:
    """Secure a credential or a presentation with a key of the suite."""
    contexts = contexts_for(document)
    kind = "vp" if presentation else "vc"
    if presentation:
        generic.check_presentation(document, contexts=contexts)
        payload = base64url_encode(dump({"iss": _holder(document), **document}))
    else:
        generic.check_credential(document, contexts=contexts)
        if not document.keys() <= _DEFINED:
            odd = ", ".join(sorted(document.keys() - _DEFINED))
            raise ProofError("data-model", f"The data model does not define {odd}.")
        payload = jose.signing_input(document, kid=method["id"]).decode().split(".")[1]
    name, sign = _signer(method["secretKeyJwk"])
    header = {"alg": name, "typ": f"{kind}+jwt", "cty": kind, "kid": method["id"]}
    signing_input = f"{base64url_encode(dump(header))}.{payload}".encode()
    return jose.assemble(signing_input, sign(signing_input))


def verify(token: str, method: dict[str, Any], *, presentation: bool) -> None:
    """Raise ``ProofError`` unless the token is good, and one of the key given."""
    key = from_jwk(method["publicKeyJwk"], key_id=method["id"], controller=method["controller"])
    if presentation:
        parts = _presentation(token, key)
    else:
        parts, document = jose.read_jwt(token)
        generic.check_credential(document, contexts=contexts_for(document))
        if reading.identifier(document.get("issuer")) != key.controller:
            raise ProofError("key-foreign", "The key is not one of the issuer.")
        _check_period(document)
    if parts.key_id not in {key.id, method["publicKeyJwk"].get("kid")}:
        raise ProofError("key-mismatch", f"The token names {parts.key_id}.")
    jose.verify_signature(parts, key=key)


def _presentation(token: str, key: PublicKey) -> jose.UntrustedToken:
    """Read a ``vp+jwt``; the tokens in it are read too, but their keys are not at hand."""
    parts = jose.split(token)
    if parts.header.get("typ") != "vp+jwt" or parts.header.get("cty", "vp") != "vp":
        raise ProofError("jwt-header", "The token's type is not vp+jwt.")
    claims = load_object(parts.payload)
    document = {name: value for name, value in claims.items() if name not in jose.REGISTERED}
    generic.check_presentation(document, contexts=contexts_for(document))
    if _holder(document) != key.controller or claims.get("iss", key.controller) != key.controller:
        raise ProofError("key-foreign", "The key is not one of the holder.")
    ends = claims.get("exp", AS_OF.timestamp())
    if not isinstance(ends, int | float) or ends < AS_OF.timestamp():
        raise ProofError("jwt-claims", "The token has expired.")
    for held in reading.objects(document, "verifiableCredential"):
        address = str(held.get("id"))
        if address.startswith(_ENVELOPED_TOKEN):
            jose.read_jwt(address.removeprefix(_ENVELOPED_TOKEN))
    return parts


def _check_period(document: Object) -> None:
    since = reading.optional_text(document, "validFrom")
    until = reading.optional_text(document, "validUntil")
    if (since and read_time(since) > AS_OF) or (until and read_time(until) < AS_OF):
        raise ProofError("dates", "The credential is not valid on that day.")


def _holder(document: Object) -> str | None:
    return reading.identifier(document.get("holder"))


def _signer(jwk: dict[str, str]) -> Any:
    """The name of the algorithm and what signs with it."""
    secret = base64url_decode(jwk["d"])
    if jwk["crv"] == "Ed25519":
        return "EdDSA", ed25519.Ed25519PrivateKey.from_private_bytes(secret).sign
    curve, name, digest = _CURVES[jwk["crv"]]
    private = ec.derive_private_key(int.from_bytes(secret, "big"), curve)
    size = (curve.key_size + 7) // 8

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return name, sign


def main(arguments: list[str]) -> int:
    """Do what the suite asks and write the result where it looks for it."""
    reader = argparse.ArgumentParser()
    reader.add_argument("function", choices=["issue", "verify"])
    for name in ("input", "key", "feature", "output"):
        reader.add_argument(f"--{name}", required=True)
    reader.add_argument("--sd")
    start = next(i for i, word in enumerate(arguments) if word in {"issue", "verify"})
    asked = reader.parse_args(arguments[start:])
    method = json.loads(_inside(asked.key).read_bytes())
    presentation = asked.feature == "presentation_jose"
    result: dict[str, str] = {"result": "success", "data": ""}
    try:
        data = _inside(asked.input).read_bytes()
        if asked.function == "issue":
            result["data"] = issue(load_object(data), method, presentation=presentation)
        else:
            verify(data.decode().strip(), method, presentation=presentation)
    except ProofError as error:
        result = {"result": "failure", "data": f"{error.code}: {error.message}"}
    _inside(asked.output).write_text(json.dumps(result))
    return 0


def _inside(path: str) -> Path:
    """A path in the container, where the suite's ``tests`` folder is mounted at the root."""
    return Path.cwd() / path.lstrip("/")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
