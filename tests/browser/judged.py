"""Records and bundles of every kind, for the two verifiers that must judge them alike."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.proof import status_list
from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.verification import Bundle
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.simulator.stick import Stick
from tests.unit.verification.test_tampering import at, paths

DAY = timedelta(days=1)


def changed(token: str, **members: Any) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64url_decode(payload)) | members
    return f"{header}.{base64url_encode(json.dumps(claims).encode())}.{signature}"


def with_text(issuer: SimulatedIssuer, old: str, new: str) -> str:
    """A token whose payload's very text was changed before it was signed."""
    payload = json.dumps(issuer.record()).replace(old, new)
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": issuer.token_key.id}
    parts = [json.dumps(header).encode(), payload.encode()]
    to_sign = ".".join(map(base64url_encode, parts))
    signature = issuer.sign(issuer.token_key.id, to_sign.encode())
    return f"{to_sign}.{base64url_encode(signature)}"


def in_ed25519(issuer: SimulatedIssuer) -> str:
    payload = issuer.secure_jwt(issuer.record()).split(".")[1]
    named = {"alg": "EdDSA", "typ": "vc+jwt", "kid": issuer.proof_key.id}
    header = base64url_encode(json.dumps(named).encode())
    signature = issuer.sign(issuer.proof_key.id, f"{header}.{payload}".encode())
    return f"{header}.{payload}.{base64url_encode(signature)}"


def records(stick: Stick) -> dict[str, str]:
    """Records of every kind that the two verifiers must judge alike."""
    society, stranger = stick.society, SimulatedIssuer(society="strangers")
    good = society.secure_jwt(society.record())
    header, payload, signature = good.split(".")
    claims, kid = json.loads(base64url_decode(payload)), society.token_key.id
    head = {"alg": "ES256", "typ": "vc+jwt", "kid": kid}
    impostor = stranger.record()
    impostor["issuer"]["id"] = society.id
    flipped = base64url_decode(signature)[:-1] + bytes([base64url_decode(signature)[-1] ^ 1])
    envelope = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": f"data:application/vc+jwt,{good}",
        "type": "EnvelopedVerifiableCredential",
    }
    return {
        "good": good,
        "signed with Ed25519": in_ed25519(society),
        "in an envelope": json.dumps(envelope),
        "with spaces around": f" \r\n{good}\n\t",
        "revoked": society.secure_jwt(society.record(index=1)),
        "suspended": society.secure_jwt(society.record(index=2)),
        "superseded": society.secure_jwt(society.record(index=3)),
        "beyond the list": society.secure_jwt(society.record(index=131_072)),
        "unknown issuer": stranger.secure_jwt(stranger.record()),
        "another's key": stranger.secure_jwt(impostor),
        "unknown key": society.sign_token(head | {"kid": f"{society.id}#other"}, claims),
        "tampered payload": changed(good, name="Another course"),
        "tampered signature": f"{header}.{payload}.{base64url_encode(flipped)}",
        "short signature": f"{header}.{payload}.{signature[:-4]}",
        "alg none": society.sign_token(head | {"alg": "none"}, claims),
        "alg HS256": society.sign_token(head | {"alg": "HS256"}, claims),
        "alg of the other key": society.sign_token(head | {"alg": "EdDSA"}, claims),
        "key of the other kind": society.sign_token(head | {"kid": society.proof_key.id}, claims),
        "a key in the header": society.sign_token(head | {"jwk": society.token_key.jwk}, claims),
        "crit": society.sign_token(head | {"crit": ["b64"], "b64": False}, claims),
        "another type": society.sign_token(head | {"typ": "JWT"}, claims),
        "no kid": society.sign_token({"alg": "ES256", "typ": "vc+jwt"}, claims),
        "claims that differ": society.sign_token(head, claims | {"sub": "urn:uuid:other"}),
        "nbf that differs": society.sign_token(head, claims | {"nbf": claims["nbf"] + 1}),
        "exp alone": society.sign_token(head, claims | {"exp": 2_000_000_000}),
        "a vc claim": society.sign_token(head, claims | {"vc": {}}),
        "duplicate names": with_text(society, '"role"', '"role": "teacher", "role"'),
        "duplicate __proto__": with_text(society, "{", '{"__proto__": 1, "__proto__": 2, '),
        "half a surrogate": with_text(society, "participant", "\\ud800"),
        "a number too large": with_text(society, "12.5", "1e999"),
        "too deep": with_text(society, '"participant"', "[" * 40 + "]" * 40),
        "not JSON inside": with_text(society, '"role"', "role"),
        "stray bits": f"{header}.{payload}.{signature[:-1]}"
        + {"A": "B", "Q": "R", "g": "h", "w": "x"}[signature[-1]],
        "from the future": society.secure_jwt(
            society.record(validFrom="2026-12-01T00:00:00Z")
        ),
        "before its key": society.secure_jwt(
            society.record(validFrom="2025-11-20T09:30:00Z", awardedDate="2025-11-18T00:00:00Z")
        ),
        "no record": "hello",
        "an empty object": "{}",
        "cut short": good[:200],
    }  # fmt: skip


def changes(society: SimulatedIssuer) -> Iterator[dict[str, Any]]:
    """The record with each of its members taken away, and with each made something else."""
    values = itertools.cycle(
        [None, "", "x", " ", "a\nb", "\u2028", 2, 0.125, -1, True, [], {}, ["x", "x"],
         "2026-02-30T00:00:00Z", "2027-01-01T00:00:00Z", "did:web:a%2Fb", "https://a.example/?x=y"]
    )  # fmt: skip
    for path in paths(society.record())[1:]:
        for change in ("taken", "made"):
            document = society.record()
            parent = at(document, path[:-1])
            if change == "taken":
                del parent[path[-1]]
            else:
                parent[path[-1]] = next(values)
            yield document
    subject = society.record()["credentialSubject"]
    yield society.record(credentialSubject=subject | {"result": subject["result"] * 2})
    yield society.record(name="\U0001f600" * 300)
    yield society.record(name="\U0001f600" * 301)
    yield society.record(validUntil="2030-01-01T00:00:00Z")


def signed_anyhow(society: SimulatedIssuer, document: dict[str, Any]) -> str:
    try:
        return society.secure_jwt(document)
    except ProofError:
        claims = json.loads(base64url_decode(society.secure_jwt(society.record()).split(".")[1]))
        told = {name: claims[name] for name in ("iss", "sub", "jti", "nbf")}
        header = {"alg": "ES256", "typ": "vc+jwt", "kid": society.token_key.id}
        return society.sign_token(header, told | document)


def bundles(stick: Stick) -> dict[str, Bundle]:
    """What a bundle can say of the issuer, its keys and its lists."""
    made, society = stick.bundle(), stick.society
    entry = society.entry()

    def keys(**changes: Any) -> Bundle:
        changed = replace(entry, keys=tuple(replace(key, **changes) for key in entry.keys))
        return replace(made, issuers={**made.issuers, society.id: changed})

    def lists(**changes: Any) -> Bundle:
        return replace(made, status_lists=stick.lists(**changes))

    first = made.status_lists[society.status_url]
    stranger = Stick(society=SimulatedIssuer())
    bomb = {
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": status_list.encode(bytes(20 * 1024 * 1024)),
    }
    return {
        "retired since": keys(retired_at=NOW - DAY),
        "retired before": keys(retired_at=NOW - 9 * DAY),
        "compromised": keys(compromised_since=NOW - DAY),
        "not valid yet": keys(valid_from=NOW - DAY),
        "no list at all": replace(made, status_lists={}),
        "no list of suspensions": replace(made, status_lists={society.status_url: first}),
        "an expired list": lists(validUntil="2026-11-22T00:00:00Z"),
        "a list of tomorrow": lists(validFrom="2026-11-24T00:00:00Z"),
        "a list fetched long ago": replace(
            made, status_lists={url: replace(held, fetched_at=NOW - 8 * DAY)
                                for url, held in made.status_lists.items()}
        ),
        "a list that could be asked for again": replace(
            made, status_lists={url: replace(held, fetched_at=NOW - timedelta(hours=1))
                                for url, held in stick.lists(ttl=300_000).items()}
        ),
        "another's list": replace(made, status_lists=stranger.lists()),
        "a list of another place": lists(id="https://node.example/other"),
        "a list of another kind": lists(type=["VerifiableCredential"]),
        "a list that fills a machine": lists(credentialSubject=bomb),
        "an empty list": lists(credentialSubject={
            "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sIAAAA"
        }),
    }  # fmt: skip
