"""The canonical form of a JSON-LD document: the statements it makes, in one agreed order.

JSON-LD 1.1 to RDF, then RDFC-1.0 (W3C RDF Dataset Canonicalization). Two dangers are met here
before a signature means anything:

- A member that JSON-LD drops (an unknown term, a null, a bad IRI) would not be signed. So unknown
  terms and relative IRIs are made to show under a sentinel, and every text of the document must be
  found again in its statements.
- Canonicalising takes factorial time on look-alike blank nodes. So the document is bounded, and
  siblings that cannot be told apart are refused, before the work begins.

Contexts come from the caller, by URL; nothing is fetched.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)

from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.proof.vocabulary import KNOWN

_SENTINEL = "x-undefined:"
_BASE = "x-undefined://document/"
_MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TERM = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_TERM_MEMBERS = frozenset({"type", "proofPurpose"})
_MOST_VALUES = 2000
_MOST_BLANK = 200


def canonicalise(document: Object, *, contexts: Mapping[str, JSON] = KNOWN) -> str:
    """Give the canonical N-Quads of a document without its proof, or raise ``ProofError``."""
    body: Object = {name: value for name, value in document.items() if name != "@context"}
    _check_budget(body)
    inlined = _inline(document.get("@context"), contexts, words=_words(body))
    text = json.dumps({"@context": inlined, **body}, ensure_ascii=False)
    try:
        quads = list(parse(text, format=RdfFormat.JSON_LD, base_iri=_BASE))
    except (SyntaxError, ValueError) as error:
        raise ProofError("rdf-malformed", f"The document is not JSON-LD: {error}.") from error
    _check_complete(body, quads, iri_members=_iri_members(inlined))
    _check_distinct(quads)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    canonical = "".join(sorted(f"{quad} .\n" for quad in dataset))
    if f"<{_SENTINEL}" in canonical:
        name = canonical.partition(f"<{_SENTINEL}")[2].partition(">")[0]
        raise ProofError("rdf-undefined", f"No context defines {name.removeprefix('//document/')}.")
    return canonical


def _inline(named: JSON, contexts: Mapping[str, JSON], *, words: frozenset[str]) -> list[JSON]:
    """Replace context URLs by what they stand for, under a sentinel for everything else."""
    urls = named if isinstance(named, list) else [named]
    inlined: list[JSON] = [{"@vocab": _SENTINEL}]
    for url in urls:
        if not isinstance(url, str) or url not in contexts:
            raise ProofError("context-unknown", f"The context {url!r} is not a known one.")
        inlined.append(_only(contexts[url], words))
    return inlined


def _words(body: Object) -> frozenset[str]:
    """The terms that a document uses: its members, its types and its purposes."""
    words = {"id", "type"}
    for name, value in _walk(body, ""):
        words.add(name)
        if isinstance(value, str) and name in _TERM_MEMBERS:
            words.add(value)
    return frozenset(words)


def _only(context: JSON, words: frozenset[str]) -> JSON:
    """A context without the terms that the document does not use: a third of the time.

    Right for contexts whose terms do not lean on each other; ours stand for full IRIs.
    """
    if not isinstance(context, dict):
        return context
    kept: Object = {}
    for name, definition in context.items():
        if name.startswith("@") or name in words:
            kept[name] = definition
            if isinstance(definition, dict) and "@context" in definition:
                kept[name] = {**definition, "@context": _only(definition["@context"], words)}
    return kept


def _walk(value: JSON, name: str) -> Iterator[tuple[str, JSON]]:
    """Every value of the document with the name of the member it is in."""
    yield name, value
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from _walk(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, name)


def _check_budget(body: Object) -> None:
    """Bound the work, and refuse what JSON-LD leaves out of the statements without a word."""
    values = blank = mentions = 0
    for name, value in _walk(body, ""):
        values += 1
        mentions += isinstance(value, str) and value == body.get("id")
        if isinstance(value, dict):
            blank += "id" not in value
            _check_members(value)
        elif isinstance(value, list):
            _check_list(name, value)
        elif value is None:
            raise ProofError("rdf-null", f"{name!r} is null, which no signature covers.")
        elif isinstance(value, str) and value.startswith("_:"):
            raise ProofError("rdf-blank-id", f"{name!r} names a blank node.")
    if mentions > 1:
        raise ProofError("rdf-self", "The document names itself: its members could wander there.")
    if values > _MOST_VALUES or blank > _MOST_BLANK:
        raise ProofError("rdf-too-large", "The document has too many parts to be a record.")


def _check_members(value: Object) -> None:
    """Only plain terms as names, but for a text with its language."""
    if "@value" in value:
        language = value.get("@language", "en")
        if not value.keys() <= {"@value", "@language"} or not isinstance(value["@value"], str):
            raise ProofError("rdf-keyword", "A text with a language has @value and @language only.")
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise ProofError("rdf-keyword", f"{language!r} is not a language tag.")
        return
    for name in value:
        if not _MEMBER.fullmatch(name):
            raise ProofError("rdf-keyword", f"The member {name!r} is not a plain term.")


def _check_list(name: str, values: list[JSON]) -> None:
    """A set of statements knows no empty list, no list of lists and no value twice."""
    if not values or any(isinstance(value, list) for value in values):
        raise ProofError("rdf-list", f"{name!r} is an empty list or a list of lists.")
    if any(count > 1 for count in Counter(map(_spelled, values)).values()):
        raise ProofError("rdf-duplicate", f"{name!r} has the same entry twice.")


def _spelled(value: JSON) -> str:
    return json.dumps(value, sort_keys=True)


def _iri_members(contexts: JSON) -> frozenset[str]:
    """The members whose values are IRIs, in any class that the contexts know."""
    names = {"id"}
    for name, definition in _walk(contexts, ""):
        if isinstance(definition, dict) and definition.get("@type") == "@id":
            names.add(name)
    return frozenset(names)


def _check_complete(body: Object, quads: list[Quad], *, iri_members: frozenset[str]) -> None:
    """Find every text again in the statements: what was dropped was not signed."""
    iris: set[str] = set()
    literals: set[str] = set()
    for quad in quads:
        for term in (quad.subject, quad.object):
            if isinstance(term, NamedNode):
                iris.add(term.value)
            elif isinstance(term, Literal):
                literals.add(term.value)
    for name, value in _walk(body, ""):
        if not isinstance(value, str) or name == "@language":
            continue
        if name in _TERM_MEMBERS:  # a term becomes an IRI, or shows the sentinel
            found = value in iris or _TERM.fullmatch(value) is not None
        else:
            found = value in (iris if name in iri_members else literals)
        if not found:
            raise ProofError("rdf-dropped", f"{name!r} has a value that no signature covers.")


def _check_distinct(quads: list[Quad]) -> None:
    """Refuse a blank node with two neighbours that look alike, as RDFC-1.0 looks first.

    Only such neighbours are tried in every order (RDFC-1.0, section 4.8.3, step 5.4). Without
    them the work grows with the square of the document, and that is bounded.
    """
    looks: dict[BlankNode, list[str]] = {}
    related: dict[BlankNode, set[tuple[str, BlankNode]]] = {}
    for quad in quads:
        places = {"s": quad.subject, "o": quad.object, "g": quad.graph_name}
        blanks = {place: term for place, term in places.items() if isinstance(term, BlankNode)}
        for here in blanks.values():
            parts = [_seen_from(here, term) for term in places.values()]
            looks.setdefault(here, []).append(f"{quad.predicate} {' '.join(parts)}")
            for place, other in blanks.items():
                if other != here:
                    key = "g" if place == "g" else f"{place} {quad.predicate}"
                    related.setdefault(here, set()).add((key, other))
    if len(looks) > _MOST_BLANK:  # the cells of ordered lists are blank nodes too
        raise ProofError("rdf-too-large", "The document has too many parts to be a record.")
    look = {node: "\n".join(sorted(lines)) for node, lines in looks.items()}
    for neighbours in related.values():
        alike = Counter((place, look[other]) for place, other in neighbours)
        if any(count > 1 for count in alike.values()):
            raise ProofError("rdf-look-alike", "The document has parts that cannot be told apart.")


def _seen_from(here: BlankNode, term: object) -> str:
    if isinstance(term, BlankNode):
        return "_:a" if term == here else "_:z"
    return str(term)
