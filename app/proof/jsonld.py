"""The statements that a JSON-LD document makes, and the certainty that nothing was left out.

JSON-LD drops what it does not understand (an unknown term, a null, a bad IRI) without a word, and
what is dropped is not signed. So unknown terms and relative IRIs are made to show under a sentinel,
and every text of the document must be found again in its statements. What JSON-LD merges (the same
value twice, a number written in two ways, the same node twice in a list) is refused as well.

Contexts come from the caller, by URL; nothing is fetched. An inline context counts only when the
caller knows it by its canonical JSON (``app.proof.vocabulary.inline``). A document inside the
document, which a presentation has, brings contexts of its own.

Base directions are kept as JSON-LD 1.1's ``i18n-datatype`` literals (section 10.2), as the
signers in use do; by default JSON-LD would drop them.
"""

import json
import re
from collections.abc import Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.parse import JSON, Object

SENTINEL = "x-undefined:"
TERM_MEMBERS = frozenset({"type", "proofPurpose"})
"""The members whose values are terms of a context."""
MOST_BLANK = 200
_BASE = "x-undefined://document/"
_EMBEDDING = "verifiableCredential"
_MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TERM = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_TEXT_MEMBERS = frozenset({"@value", "@language", "@direction"})
_DIRECTIONS = ("ltr", "rtl")
_I18N = "https://www.w3.org/ns/i18n#"
_MOST_VALUES = 2000


def statements(document: Object, *, contexts: Mapping[str, JSON]) -> list[Quad]:
    """Give what a document without its proof states, or raise ``ProofError``."""
    body: Object = {name: value for name, value in document.items() if name != "@context"}
    check_budget(body)
    used = _words(body)
    inlined = _inline(document.get("@context"), contexts, words=used)
    if not used.isdisjoint({"@direction", _EMBEDDING}):
        rewritten = _rewrite(body, contexts, used)
    else:
        rewritten = body
    text = json.dumps({"@context": inlined, **rewritten}, ensure_ascii=False)
    try:
        quads = list(parse(text, format=RdfFormat.JSON_LD, base_iri=_BASE))
    except (SyntaxError, ValueError) as error:
        raise ProofError("rdf-malformed", f"The document is not JSON-LD: {error}.") from error
    _check_complete(body, quads, defined=_defined(inlined, rewritten))
    return quads


def _inline(named: JSON, contexts: Mapping[str, JSON], *, words: frozenset[str]) -> list[JSON]:
    """Replace context URLs by what they stand for, under a sentinel for everything else."""
    urls = named if isinstance(named, list) else [named]
    if any(isinstance(url, dict) for url in urls):
        words = frozenset()  # its terms may lean on any other
    inlined: list[JSON] = [{"@vocab": SENTINEL}]
    for url in urls:
        key = canonical_json(url).decode("utf-8") if isinstance(url, dict) else url
        if not isinstance(key, str) or key not in contexts:
            raise ProofError("context-unknown", f"The context {url!r:.200} is not a known one.")
        inlined.append(_only(contexts[key], words))
    return inlined


def _words(body: Object) -> frozenset[str]:
    """The terms that a document uses: its members, its types and its purposes."""
    found = {"id", "type"}
    for name, value in walk(body, ""):
        found.add(name)
        if isinstance(value, str) and name in TERM_MEMBERS:
            found.add(value)
    return frozenset(found)


def _only(context: JSON, words: frozenset[str]) -> JSON:
    """A context without the terms that the document does not use: a third of the time.

    Right for contexts whose terms do not lean on each other; ours stand for full IRIs. No words
    mean all of them. The context of a document inside begins anew, under the sentinel again.
    """
    if context is None:
        return [None, {"@vocab": SENTINEL}]
    if not isinstance(context, dict):
        return context
    kept: Object = {}
    for name, definition in context.items():
        if name.startswith("@") or name in words or not words:
            kept[name] = definition
            if isinstance(definition, dict) and "@context" in definition:
                kept[name] = {**definition, "@context": _only(definition["@context"], words)}
    return kept


def walk(value: JSON, name: str) -> Iterator[tuple[str, JSON]]:
    """Every value of the document with the name of the member it is in; contexts are none."""
    yield name, value
    if isinstance(value, dict):
        for member, inner in value.items():
            if member != "@context":
                yield from walk(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, name)


def _rewrite(body: Object, contexts: Mapping[str, JSON], used: frozenset[str]) -> Object:
    """Inline the contexts of documents inside, and keep directions as JSON-LD 1.1 can."""

    def rewritten(value: JSON) -> JSON:
        if isinstance(value, list):
            return [rewritten(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if "@direction" in value:
            language = str(value.get("@language", "")).lower()
            return {"@value": value["@value"], "@type": f"{_I18N}{language}_{value['@direction']}"}
        members = {name: rewritten(inner) for name, inner in value.items() if name != "@context"}
        if "@context" in value:
            return {"@context": [*_inline(value["@context"], contexts, words=used)], **members}
        return members

    return {name: rewritten(value) for name, value in body.items()}


def check_budget(body: Object) -> None:
    """Bound the work, and refuse what JSON-LD leaves out of the statements without a word."""
    values = blank = mentions = 0
    for name, value in walk(body, ""):
        values += 1
        mentions += isinstance(value, str) and value == body.get("id")
        if isinstance(value, dict):
            blank += "id" not in value
            _check_members(name, value)
        elif isinstance(value, list):
            _check_list(name, value)
        elif value is None:
            raise ProofError("rdf-null", f"{name!r} is null, which no signature covers.")
        elif isinstance(value, str) and value.startswith("_:"):
            raise ProofError("rdf-blank-id", f"{name!r} names a blank node.")
    if mentions > 1:
        raise ProofError("rdf-self", "The document names itself: its members could wander there.")
    if values > _MOST_VALUES or blank > MOST_BLANK:
        raise ProofError("rdf-too-large", "The document has too many parts to be a record.")


def _check_members(where: str, value: Object) -> None:
    """Only plain terms as names, but for a text with its language."""
    if "@value" in value:
        language, direction = value.get("@language", "en"), value.get("@direction", "ltr")
        if not value.keys() <= _TEXT_MEMBERS or not isinstance(value["@value"], str):
            message = "A text with a language has @value, @language and @direction only."
            raise ProofError("rdf-keyword", message)
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise ProofError("rdf-keyword", f"{language!r} is not a language tag.")
        if direction not in _DIRECTIONS:
            raise ProofError("rdf-keyword", f"{direction!r} is not a direction (ltr, rtl).")
        return
    for name in value:
        if not _MEMBER.fullmatch(name) and (name, where) != ("@context", _EMBEDDING):
            raise ProofError("rdf-keyword", f"The member {name!r} is not a plain term.")


def _check_list(name: str, values: list[JSON]) -> None:
    """A set of statements knows no empty list, no list of lists and no value twice."""
    if not values or any(isinstance(value, list) for value in values):
        raise ProofError("rdf-list", f"{name!r} is an empty list or a list of lists.")
    entries = [entry for value in values if (entry := _entry(value)) is not None]
    if len(set(entries)) != len(entries):
        raise ProofError("rdf-duplicate", f"{name!r} has the same entry twice.")


def _entry(value: JSON) -> str | None:
    """What makes an entry of a list one of its own; nothing for an object without an id.

    Entries with one key here become one value or one node in the statements. Objects without an
    id stay as many as they are.
    """
    if isinstance(value, dict):
        if "@value" in value:
            tags = [str(value.get(tag, "")).lower() for tag in ("@language", "@direction")]
            return "\0".join((*tags, str(value["@value"]))) if any(tags) else str(value["@value"])
        inner = value.get("id")
        return inner if isinstance(inner, str) else None
    return value if isinstance(value, str) else lexical(value)


def lexical(value: JSON) -> str:
    """How a number or a truth value is written in statements (JSON-LD 1.1 API, section 8.2.2)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not value.is_integer():
        mantissa, exponent = f"{value:.15E}".split("E")
        return f"{mantissa.rstrip('0')}E{int(exponent)}"
    return str(int(value)) if isinstance(value, int | float) else str(value)


def _defined(inlined: list[JSON], rewritten: Object) -> tuple[frozenset[str], frozenset[str]]:
    """The members whose values are IRIs, in any class, and all terms that the contexts define."""
    iris, terms = {"id"}, set[str]()
    pending: list[JSON] = [inlined]
    pending += [value["@context"] for value in _objects(rewritten) if "@context" in value]
    while pending:
        context = pending.pop()
        if isinstance(context, list):
            pending += context
        elif isinstance(context, dict):
            terms.update(context)
            for name, definition in context.items():
                if isinstance(definition, dict):
                    pending.append(definition.get("@context"))
                    if definition.get("@type") == "@id":
                        iris.add(name)
    return frozenset(iris), frozenset(terms)


def _objects(body: Object) -> list[Object]:
    return [value for _, value in walk(body, "") if isinstance(value, dict)]


def _check_complete(
    body: Object, quads: list[Quad], *, defined: tuple[frozenset[str], frozenset[str]]
) -> None:
    """Find every text again in the statements: what was dropped was not signed."""
    iris: set[str] = set()
    literals: set[str] = set()
    for quad in quads:
        for term in (quad.subject, quad.object):
            if isinstance(term, NamedNode):
                iris.add(term.value)
            elif isinstance(term, Literal):
                literals.add(term.value)
    iri_members, terms = defined
    for name, value in walk(body, ""):
        if not isinstance(value, str) or name in {"@language", "@direction"}:
            continue
        if name in TERM_MEMBERS:  # a term becomes an IRI, or shows the sentinel
            found = value in iris or value in terms or _TERM.fullmatch(value) is not None
        else:
            found = value in (iris if name in iri_members else literals)
        if not found:
            raise ProofError("rdf-dropped", f"{name!r} has a value that no signature covers.")
    _check_defined(iris.union(quad.predicate.value for quad in quads))


def _check_defined(iris: set[str]) -> None:
    for iri in iris:
        if iri.startswith(SENTINEL):
            name = iri.removeprefix(SENTINEL).removeprefix("//document/")
            raise ProofError("rdf-undefined", f"No context defines {name}.")
