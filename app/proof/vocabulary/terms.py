"""What a table of terms is made of, and how a JSON-LD 1.1 context is built from one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.proof.parse import Object

ID = "@id"
XSD = "https://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a vocabulary."""

    iri: str
    type: str = ""
    """What its values are: ``@id`` for IRIs, ``@vocab`` for terms, otherwise a datatype."""
    container: str = ""
    scope: Mapping[str, "Term"] | None = None
    """The words that are known inside it: for a class, inside its objects."""
    embeds: bool = False
    """Whether its values are documents with contexts of their own."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A table of terms under the URL by which documents name it."""

    url: str
    stands_for: tuple[str, ...]
    """SHA-256 of each published document that is in circulation under the URL."""
    terms: Mapping[str, Term] = field(repr=False)
    default: str = ""
    """What every word that the table does not have begins with; usually there is no such word."""


def context(vocabulary: Vocabulary) -> Object:
    """Build the JSON-LD context of a vocabulary."""
    if vocabulary.default:
        return {"@vocab": vocabulary.default}
    return _scope(vocabulary.terms)


def _scope(terms: Mapping[str, Term]) -> Object:
    built: Object = {"@protected": True, "id": "@id", "type": "@type"}
    for name, term in terms.items():
        definition: Object = {"@id": term.iri}
        if term.type:
            definition["@type"] = term.type
        if term.container:
            definition["@container"] = term.container
        if term.scope is not None:
            definition["@context"] = _scope(term.scope)
        if term.embeds:
            definition["@context"] = None
        built[name] = definition
    return built
