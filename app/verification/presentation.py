"""The verification of a presentation: who shows these records, to whom, and are they good.

1. ``presentation.readable``  the bytes are one JSON object, or one compact token, read strictly
2. ``presentation.form``      it is a presentation of VC Data Model 2.0, secured in a known way
3. ``holder.key``             each key is the holder's: its own ``did:key``, or one the bundle knows
4. ``presentation.signature`` each key signed exactly this, to authenticate its holder
5. ``presentation.request``   it answers what the verifier asked, and is made for this verifier
6. ``presentation.dates``     it holds at the time asked about
7. ``presentation.records``   every record in it is acceptable, each by its own report
8. ``holder.subject``         the records are about whoever presents them

Embedded proofs: W3C VC Data Model 2.0, section 4.13, with Data Integrity 1.0 (``authentication``,
``challenge``, ``domain``). Tokens: ``vp+jwt`` of W3C VC-JOSE-COSE, with ``nonce`` and ``aud``. A
presentation that nobody signed may be shown by anybody: who its holder is, is unknown, never a
pass. Where the verifier asked for nothing, an old presentation cannot be told from a new one, and
that is unknown too.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.proof import jose
from app.proof.did import without_fragment
from app.proof.did_key import resolve
from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.jose import UntrustedToken
from app.proof.parse import JSON, Limits, Object, load_object
from app.verification import generic, reading, securing
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry
from app.verification.keyring import check_time, key_for
from app.verification.model import Outcome, PresentationReport, Report
from app.verification.options import Options, Unknown
from app.verification.securing import Secured, Signature
from app.verification.sheet import Finding, Sheet
from app.verification.verify import verify_held

TITLES = {
    "presentation.readable": "The file can be read",
    "presentation.form": "It is a presentation of a known form",
    "holder.key": "The key is the holder's",
    "presentation.signature": "The holder signed the presentation",
    "presentation.request": "It answers this request",
    "presentation.dates": "It holds at this time",
    "presentation.records": "Every record in it is good",
    "holder.subject": "The records are about whoever presents them",
}
TYPE = "vp+jwt"
LIMITS = Limits(size=1024 * 1024)
_DATA_URL = f"data:application/{TYPE},"
_AUTHENTICATION = "authentication"
_CLAIMS = frozenset({"iss", "sub", "jti", "nbf", "exp", "iat", "aud", "nonce"})
_MOST_RECORDS = 100
_DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class _Presented:
    """A presentation as it was read. Nothing here is verified."""

    document: Object
    secured: Secured | None
    """Nothing when nobody signed it."""
    claims: Object
    """The registered claims of a token."""

    @property
    def holder(self) -> str | None:
        """Whom it names as its holder; a key speaks for its own DID when nobody is named."""
        named = reading.identifier(self.document.get("holder"))
        if named is None and isinstance(issuer := self.claims.get("iss"), str):
            named = issuer
        if named is None and self.secured is not None:
            named = without_fragment(self.secured.signatures[0].key_id)
        return named


def verify_presentation(
    presentation: bytes, *, bundle: Bundle, at: datetime, options: Options = _DEFAULT
) -> PresentationReport:
    """Verify a presentation as of ``at``, and every record in it. Bad input makes a check fail."""
    if at.tzinfo is None:
        raise ProofError("time-malformed", "The time of a verification needs its zone.")
    sheet = Sheet(TITLES)
    holder: str | None = None
    reports: tuple[Report, ...] = ()
    try:
        presented = _read(presentation, sheet, options)
        holder, reports = _examine(presented, sheet=sheet, bundle=bundle, at=at, options=options)
    except ProofError as error:
        sheet.failed(error)
    return PresentationReport(
        checks=sheet.close(),
        credentials=reports,
        holder=holder,
        at=at,
        bundle_version=bundle.version,
        digest=hashlib.sha256(presentation).hexdigest(),
    )


def _read(presentation: bytes, sheet: Sheet, options: Options) -> _Presented:
    # 1
    source = securing.read(presentation, limits=LIMITS)
    sheet.passed("The file is well-formed." if isinstance(source, dict) else "It is a token.")
    # 2
    presented = _recognise(source)
    generic.check_presentation(presented.document, contexts=options.contexts)
    if len(reading.objects(presented.document, "verifiableCredential")) > _MOST_RECORDS:
        raise ProofError("presentation-size", f"It holds more than {_MOST_RECORDS} records.")
    how = presented.secured.securing if presented.secured else "nothing"
    sheet.passed(f"A presentation, secured with {how}.")
    return presented


def _examine(
    presented: _Presented, *, sheet: Sheet, bundle: Bundle, at: datetime, options: Options
) -> tuple[str | None, tuple[Report, ...]]:
    """Make checks 3 to 8; gives the holder if he signed, and the reports of the records."""
    # 3, 4
    signed = _check_signature(presented, sheet, bundle=bundle, at=at, options=options)
    # 5, 6
    for question in (
        lambda: _check_request(presented, options),
        lambda: _check_dates(presented, at=at, options=options),
    ):
        if signed:
            sheet.attempt(question)
        else:
            sheet.skip()
    # 7
    reports = tuple(_verify_held(presented, bundle=bundle, at=at, options=options))
    sheet.attempt(lambda: _check_records(reports))
    # 8
    if signed:
        sheet.attempt(lambda: _check_subjects(presented, reports))
    else:
        sheet.skip()
    return presented.holder if signed else None, reports


def _recognise(source: Object | UntrustedToken) -> _Presented:
    if isinstance(source, UntrustedToken):
        return _token(source)
    if generic.ENVELOPED_PRESENTATION in reading.texts(source.get("type")):
        generic.check_envelope(source, kind=generic.ENVELOPED_PRESENTATION)
        address = reading.text(source, "id")
        if not address.startswith(_DATA_URL):
            raise ProofError("envelope", f"The envelope does not hold a {TYPE}.")
        return _token(jose.split(address.removeprefix(_DATA_URL), limits=LIMITS))
    secured = securing.embedded(source) if "proof" in source else None
    return _Presented(source, secured, {})


def _token(parts: UntrustedToken) -> _Presented:
    if parts.header.get("typ") != TYPE or parts.header.get("cty", "vp") != "vp":
        raise ProofError("jwt-header", f"The token's type is not {TYPE}.")
    payload = load_object(parts.payload, limits=LIMITS)
    if not payload.keys().isdisjoint({"vc", "vp"}):
        raise ProofError("jwt-claims", "The presentation is wrapped in a vc or vp claim.")
    claims: Object = {name: payload[name] for name in payload if name in _CLAIMS}
    document: Object = {name: payload[name] for name in payload if name not in _CLAIMS}
    holder = reading.identifier(document.get("holder"))
    if "iss" in claims and holder is not None and claims["iss"] != holder:
        raise ProofError("jwt-claims", "The claim iss is not the holder that is named.")
    if "jti" in claims and "id" in document and claims["jti"] != document["id"]:
        raise ProofError("jwt-claims", "The claim jti is not the id of the presentation.")
    signature = Signature(parts.key_id, _instant(claims, "iat"))
    return _Presented(document, Secured(TYPE, document, (signature,), parts), claims)


def _check_signature(
    presented: _Presented, sheet: Sheet, *, bundle: Bundle, at: datetime, options: Options
) -> bool:
    """Make checks 3 and 4; says whether the holder is who he says he is."""
    secured = presented.secured
    try:
        if secured is None:
            raise Unknown("unsecured", "Nobody signed it: whoever has the records can show them.")
        # 3
        keys = tuple(
            _key(signature, holder=presented.holder, bundle=bundle, at=at, options=options)
            for signature in secured.signatures
        )
        named = tuple(("key", entry.key.id) for entry in keys)
        sheet.passed(f"The key is that of {presented.holder}.", *named)
        # 4
        securing.verify(secured, keys=keys, contexts=options.contexts, purpose=_AUTHENTICATION)
        sheet.passed("The holder signed this, and nothing in it was changed since.", *named)
    except ProofError as error:
        sheet.failed(error)
        if sheet.made < 4:
            sheet.skip()
        return False
    return True


def _key(
    signature: Signature, *, holder: str | None, bundle: Bundle, at: datetime, options: Options
) -> KeyEntry:
    """The holder's key: the one his did:key stands for, or one that the bundle knows."""
    did = without_fragment(signature.key_id)
    if did != holder:
        raise ProofError("holder-key", f"The key {signature.key_id} is not one of {holder}.")
    if did in bundle.issuers:
        known: IssuerEntry = bundle.issuers[did]
        return key_for(signature, issuer=known, at=at, leeway=options.leeway)
    if not did.startswith("did:key:"):
        raise ProofError("holder-unknown", f"The bundle does not know the holder {did}.")
    entry = KeyEntry(resolve(signature.key_id), valid_from=datetime.min.replace(tzinfo=at.tzinfo))
    check_time(entry, signed_at=signature.signed_at, at=at, leeway=options.leeway)
    return entry


def _check_request(presented: _Presented, options: Options) -> Finding:
    """What was asked must be there in every signature; what was not asked proves nothing."""
    answers = list(_answers(presented))
    for challenge, domains in answers:
        if options.challenge is not None and challenge != options.challenge:
            raise ProofError("challenge-mismatch", "It does not answer the challenge that was set.")
        if options.domain is not None and options.domain not in domains:
            raise ProofError("domain-mismatch", f"It was not made for {options.domain}.")
    if options.challenge is None:
        message = "No challenge was set: it may have been shown before, elsewhere."
        raise Unknown("challenge-none", message)
    if options.domain is None and any(domains for _, domains in answers):
        raise Unknown("domain-none", "It was made for somebody, and nothing says who asks here.")
    return Finding("It answers the challenge that was set, and is made for this verifier.")


def _answers(presented: _Presented) -> Iterator[tuple[JSON, list[str]]]:
    """The challenge and the domains of each signature."""
    for signature in presented.secured.signatures if presented.secured else ():
        if signature.proof is None:
            yield presented.claims.get("nonce"), reading.texts(presented.claims.get("aud"))
        else:
            yield signature.proof.challenge, list(signature.proof.domain)


def _check_dates(presented: _Presented, *, at: datetime, options: Options) -> Finding:
    made = presented.secured.signatures if presented.secured else ()
    ends = [signature.proof.expires for signature in made if signature.proof]
    ends.append(_instant(presented.claims, "exp"))
    for end in ends:
        if end is not None and end < at:
            raise ProofError("presentation-expired", f"It was made to hold until {end}.")
    since = _instant(presented.claims, "nbf")
    if since is not None and since - at > options.leeway:
        raise ProofError("presentation-early", f"It does not hold before {since}.")
    return Finding("It holds at the time asked about.", (("at", at.isoformat()),))


def _verify_held(
    presented: _Presented, *, bundle: Bundle, at: datetime, options: Options
) -> Iterator[Report]:
    for held in reading.objects(presented.document, "verifiableCredential"):
        digest = hashlib.sha256(canonical_json(held)).hexdigest()
        yield verify_held(held, digest=digest, bundle=bundle, at=at, options=options)


def _check_records(reports: tuple[Report, ...]) -> Finding:
    for outcome, kind in ((Outcome.FAIL, ProofError), (Outcome.UNKNOWN, Unknown)):
        for number, report in enumerate(reports, start=1):
            for check in report.checks:
                if report.outcome is outcome and check.outcome is outcome:
                    raise kind(check.code, f"Record {number}: {check.detail}")
    count = len(reports)
    detail = f"All of its records, {count}, are good." if count else "It holds no record."
    return Finding(detail, (("records", str(count)),))


def _check_subjects(presented: _Presented, reports: tuple[Report, ...]) -> Finding:
    holder = presented.holder
    unknown: Unknown | None = None
    for number, report in enumerate(reports, start=1):
        about = report.record.holder_id if report.record else None
        if about == holder:
            continue
        if about is not None and about.startswith("did:"):
            raise ProofError("holder-other", f"Record {number} is about somebody else: {about}.")
        said = about or "nobody in particular"
        unknown = Unknown("holder-unbound", f"Record {number} is about {said}: no key says who.")
    if unknown is not None:
        raise unknown
    return Finding(f"The records are about {holder}, who presents them.")


def _instant(claims: Object, name: str) -> datetime | None:
    """A NumericDate of RFC 7519, section 2."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ProofError("jwt-claims", f"The claim {name} is not a time.")
    return reading.instant(value)
