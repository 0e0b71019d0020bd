"""Canonical forms of documents that are like one seen before, in a tenth of the time.

Nearly all of the time of ``app.proof.rdfc`` goes into contexts, and those act on a document's shape
(``app.proof.shapes``), not on its texts. So a shape that comes back is compiled: a document of it
with a mark in every place goes the full way, its statements show where each mark lands, and from
then on the values are written there. Blank nodes are labelled by their own hashes (RDFC-1.0,
section 4.6); this is the whole algorithm when no two are the same (section 4.4.3, steps 3 to 5).

Whatever is not certain goes the full way, which alone refuses: an IRI of a rare spelling, nodes
with the same hash, a statement about a blank node made twice, a shape that does not compile.
A shape is compiled when it comes for the second time, so that one who sends ever new shapes costs
no more than without this; that document goes both ways, and only a template that agrees is kept.
What is kept is bounded.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from threading import Lock
from typing import TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from app.proof import rdfc
from app.proof.errors import ProofError
from app.proof.jsonld import statements
from app.proof.parse import JSON, Object
from app.proof.rdfc import Digest
from app.proof.screening import MOST_BLANK
from app.proof.shapes import Shape, blank, read
from app.proof.vocabulary import KNOWN

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
"""What a statement is made of."""
_SPECIAL = re.compile(r'[\x00-\x1f"\\\x7f\ufffe\uffff]')
_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)},
    **str.maketrans(
        {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    ),
}
_SCHEMES = frozenset({"http", "https", "urn", "did"})
_SIGN = r"(?:[A-Za-z0-9_~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_PART = rf"{_SIGN}(?:{_SIGN}|\.)*"  # begins with no dot: no . or .. to be taken out
_TAIL = rf"(?:\?(?:{_SIGN}|[./])*)?(?:#(?:{_SIGN}|[./?])*)?"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?"
_IRI = re.compile(
    rf"(?:https?://{_HOST}(?:/(?:{_PART})?)*|urn:[A-Za-z0-9-]+:{_PART}|did:[a-z0-9]+:{_PART}){_TAIL}",
    re.ASCII,
)
_OVERHEAD = 64  # bytes that a text takes in memory beside its letters
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


@dataclass(frozen=True, slots=True)
class _Lines:
    """Statements with places for values: a format, and which values go into it."""

    text: str
    places: Callable[[list[str]], tuple[str, ...]]

    def fill(self, values: list[str]) -> list[str]:
        """The lines with the values in them."""
        return (self.text % self.places(values)).split("\n")


@dataclass(frozen=True, slots=True)
class Template:
    """The canonical form of a shape, but for its values and the order that they bring."""

    iris: tuple[int, ...]
    """The places in which only IRIs may stand."""
    nodes: tuple[_Lines, ...]
    """For each blank node the statements it is in, as its hash is made from them."""
    with_blank: int
    whole: _Lines
    """All statements, first those with blank nodes."""
    contexts: tuple[JSON, ...]
    """Kept so that no other context can come to have the identity that the shape names."""

    @property
    def size(self) -> int:
        """About how much memory it takes."""
        lines = (self.whole, *self.nodes)
        return sum(len(held.text) + 4 * _OVERHEAD for held in lines)

    def fill(self, values: list[str], *, digest: Digest) -> str | None:
        """Give the canonical form of a document, or nothing when that is not certain."""
        for place in self.iris:
            if not _IRI.fullmatch(values[place]):
                return None
        written = [text.translate(_ESCAPES) if _SPECIAL.search(text) else text for text in values]
        labels = self._labels(written, digest)
        if labels is None:
            return None
        lines = self.whole.fill(written + labels)
        if len(set(lines[: self.with_blank])) != self.with_blank:
            return None
        return "\n".join(sorted(set(lines))) + "\n"

    def _labels(self, written: list[str], digest: Digest) -> list[str] | None:
        """Section 4.4.3, steps 3 and 4: labels in the order of the nodes' own hashes."""
        make = hashlib.sha256 if digest is Digest.SHA256 else hashlib.sha384
        hashes = []
        for node in self.nodes:
            lines = node.fill(written)
            lines.sort()
            hashes.append(make(("\n".join(lines) + "\n").encode("utf-8")).digest())
        if len(set(hashes)) != len(hashes):
            return None
        order = {digest: rank for rank, digest in enumerate(sorted(hashes))}
        return [f"_:c14n{order[digest]}" for digest in hashes]


def canonical_bytes(
    document: Object, *, contexts: Mapping[str, JSON] = KNOWN, digest: Digest = Digest.SHA256
) -> bytes:
    """Give the canonical N-Quads of a document without its proof, or raise ``ProofError``."""
    shape = read(document, contexts)
    template = None if shape is None else _KEPT.find(shape, document, contexts)
    if shape is not None and template is not None:
        try:
            filled = template.fill(shape.values, digest=digest)
            if filled is not None:
                return filled.encode("utf-8")
        except UnicodeEncodeError:
            pass  # half a surrogate pair: the full way says so
    return rdfc.canonicalise(document, contexts=contexts, digest=digest).encode("utf-8")


class _Shelf:
    """The templates of shapes that came more than once; the least used make room."""

    def __init__(self, *, largest: int, most: int) -> None:
        self._largest, self._most = largest, most
        self._lock = Lock()
        self._held: OrderedDict[tuple[str | int, ...], Template | None] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._size = 0

    def find(self, shape: Shape, document: Object, contexts: Mapping[str, JSON]) -> Template | None:
        """Give the template of a shape, compiled when the shape comes for the second time."""
        with self._lock:
            if shape.key in self._held:
                self._held.move_to_end(shape.key)
                return self._held[shape.key]
            if self._is_new(hash(shape.key)):
                return None
        made = _compile(shape, document, contexts)
        if made is not None and not _confirmed(made, shape, document, contexts):
            made = None
        with self._lock:
            self._keep(shape.key, made)
        return made

    def _is_new(self, mark: int) -> bool:
        if mark in self._seen:
            return False
        self._seen[mark] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True

    def _keep(self, key: tuple[str | int, ...], made: Template | None) -> None:
        if key in self._held:
            return
        self._held[key] = made
        self._size += _size(key, made)
        while self._size > self._largest:
            self._size -= _size(*self._held.popitem(last=False))


def _size(key: tuple[str | int, ...], made: Template | None) -> int:
    parts = sum(len(part) + _OVERHEAD if isinstance(part, str) else 8 for part in key)
    return parts + (made.size if made else 0)


_KEPT = _Shelf(largest=16_000_000, most=4096)


def _compile(shape: Shape, document: Object, contexts: Mapping[str, JSON]) -> Template | None:
    """Find out where the values of a shape land; nothing when that is not plain."""
    marked = blank(document)
    used = tuple(contexts[url] for url in shape.contexts)
    if not _SCHEMES.isdisjoint(_defined(used)) or not set(marked.marks).isdisjoint(shape.key):
        return None  # an IRI could be a short form of another, or a type a mark
    try:
        quads = list(dict.fromkeys(statements(marked.document, contexts=contexts)))
    except ProofError:
        return None
    if not quads:
        return None
    places = {mark: place for place, mark in enumerate(marked.marks)}
    return _Compiler(quads, places).template(used)


def _confirmed(
    made: Template, shape: Shape, document: Object, contexts: Mapping[str, JSON]
) -> bool:
    """Whether the document that brought a shape has the same form either way.

    Issuing checks its own records with the same templates: a wrong one would not be noticed there.
    """
    try:
        filled = made.fill(shape.values, digest=Digest.SHA256)
        return filled is None or filled == rdfc.canonicalise(document, contexts=contexts)
    except (ProofError, UnicodeEncodeError):
        return False


def _defined(contexts: Iterable[JSON]) -> set[str]:
    """The words that contexts define, at any depth."""
    names: set[str] = set()
    pending = list(contexts)
    while pending:
        context = pending.pop()
        if isinstance(context, dict):
            names.update(context)
            pending += (held.get("@context") for held in context.values() if isinstance(held, dict))
    return names


class _Compiler:
    """Turns the statements of a marked document into formats."""

    def __init__(self, quads: list[Quad], places: Mapping[str, int]) -> None:
        self._places = places
        self._nodes: dict[BlankNode, int] = {}
        self._about: dict[int, list[list[Term]]] = {}
        self._iris: set[int] = set()
        self._texts: set[int] = set()
        self._with_blank: list[list[Term]] = []
        self._plain: list[list[Term]] = []
        for quad in quads:
            terms: list[Term] = [quad.subject, quad.predicate, quad.object]
            if not isinstance(quad.graph_name, DefaultGraph):
                terms.append(quad.graph_name)
            about = {self._node(term) for term in terms if isinstance(term, BlankNode)}
            for node in about:
                self._about.setdefault(node, []).append(terms)
            (self._with_blank if about else self._plain).append(terms)

    def template(self, contexts: tuple[JSON, ...]) -> Template | None:
        """Give the template, when every mark landed in one way."""
        labels = {node: len(self._places) + node for node in self._about}
        whole = self._lines([*self._with_blank, *self._plain], labels=labels)
        nodes = tuple(
            self._lines(self._about[node], around=node) for node in range(len(self._about))
        )
        landed = len(self._iris) + len(self._texts)
        if landed != len(self._places) or self._iris & self._texts or len(nodes) > MOST_BLANK:
            return None
        return Template(
            iris=tuple(sorted(self._iris)),
            nodes=nodes,
            with_blank=len(self._with_blank),
            whole=whole,
            contexts=contexts,
        )

    def _node(self, term: BlankNode) -> int:
        return self._nodes.setdefault(term, len(self._nodes))

    def _lines(
        self,
        statements: list[list[Term]],
        *,
        labels: Mapping[int, int] | None = None,
        around: int | None = None,
    ) -> _Lines:
        """Statements with labels for the blank nodes, or as seen from one of them."""
        texts, places = [], []
        for terms in statements:
            parts = []
            for term in terms:
                if not isinstance(term, BlankNode):
                    part, place = self._written(term)
                elif labels is not None:
                    part, place = "%s", labels[self._node(term)]
                else:
                    part, place = "_:a" if self._node(term) == around else "_:z", None
                parts.append(part)
                if place is not None:
                    places.append(place)
            texts.append(" ".join(parts) + " .")
        return _Lines("\n".join(texts), _getter(places))

    def _written(self, term: Term) -> tuple[str, int | None]:
        """A term as it is written, and the place of its value if it has one."""
        if isinstance(term, NamedNode) and term.value in self._places:
            place = self._places[term.value]
            self._iris.add(place)
            return "<%s>", place
        if isinstance(term, Literal) and term.value in self._places:
            place = self._places[term.value]
            self._texts.add(place)
            kind = "" if term.datatype.value == _XSD_STRING else f"^^{term.datatype}"
            tail = f"@{term.language}" if term.language else kind
            return f'"%s"{tail}'.replace("%", "%%").replace("%%s", "%s", 1), place
        return str(term).replace("%", "%%"), None


def _getter(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)
