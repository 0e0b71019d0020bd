"""The statements that a JSON-LD document makes, and the certainty that nothing was left out.

JSON-LD drops what it does not understand (an unknown term, a null, a bad IRI) without a word, and
what is dropped is not signed. So unknown terms and relative IRIs are made to show under a sentinel,
and every text of the document must be found again in its statements.

Contexts come from the caller, by URL; nothing is fetched. An inline context counts only when the
caller knows it by its canonical JSON (``app.proof.vocabulary.inline``). A document inside the
document, which a presentation has, brings contexts of its own.

Base directions are kept as JSON-LD 1.1's ``i18n-datatype`` literals (section 10.2), as the
signers in use do; by default JSON-LD would drop them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.numbers import Masks
from app.proof.parse import JSON, Object
from app.proof.screening import EMBEDDING, TERM_MEMBERS, check_budget, walk

SENTINEL = "x-undefined:"
_BASE = "x-undefined://document/"
_TERM = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_I18N = "https://www.w3.org/ns/i18n#"


def statements(document: Object, *, contexts: Mapping[str, JSON]) -> list[Quad]:
    """Give what a document without its proof states, or raise ``ProofError``."""
    body: Object = {name: value for name, value in document.items() if name != "@context"}
    check_budget(body)
    used = _words(body)
    inlined = _inline(document.get("@context"), contexts, words=used)
    masks, rewritten = Masks(avoid=_texts(body)), body
    if _needs_rewriting(body):
        rewritten = _Rewriting(contexts, used, masks).members(body)
    text = json.dumps({"@context": inlined, **rewritten}, ensure_ascii=False)
    try:
        quads = list(parse(text.encode("utf-8"), format=RdfFormat.JSON_LD, base_iri=_BASE))
    except (SyntaxError, ValueError) as error:
        raise ProofError("rdf-malformed", f"The document is not JSON-LD: {error}.") from error
    quads = masks.unmask(quads)
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


def _needs_rewriting(body: Object) -> bool:
    return any(
        name in {"@direction", EMBEDDING} or isinstance(value, float)
        for name, value in walk(body, "")
    )


def _texts(body: Object) -> frozenset[str]:
    return frozenset(value for _, value in walk(body, "") if isinstance(value, str))


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """The document in words that the parser understands as JSON-LD 1.1 and other signers do.

    Contexts of documents inside are inlined, directions become datatypes, numbers are masked.
    """

    contexts: Mapping[str, JSON]
    words: frozenset[str]
    masks: Masks

    def members(self, value: Object) -> Object:
        members = {name: self._value(inner) for name, inner in value.items() if name != "@context"}
        if "@context" in value:
            inlined = _inline(value["@context"], self.contexts, words=self.words)
            return {"@context": inlined, **members}
        return members

    def _value(self, value: JSON) -> JSON:
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        if isinstance(value, float):
            return int(value) if value.is_integer() else self.masks.mask(value)
        if not isinstance(value, dict):
            return value
        if "@direction" in value:
            language = str(value.get("@language", "")).lower()
            return {"@value": value["@value"], "@type": f"{_I18N}{language}_{value['@direction']}"}
        return self.members(value)


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
