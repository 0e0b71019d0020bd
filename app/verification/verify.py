"""The verification of one record, in numbered checks.

1. ``record.readable``    the bytes are one JSON object, or one compact token, read strictly
2. ``record.securing``    they are secured in a way that we know
3. ``record.profile``     contexts, types and members are those of a profile that we know
4. ``issuer.known``       the bundle knows the issuer
5. ``key.valid``          each key is the issuer's, and was fit to sign at the time of signing
6. ``proof.signature``    each key signed exactly this
7. ``record.dates``       the record is valid at the time asked about
8. ``status.revocation``  its issuer has not withdrawn it
9. ``status.suspension``  its issuer has not suspended it
10. ``record.resources``  files given with the record are those that it names

Checks 1 to 6 each need the one before, so the first that fails ends them; 7 to 10 are all made
once 6 has passed. What was not reached is unknown. Nothing is fetched, and the time is an argument.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.parse import Object
from app.verification import compliance, generic, mould, profile, reading, securing
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry
from app.verification.course import Course, quick, read_course
from app.verification.keyring import key_for
from app.verification.model import COMPLETION, GENERIC, Record, Report
from app.verification.options import Options
from app.verification.projection import project
from app.verification.resources import check_resources
from app.verification.securing import Secured
from app.verification.sheet import Finding, Sheet
from app.verification.status import Asked, check_revocation, check_suspension

TITLES = {
    "record.readable": "The file can be read",
    "record.securing": "The record is secured in a known way",
    "record.profile": "The record has a known form",
    "issuer.known": "The issuer is known",
    "key.valid": "The key was the issuer's when it signed",
    "proof.signature": "The signature is good",
    "record.dates": "The record is valid at this time",
    "status.revocation": "The record is not withdrawn",
    "status.suspension": "The record is not suspended",
    "record.resources": "The files given with it are those it names",
}

_CLAIMS = frozenset({"iss", "sub", "jti", "nbf"})
_DEFAULT = Options()


def verify(record: bytes, *, bundle: Bundle, at: datetime, options: Options = _DEFAULT) -> Report:
    """Verify a record as of ``at`` with what ``bundle`` knows. Bad input makes a check fail."""
    return _Examination(record, bundle=bundle, at=at, options=options).report()


def verify_many(
    records: Iterable[bytes], *, bundle: Bundle, at: datetime, options: Options = _DEFAULT
) -> Iterator[Report]:
    """Verify records as they come, up to sixteen at a time; gives their reports in their order.

    The sixteen go through the checks in step. That gives the same reports sooner: a processor that
    does one thing to many keeps what it needs at hand.
    """
    coming = iter(records)
    while few := list(islice(coming, _IN_STEP)):
        under_way = [_Examination(one, bundle=bundle, at=at, options=options) for one in few]
        for _ in _STAGES:
            for examination in under_way:
                examination.go_on()
        yield from [examination.report() for examination in under_way]


def verify_held(
    source: Object, *, digest: str, bundle: Bundle, at: datetime, options: Options = _DEFAULT
) -> Report:
    """Verify a record that was read already, as part of a presentation."""
    held = _Held(source, digest)
    return _Examination(held, bundle=bundle, at=at, options=options).report()


class _Held(NamedTuple):
    """A record that was read already, and the digest by which it is known."""

    source: Object
    digest: str


class _Examination:
    """One verification under way: what is asked, its sheet, and what was found so far."""

    __slots__ = (
        *("_at", "_bundle", "_given", "_options", "_profile", "_record", "_securing", "_sheet"),
        *("_stages", "_understood"),
    )

    def __init__(
        self, given: bytes | _Held, *, bundle: Bundle, at: datetime, options: Options
    ) -> None:
        if at.tzinfo is None:
            raise ProofError("time-malformed", "The time of a verification needs its zone.")
        self._given, self._bundle, self._at, self._options = given, bundle, at, options
        self._sheet = Sheet(TITLES)
        self._stages = iter(_STAGES)
        self._understood: _Understood | None = None
        self._profile: str | None = None
        self._securing: str | None = None
        self._record: Record | None = None

    def report(self) -> Report:
        """Make the checks that are left, and say what was found."""
        while self.go_on():
            pass
        held = self._given
        return Report(
            checks=self._sheet.close(),
            record=self._record,
            profile=self._profile,
            securing=self._securing,
            at=self._at,
            bundle_version=self._bundle.version,
            digest=held.digest if isinstance(held, _Held) else hashlib.sha256(held).hexdigest(),
        )

    def go_on(self) -> bool:
        """Go through the next stage and say whether there was one; an error ends them all."""
        stage = next(self._stages, None)
        if stage is None:
            return False
        try:
            stage(self)
        except ProofError as error:
            self._sheet.failed(error)
            self._stages = iter(())
        return True

    def understand(self) -> None:
        """Checks 1 to 5: what it is, who should have signed it, and with which keys."""
        sheet, bundle, options = self._sheet, self._bundle, self._options
        # 1
        given = self._given
        source = given.source if isinstance(given, _Held) else securing.read(given)
        sheet.passed("The file is well-formed." if isinstance(source, dict) else "It is a token.")
        # 2
        secured = securing.recognise(source, memory=bundle.memory)
        self._securing = secured.securing
        named = tuple([("key", signature.key_id) for signature in secured.signatures])
        sheet.passed(f"Secured with {secured.securing}.", *named)
        # 3
        course, detail = _profile(secured, bundle, options)
        self._profile = GENERIC if course is None else COMPLETION
        sheet.passed(detail, ("profile", self._profile))
        # 4
        issuer = _issuer(secured.document, bundle)
        version = ("bundle_version", str(bundle.version))
        sheet.passed(f"The bundle knows {issuer.name}.", ("issuer", issuer.id), version)
        # 5
        signers = _signers(secured, issuer=issuer, bundle=bundle, options=options)
        keys = [
            key_for(signature, issuer=signer, at=self._at, leeway=options.leeway)
            for signature, signer in zip(secured.signatures, signers, strict=True)
        ]
        sheet.passed("The key is the issuer's and was valid.", *named, version)
        self._understood = _Understood(secured, course, issuer, keys, named)

    def check_signatures(self) -> None:
        """Check 6: nothing that was read so far is believed before this."""
        known = self._known()
        # 6
        securing.verify(known.secured, keys=known.keys, contexts=self._options.contexts)
        self._sheet.passed("Nothing in it was changed since it was signed.", *known.named)

    def judge(self) -> None:
        """Checks 7 to 10: of a genuine record, whether it holds at the time asked about."""
        secured, course, issuer, _, _ = self._known()
        document, sheet, options = secured.document, self._sheet, self._options
        completion = course is not None
        _remember(secured, course, self._bundle)
        self._record = project(document, issuer=issuer, course=course)
        # 7
        sheet.attempt(lambda: _check_dates(secured, at=self._at, leeway=options.leeway))
        # 8, 9
        asked = Asked(issuer, self._bundle, self._at, options)
        sheet.attempt(lambda: check_revocation(document, completion=completion, asked=asked))
        sheet.attempt(lambda: check_suspension(document, completion=completion, asked=asked))
        # 10
        sheet.attempt(lambda: check_resources(document, given=options.resources))

    def _known(self) -> "_Understood":
        if self._understood is None:
            raise ProofError("unsecured", "The record was not understood.")
        return self._understood


class _Understood(NamedTuple):
    """What checks 1 to 5 found of a record whose signature is still to be checked."""

    secured: Secured
    course: Course | None
    issuer: IssuerEntry
    keys: list[KeyEntry]
    named: tuple[tuple[str, str], ...]


_STAGES = (_Examination.understand, _Examination.check_signatures, _Examination.judge)
_IN_STEP = 16


def _profile(secured: Secured, bundle: Bundle, options: Options) -> tuple[Course | None, str]:
    """Give the course of a completion record; of another credential only why it is none.

    Raises ``ProofError`` when it is of no profile that is taken.
    """
    document = secured.document
    course = secured.course or quick(document, memory=bundle.memory)
    problems = profile.check(document) if course is None else []
    claims = _missing_claims(secured)
    if not problems and not claims and COMPLETION in options.profiles:
        detail = "A completion record with exactly the members it should have."
        return course or _slow_course(document), detail
    first = f"{problems[0].pointer or '/'} {problems[0].message}" if problems else ""
    reason = first or f"the token lacks {', '.join(claims)}"
    if GENERIC not in options.profiles:
        raise ProofError("profile", f"Not a completion record: {reason}.")
    generic.check_credential(document, contexts=options.contexts)
    if compliance.is_statement(document):
        compliance.check(document)
        return None, "A statement of home compliance with exactly the members it should have."
    return None, f"A credential, but not a completion record: {reason}."


def _remember(secured: Secured, course: Course | None, bundle: Bundle) -> None:
    """Keep the form of a genuine record's token, for the next of the same course."""
    if secured.token is not None and secured.course is None and course is not None:
        text, claims = secured.token.payload, secured.claims
        mould.remember(text, secured.document, claims=claims, course=course, memory=bundle.memory)


def _slow_course(document: Object) -> Course:
    subject = reading.nested(document, "credentialSubject")
    return read_course(reading.nested(subject, "achievement"))


def _missing_claims(secured: Secured) -> list[str]:
    """Claims of Open Badges 3.0, section 8.2.4, that a token lacks."""
    if secured.token is None:
        return []
    return sorted(_CLAIMS - secured.claims)


def _issuer(document: Object, bundle: Bundle) -> IssuerEntry:
    issuer_id = reading.identifier(document.get("issuer"))
    if issuer_id is None:
        raise ProofError("issuer-absent", "The record does not name its issuer.")
    if issuer_id not in bundle.issuers:
        raise ProofError("issuer-unknown", f"The bundle does not know the issuer {issuer_id}.")
    return bundle.issuers[issuer_id]


def _signers(
    secured: Secured, *, issuer: IssuerEntry, bundle: Bundle, options: Options
) -> list[IssuerEntry]:
    """Whose key each signature must be: the issuer's, or another's where others may sign too.

    Data Integrity 1.0, sections 2.1.1 and 2.1.2, lets others add proofs to a set or a chain. One of
    them must be the issuer's own all the same (VC Data Model 2.0, section 4.7).
    """
    if not options.others_may_sign:
        return [issuer] * len(secured.signatures)
    parties = [without_fragment(signature.key_id) for signature in secured.signatures]
    if issuer.id not in parties:
        raise ProofError("key-foreign", "None of the signatures is one of the issuer.")
    return [bundle.issuers.get(party, issuer) for party in parties]


def _check_dates(secured: Secured, *, at: datetime, leeway: timedelta) -> Finding:
    document = secured.document
    for name in ("validFrom", "awardedDate"):
        since = reading.optional_time(document, name)
        if since is not None and since - at > leeway:
            raise ProofError("dates-future", f"The record is not valid before {document[name]}.")
    until = reading.optional_time(document, "validUntil")
    if until is not None and until < at:
        raise ProofError("dates-expired", f"The record was valid until {document['validUntil']}.")
    for signature in secured.signatures:
        ends = signature.proof.expires if signature.proof else None
        if ends is not None and ends < at:
            raise ProofError("proof-expired", f"The proof was made to hold until {ends}.")
    return Finding("The record is valid at the time asked about.", (("at", at.isoformat()),))
