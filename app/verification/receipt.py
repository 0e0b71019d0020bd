"""A receipt: what somebody checked about a record, when, and with which bundle. Signed, for others.

A report is worth something to whoever made it. A receipt lets him show it: a compact token
(RFC 7515) of type ``opencpd-verification-receipt+jwt``, signed with ES256 by the verifier's key.
It does not make a record good, and a good one may be withdrawn an hour later: a receipt says what
was found at one time, no more. Its payload is the statement, with exactly these members:

``format``, ``format_version``
    ``opencpd-verification-receipt``, 1.
``iss``, ``iat``
    The DID of the verifier, whose key signs; when the receipt was made, in seconds since 1970.
``record``
    ``digest``: the SHA-256 in hexadecimal of the bytes that were verified; ``id`` once the
    signature was found good, and null before: what nobody signed is not repeated.
``at``
    The time as of which the record was judged.
``bundle``
    ``publisher`` (null when the verifier made it himself) and ``version`` of the trust bundle.
``options``
    What the verifier chose: ``profiles``, ``contexts``, ``oldest_status`` and ``leeway`` in
    seconds, ``others_may_sign``, and the SHA-256 of every file given, by its id, in ``resources``.
    ``challenge`` and ``domain`` belong to presentations and are left out.
``checks``
    ``number``, ``code`` and ``outcome`` of each, and its ``error`` code when it did not pass.
``outcome``
    The worst of them. No facts about the holder are in a receipt; it may be kept in a file.

Pure: the statement is made here and read here; ``app.trust`` holds the key.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.proof import jose
from app.proof.encoding import base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm, PublicKey
from app.proof.parse import Object, dump, load_object
from app.proof.times import write_time
from app.verification import reading
from app.verification.model import Check, Outcome, Report
from app.verification.options import Options

FORMAT = "opencpd-verification-receipt"
FORMAT_VERSION = 1
TYPE = "opencpd-verification-receipt+jwt"
_HEADER = frozenset({"alg", "typ", "kid"})
_MEMBERS = frozenset(
    {"format", "format_version", "iss", "iat", "record", "at"}
    | {"bundle", "options", "checks", "outcome"}
)


@dataclass(frozen=True, slots=True)
class CheckMade:
    """One check as a receipt gives it."""

    number: int
    code: str
    outcome: Outcome
    error: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt whose signature is good: what its verifier says, no more."""

    verifier: str
    made_at: datetime
    digest: str
    """SHA-256 in hexadecimal of the bytes that were verified."""
    record_id: str | None
    at: datetime
    publisher: str | None
    bundle_version: int
    options: Object
    checks: tuple[CheckMade, ...]
    outcome: Outcome


def statement(
    report: Report,
    *,
    verifier: str,
    made_at: datetime,
    publisher: str | None,
    options: Options,
) -> Object:
    """What a receipt says of a report that was made with ``options``.

    ``publisher`` is that of the bundle. Raises ``ProofError`` when a time has no zone.
    """
    if made_at.tzinfo is None:
        raise ProofError("time-malformed", "A time without a zone cannot be signed.")
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "iss": verifier,
        "iat": int(made_at.timestamp()),
        "record": {"digest": report.digest, "id": report.record.id if report.record else None},
        "at": write_time(report.at),
        "bundle": {"publisher": publisher, "version": report.bundle_version},
        "options": _chosen(options),
        "checks": [_said(check) for check in report.checks],
        "outcome": report.outcome.value,
    }


def signing_input(said: Object, *, kid: str) -> bytes:
    """The bytes to sign with ES256; ``app.proof.jose.assemble`` puts the signature to them."""
    header: Object = {"alg": "ES256", "typ": TYPE, "kid": kid}
    return f"{base64url_encode(dump(header))}.{base64url_encode(dump(said))}".encode("ascii")


def read_receipt(token: str, *, key: PublicKey, record: bytes | None = None) -> Receipt:
    """Read a receipt that ``key`` signed, or raise ``ProofError``.

    With ``record`` given, the receipt must be about exactly these bytes. Whether the key is one of
    a verifier to be trusted, and was at that time, the caller has to know.
    """
    parts = jose.split(token)
    if parts.header.keys() != _HEADER or parts.header["typ"] != TYPE:
        raise ProofError("receipt-type", f"The token is not a {TYPE}.")
    if parts.header["alg"] != "ES256" or key.algorithm is not Algorithm.ES256:
        raise ProofError("key-algorithm", "A receipt is signed with ES256 only.")
    if parts.key_id != key.id:
        raise ProofError("key-mismatch", f"The receipt names {parts.key_id}.")
    key.verify(parts.signature, data=parts.signing_input)
    receipt = _read(load_object(parts.payload))
    if receipt.verifier != key.controller:
        raise ProofError("receipt-verifier", "The receipt is not signed by who says to make it.")
    if record is not None and hashlib.sha256(record).hexdigest() != receipt.digest:
        raise ProofError("receipt-record", "The receipt is about another record.")
    return receipt


def _chosen(options: Options) -> Object:
    given = sorted(options.resources.items())
    return {
        "profiles": [*sorted(options.profiles)],
        "contexts": [*sorted(options.contexts)],
        "oldest_status": int(options.oldest_status.total_seconds()),
        "leeway": int(options.leeway.total_seconds()),
        "others_may_sign": options.others_may_sign,
        "resources": {name: hashlib.sha256(data).hexdigest() for name, data in given},
    }


def _said(check: Check) -> Object:
    said: Object = {"number": check.number, "code": check.code, "outcome": check.outcome.value}
    error = check.evidence.get("error")
    return said if error is None else {**said, "error": error}


def _read(said: Object) -> Receipt:
    if said.keys() != _MEMBERS or (said["format"], said["format_version"]) != (
        FORMAT,
        FORMAT_VERSION,
    ):
        raise ProofError("receipt-format", f"The token is no {FORMAT} of version {FORMAT_VERSION}.")
    about, bundle = reading.nested(said, "record"), reading.nested(said, "bundle")
    checks = tuple(map(_made, reading.objects(said, "checks")))
    outcome = _outcome(said)
    found = {check.outcome for check in checks}
    worst = next((o for o in (Outcome.FAIL, Outcome.UNKNOWN) if o in found), Outcome.PASS)
    if not checks or outcome is not worst:
        raise ProofError("receipt-outcome", "The receipt's outcome is not that of its checks.")
    return Receipt(
        verifier=reading.text(said, "iss"),
        made_at=reading.instant(reading.number(said, "iat")),
        digest=reading.text(about, "digest"),
        record_id=_optional(about, "id"),
        at=reading.time_of(reading.text(said, "at")),
        publisher=_optional(bundle, "publisher"),
        bundle_version=reading.number(bundle, "version"),
        options=reading.nested(said, "options"),
        checks=checks,
        outcome=outcome,
    )


def _made(said: Object) -> CheckMade:
    error = reading.optional_text(said, "error")
    number = reading.number(said, "number")
    return CheckMade(number, reading.text(said, "code"), _outcome(said), error)


def _outcome(said: Object) -> Outcome:
    try:
        return Outcome(reading.text(said, "outcome"))
    except ValueError as error:
        raise ProofError("receipt-outcome", "A check's outcome is none that is known.") from error


def _optional(members: Object, name: str) -> str | None:
    return None if members.get(name) is None else reading.text(members, name)
