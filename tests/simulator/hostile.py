"""Records that are made to cost whoever verifies them: each names a known issuer and its key.

All have a proof of the right form, so that they reach the canonicalisation behind it; none is
signed. The shapes are those that freeze other verifiers (look-alike blank nodes, above all).
"""

import json
from typing import Any

CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]


def records(*, issuer: str, proof_key: str, created: str) -> dict[str, bytes]:
    """Each hostile record by its name."""
    made = {
        "identical alignments, nested 8 by 8": _credential(result=_nested(8, 1)),
        "look-alike siblings, 60 of them": _credential(result=_alike(60)),
        "siblings all the same": _credential(result=[{"value": "1"}] * 100),
        "rings of blank nodes": _credential(result=[_ring(depth) for depth in range(2, 12)]),
        "3,000 blank nodes": _credential(result=[{"value": str(n)} for n in range(3000)]),
        "20,000 values": _credential(tag=[str(number) for number in range(20_000)]),
        "blank node ids": _credential(related=[{"id": f"_:b{n % 7}"} for n in range(50)]),
        "a clique of named blank nodes": _credential(related=_clique(9)),
        "lists of lists": _credential(related=[[[["x"]]]]),
        "a text of 50 kB": _credential(name="x" * 50_000),
        "unknown members": _credential(**{f"member{n}": n for n in range(1500)}),
    }
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": created,
        "verificationMethod": proof_key,
        "proofPurpose": "assertionMethod",
        "proofValue": "z" + "2" * 87,
    }
    secured = {
        name: json.dumps({**document, "issuer": issuer, "proof": [proof]}).encode()
        for name, document in made.items()
    }
    return secured | _unreadable()


def _unreadable() -> dict[str, bytes]:
    """Texts that a careless reader would spend long on."""
    return {
        "nested 30,000 deep": b'{"a":' * 30_000,
        "brackets only": b"[" * 60_000,
        "a number of 60,000 digits": b'{"a":' + b"9" * 60_000 + b"}",
        "an exponent beyond all": b'{"a":1e999999999}',
        "quotes that never end": b'{"a":"' + b'\\"' * 30_000,
        "twice the same name, 5,000 times": b"{" + b'"a":1,' * 5000 + b'"a":1}',
        "a token with a huge header": b"e" * 60_000 + b".e30.AA",
        "a token of dots": b"." * 60_000,
        "a base58 proof of 60,000 signs": json.dumps(
            {"@context": CONTEXTS, "proof": [{"proofValue": "z" + "2" * 60_000}]}
        ).encode(),
        "digits, as of a code": b"7" * 60_000,
    }


def _credential(**members: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXTS,
        "id": "urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-0c1f2a3b4c5d",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "validFrom": "2026-11-20T09:30:00Z",
        "credentialSubject": {
            "id": "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
            "type": ["AchievementSubject"],
            **members,
        },
    }


def _nested(width: int, depth: int) -> list[Any]:
    if not depth:
        return [{"type": ["Alignment"], "targetName": "x"}] * width
    return [{"type": ["Result"], "alignment": _nested(width, depth - 1)}] * width


def _alike(count: int) -> list[Any]:
    """Siblings that differ only far below, where a first look does not reach."""
    return [
        {
            "type": ["Result"],
            "value": str(number % 2),
            "alignment": [{"type": ["Alignment"], "targetName": str(number % 7)}],
        }
        for number in range(count)
    ]


def _ring(depth: int) -> Any:
    return {"result": [_ring(depth - 1)]} if depth else {"value": "end"}


def _clique(size: int) -> list[Any]:
    return [
        {"@id": f"_:e{number}", "related": [{"@id": f"_:e{other}"} for other in range(size)]}
        for number in range(size)
    ]
