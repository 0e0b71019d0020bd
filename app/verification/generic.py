"""The generic profile: any credential of W3C VC Data Model 2.0 whose contexts are known.

Only what section 4 of the data model says of every credential is asked; what a credential means by
its own members is left to whoever knows. A credential of version 1.1 is refused, with a sentence
that says so: its proofs, its dates and its status lists mean other things.
"""

import re
from collections.abc import Mapping

from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.proof.vocabulary import CREDENTIALS_V2
from app.verification import reading

_VERSION_1 = "https://www.w3.org/2018/credentials/v1"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\"<>\\^`{|}]+")
_LANGUAGE_VALUE = frozenset({"@value", "@language", "@direction"})


def check(document: Object, *, contexts: Mapping[str, JSON], kind: str) -> None:
    """Raise ``ProofError`` unless a document has the least of a ``kind`` of the data model."""
    _check_contexts(document, contexts)
    types = document.get("type")
    if kind not in reading.texts(types) or not _all_texts(types):
        raise ProofError("profile", f"The document is not a {kind}.")
    if "id" in document:
        _check_url(document["id"], "id")


def check_credential(document: Object, *, contexts: Mapping[str, JSON]) -> None:
    """Raise ``ProofError`` unless a document has the least of a credential (section 4)."""
    check(document, contexts=contexts, kind="VerifiableCredential")
    _check_subjects(document)
    for name in ("name", "description"):
        if name in document:
            _check_language_value(document[name], name)
    for name in ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse"):
        _check_typed(document, name)
    _check_typed(document, "evidence")
    if any("id" not in entry for entry in reading.objects(document, "credentialSchema")):
        raise ProofError("profile", "A credentialSchema does not say where it is.")
    since = reading.optional_time(document, "validFrom")
    until = reading.optional_time(document, "validUntil")
    if since is not None and until is not None and until < since:
        raise ProofError("profile", "The credential ends before it begins.")


def _check_contexts(document: Object, contexts: Mapping[str, JSON]) -> None:
    """Section 4.3: the context of the data model first; the others known, none written out."""
    found = document.get("@context")
    named: list[JSON] = found if isinstance(found, list) else [found]
    if named[:1] == [_VERSION_1]:
        raise ProofError(
            "profile-version",
            "This is a credential of VC Data Model 1.1, which is not verified here: ask its issuer "
            "for one of version 2.0.",
        )
    if named[:1] != [CREDENTIALS_V2.url]:
        raise ProofError("profile", f"The first context is not {CREDENTIALS_V2.url}.")
    if not all(isinstance(name, str) and name in contexts for name in named):
        raise ProofError("profile", "The record names a context that is not one of the known.")


def _check_subjects(document: Object) -> None:
    subjects = reading.objects(document, "credentialSubject")
    if not subjects or not all(subjects):
        raise ProofError("profile", "The credential says nothing about anybody.")
    for subject in subjects:
        if "id" in subject:
            _check_url(subject["id"], "credentialSubject")


def _check_typed(document: Object, name: str) -> None:
    """Sections 4.10 to 4.12 and 5: what a program must know how to treat says what it is."""
    for entry in reading.objects(document, name):
        if not reading.texts(entry.get("type")) or not _all_texts(entry["type"]):
            raise ProofError("profile", f"{name!r} does not say its type.")
        if "id" in entry:
            _check_url(entry["id"], name)


def _check_language_value(value: JSON, name: str) -> None:
    """Section 11.1: a text, or texts with their language and direction."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            continue
        given = item if isinstance(item, dict) else {}
        if "@value" not in given or not given.keys() <= _LANGUAGE_VALUE:
            raise ProofError("profile", f"{name!r} is neither a text nor one with its language.")
        if not all(isinstance(inner, str) for inner in given.values()):
            raise ProofError("profile", f"{name!r} is neither a text nor one with its language.")


def _check_url(value: JSON, name: str) -> None:
    if not isinstance(value, str) or not _URL.fullmatch(value):
        raise ProofError("profile", f"{name!r} has an id that is not a URL.")


def _all_texts(value: JSON) -> bool:
    return all(isinstance(item, str) for item in (value if isinstance(value, list) else [value]))
