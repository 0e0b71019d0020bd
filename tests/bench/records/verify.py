"""How fast records are verified, beside raw signature checks of ``cryptography`` in the same run.

    python -m tests.bench.records.verify [COUNT] [--profile]

Every record is another one: other ids, salts, identifiers and places in the list, of one course in
fifty, as they come out of ``app.records.build``. "Seen before" is what a registry meets that has
the bundle open; the two rows after it begin with a bundle that remembers nothing. A report is all
numbered checks with their evidence, against a bundle with the issuer's three lists. CPU seconds of
this process, the best of five rounds; each round takes the raw check first, so that a ratio
compares neighbours in time.
"""

import cProfile
import hashlib
import pstats
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from multiprocessing import get_context
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.proof import jose
from app.proof.data_integrity import CRYPTOSUITE
from app.proof.parse import Object, dump
from app.records.build import Draft, document
from app.records.model import CourseFacts, Holder, Identifier, Kind, Mode, NewCompletion, Slot, Tag
from app.trust.model import Issuer, Role
from app.verification import Bundle, Outcome, securing, verify, verify_many
from app.verification.course import quick
from tests.simulator.issuer import CONTEXTS, ISSUED, SimulatedIssuer
from tests.simulator.issuer import NOW as AT

ROUNDS = 5
COURSES = 50
STRANGE = 40
ISSUER = SimulatedIssuer()


def credential(number: int, course: int) -> Object:
    """A record as this node makes it."""
    completion = NewCompletion(
        holder=Holder(identifiers=(Identifier("ext:RegisterNumber", f"REG-{number:06d}"),)),
        completed_on=date(2026, 11, 1 + number % 19),
        kind=Kind.COURSE,
        mode=Mode.ONSITE,
        role="participant",
        contact_minutes=360,
        assessed=True,
        tags=(Tag.TECHNICAL,),
        competences=("EC1",),
        fields=("0732",),
        standards=("EN 1998-2:2005",),
    )
    url = f"https://society.example/courses/{course}"
    return document(
        Draft(
            record_id=str(UUID(int=number)),
            holder_id=f"urn:uuid:{UUID(int=1 << 100 | number)}",
            society_id="kse",
            issuer=Issuer(ISSUER.id, Role.SOCIETY, "kse", ISSUER.name, ISSUER.base_url),
            completion=completion,
            course=CourseFacts({"en": f"Seismic design of bridges, part {course}"}, url),
            achievement_id=url,
            slot=Slot(1, number),
            list_url=ISSUER.status_url,
            public_url=ISSUER.base_url,
            salts=[f"q3VtZ1h2bW5hc2Rm{number:010d}"],
            at=ISSUED,
        )
    )


def foreign(number: int) -> Object:
    """A badge of another shape; each tag list has its own length."""
    return {
        "@context": [*CONTEXTS],
        "id": f"https://other.example/badges/{number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "A badge",
        "issuer": ISSUER.id,
        "validFrom": "2026-11-01T00:00:00Z",
        "credentialSubject": {
            "id": f"urn:uuid:{UUID(int=number)}",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": f"https://other.example/achievements/{number}",
                "type": ["Achievement"],
                "name": "A badge",
                "description": "For whoever came.",
                "criteria": {"narrative": "To come."},
                "tag": [f"tag {place}" for place in range(1 + number // 7)],
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetName": f"Outcome {place}",
                        "targetUrl": f"https://other.example/outcomes/{place}",
                    }
                    for place in range(1 + number % 7)
                ],
            },
        },
    }


def seconds(work: Callable[[], object], count: int) -> float:
    """The CPU seconds that one of ``count`` takes."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / count


def compare(
    what: str, raw: Callable[[], object], work: Callable[[], object], count: int
) -> tuple[float, float]:
    """Print how often a second it is done, and how that stands to the raw signature check."""
    pairs = [(seconds(raw, count), seconds(work, count)) for _ in range(ROUNDS)]
    bare, full = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    print(
        f"{what:<52}{1 / full:10,.0f} /s{bare / full:8.1%} of raw{1e6 * (full - bare):7.0f} us more"
    )
    return bare, full


def one_by_one(records: Sequence[bytes], fresh: Callable[[], Bundle]) -> Callable[[], None]:
    def work() -> None:
        bundle = fresh()
        for record in records:
            assert verify(record, bundle=bundle, at=AT).outcome is Outcome.PASS

    return work


def in_bulk(records: Sequence[bytes], fresh: Callable[[], Bundle]) -> Callable[[], None]:
    def work() -> None:
        for report in verify_many(records, bundle=fresh(), at=AT):
            assert report.outcome is Outcome.PASS

    return work


def never_seen(fresh: Callable[[], Bundle]) -> Callable[[], None]:
    """Every round gets shapes that no earlier one had, signed by a process that remembers alone."""
    with get_context("fork").Pool(1) as elsewhere:
        signed = elsewhere.map(signed_foreign, range(ROUNDS * STRANGE))
    rounds = [signed[start : start + STRANGE] for start in range(0, len(signed), STRANGE)]

    def work() -> None:
        for record in rounds.pop():
            assert verify(record, bundle=fresh(), at=AT).outcome is Outcome.PASS

    return work


def signed_foreign(number: int) -> bytes:
    return ISSUER.secure_json(foreign(number))


def raw_es256(tokens: Sequence[bytes]) -> Callable[[], None]:
    """Only the mathematics: message and signature are ready, nothing is decoded or read."""
    public, algorithm = ISSUER.token_public, ec.ECDSA(SHA256())
    ready = []
    for token in tokens:
        parts = jose.split(token.decode())
        r, s = (
            int.from_bytes(half, "big") for half in (parts.signature[:32], parts.signature[32:])
        )
        ready.append((encode_dss_signature(r, s), parts.signing_input))

    def work() -> None:
        for signature, data in ready:
            public.verify(signature, data, algorithm)

    return work


def raw_ed25519(count: int) -> Callable[[], None]:
    data = bytes(64)
    signature = ISSUER.sign(ISSUER.proof_key.id, data)

    def work() -> None:
        for _ in range(count):
            ISSUER.proof_public.verify(signature, data)

    return work


def bounds(tokens: Sequence[bytes], bundle: Bundle, *, bare: float, full: float) -> None:
    """Say where the time of a token's report goes; each part alone, nothing of it kept."""
    memory = bundle.memory
    known = securing.recognise(securing.read(tokens[0]), memory=memory)
    documents = [known.document] * len(tokens)

    def each(work: Callable[[bytes], object]) -> float:
        def all_of_them() -> None:
            for token in tokens:
                work(token)

        return min(seconds(all_of_them, len(tokens)) for _ in range(ROUNDS))

    def profiled() -> None:
        for one in documents:
            quick(one, memory=memory)

    split = each(securing.read)
    read = each(lambda token: securing.recognise(securing.read(token), memory=memory))
    long_way = each(lambda token: securing.recognise(securing.read(token)))
    parts = {
        "ES256 signature": bare,
        "digest of the file": each(lambda token: hashlib.sha256(token).hexdigest()),
        "base64 and header": split,
        "JSON, claims and profile, by the mould": read - split,
    }
    parts["facts, dates, status, files, the report"] = full - sum(parts.values())
    for name, one in parts.items():
        print(f"    {name:<52}{one * 1e6:7.1f} us{one / full:7.1%}")
    profile = seconds(profiled, len(documents))
    print(f"    {'(without a mould: JSON and claims)':<52}{(long_way - split) * 1e6:7.1f} us")
    print(f"    {'(without a mould: profile)':<52}{profile * 1e6:7.1f} us")


def main(count: int) -> None:
    lists = ISSUER.bundle()

    def fresh() -> Bundle:
        """A bundle that remembers nothing yet."""
        return Bundle(7, AT, lists.issuers, lists.status_lists)

    ours = [credential(number, number % COURSES) for number in range(count)]
    apart = [credential(number, number) for number in range(count)]
    tokens, others = ([ISSUER.secure_jwt(one).encode() for one in made] for made in (ours, apart))
    print(
        f"{count} records; a token has {len(tokens[0])} bytes, its payload {len(dump(ours[0]))}\n"
    )
    raw = raw_es256(tokens)
    bundle = fresh()
    in_bulk(tokens, lambda: bundle)()
    bare, full = compare(
        "vc+jwt in bulk, courses seen before", raw, in_bulk(tokens, lambda: bundle), count
    )
    bounds(tokens, bundle, bare=bare, full=full)
    print()
    compare(
        f"vc+jwt in bulk, {COURSES} courses not seen before", raw, in_bulk(tokens, fresh), count
    )
    compare("vc+jwt in bulk, each another course", raw, in_bulk(others, fresh), count)
    compare(
        "vc+jwt one by one, courses seen before", raw, one_by_one(tokens, lambda: bundle), count
    )
    embedded = [ISSUER.secure_json(one) for one in ours[: count // 2]]
    raw = raw_ed25519(len(embedded))
    print()
    compare(f"{CRYPTOSUITE} in bulk, our shape", raw, in_bulk(embedded, fresh), len(embedded))
    compare(f"{CRYPTOSUITE}, shapes never seen", raw_ed25519(STRANGE), never_seen(fresh), STRANGE)
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.runcall(in_bulk(tokens, lambda: bundle))
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main(int(next((word for word in sys.argv[1:] if word.isdigit()), "1000")))
