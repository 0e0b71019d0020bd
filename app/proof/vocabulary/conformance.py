"""Contexts that only conformance tests may use: they give any word a meaning.

The public suites write examples under contexts in which every unknown word is a term, and bring
contexts inside the document. Under either, a word that somebody adds is signed by nobody's intent;
records are never read so. VC Data Model 2.0, sections 4.3 and B.
"""

import re
from collections.abc import Iterator, Mapping

from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.parse import JSON, Object
from app.proof.screening import walk
from app.proof.vocabulary import KNOWN
from app.proof.vocabulary.terms import Vocabulary, context

EXAMPLES_V2 = Vocabulary(
    url="https://www.w3.org/ns/credentials/examples/v2",
    stands_for=(),
    terms={},
    default="https://www.w3.org/ns/credentials/examples#",
)
UNDEFINED_TERMS_V2 = Vocabulary(
    url="https://www.w3.org/ns/credentials/undefined-terms/v2",
    stands_for=(),
    terms={},
    default="https://www.w3.org/ns/credentials/undefined-term#",
)
CONFORMANCE: dict[str, JSON] = {
    **KNOWN,
    **{v.url: context(v) for v in (EXAMPLES_V2, UNDEFINED_TERMS_V2)},
}
"""The contexts of the public test suites by their URL."""

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)
_WEB = re.compile(r"https?://(?![A-Za-z0-9-]+([:/?#]|$))", re.ASCII)
_ALIASES = {("id", "@id"), ("type", "@type")}
_CONTAINERS = ("@set", "@list", "@graph")
_TERM_MEMBERS = frozenset({"@id", "@type", "@container", "@context", "@protected"})


def with_inline(document: Object, *, contexts: Mapping[str, JSON] = CONFORMANCE) -> dict[str, JSON]:
    """The contexts, and those that a document brings in itself, when they are harmless.

    Harmless are tables of terms that stand for IRIs. What drops members, moves the base or renames
    a keyword is refused.
    """
    known = dict(contexts)
    for inline in _inline(document):
        _check_terms(inline)
        known[canonical_json(inline).decode("utf-8")] = inline
    return known


def _inline(document: Object) -> Iterator[Object]:
    for _, value in walk(document, ""):
        if isinstance(value, dict):
            named = value.get("@context")
            for entry in named if isinstance(named, list) else [named]:
                if isinstance(entry, dict):
                    yield entry


def _check_terms(terms: Object) -> None:
    for name, definition in terms.items():
        if name == "@vocab":
            _check_iri(name, definition)
        elif name in {"@protected", "@version"} and definition in (True, False, 1.1):
            continue
        elif name.startswith("@") or not name:
            raise ProofError("context-inline", f"An inline context may not have {name!r}.")
        elif isinstance(definition, dict):
            _check_definition(name, definition)
        elif not (isinstance(definition, str) and (name, definition) in _ALIASES):
            _check_iri(name, definition)


def _check_definition(name: str, definition: Object) -> None:
    if not definition.keys() <= _TERM_MEMBERS:
        odd = ", ".join(sorted(definition.keys() - _TERM_MEMBERS))
        raise ProofError("context-inline", f"The inline term {name!r} may not have {odd}.")
    _check_iri(name, definition.get("@id"))
    kind = definition.get("@type", "@id")
    if kind != "@id":
        _check_iri(name, kind)
    if definition.get("@container", "@set") not in _CONTAINERS:
        raise ProofError("context-inline", f"The inline term {name!r} has an odd container.")
    scope = definition.get("@context", {})
    if not isinstance(scope, dict):
        raise ProofError("context-inline", f"The inline term {name!r} has no table inside it.")
    _check_terms(scope)


def _check_iri(name: str, value: JSON) -> None:
    """An IRI in full; one of the web names its host in full (``https://not-a-url`` does not)."""
    good = isinstance(value, str) and _IRI.fullmatch(value)
    if not good or (str(value).startswith("http") and not _WEB.match(str(value))):
        raise ProofError("context-inline", f"The inline term {name!r} does not stand for an IRI.")
