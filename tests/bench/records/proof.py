"""How fast the code under ``app.proof`` is, beside the raw signatures of ``cryptography``.

    python -m tests.bench.records.proof [--rounds 7] [--count 300]

CPU time of one core, the best of the rounds; the records differ in every text. "Foreign shapes"
are records none of which is like an earlier one, so that nothing that was learned helps. Ends with
status 1 when an aim is missed.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from app.proof import data_integrity, jose, rdfc
from app.proof.parse import dump, load_object
from tests.simulator.issuer import ISSUED, SimulatedIssuer

SHUFFLED = random.Random(3)
FEW = 60
BOTH, OWN, FOREIGN, READING = 2000.0, 1500.0, 180.0, 40.0


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a second each step is done."""

    rounds: int

    def rate(self, what: str, work: Callable[[Any], object], inputs: Sequence[Any]) -> float:
        """Print and give the best of the rounds."""
        best = 0.0
        for _ in range(self.rounds):
            began = time.process_time()
            for one in inputs:
                work(one)
            best = max(best, len(inputs) / (time.process_time() - began))
        print(f"{what:<52}{best:10,.0f} /s{1e6 / best:10,.1f} us")
        return best


def record(issuer: SimulatedIssuer, number: int) -> dict[str, Any]:
    """A record of our own shape; no two have a text of the holder's or the course's in common."""
    made = issuer.record(index=number, id=f"urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-{number:012}")
    made["name"] = f"Course {number}"
    subject = made["credentialSubject"]
    subject |= {"id": f"urn:uuid:0b1d6a52-3a52-4d7e-9a57-{number:012}", "creditsEarned": number / 4}
    subject["identifier"][0]["salt"] = f"salt-{number}"
    subject["achievement"] |= {"id": f"https://node.example/courses/{number}", "name": f"{number}"}
    return made


def small(made: dict[str, Any]) -> dict[str, Any]:
    """The record without what few records have: its token has a usual length."""
    kept = {name: value for name, value in made.items() if name != "relatedResource"}
    achievement = dict(made["credentialSubject"]["achievement"])
    for name in ("alignment", "otherIdentifier", "resultDescription", "tag", "specialization"):
        del achievement[name]
    return kept | {"credentialSubject": made["credentialSubject"] | {"achievement": achievement}}


def shuffled(value: Any) -> Any:
    """The same JSON, its members in an order of its own."""
    if isinstance(value, dict):
        names = list(value)
        SHUFFLED.shuffle(names)
        return {
            name: value[name] if name == "@context" else shuffled(value[name]) for name in names
        }
    return [shuffled(inner) for inner in value] if isinstance(value, list) else value


def raw(rates: Rates) -> tuple[float, float, float, float]:
    """Signing and verifying with nothing around it, each over what its securing signs."""
    edwards, curve = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    short, long, way = bytes(64), bytes(3000), ec.ECDSA(SHA256())
    public, other, many = edwards.public_key(), curve.public_key(), range(2000)
    one, two = edwards.sign(short), curve.sign(long, way)
    return (
        rates.rate("raw Ed25519 sign", lambda _: edwards.sign(short), many),
        rates.rate("raw ES256 sign", lambda _: curve.sign(long, way), many),
        rates.rate("raw Ed25519 verify", lambda _: public.verify(one, short), many),
        rates.rate("raw ES256 verify", lambda _: other.verify(two, long, way), many),
    )


def issue(issuer: SimulatedIssuer, made: dict[str, Any]) -> tuple[bytes, str]:
    """Both forms of a record, as ``app.records.issue`` makes them."""
    document = dump(made)
    proof = data_integrity.prepare_proof(
        made, verification_method=issuer.proof_key.id, created=ISSUED
    )
    token = jose.signing_input(made, kid=issuer.token_key.id, written=document)
    secured = proof.attach(issuer.sign(issuer.proof_key.id, proof.hash_data))
    proofs = dump({"proof": secured["proof"]})
    signed = jose.assemble(token, issuer.sign(issuer.token_key.id, token))
    return document[:-1] + b"," + proofs[1:], signed


def main() -> int:
    """Measure, and say what missed its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=300)
    asked = parser.parse_args()
    rates, issuer = Rates(asked.rounds), SimulatedIssuer()
    made = [record(issuer, number) for number in range(1, asked.count + 1)]
    sign_one, sign_two, verify_one, verify_two = raw(rates)
    both = rates.rate("prepare and sign both forms", lambda one: issue(issuer, one), made)
    secured = [issuer.secure(one) for one in made]
    key = issuer.proof_key
    own = rates.rate(
        "verify_proof, our own shape",
        lambda one: data_integrity.verify_proof(one, key=key),
        secured,
    )
    # Each round needs shapes that none before it had.
    odd = iter([shuffled(issuer.secure(one)) for _ in range(asked.rounds) for one in made[:FEW]])
    foreign = rates.rate(
        "verify_proof, foreign shapes",
        lambda _: data_integrity.verify_proof(next(odd), key=key),
        range(FEW),
    )
    rates.rate("the full path of canonicalisation alone", rdfc.canonicalise, made[:FEW])
    tokens = [issuer.secure_jwt(small(one)) for one in made]
    print(f"tokens of {len(tokens[0]):,} bytes")
    reading = rates.rate("strict parse and reading of a vc+jwt", jose.read_jwt, tokens)
    token = rates.rate("verify_jwt", lambda one: jose.verify_jwt(one, key=issuer.token_key), tokens)
    parsed = [dump(one) for one in secured]
    rates.rate("strict parse of a record", load_object, parsed)
    raw_both = 1 / (1 / sign_one + 1 / sign_two)
    print(f"both forms stand at {both / raw_both:.1%} of both raw signatures")
    print(f"our own shape at {own / verify_one:.1%} of raw Ed25519 verify")
    print(f"tokens at {token / verify_two:.1%} of raw ES256 verify")
    missed = [
        f"{name}: {found:,.0f} where {aim:,.0f} is the aim"
        for name, found, aim in (
            ("both forms", both, BOTH),
            ("own shape", own, OWN),
            ("foreign shapes", foreign, FOREIGN),
            ("reading a token", reading, 1e6 / READING),
        )
        if found < aim
    ]
    print("\n".join(missed) or "every aim is met")
    return len(missed) > 0


if __name__ == "__main__":
    sys.exit(main())
