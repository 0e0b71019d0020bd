"""A status list out of the bundle: verified once, its age asked every time, its bits read.

W3C Bitstring Status List 1.0, section 3.2. A list counts only when the record's own issuer signed
it, or a party that the bundle says may keep that issuer's lists. A list that is absent or out of
date gives ``Unknown``: not knowing is not the same as valid. Its ``ttl`` says when whoever fetches
lists should ask again; a verifier without a network goes by ``validUntil`` and its own options.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.proof import status_list
from app.proof.errors import ProofError
from app.proof.parse import JSON, STATUS_LIST, Object
from app.verification import reading, securing
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry
from app.verification.keyring import check_time, find_key
from app.verification.options import Options, Unknown
from app.verification.securing import Signature

_LARGEST_SIZE = 32
_LONGEST_INDEX = 9


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list whose signature is good, inflated. Whether it may be used depends on the time."""

    held: StatusListEntry
    issuer: IssuerEntry
    signer: IssuerEntry
    signatures: tuple[tuple[Signature, KeyEntry], ...]
    purposes: frozenset[str]
    bits: bytes
    since: datetime | None
    until: datetime | None
    contexts: Mapping[str, JSON]
    """Those under which its proof was found good."""
    evidence: tuple[tuple[str, str], ...]
    """What an answer from this list rests on."""


def open_list(url: str, *, issuer: IssuerEntry, bundle: Bundle, options: Options) -> OpenedList:
    """Give the list at ``url`` as the bundle holds it, or raise ``ProofError``."""
    held = bundle.status_lists.get(url)
    if held is None:
        raise Unknown("status-absent", f"The bundle does not hold the status list {url}.")
    known = bundle.memory.get(OpenedList, key=(url, issuer.id))
    # Frozen values that are the very same say the same: no changed list is taken from memory.
    if (
        known is None
        or known.held is not held
        or known.issuer is not issuer
        or known.contexts is not options.contexts
        or (known.signer is not issuer and bundle.issuers.get(known.signer.id) is not known.signer)
    ):
        try:
            known = _open(held, url=url, issuer=issuer, bundle=bundle, options=options)
        except ProofError as error:
            raise _unbelievable(url, error) from error
        bundle.memory.put(known, key=(url, issuer.id))
    return known


def check_age(opened: OpenedList, *, at: datetime, options: Options) -> None:
    """Raise ``ProofError`` when a list is not one to be used at ``at``."""
    url, leeway = opened.held.url, options.leeway
    if opened.until is not None and at - opened.until > leeway:
        raise Unknown("status-stale", f"The status list {url} has expired; fetch a newer one.")
    if opened.since is not None and opened.since - at > leeway:
        raise Unknown("status-future", f"The status list {url} is not valid yet.")
    try:
        for signature, entry in opened.signatures:
            check_time(entry, signed_at=signature.signed_at, at=at, leeway=leeway)
    except ProofError as error:
        raise _unbelievable(url, error) from error
    if at - opened.held.fetched_at > options.oldest_status:
        raise Unknown("status-stale", f"The status list {url} was fetched too long ago.")


def read_value(opened: OpenedList, *, index: str, purpose: str, size: int = 1) -> int:
    """The value of one entry of the list: ``size`` bits, the leftmost first."""
    if purpose not in opened.purposes:
        raise ProofError("status-purpose", f"The status list is not one for {purpose!r}.")
    if not index.isascii() or not index.isdigit() or len(index) > _LONGEST_INDEX:
        raise ProofError("status-index", f"{index[:20]!r} is not an index into a list.")
    if size == 1:
        return int(status_list.get(opened.bits, index=int(index)))
    if len(opened.bits) * 8 < status_list.SMALLEST * size:
        raise ProofError(
            "status-length", f"The list has fewer than {status_list.SMALLEST} entries."
        )
    value = 0
    for place in range(int(index) * size, (int(index) + 1) * size):
        value = value << 1 | status_list.get(opened.bits, index=place)
    return value


def entry_size(entry: Object) -> int:
    """How many bits the value of an entry has, its ``statusSize``."""
    size = reading.number(entry, "statusSize") if "statusSize" in entry else 1
    if not 1 <= size <= _LARGEST_SIZE:
        raise ProofError("status-size", f"A status of {size} bits is none that can be read.")
    return size


def _open(
    held: StatusListEntry, *, url: str, issuer: IssuerEntry, bundle: Bundle, options: Options
) -> OpenedList:
    """Verify a status list credential and inflate the list in it."""
    source = securing.read(held.body, limits=STATUS_LIST)
    secured = securing.recognise(source, limits=STATUS_LIST)
    document = secured.document
    signer = _signer(document, issuer=issuer, bundle=bundle)
    if document.get("id") != url:
        raise ProofError("status-id", "The status list is not the one that the record names.")
    if "BitstringStatusListCredential" not in reading.texts(document.get("type")):
        raise ProofError("status-type", "The status list is a credential of another kind.")
    keys = tuple(find_key(signature, issuer=signer) for signature in secured.signatures)
    securing.verify(secured, keys=keys, contexts=options.contexts)
    subject = reading.nested(document, "credentialSubject")
    if reading.text(subject, "type") != "BitstringStatusList":
        raise ProofError("status-type", "The status list has no list in it.")
    return OpenedList(
        held=held,
        issuer=issuer,
        signer=signer,
        signatures=tuple(zip(secured.signatures, keys, strict=True)),
        purposes=frozenset(reading.texts(subject.get("statusPurpose"))),
        bits=status_list.decode(reading.text(subject, "encodedList")),
        since=reading.optional_time(document, "validFrom"),
        until=reading.optional_time(document, "validUntil"),
        contexts=options.contexts,
        evidence=(("list", url), ("fetched_at", held.fetched_at.isoformat())),
    )


def _signer(document: Object, *, issuer: IssuerEntry, bundle: Bundle) -> IssuerEntry:
    """Who may keep the issuer's lists: the issuer, and whom the bundle names for it."""
    signer = reading.identifier(document.get("issuer"))
    if signer == issuer.id:
        return issuer
    if signer in issuer.status_issuers and signer in bundle.issuers:
        return bundle.issuers[signer]
    raise ProofError("status-issuer", "The status list is not one of the record's issuer.")


def _unbelievable(url: str, error: ProofError) -> ProofError:
    message = f"The status list {url} cannot be believed: {error.message}"
    return type(error)(error.code, message)
