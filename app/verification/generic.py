"""The generic profile: what any credential or presentation is, whoever made it.

W3C VC Data Model 2.0, section 4. Asked before a signature is looked at, of documents that are not
of our own closed profile. Only what the standard demands of any document is demanded; what its own
members mean is left to whoever knows. A credential of version 1.1 is refused with a sentence that
says so, but where the caller gives the context of that version, as conformance tests do.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.parse import JSON, Object
from app.proof.times import read_time
from app.verification import reading

BASE = "https://www.w3.org/ns/credentials/v2"
BASE_1 = "https://www.w3.org/2018/credentials/v1"
ENVELOPED = "EnvelopedVerifiableCredential"
ENVELOPED_PRESENTATION = "EnvelopedVerifiablePresentation"
_DATES = {BASE: ("validFrom", "validUntil"), BASE_1: ("issuanceDate", "expirationDate")}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_TERM = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_WORDS = frozenset({"@value", "@language", "@direction"})


def check_credential(document: Object, *, contexts: Mapping[str, JSON]) -> None:
    """Raise ``ProofError`` naming the first member that is not what section 4 wants."""
    base = _check_contexts(document, contexts)  # 4.3
    _check_url(document, "id")  # 4.4
    _check_type(document, needed="VerifiableCredential")  # 4.5
    _check_words(document)  # 4.6
    _check_party(document, "issuer")  # 4.7
    _check_subjects(document)  # 4.8
    _check_period(document, *_DATES[base])  # 4.9
    if base == BASE_1 and "issuanceDate" not in document:
        raise _wrong("issuanceDate", "must be there (VC Data Model 1.1, section 4.5)")
    _each(document, "credentialStatus", _check_status)  # 4.10
    _each(document, "credentialSchema", _check_identified)  # 4.11
    _each(document, "relatedResource", _check_resource)  # 5.3
    for name in ("refreshService", "termsOfUse", "evidence"):  # 5.4 to 5.6
        _each(document, name, _check_typed)


def check_presentation(document: Object, *, contexts: Mapping[str, JSON]) -> None:
    """Section 4.13; the credentials in it are each checked when they are verified."""
    _check_contexts(document, contexts)
    _check_url(document, "id")
    _check_type(document, needed="VerifiablePresentation")
    if "holder" in document:
        _check_party(document, "holder")
    _each(document, "verifiableCredential", _check_held)
    _each(document, "termsOfUse", _check_typed)


def check_envelope(document: Object, *, kind: str) -> None:
    """Sections 4.13.2 and 4.13.3: the secured document is the id, as a ``data:`` URL."""
    if BASE not in _values(document.get("@context")):
        raise _wrong("@context", f"must include {BASE}")
    _check_type(document, needed=kind)
    if not str(document.get("id")).startswith("data:"):
        raise _wrong("id", "must be a data: URL with the secured document in it")


def _wrong(member: str, what: str) -> ProofError:
    return ProofError("data-model", f"{member!r} {what}.")


def _check_contexts(document: Object, contexts: Mapping[str, JSON]) -> str:
    """Section 4.3: give the base context, which says the version; the others must be known."""
    named = _values(document.get("@context"))
    base = named[0] if named else None
    if base == BASE_1 and BASE_1 not in contexts:
        raise ProofError(
            "profile-version",
            "This is a credential of VC Data Model 1.1, which is not verified here: ask its issuer "
            "for one of version 2.0.",
        )
    if not isinstance(base, str) or base not in _DATES:
        raise ProofError("profile", f"The first context is not {BASE}.")
    for entry in named:
        # One that is written out counts when the caller knows it by its canonical JSON.
        key = canonical_json(entry).decode("utf-8") if isinstance(entry, dict) else entry
        if not isinstance(key, str) or key not in contexts:
            raise ProofError("profile", "The record names a context that is not one of the known.")
    return base


def _values(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def _is_url(value: JSON) -> bool:
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def _check_url(members: Object, name: str) -> None:
    if name in members and not _is_url(members[name]):
        raise _wrong(name, "must be one URL")


def _check_type(members: Object, *, needed: str | None = None) -> None:
    """Section 4.5: one or several terms or absolute URLs."""
    types = _values(members.get("type"))
    for entry in types:
        if not isinstance(entry, str) or not (_TERM.fullmatch(entry) or _is_url(entry)):
            raise _wrong("type", "must be one or several terms or absolute URLs")
    if not types or (needed is not None and needed not in types):
        raise _wrong("type", f"must include {needed}" if needed else "must not be empty")


def _check_words(members: Object) -> None:
    """Section 4.6: a text, or one with its language and direction (section 11.1), or several."""
    for name in ("name", "description"):
        for entry in _values(members.get(name, "")):
            words = {"@value": entry} if isinstance(entry, str) else entry
            if not isinstance(words, dict) or "@value" not in words or not words.keys() <= _WORDS:
                raise _wrong(name, "must be a text, or @value with @language and @direction")
            if not all(isinstance(inner, str) for inner in words.values()):
                raise _wrong(name, "must be made of texts")


def _check_party(document: Object, name: str) -> None:
    """Section 4.7: a URL, or an object whose id is one."""
    party = document.get(name)
    if isinstance(party, dict):
        _check_words(party)
    if not _is_url(reading.identifier(party)):
        raise _wrong(name, "must be a URL, or an object with a URL as its id")


def _check_subjects(document: Object) -> None:
    """Section 4.8: at least one object, each of which says something."""
    subjects = _values(document.get("credentialSubject"))
    for subject in subjects:
        if not isinstance(subject, dict) or not subject:
            raise _wrong("credentialSubject", "must be one or several objects that say something")
        _check_url(subject, "id")
    if not subjects:
        raise _wrong("credentialSubject", "must not be empty")


def _check_period(document: Object, first: str, last: str) -> None:
    """Section 4.9: both are times with their zone, in this order."""
    times = [read_time(reading.text(document, name)) for name in (first, last) if name in document]
    if times != sorted(times):
        raise _wrong(last, f"must not be before {first}")


def _each(document: Object, name: str, check: Callable[[Object, str], None]) -> None:
    """Apply ``check`` to each object of a member that may hold one or several."""
    if name not in document:
        return
    entries = list(_objects(document, name))
    if not entries:
        raise _wrong(name, "must not be empty")
    named = [entry["id"] for entry in entries if isinstance(entry.get("id"), str)]
    if name == "relatedResource" and len(set(map(str, named))) != len(named):
        raise _wrong(name, "must not name the same file twice")
    for entry in entries:
        check(entry, name)


def _objects(document: Object, name: str) -> Iterator[Object]:
    for entry in _values(document[name]):
        if not isinstance(entry, dict):
            raise _wrong(name, "must be one or several objects")
        yield entry


def _check_typed(entry: Object, name: str) -> None:
    _check_url(entry, "id")
    if "type" not in entry:
        raise _wrong(name, "must have a type")
    _check_type(entry)


def _check_identified(entry: Object, name: str) -> None:
    _check_typed(entry, name)
    if "id" not in entry:
        raise _wrong(name, "must have a URL as its id")


def _check_status(entry: Object, name: str) -> None:
    """Section 4.10, and section 2.1 of Bitstring Status List 1.0 for entries of that kind."""
    _check_typed(entry, name)
    if "BitstringStatusListEntry" not in _values(entry["type"]):
        return
    index = entry.get("statusListIndex")
    if not isinstance(index, str) or not _INDEX.fullmatch(index):
        raise _wrong("statusListIndex", "must be a whole number, written as a text")
    if not isinstance(entry.get("statusPurpose"), str):
        raise _wrong("statusPurpose", "must be a text")
    if not _is_url(entry.get("statusListCredential")):
        raise _wrong("statusListCredential", "must be a URL")


def _check_resource(entry: Object, name: str) -> None:
    """Section 5.3: each with its own URL and at least one digest."""
    if not _is_url(entry.get("id")):
        raise _wrong(name, "must have a URL as its id")
    digests = [entry[kind] for kind in ("digestSRI", "digestMultibase") if kind in entry]
    if not digests or not all(digests):
        raise _wrong(name, "must have a digestSRI or a digestMultibase")


def _check_held(entry: Object, name: str) -> None:
    if ENVELOPED in _values(entry.get("type")):
        check_envelope(entry, kind=ENVELOPED)
    else:
        _check_type(entry, needed="VerifiableCredential")
