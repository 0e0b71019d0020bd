"""The verification of one record, in numbered checks.

1. ``record.readable``   the bytes are one JSON object, or one compact token, read strictly
2. ``record.securing``   they are secured in a way that we know
3. ``record.profile``    contexts, types and members are those of a profile that we know
4. ``issuer.known``      the bundle knows the issuer
5. ``key.valid``         the key is the issuer's, and was fit to sign at the time of signing
6. ``proof.signature``   the key signed exactly this
7. ``record.dates``      the record is valid at the time asked about
8. ``status.revocation`` its issuer has not withdrawn it

Checks 1 to 6 each need the one before, so the first that fails ends them; 7 and 8 are both made
once 6 has passed. What was not reached is unknown. Nothing is fetched, and the time is an argument.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.proof import jose
from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.proof.times import read_time
from app.proof.vocabulary import CREDENTIALS_V2, KNOWN
from app.verification import profile, reading, securing
from app.verification.bundle import Bundle, IssuerEntry
from app.verification.keyring import key_for
from app.verification.model import COMPLETION, GENERIC, Check, Outcome, Record, Report
from app.verification.projection import project
from app.verification.securing import Secured
from app.verification.status import Freshness, Unknown, check_status

TITLES = {
    "record.readable": "The file can be read",
    "record.securing": "The record is secured in a known way",
    "record.profile": "The record has a known form",
    "issuer.known": "The issuer is known",
    "key.valid": "The key was the issuer's when it signed",
    "proof.signature": "The signature is good",
    "record.dates": "The record is valid at this time",
    "status.revocation": "The record is not withdrawn",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a verifier may choose."""

    profiles: frozenset[str] = frozenset({COMPLETION, GENERIC})
    oldest_status: timedelta = timedelta(days=7)
    """How long ago a status list may have been fetched."""
    leeway: timedelta = timedelta(seconds=60)
    """How far two clocks may differ."""


_DEFAULT = Options()
_LONGEST_TEXT = 500


@dataclass(slots=True)
class _Sheet:
    """The checks as they are made."""

    checks: list[Check] = field(default_factory=list)

    def note(
        self, outcome: Outcome, detail: str, evidence: Mapping[str, str] | None = None
    ) -> None:
        """Answer the next question."""
        number = len(self.checks)
        code = list(TITLES)[number]
        shown = {name: _showable(value) for name, value in (evidence or {}).items()}
        found = Check(number + 1, code, TITLES[code], outcome, _showable(detail), shown)
        self.checks.append(found)

    def passed(self, detail: str, evidence: Mapping[str, str] | None = None) -> None:
        """The next check passes."""
        self.note(Outcome.PASS, detail, evidence)

    def failed(self, error: ProofError) -> None:
        """The next check ends with an error."""
        outcome = Outcome.UNKNOWN if isinstance(error, Unknown) else Outcome.FAIL
        self.note(outcome, error.message, {"error": error.code})

    def attempt(self, question: Callable[[], Mapping[str, str]], *, good: str) -> None:
        """Make the next check; whatever it finds, the one after it is made too."""
        try:
            self.passed(good, question())
        except ProofError as error:
            self.failed(error)

    def close(self) -> tuple[Check, ...]:
        """Mark what was not reached and give all checks."""
        while len(self.checks) < len(TITLES):
            self.note(Outcome.UNKNOWN, "Not reached: an earlier check has to pass first.")
        return tuple(self.checks)


def _showable(text: str) -> str:
    """Text that may quote the record, without what would disturb a terminal or hide a name."""
    printable = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
    return printable if len(printable) <= _LONGEST_TEXT else printable[:_LONGEST_TEXT] + "..."


@dataclass(slots=True)
class _Found:
    """What is known of the record so far."""

    secured: Secured | None = None
    profile: str | None = None
    record: Record | None = None


def verify(record: bytes, *, bundle: Bundle, at: datetime, options: Options = _DEFAULT) -> Report:
    """Verify a record as of ``at`` with what ``bundle`` knows. Bad input makes a check fail."""
    if at.tzinfo is None:
        raise ProofError("time-malformed", "The time of a verification needs its zone.")
    sheet, found = _Sheet(), _Found()
    try:
        _examine(record, bundle=bundle, at=at, options=options, sheet=sheet, found=found)
    except ProofError as error:
        sheet.failed(error)
    return Report(
        checks=sheet.close(),
        record=found.record,
        profile=found.profile,
        securing=found.secured.securing if found.secured else None,
        at=at,
        bundle_version=bundle.version,
        digest=hashlib.sha256(record).hexdigest(),
    )


def _examine(
    record: bytes,
    *,
    bundle: Bundle,
    at: datetime,
    options: Options,
    sheet: _Sheet,
    found: _Found,
) -> None:
    """Make the checks in their order; raises what the first failing one of 1 to 6 found."""
    # 1
    source = securing.read(record)
    sheet.passed("The file is well-formed." if isinstance(source, dict) else "It is a token.")
    # 2
    secured = securing.recognise(source)
    found.secured, document = secured, secured.document
    sheet.passed(f"Secured with {secured.securing}.", {"key": secured.key_id})
    # 3
    kind, detail = _profile(secured, options)
    found.profile = kind
    sheet.passed(detail, {"profile": kind})
    # 4
    issuer = _issuer(document, bundle)
    version = {"bundle_version": str(bundle.version)}
    sheet.passed(f"The bundle knows {issuer.name}.", {"issuer": issuer.id, **version})
    # 5
    entry = key_for(secured, issuer=issuer, at=at, leeway=options.leeway)
    sheet.passed("The key is the issuer's and was valid.", {"key": entry.key.id, **version})
    # 6
    securing.verify(secured, key=entry.key)
    facts = project(document, issuer=issuer, profile=kind)
    sheet.passed("Nothing in it was changed since it was signed.", {"key": entry.key.id})
    found.record = facts
    # 7
    sheet.attempt(
        lambda: _check_dates(document, at=at, leeway=options.leeway),
        good="The record is valid at the time asked about.",
    )
    # 8
    fresh = Freshness(options.oldest_status, options.leeway)
    sheet.attempt(
        lambda: check_status(document, issuer=issuer, bundle=bundle, at=at, fresh=fresh),
        good="The issuer has not withdrawn the record."
        if "credentialStatus" in document
        else "The record names no status list: it cannot be withdrawn.",
    )


def _profile(secured: Secured, options: Options) -> tuple[str, str]:
    """Say which profile a credential has, or raise ``ProofError`` when it is none we take."""
    problems = profile.check(secured.document)
    claims = _missing_claims(secured)
    if not problems and not claims and COMPLETION in options.profiles:
        return COMPLETION, "A completion record with exactly the members it should have."
    first = f"{problems[0].pointer or '/'} {problems[0].message}" if problems else ""
    reason = first or f"the token lacks {', '.join(claims)}"
    if GENERIC not in options.profiles:
        raise ProofError("profile", f"Not a completion record: {reason}.")
    _check_generic(secured.document)
    return GENERIC, f"A credential, but not a completion record: {reason}."


def _missing_claims(secured: Secured) -> list[str]:
    """Claims of Open Badges 3.0, section 8.2.4, that a token lacks."""
    if secured.token is None:
        return []
    return sorted({"iss", "sub", "jti", "nbf"} - jose.claims(secured.token).keys())


def _check_generic(document: Object) -> None:
    """The least that every credential of VC Data Model 2.0 has (section 4)."""
    contexts = document.get("@context")
    named: list[JSON] = contexts if isinstance(contexts, list) else [contexts]
    if named[:1] != [CREDENTIALS_V2.url]:
        raise ProofError("profile", f"The first context is not {CREDENTIALS_V2.url}.")
    if not all(isinstance(name, str) and name in KNOWN for name in named):
        raise ProofError("profile", "The record names a context that is not one of the known.")
    if "VerifiableCredential" not in reading.texts(document.get("type")):
        raise ProofError("profile", "The document is not a VerifiableCredential.")
    if not reading.objects(document, "credentialSubject"):
        raise ProofError("profile", "The credential says nothing about anybody.")
    reading.optional_text(document, "id")
    for name in ("validFrom", "validUntil"):
        if name in document:
            read_time(reading.text(document, name))


def _issuer(document: Object, bundle: Bundle) -> IssuerEntry:
    issuer_id = reading.identifier(document.get("issuer"))
    if issuer_id is None:
        raise ProofError("issuer-absent", "The record does not name its issuer.")
    if issuer_id not in bundle.issuers:
        raise ProofError("issuer-unknown", f"The bundle does not know the issuer {issuer_id}.")
    return bundle.issuers[issuer_id]


def _check_dates(document: Object, *, at: datetime, leeway: timedelta) -> dict[str, str]:
    for name in ("validFrom", "awardedDate"):
        since = reading.optional_text(document, name)
        if since is not None and read_time(since) - at > leeway:
            raise ProofError("dates-future", f"The record is not valid before {since}.")
    until = reading.optional_text(document, "validUntil")
    if until is not None and read_time(until) < at:
        raise ProofError("dates-expired", f"The record was valid until {until}.")
    return {"at": at.isoformat()}
